// #/lab: interactive training.

import { choice, element } from "../charts/element.js";
import { link, remember } from "../shell/route.js";
import { saveMenu } from "../shell/save.js";
import { asPlanned, queryOf, readA, sent, setupOf, writeA } from "./address.js";
import { changes } from "./changes.js";
import { controls } from "./controls.js";
import { filmFormat, saveFilm } from "./film.js";
import { evenly, frames } from "./frames.js";
import { isOwn, trainingOf } from "./mine.js";
import { savePage, saveSnippet } from "./page.js";
import { noteForm, readNotes, writeNotes } from "./notes.js";
import { presenter } from "./presenter.js";
import { begun, continued, NOTHING, trainUnseen } from "./record.js";
import { scrub } from "./scrub.js";
import { presets, previewer, session, start } from "./session.js";
import { sharing } from "./sharing.js";
import { stage } from "./stage.js";
import { story } from "./story.js";
import { summary } from "./summary.js";
import { trainings } from "./trainings.js";
import { percent } from "./words.js";

const SPEEDS = [["slow", "slow"], ["steady", "steady"], ["fast", "as fast as possible"]];
// The most frames of a film, which takes ten seconds then.
const FILMED = 100;

export function mount(place, { route, announce }) {
  if (!document.querySelector("link[href='/assets/live/live.css']")) {
    document.head.append(element("link", { rel: "stylesheet", href: "/assets/live/live.css" }));
  }
  const preview = previewer();
  let stories = [];
  let setup = null;
  // The state that is shown: before training from the preview, then from the session.
  let shown = NOTHING;
  // The views that were received, and the step that is looked at; null for the present one.
  const seen = frames();
  let cursor = null;
  // The step that a link asks to look at, until training has come to it.
  let wanted = null;
  let notes = [];
  let live = null;
  // Whether this page started the session; one that it only follows is not ended when it leaves.
  let owned = false;
  let speed = "steady";
  // What was asked for: how much of it is not done, and when all is.
  let waiting = 0, done = Promise.resolve();
  const leaving = new AbortController();

  // --- parts of the page

  const titled = (key) => stories.find((each) => each.key === key);

  const lookedAt = () => cursor ?? shown.points.at(-1)?.step ?? 0;
  const noting = noteForm({ step: lookedAt, announce, changed: (next) => setNotes(next) });
  const told = story({
    choose: (each) => { hideNotice(); choose({}, each); }, remove: (at) => setNotes(notes.filter((_, place) => place !== at)), form: noting.node, announce,
  });
  const train = element("button", { type: "button", class: "primary live-train", onclick: runOrPause }, "Train");
  const one = element("button", { type: "button", onclick: () => act(stepOnce) }, "Step");
  const reset = element("button", { type: "button", onclick: () => act(startOver) }, "Reset");
  const counter = element("span", { class: "live-counter" });
  const links = sharing({ announce, story: storyLink });
  const list = trainings({ titleOf: (key) => titled(key)?.title ?? key, fail: showError });
  const speedChoice = choice("Speed", SPEEDS, speed, (value) => {
    speed = value;
    remember({ speed: value === "steady" ? null : value });
    live?.speed(value).catch(showError);
  });
  const time = scrub({ move: (step) => moveTo(step) });
  const notice = element("p", { class: "notice", role: "alert", hidden: true });
  const form = controls((changed) => choose(changed));
  const line = element("span", { class: "live-summary" });
  const panel = changes({
    change: (intervention) => act(() => live?.change(intervention)),
    plan: (step, intervention) => choose({ plan: [...setup.plan, { step, intervention }].sort((a, b) => a.step - b.step) }),
    unplan: (place) => choose({ plan: setup.plan.filter((_, at) => at !== place) }),
  });
  const look = (step) => time.go(step);
  const scene = stage({
    told, look, announce, placeChosen: (at) => panel.at(at), changed: () => { if (!paired.isPinned()) remember({ a: null, a_plan: null }); show(); }, trainPair: () => act(trainPair),
    headChosen: (value) => remember({ head: value === "mean" ? null : value }),
  });
  const { paired } = scene;
  const presenting = presenter({
    place, announce, train: () => train.disabled || runOrPause(), choose: (at) => stories[at] && told.choose(stories[at]),
    steps: told.steps, at: () => cursor, go: look,
  });
  const format = filmFormat();
  const menu = saveMenu({
    name: "lab", announce, more: [
      ["Page (HTML)", saying(() => savePage(pageOf()))],
      ["Snippet for a page or notebook (HTML)", saying(() => saveSnippet(pageOf()))],
      format ? [`Film (${format.name})`, saying(film)] : ["Film: this browser records none", null],
    ],
  });

  place.append(
    element("div", { class: "live-head" }, element("h1", {}, "Lab"), told.presets), told.text, notice,
    element("div", { class: "live-setup card" },
      element("details", {}, element("summary", {}, element("h2", {}, "Model and data"), " ", line), form.node), form.next, menu),
    element("div", { class: "live-bar card", role: "group", "aria-label": "Training" }, train, one, reset, speedChoice, paired.button, links.node, presenting.node, time.node, counter),
    panel.node, ...scene.nodes, list.node);

  // --- the setup and the address

  let preset = "easy";

  function write() {
    remember({ ...queryOf(setup, preset, stories), session: null, step: null });
    wanted = null;
  }

  function read(query) {
    const known = setupOf(query, stories);
    preset = known.preset;
    speed = SPEEDS.some(([key]) => key === query.get("speed")) ? query.get("speed") : "steady";
    speedChoice.querySelector("select").value = speed;
    scene.setHead(query.get("head") ?? "mean");
    setup = known.made;
    presenting.set(query.has("present"));
    notes = readNotes(query.get("notes"));
    paired.expect(readA(query, stories));
    wanted = /^\d+$/.test(query.get("step") ?? "") ? Number(query.get("step")) : null;
    const training = trainingOf(query, setup, remember);
    if (training) attach(training.id, training.isOwn);
    else showPreview();
  }

  function setNotes(next) {
    notes = next;
    remember({ notes: writeNotes(notes) });
    show();
  }

  function moveTo(step) {
    cursor = step;
    wanted = null;
    remember({ step });
    show();
  }

  // A link to what is shown: with what was done by hand as a plan, the notes, the step, and training A if it is beside it.
  function storyLink() {
    const a = paired.kept() ?? paired.expected();
    return link("lab", "", {
      ...queryOf(asPlanned(present()), preset, stories), step: cursor, notes: writeNotes(notes), head: scene.head() === "mean" ? null : scene.head(),
      ...(a && writeA({ setup: asPlanned(a), preset: a.preset }, stories)),
    });
  }

  function choose(changed, nextPreset) {
    // The training that is left is kept with the setup that it had.
    leaveSession();
    if (nextPreset) {
      preset = nextPreset.key;
      setup = { plan: [], ...nextPreset.setup };
    } else {
      // Another task has sizes of its own.
      const own = changed.task && stories.find((each) => each.setup.task === changed.task);
      setup = { ...setup, ...(own && { ...own.setup, seed: setup.seed }), ...changed };
      // Fields that depend on each other are changed together.
      if (setup.task === "keyword") Object.assign(setup, { heads: 1, repetition: false });
      if (setup.task === "induction" && setup.width % setup.heads) setup.heads = 2;
      if (setup.task === "induction") setup.repetition = false;
      if (changed.task) setup.plan = [];
      if (setup.task === "copying" && !setup.repetition && setup.length > setup.vocabulary) {
        if (changed.length) setup.vocabulary = setup.length;
        else setup.length = setup.vocabulary;
      }
    }
    write();
    showPreview();
  }

  // --- before training

  function showPreview() {
    // Not when the answer comes: by then another thing may have been told.
    hideNotice();
    show();
    preview(sent(setup)).then(({ prediction, point, view }) => {
      if (live) return;
      shown = { prediction, points: [point], view, status: null };
      seen.clear();
      seen.add(point.step, view);
      show();
    }, (error) => error.name === "AbortError" || showError(error));
  }

  // --- training

  function leaveSession() {
    paired.keepPrevious(present());
    if (live) {
      live.leave(owned);
      live = null;
    }
    cursor = null;
    shown = { ...shown, points: [], status: null };
  }

  // The training that is shown, as it can be kept to compare another one with it.
  function present() {
    return { setup, preset, points: shown.points, prediction: shown.prediction, frames: seen, made: shown.status?.changes ?? [], view: shown.view, now: shown.status?.step ?? 0 };
  }

  // What a page that is saved shows.
  function pageOf() {
    return { ...present(), preset: titled(preset), cursor, head: scene.head(), notes, other: paired.kept() };
  }

  function attach(id, startedHere) {
    owned = startedHere;
    live = session(id, {
      snapshot(all) {
        owned &&= isOwn(id, all.setup);
        setup = { plan: [], ...all.setup };
        if (stories.some((each) => each.key === all.preset)) preset = all.preset;
        if (links.arrived(live, all)) act(() => live?.run());
        shown = begun(all, seen);
        show();
        announceState();
      },
      update(next) {
        const before = shown.status?.state;
        shown = continued(shown, next, seen);
        show();
        if (next.status.state !== before) announceState();
      },
      end(reason) {
        live = null;
        shown.status = null;
        showError(new Error(`This training has ended: ${reason}.`));
        show();
      },
      state: (state) => { place.dataset.connection = state; },
    });
    place.dataset.session = id;
  }

  async function begin(run) {
    const id = await start(sent(setup), speed, run, preset);
    hideNotice();
    attach(id, true);
  }

  // What the button says when it is pressed is what is wanted, even if the training has another state when it is done: two quick
  // presses train and do not pause.
  function runOrPause() {
    const state = shown.status?.state;
    const wanted = { running: pauseNow, finished: trainAgain, diverged: trainAgain }[state] ?? runNow;
    return act(wanted);
  }

  async function runNow() {
    if (!live) await begin(true);
    else if (!isOver()) await live.run();
  }

  async function pauseNow() {
    if (shown.status?.state === "running") await live.pause();
  }

  async function trainAgain() {
    if (!isOver()) return;
    leaveSession();
    write();
    await begin(true);
  }

  const isOver = () => ["finished", "diverged"].includes(shown.status?.state);

  // Trains A as its link has it, then B, if that has not begun.
  async function trainPair() {
    const { setup: own, preset: from } = paired.expected();
    try {
      paired.restore({ ...await trainUnseen({ setup: sent(own), preset: from, progress: paired.progress, signal: leaving.signal }), setup: own });
    } finally {
      paired.progress(null);
    }
    if (!live) await begin(true);
  }

  async function stepOnce() {
    if (!live) await begin(false);
    if (isOver()) return;
    await live.step();
  }

  async function startOver() {
    leaveSession();
    write();
    hideNotice();
    showPreview();
  }

  // One after the other: what is asked while an answer is awaited is done after it.
  function act(what) {
    waiting += 1;
    place.dataset.busy = "true";
    done = done.then(() => leaving.signal.aborted || what()).catch(showError).finally(() => {
      waiting -= 1;
      place.dataset.busy = String(waiting > 0);
      show();
    });
    return done;
  }

  function showError(error) {
    notice.textContent = error.message;
    notice.hidden = false;
  }

  function hideNotice() {
    notice.hidden = true;
  }

  function announceState() {
    const { state, step, message } = shown.status;
    if (message) showError(new Error(message));
    const last = shown.points.at(-1);
    const names = { running: "Training", paused: `Paused at step ${step}`, finished: `Finished after ${step} steps`, diverged: "Training diverged" };
    announce(`${names[state]}${last && state !== "running" ? `: accuracy ${percent(last.accuracy)}, attention ${percent(last.attention)}` : ""}.`);
  }

  // What cannot be saved is said on the page, too.
  function saying(save) {
    return (report) => save(report).catch((error) => {
      showError(error);
      throw error;
    });
  }

  function film(report) {
    return saveFilm({
      format, name: `onset-${preset}-seed-${setup.seed}`, title: titled(preset).title, last: setup.steps, steps: evenly(shown.points.map(({ step }) => step), FILMED),
      figures: scene.figuresAt, caption: told.captionAt, progress: (share) => report(`Recording ${percent(share)}`),
    });
  }

  // --- showing

  function show() {
    if (!setup) return;
    const { points, status } = shown;
    if (wanted !== null && points.at(-1)?.step >= wanted) [cursor, wanted] = [wanted, null];
    const state = status?.state ?? "idle";
    place.dataset.state = state;
    place.dataset.task = shown.view ? shown.view.task : setup.task;
    setText(train, { running: "Pause", finished: "Train again", diverged: "Train again" }[state] ?? "Train");
    one.disabled = ["running", "finished", "diverged"].includes(state);
    const rate = status?.steps_per_second;
    setText(counter, `step ${status?.step ?? points.at(-1)?.step ?? 0} of ${setup.steps}${rate ? ` · ${Math.round(rate)} per second` : ""}${cursor === null ? "" : ` · showing ${seen.at(cursor)?.step ?? cursor}`}`);
    time.show({ last: points.at(-1)?.step ?? 0, cursor });
    links.show(live);
    list.show(live?.id ?? null);
    const watches = Boolean(live) && !live.canChange;
    train.disabled = watches;
    one.disabled ||= watches;
    panel.node.inert = watches;
    form.show(setup);
    setText(line, summary(setup));
    panel.show(setup, status);
    noting.show(notes);
    showStory(scene.show({ ...present(), cursor }));
  }

  // Without touching what says the same already.
  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function showStory(events) {
    const standard = titled(preset).setup;
    const isSame = Object.entries({ plan: [], ...standard }).every(([key, value]) => JSON.stringify(setup[key]) === JSON.stringify(value));
    const state = shown.status?.state;
    told.show({ preset, isSame, events: shown.points.length > 2 ? events : [], notes, now: shown.points.at(-1)?.step ?? 0, cursor, isUntrained: !shown.status, isOver: state === "finished" || state === "diverged" });
  }

  presets().then((known) => {
    stories = known;
    told.fill(stories);
    read(route.query);
  }).catch(showError);

  return {
    update(next) {
      if (live && next.query.get("session") === live.id) return;
      // Leaving a training ends nothing: it goes on, and is paused if no page shows it.
      live?.leave(false);
      live = null;
      leaveSession();
      hideNotice();
      read(next.query);
    },
    leave() {
      live?.leave(false);
      live = null;
      leaveSession();
      leaving.abort();
      presenting.leave();
      list.leave();
    },
  };
}
