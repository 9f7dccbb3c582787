// #/lab: interactive training.

import { choice, element } from "../charts/element.js";
import { remember } from "../shell/route.js";
import { changes, sentence } from "./changes.js";
import { controls } from "./controls.js";
import { curves } from "./curves.js";
import { heads } from "./heads.js";
import { matrix } from "./matrix.js";
import { isOwn, trainingOf } from "./mine.js";
import { presets, previewer, session, start } from "./session.js";
import { sharing } from "./sharing.js";
import { texts } from "./texts.js";
import { trainings } from "./trainings.js";
import { END, letter, number, percent } from "./words.js";

const SPEEDS = [["slow", "slow"], ["steady", "steady"], ["fast", "as fast as possible"]];

export function mount(place, { route, announce }) {
  if (!document.querySelector("link[href='/assets/live/live.css']")) {
    document.head.append(element("link", { rel: "stylesheet", href: "/assets/live/live.css" }));
  }
  const preview = previewer();
  let stories = [];
  let setup = null;
  // The state that is shown: before training from the preview, then from the session.
  let shown = { points: [], prediction: {}, view: null, status: null };
  let ghost = [];
  let live = null;
  // Whether this page started the session; one that it only follows is not ended when it leaves.
  let owned = false;
  let head = "mean";
  let speed = "steady";
  let busy = false;

  // --- parts of the page

  const story = element("p", { class: "live-story" });
  const steps = element("div", { class: "live-presets", role: "group", "aria-label": "Presets" });
  const train = element("button", { type: "button", class: "primary live-train", onclick: () => act(runOrPause) }, "Train");
  const one = element("button", { type: "button", onclick: () => act(stepOnce) }, "Step");
  const reset = element("button", { type: "button", onclick: () => act(startOver) }, "Reset");
  const counter = element("span", { class: "live-counter" });
  const links = sharing(announce);
  const list = trainings({ titleOf: (key) => stories.find((each) => each.key === key)?.title ?? key, fail: showError });
  const speedChoice = choice("Speed", SPEEDS, speed, (value) => {
    speed = value;
    remember({ speed: value === "steady" ? null : value });
    live?.speed(value).catch(showError);
  });
  const notice = element("p", { class: "notice", role: "alert", hidden: true });
  const form = controls((changed) => choose(changed));
  const panel = changes((intervention) => act(() => live?.change(intervention)));
  const chart = curves({
    key: "accuracy", label: "Accuracy and attention over steps", shares: true, height: 270, announce,
    series: [
      { key: "accuracy", name: "accuracy", colour: "--line-1" },
      { key: "attention", name: "weight on the right word", colour: "--line-2" },
      { key: "progress", name: "progress from counts of symbols to counts of pairs", colour: "--line-5" },
      { key: "previous_token", name: "weight on the token before (layer 0)", colour: "--line-3" },
    ],
  });
  const losses = curves({
    key: "loss", label: "Loss over steps", height: 130, yLabel: "loss", legend: false, announce,
    series: [{ key: "loss", name: "loss", colour: "--line-4" }],
  });
  const theoryNote = element("p", { class: "live-theory" });
  const figures = element("dl", { class: "live-figures" });
  const attention = matrix({
    key: "attention", name: "α", title: "of one sequence", label: "Attention matrix of one sequence.", announce,
    fields: ["target_position", "target", "source_position", "source"],
    rowsName: "target words", columnsName: "source words",
    describe: (row, column, value) => `Target ${symbol(row)} (word ${row + 1}), attention on source ${symbol(column)} (word ${column + 1}): ${number(value)}`,
  });
  const knowledge = matrix({
    key: "knowledge", name: "p", title: "when the context is one word alone", label: "Output when the context is a single word.", announce,
    fields: ["place", "context", "output_place", "output"],
    rowsName: "the only source word", columnsName: "the predicted word",
    describe: (row, column, value) => `With the context ${letter(row)} alone, ${letter(column)} is predicted with probability ${number(value)}`,
  });
  const path = curves({
    key: "plane", label: "Logit gap a against score gap w", path: { x: "score_gap", y: "logit_gap" }, height: 250,
    xLabel: "score gap w", yLabel: "logit gap a", series: [{ name: "logit gap a", colour: "--line-3" }], announce,
  });
  const reading = texts();
  const looking = heads({ announce, choose: (at) => { panel.at(at); show(); } });
  const headChoice = element("span");
  const copyingCards = element("div", { class: "live-matrices" },
    card("Attention", attention, headChoice), card("Output from single words (KTIW)", knowledge), card("Score gap and logit gap", path));

  place.append(
    element("h1", {}, "Lab"),
    steps, story, notice,
    element("div", { class: "live-bar card", role: "group", "aria-label": "Training" }, train, one, reset, speedChoice, links.node, counter),
    element("div", { class: "live-layout" },
      element("div", { class: "live-side" },
        element("section", { class: "card", "aria-labelledby": "live-setup" }, element("h2", { id: "live-setup" }, "Model and data"), form.node),
        panel.node),
      element("div", { class: "live-main" },
        element("section", { class: "card", "aria-labelledby": "live-curves" },
          element("div", { class: "card-head" }, element("h2", { id: "live-curves" }, "Prediction and training"), chart.save),
          theoryNote, chart.node, element("div", { class: "card-head" }, element("h3", {}, "Loss"), losses.save), losses.node, figures),
        copyingCards, looking.node, reading.node)),
    list.node);

  function card(name, figure, more) {
    return element("section", { class: "card" }, element("div", { class: "card-head" }, element("h2", {}, name), more, figure.save), figure.node);
  }

  function symbol(position) {
    const source = shown.view?.source ?? [];
    return position < source.length ? letter(source[position]) : END;
  }

  // --- the setup and the address

  function setupOf(query) {
    const preset = stories.find(({ key }) => key === query.get("preset")) ?? stories[0];
    const made = { ...preset.setup };
    for (const [key, standard] of Object.entries(made)) {
      if (!query.has(key)) continue;
      const value = query.get(key);
      made[key] = typeof standard === "number" ? Number(value) : typeof standard === "boolean" ? value === "true" : value;
    }
    return { preset: preset.key, made };
  }

  let preset = "easy";

  function write() {
    const standard = stories.find(({ key }) => key === preset).setup;
    const different = Object.fromEntries(Object.entries(setup).map(([key, value]) => [key, value === standard[key] ? null : String(value)]));
    remember({ preset: preset === "easy" ? null : preset, ...different, session: null });
  }

  function read(query) {
    const known = setupOf(query);
    preset = known.preset;
    speed = SPEEDS.some(([key]) => key === query.get("speed")) ? query.get("speed") : "steady";
    speedChoice.querySelector("select").value = speed;
    head = query.get("head") ?? "mean";
    setup = known.made;
    const training = trainingOf(query, setup, remember);
    if (training) attach(training.id, training.isOwn);
    else showPreview();
  }

  function choose(changed, nextPreset) {
    if (nextPreset) {
      preset = nextPreset.key;
      setup = { ...nextPreset.setup };
    } else {
      // Another task has sizes of its own.
      const own = changed.task && stories.find((each) => each.setup.task === changed.task);
      setup = { ...setup, ...(own && { ...own.setup, seed: setup.seed }), ...changed };
      // Fields that depend on each other are changed together.
      if (setup.task === "keyword") Object.assign(setup, { heads: 1, repetition: false });
      if (setup.task === "induction" && setup.width % setup.heads) setup.heads = 2;
      if (setup.task === "induction") setup.repetition = false;
      if (setup.task === "copying" && !setup.repetition && setup.length > setup.vocabulary) {
        if (changed.length) setup.vocabulary = setup.length;
        else setup.length = setup.vocabulary;
      }
    }
    if (head !== "mean" && Number(head) > setup.heads) head = "mean";
    leaveSession(nextPreset !== undefined || changed.task !== undefined);
    write();
    showPreview();
  }

  // --- before training

  function showPreview() {
    show();
    preview(setup).then(({ prediction, point, view }) => {
      if (live) return;
      shown = { prediction, points: [point], view, status: null };
      hideNotice();
      show();
    }, (error) => error.name === "AbortError" || showError(error));
  }

  // --- training

  function leaveSession(forget) {
    if (live) {
      if (!forget) ghost = shown.points;
      live.leave(owned);
      live = null;
    }
    if (forget) ghost = [];
    shown = { ...shown, points: [], status: null };
  }

  function attach(id, startedHere) {
    owned = startedHere;
    live = session(id, {
      snapshot(all) {
        owned &&= isOwn(id, all.setup);
        setup = all.setup;
        if (stories.some((each) => each.key === all.preset)) preset = all.preset;
        if (links.arrived(live, all)) act(() => live?.run());
        shown = { points: all.points, prediction: all.prediction, view: all.view, status: all.status };
        show();
        announceState();
      },
      update({ points, view, status }) {
        for (const point of points) {
          if (shown.points.at(-1)?.step === point.step) shown.points.pop();
          shown.points.push(point);
        }
        const before = shown.status?.state;
        shown = { ...shown, view, status };
        show();
        if (status.state !== before) announceState();
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
    hideNotice();
    const id = await start(setup, speed, run, preset);
    attach(id, true);
  }

  async function runOrPause() {
    const state = shown.status?.state;
    if (!live) await begin(true);
    else if (state === "running") await live.pause();
    else if (state === "paused") await live.run();
    else {
      leaveSession(false);
      await begin(true);
    }
  }

  async function stepOnce() {
    if (!live) await begin(false);
    if (["finished", "diverged"].includes(shown.status?.state)) return;
    await live.step();
  }

  async function startOver() {
    leaveSession(false);
    write();
    hideNotice();
    showPreview();
  }

  async function act(what) {
    if (busy) return;
    busy = true;
    place.dataset.busy = "true";
    try {
      await what();
    } catch (error) {
      showError(error);
    } finally {
      busy = false;
      place.dataset.busy = "false";
      show();
    }
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

  // --- showing

  function show() {
    if (!setup) return;
    const { points, prediction, view, status } = shown;
    const state = status?.state ?? "idle";
    place.dataset.state = state;
    train.textContent = { running: "Pause", finished: "Train again", diverged: "Train again" }[state] ?? "Train";
    one.disabled = ["running", "finished", "diverged"].includes(state);
    const rate = status?.steps_per_second;
    counter.textContent = `step ${status?.step ?? points.at(-1)?.step ?? 0} of ${setup.steps}${rate ? ` · ${Math.round(rate)} per second` : ""}`;
    links.show(live);
    list.show(live?.id ?? null);
    const watches = Boolean(live) && !live.canChange;
    train.disabled = watches;
    one.disabled ||= watches;
    panel.node.inert = watches;
    const made = status?.changes ?? [];
    const marks = made.map(({ step, intervention }) => ({ step, name: sentence(intervention, setup) }));
    const references = [];
    if (prediction.without_attention) references.push({ value: prediction.without_attention, name: "best without attention" });
    if (prediction.keyword_attention) references.push({ value: prediction.keyword_attention, name: "predicted attention" });
    chart.show({ points, ghost, marks, references, theory: prediction.curve ?? [], steps: setup.steps });
    losses.show({ points, ghost, marks, steps: setup.steps });
    theoryNote.textContent = theory(prediction);
    showFigures(points.at(-1));
    form.show(setup);
    panel.show(setup, status);
    showStory();
    const task = view ? view.task : setup.task, copying = task === "copying";
    copyingCards.hidden = !copying;
    looking.node.hidden = task !== "induction";
    reading.node.hidden = task !== "keyword";
    if (view && copying) showMatrices(view, points.at(-1));
    if (view && task === "induction") looking.show(view);
    if (view && task === "keyword") reading.show(view, prediction);
    if (copying) path.show({ points, ghost, theory: prediction.curve ?? [] });
  }

  function showMatrices(view, point) {
    const chosen = view.heads[Number(head) - 1];
    const mean = () => view.heads[0].map((_, index) => view.heads.reduce((sum, each) => sum + each[index], 0) / view.heads.length);
    const names = [...view.source.map(letter), END];
    attention.show({ cells: chosen ?? mean(), rows: names, columns: names },
      `Mean weight on the right word ${percent(point?.attention)}.`);
    const words = Array.from({ length: Math.sqrt(view.knowledge.length) }, (_, word) => letter(word));
    const diagonal = words.reduce((sum, _, word) => sum + view.knowledge[word * (words.length + 1)], 0) / words.length / 1000;
    knowledge.show({ cells: view.knowledge, rows: words, columns: words },
      `Mean probability of the right word ${number(diagonal)}.`);
    if (headChoice.dataset.heads !== String(view.heads.length)) {
      headChoice.dataset.heads = view.heads.length;
      const each = view.heads.map((_, index) => [String(index + 1), `head ${index + 1}`]);
      headChoice.replaceChildren(...(view.heads.length > 1 ? [choice("Show", [["mean", "mean of heads"], ...each], head, (value) => {
        head = value;
        remember({ head: value === "mean" ? null : value });
        show();
      })] : []));
    }
  }

  function showFigures(point) {
    const values = [["loss", number(point?.loss)], ["accuracy", percent(point?.accuracy, 1)],
      ["weight on the right word", percent(point?.attention, 1)], ["attention accuracy", percent(point?.attention_accuracy)]];
    if (point?.score_gap !== undefined) values.push(["score gap w", number(point.score_gap)], ["logit gap a", number(point.logit_gap ?? NaN)]);
    figures.replaceChildren(...values.flatMap(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  }

  function theory(prediction) {
    if (prediction.beyond) return `No prediction: ${prediction.beyond}.`;
    if (prediction.keyword_attention) {
      return `Prediction before training: the keyword gets ${percent(prediction.keyword_attention)} of the attention weight.`;
    }
    if (prediction.chance === undefined) return "";
    const [early, middle, late] = prediction.emergence;
    const when = middle === null ? "" : `, at about step ${Math.round(middle)} (80 % interval: ${Math.round(early)} to ${late === null ? "beyond the last step" : Math.round(late)})`;
    return `Prediction from this seed’s initial weights: a probability of ${percent(prediction.chance)} of learning within ${setup.steps} steps${when}.`;
  }

  function showStory() {
    const present = stories.find(({ key }) => key === preset);
    const same = JSON.stringify(present.setup) === JSON.stringify(setup);
    story.textContent = same ? present.story : `Custom setup, based on “${present.title}”. ${present.story}`;
    for (const button of steps.children) button.setAttribute("aria-pressed", String(button.dataset.preset === preset && same));
  }

  presets().then((known) => {
    stories = known;
    steps.replaceChildren(...stories.map((each, index) => element("button", {
      type: "button", class: "toggle", "data-preset": each.key, "aria-pressed": "false",
      onclick: () => { hideNotice(); choose({}, each); },
    }, element("span", { class: "live-number", "aria-hidden": "true" }, index + 1), ` ${each.title}`)));
    read(route.query);
  }).catch(showError);

  return {
    update(next) {
      if (live && next.query.get("session") === live.id) return;
      // Leaving a training ends nothing: it goes on, and is paused if no page shows it.
      live?.leave(false);
      live = null;
      leaveSession(true);
      hideNotice();
      read(next.query);
    },
    leave() {
      live?.leave(false);
      live = null;
      list.leave();
    },
  };
}
