// #/lab: interactive training.

import { choice, element } from "../charts/element.js";
import { help } from "../shell/help.js";
import { remember } from "../shell/route.js";
import { changes } from "./changes.js";
import { controls } from "./controls.js";
import { curves } from "./curves.js";
import { happened } from "./events.js";
import { frames } from "./frames.js";
import { heads } from "./heads.js";
import { readPlan, sentence, writePlan } from "./interventions.js";
import { matrix } from "./matrix.js";
import { isOwn, trainingOf } from "./mine.js";
import { model } from "./model.js";
import { pair } from "./pair.js";
import { scrub } from "./scrub.js";
import { SERIES, WEIGHTS } from "./series.js";
import { presets, previewer, session, start } from "./session.js";
import { sharing } from "./sharing.js";
import { story } from "./story.js";
import { summary } from "./summary.js";
import { texts } from "./texts.js";
import { predicted, remark } from "./theory.js";
import { trainings } from "./trainings.js";
import { END, letter, number, percent } from "./words.js";

// Where attention belongs, by task.
const WEIGHT = { copying: "weight on the right word", keyword: "weight on the keyword", induction: "weight on what followed before" };
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
  // The views that were received, and the step that is looked at; null for the present one.
  const seen = frames();
  let cursor = null;
  let live = null;
  // Whether this page started the session; one that it only follows is not ended when it leaves.
  let owned = false;
  let head = "mean";
  let speed = "steady";
  let busy = false;

  // --- parts of the page

  const told = story({ choose: (each) => { hideNotice(); choose({}, each); }, announce });
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
  const time = scrub({ move: (step) => { cursor = step; show(); } });
  const notice = element("p", { class: "notice", role: "alert", hidden: true });
  const form = controls((changed) => choose(changed));
  const line = element("span", { class: "live-summary" });
  const panel = changes({
    change: (intervention) => act(() => live?.change(intervention)),
    plan: (step, intervention) => choose({ plan: [...setup.plan, { step, intervention }].sort((a, b) => a.step - b.step) }),
    unplan: (place) => choose({ plan: setup.plan.filter((_, at) => at !== place) }),
  });
  const look = (step) => time.go(step);
  const chart = curves({
    key: "accuracy", label: "Words known, attention and accuracy over steps", title: "Words known, attention and accuracy over steps",
    yLabel: "share", shares: true, height: 250, onCursor: look, announce, series: SERIES.copying,
  });
  const weights = curves({
    key: "weights", label: "Measured and predicted probabilities over steps", title: "Measured and predicted probabilities over steps",
    yLabel: "probability or weight", shares: true, height: 230, onCursor: look, announce, series: WEIGHTS,
  });
  const losses = curves({
    key: "loss", label: "Loss over steps", title: "Loss over steps", height: 160, yLabel: "loss (nats)", legend: false, announce,
    series: [{ key: "loss", name: "loss", colour: "--line-4" }],
  });
  const theoryNote = element("p", { class: "live-theory" });
  const remarkNote = element("p", { class: "live-theory live-remark" });
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
    key: "plane", label: "Logit gap a against score gap w", title: "Logit gap a against score gap w", path: { x: "score_gap", y: "logit_gap" }, height: 250,
    xLabel: "score gap w", yLabel: "logit gap a", series: [{ name: "logit gap a", colour: "--line-3" }], announce,
  });
  const reading = texts({ announce });
  const looking = heads({ announce, choose: (at) => { panel.at(at); show(); } });
  const headChoice = element("span");
  const drawing = model();
  const paired = pair({ announce, changed: () => show() });
  const attentionCard = card("Attention", attention, element("span", { class: "card-tools" }, help("α"), headChoice));
  attentionCard.classList.add("live-attention");
  const weightsCard = element("section", { class: "card", "aria-labelledby": "live-weights" },
    element("div", { class: "card-head" }, element("h2", { id: "live-weights" }, "Prediction and training"), weights.save),
    weights.node, remarkNote);
  const knowledgeCard = card("Output from single words", knowledge, help("KTIW")), planeCard = card("Score gap and logit gap", path, help("w and a"));
  const stage = element("div", { class: "live-stage" },
    element("section", { class: "card", "aria-labelledby": "live-curves" },
      element("div", { class: "card-head" }, element("h2", { id: "live-curves" }, "What is known, where attention is, what is right"), help("words known"), chart.save),
      theoryNote, chart.node, figures),
    element("section", { class: "card live-told", "aria-labelledby": "live-told" }, element("h2", { id: "live-told" }, "What happened"), told.captions, told.next),
    attentionCard, reading.texts, looking.grid);
  const lossCard = element("section", { class: "card", "aria-labelledby": "live-loss" },
    element("div", { class: "card-head" }, element("h2", { id: "live-loss" }, "Loss"), losses.save), losses.node);

  place.append(
    element("div", { class: "live-head" }, element("h1", {}, "Lab"), told.presets), told.text, notice,
    element("div", { class: "live-setup card" },
      element("details", {}, element("summary", {}, element("h2", {}, "Model and data"), " ", line), form.node), form.next),
    element("div", { class: "live-bar card", role: "group", "aria-label": "Training" }, train, one, reset, speedChoice, paired.button, links.node, time.node, counter),
    panel.node, stage, paired.node,
    element("div", { class: "live-more" }, weightsCard, knowledgeCard, drawing.node, planeCard, lossCard), looking.node, reading.node, list.node);

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
    made.plan = query.has("plan") ? readPlan(query.get("plan")) : made.plan ?? [];
    return { preset: preset.key, made };
  }

  let preset = "easy";

  function write() {
    const standard = stories.find(({ key }) => key === preset).setup;
    const { plan, ...fields } = setup;
    const different = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value === standard[key] ? null : String(value)]));
    remember({ preset: preset === "easy" ? null : preset, ...different, plan: writePlan(plan) || null, session: null });
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

  // A setup as it is sent: without a plan that plans nothing.
  function sent() {
    const { plan, ...fields } = setup;
    return plan.length ? setup : fields;
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
    if (head !== "mean" && Number(head) > setup.heads) head = "mean";
    write();
    showPreview();
  }

  // --- before training

  function showPreview() {
    show();
    preview(sent()).then(({ prediction, point, view }) => {
      if (live) return;
      shown = { prediction, points: [point], view, status: null };
      seen.clear();
      seen.add(point.step, view);
      hideNotice();
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
    return { setup, points: shown.points, prediction: shown.prediction, frames: seen, made: shown.status?.changes ?? [] };
  }

  function attach(id, startedHere) {
    owned = startedHere;
    live = session(id, {
      snapshot(all) {
        owned &&= isOwn(id, all.setup);
        setup = { plan: [], ...all.setup };
        if (stories.some((each) => each.key === all.preset)) preset = all.preset;
        if (links.arrived(live, all)) act(() => live?.run());
        seen.clear();
        seen.add(all.status.step, all.view);
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
        seen.add(status.step, view);
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
    const id = await start(sent(), speed, run, preset);
    hideNotice();
    attach(id, true);
  }

  async function runOrPause() {
    const state = shown.status?.state;
    if (!live) await begin(true);
    else if (state === "running") await live.pause();
    else if (state === "paused") await live.run();
    else {
      leaveSession();
      await begin(true);
    }
  }

  async function stepOnce() {
    if (!live) await begin(false);
    if (["finished", "diverged"].includes(shown.status?.state)) return;
    await live.step();
  }

  async function startOver() {
    leaveSession();
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
    const { points, prediction, status } = shown;
    const state = status?.state ?? "idle";
    const task = shown.view ? shown.view.task : setup.task, copying = task === "copying";
    const now = status?.step ?? 0;
    const frame = cursor === null ? null : seen.at(cursor);
    const view = frame?.view.task === task ? frame.view : shown.view;
    const point = cursor === null ? points.at(-1) : points.findLast(({ step }) => step <= cursor) ?? points[0];
    place.dataset.state = state;
    place.dataset.task = task;
    setText(train, { running: "Pause", finished: "Train again", diverged: "Train again" }[state] ?? "Train");
    one.disabled = ["running", "finished", "diverged"].includes(state);
    const rate = status?.steps_per_second;
    setText(counter, `step ${status?.step ?? points.at(-1)?.step ?? 0} of ${setup.steps}${rate ? ` · ${Math.round(rate)} per second` : ""}${cursor === null ? "" : ` · showing ${frame?.step ?? cursor}`}`);
    time.show({ last: points.at(-1)?.step ?? 0, cursor });
    links.show(live);
    list.show(live?.id ?? null);
    const watches = Boolean(live) && !live.canChange;
    train.disabled = watches;
    one.disabled ||= watches;
    panel.node.inert = watches;
    const made = status?.changes ?? [];
    const planned = setup.plan.filter(({ step }) => step >= now && !made.some((each) => each.step === step));
    const interventions = [...made, ...planned].map(({ step, intervention }) => ({ step, name: sentence(intervention, setup) }));
    const events = happened(prediction.events, points);
    const references = [];
    if (prediction.without_attention) references.push({ value: prediction.without_attention, name: "best without the order of words" });
    if (prediction.keyword_attention) references.push({ value: prediction.keyword_attention, name: "predicted attention" });
    const marked = events.filter(({ key }) => ["words_known", "attention_finds", "previous_token", "eliminates"].includes(key)).map(({ step, mark }) => ({ step, name: mark, label: mark }));
    const other = paired.show({ ...present(), cursor, view, task });
    const common = { points, other, steps: setup.steps, cursor };
    chart.show({ ...common, marks: [...interventions, ...(points.length > 2 ? marked : [])], references, series: SERIES[task] });
    losses.show({ ...common, marks: interventions });
    setText(theoryNote, predicted(prediction, setup));
    setText(remarkNote, remark(prediction, points, made.length > 0));
    showFigures(point);
    form.show(setup);
    setText(line, summary(setup));
    panel.show(setup, status);
    showStory(events);
    for (const each of [attentionCard, weightsCard, knowledgeCard, planeCard]) each.hidden = !copying;
    reading.show(task === "keyword" ? view : null, prediction);
    if (view && copying) showMatrices(view, point);
    else drawing.show(null);
    looking.show(task === "induction" ? view : null);
    if (copying) {
      weights.show({ ...common, marks: interventions, theory: prediction.curve ?? [], references: [] });
      path.show({ points, other, theory: prediction.curve ?? [] });
    }
  }

  // Without touching what says the same already.
  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function showMatrices(view, point) {
    const chosen = view.heads[Number(head) - 1];
    const mean = () => view.heads[0].map((_, index) => view.heads.reduce((sum, each) => sum + each[index], 0) / view.heads.length);
    const names = [...view.source.map(letter), END];
    const cells = chosen ?? mean();
    drawing.show(view, cells);
    attention.show({ cells, rows: names, columns: names },
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
    const values = [["accuracy", percent(point?.accuracy, 1)]];
    if (point?.words_known !== undefined) values.push(["words known", percent(point.words_known, 1)]);
    values.push([WEIGHT[setup.task], percent(point?.attention, 1)], ["attention accuracy", percent(point?.attention_accuracy, 1)], ["loss", number(point?.loss)]);
    if (figures.children.length !== values.length) {
      figures.replaceChildren(...values.map(() => element("div", {}, element("dt"), element("dd"))));
    }
    values.forEach(([name, value], at) => {
      const [term, described] = figures.children[at].children;
      setText(term, name);
      setText(described, value);
    });
  }

  function showStory(events) {
    const standard = stories.find(({ key }) => key === preset).setup;
    const isSame = Object.entries({ plan: [], ...standard }).every(([key, value]) => JSON.stringify(setup[key]) === JSON.stringify(value));
    const state = shown.status?.state;
    told.show({ preset, isSame, events: shown.points.length > 2 ? events : [], isUntrained: !shown.status, isOver: state === "finished" || state === "diverged" });
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
      list.leave();
    },
  };
}
