// #/lab: live training.

import { choice, element } from "../shell/element.js";
import { link, remember } from "../shell/route.js";
import { changes, sentence } from "./changes.js";
import { controls } from "./controls.js";
import { curves } from "./curves.js";
import { matrix, scale } from "./matrix.js";
import { plane } from "./plane.js";
import { presets, previewer, session, start } from "./session.js";
import { texts } from "./texts.js";
import { END, letter, number, percent } from "./words.js";

const PACES = [["slow", "slow"], ["steady", "steady"], ["fast", "as fast as it can"]];

export function mount(place, { route, announce }) {
  if (!document.querySelector("link[href='/assets/live/live.css']")) {
    document.head.append(element("link", { rel: "stylesheet", href: "/assets/live/live.css" }));
  }
  const preview = previewer();
  let stories = [];
  let setup = null;
  // What is seen: before training from the preview, then from the session.
  let seen = { points: [], prediction: {}, view: null, status: null };
  let ghost = [];
  let live = null;
  // Whether the training was begun here; one that was only watched is left to go on.
  let mine = false;
  let head = "mean";
  let pace = "steady";
  let busy = false;

  // --- parts of the page

  const story = element("p", { class: "live-story" });
  const steps = element("div", { class: "live-presets", role: "group", "aria-label": "The story in five steps" });
  const train = element("button", { type: "button", class: "primary live-train", onclick: () => act(runOrPause) }, "Train");
  const one = element("button", { type: "button", onclick: () => act(stepOnce) }, "Step");
  const reset = element("button", { type: "button", onclick: () => act(startOver) }, "Reset");
  const counter = element("span", { class: "live-counter" });
  const watching = element("a", { hidden: true }, "Link to watch");
  const speed = choice("Pace", PACES, pace, (value) => {
    pace = value;
    remember({ pace: value === "steady" ? null : value });
    live?.pace(value).catch(complain);
  });
  const notice = element("p", { class: "notice", role: "alert", hidden: true });
  const form = controls((changed) => choose(changed));
  const panel = changes((intervention) => act(() => live?.change(intervention)));
  const chart = curves({
    key: "accuracy", label: "Accuracy and attention over steps.", percents: true,
    series: [
      { key: "accuracy", name: "accuracy", colour: "--line-1" },
      { key: "attention", name: "attention", colour: "--line-2" },
    ],
  });
  const losses = curves({
    key: "loss", label: "Loss over steps.", series: [{ key: "loss", name: "loss", colour: "--line-4" }],
  });
  const said = element("p", { class: "live-theory" });
  const figures = element("dl", { class: "live-figures" });
  const attention = matrix({
    key: "attention", label: "Attention matrix of one sequence.",
    rowsName: "the word to be said", columnsName: "the word attended to",
    tell: (row, column, value) => `Saying ${symbol(row)} (word ${row + 1}), attention on ${symbol(column)} (word ${column + 1}): ${number(value)}`,
  });
  const knowledge = matrix({
    key: "knowledge", label: "What is known of single words.",
    rowsName: "the word that is the whole context", columnsName: "the word that is said",
    tell: (row, column, value) => `Were the context ${letter(row)} alone, ${letter(column)} would be said with probability ${number(value)}`,
  });
  const path = plane();
  const reading = texts();
  const headChoice = element("span");
  const copyingCards = element("div", { class: "live-matrices" },
    element("section", { class: "card" }, element("div", { class: "live-head" }, element("h2", {}, "Attention"), headChoice),
      attention.node, scale()),
    element("section", { class: "card" }, element("h2", {}, "Knowledge of single words"), knowledge.node, scale()),
    element("section", { class: "card" }, element("h2", {}, "The two numbers of the theory"), path.node));

  place.append(
    element("h1", {}, "Lab"),
    steps, story, notice,
    element("div", { class: "live-bar card", role: "group", "aria-label": "Training" }, train, one, reset, speed, watching, counter),
    element("div", { class: "live-layout" },
      element("div", { class: "live-side" },
        element("section", { class: "card", "aria-labelledby": "live-setup" }, element("h2", { id: "live-setup" }, "What is trained"), form.node),
        panel.node),
      element("div", { class: "live-main" },
        element("section", { class: "card", "aria-labelledby": "live-curves" },
          element("div", { class: "live-head" }, element("h2", { id: "live-curves" }, "Theory and training"), legend()),
          said, chart.node, losses.node, figures),
        copyingCards, reading.node)));

  function legend() {
    const key = (name, text) => element("span", {}, element("i", { class: `live-key ${name}` }), text);
    return element("p", { class: "live-legend" }, key("accuracy", "accuracy"), key("attention", "weight on the right word"),
      key("dashed", "foretold"), key("ghost", "the training before"));
  }

  function symbol(position) {
    const source = seen.view?.source ?? [];
    return position < source.length ? letter(source[position]) : END;
  }

  // --- the set-up and the address

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
    remember({ preset: preset === "easy" ? null : preset, ...different, watch: null });
  }

  function read(query) {
    const known = setupOf(query);
    preset = known.preset;
    pace = PACES.some(([key]) => key === query.get("pace")) ? query.get("pace") : "steady";
    speed.querySelector("select").value = pace;
    head = query.get("head") ?? "mean";
    const watched = Number(query.get("watch"));
    setup = known.made;
    if (watched) attach(watched, false);
    else look();
  }

  function choose(changed, nextPreset) {
    if (nextPreset) {
      preset = nextPreset.key;
      setup = { ...nextPreset.setup };
    } else {
      setup = { ...setup, ...changed };
      // What depends on each other is kept together.
      if (setup.task === "keyword") Object.assign(setup, { heads: 1, repetition: false });
      if (setup.task === "copying" && !setup.repetition && setup.length > setup.vocabulary) {
        if (changed.length) setup.vocabulary = setup.length;
        else setup.length = setup.vocabulary;
      }
    }
    if (head !== "mean" && Number(head) > setup.heads) head = "mean";
    leaveSession(nextPreset !== undefined || changed.task !== undefined);
    write();
    look();
  }

  // --- before training

  function look() {
    show();
    preview(setup).then(({ prediction, point, view }) => {
      if (live) return;
      seen = { prediction, points: [point], view, status: null };
      hush();
      show();
    }, (error) => error.name === "AbortError" || complain(error));
  }

  // --- training

  function leaveSession(forget) {
    if (live) {
      if (!forget) ghost = seen.points;
      live.leave(mine);
      live = null;
    }
    if (forget) ghost = [];
    seen = { ...seen, points: [], status: null };
  }

  function attach(id, begun) {
    mine = begun;
    live = session(id, {
      whole(all) {
        setup = all.setup;
        seen = { points: all.points, prediction: all.prediction, view: all.view, status: all.status };
        show();
        tellState();
      },
      update({ points, view, status }) {
        for (const point of points) {
          if (seen.points.at(-1)?.step === point.step) seen.points.pop();
          seen.points.push(point);
        }
        const before = seen.status?.state;
        seen = { ...seen, view, status };
        show();
        if (status.state !== before) tellState();
      },
      end(reason) {
        live = null;
        seen.status = null;
        complain(new Error(`This training has ended: ${reason}.`));
        show();
      },
      state: (state) => { place.dataset.connection = state; },
    });
    place.dataset.session = id;
  }

  async function begin(run) {
    hush();
    const id = await start(setup, pace, run);
    attach(id, true);
  }

  async function runOrPause() {
    const state = seen.status?.state;
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
    if (["finished", "diverged"].includes(seen.status?.state)) return;
    await live.step();
  }

  async function startOver() {
    leaveSession(false);
    write();
    hush();
    look();
  }

  async function act(what) {
    if (busy) return;
    busy = true;
    try {
      await what();
    } catch (error) {
      complain(error);
    } finally {
      busy = false;
      show();
    }
  }

  function complain(error) {
    notice.textContent = error.message;
    notice.hidden = false;
  }

  function hush() {
    notice.hidden = true;
  }

  function tellState() {
    const { state, step, message } = seen.status;
    if (message) complain(new Error(message));
    const last = seen.points.at(-1);
    const names = { running: "Training", paused: `Paused at step ${step}`, finished: `Finished after ${step} steps`, diverged: "Training cannot go on" };
    announce(`${names[state]}${last && state !== "running" ? `: accuracy ${percent(last.accuracy)}, attention ${percent(last.attention)}` : ""}.`);
  }

  // --- showing

  function show() {
    if (!setup) return;
    const { points, prediction, view, status } = seen;
    const state = status?.state ?? "idle";
    place.dataset.state = state;
    train.textContent = { running: "Pause", finished: "Train again", diverged: "Train again" }[state] ?? "Train";
    one.disabled = ["running", "finished", "diverged"].includes(state);
    const rate = status?.steps_per_second;
    counter.textContent = `step ${status?.step ?? 0} of ${setup.steps}${rate ? ` · ${Math.round(rate)} a second` : ""}`;
    watching.hidden = !live;
    if (live) watching.href = link("lab", "", { watch: live.id });
    const made = status?.changes ?? [];
    const marks = made.map(({ step, intervention }) => ({ step, name: sentence(intervention) }));
    const lines = [];
    if (prediction.without_attention) lines.push({ value: prediction.without_attention, name: "words known, their order not" });
    if (prediction.keyword_attention) lines.push({ value: prediction.keyword_attention, name: "attention foretold" });
    chart.show({ points, ghost, marks, lines, theory: prediction.curve ?? [], steps: setup.steps });
    losses.show({ points, ghost, marks, steps: setup.steps });
    said.textContent = theory(prediction);
    showFigures(points.at(-1));
    form.show(setup);
    panel.show(setup, status);
    showStory();
    const copying = view ? view.task === "copying" : setup.task === "copying";
    copyingCards.hidden = !copying;
    reading.node.hidden = copying;
    if (view && copying) showMatrices(view, points.at(-1));
    if (view && !copying) reading.show(view, prediction);
    if (copying) path.show({ points, ghost, theory: prediction.curve ?? [] });
  }

  function showMatrices(view, point) {
    const size = view.source.length + 1;
    const chosen = view.heads[Number(head) - 1];
    const mean = () => view.heads[0].map((_, index) => view.heads.reduce((sum, each) => sum + each[index], 0) / view.heads.length);
    const names = [...view.source.map(letter), END];
    attention.show({ cells: chosen ?? mean(), rows: names, columns: names },
      `Mean weight on the right word ${percent(point?.attention)}.`);
    const words = Array.from({ length: Math.sqrt(view.knowledge.length) }, (_, word) => letter(word));
    const diagonal = words.reduce((sum, _, word) => sum + view.knowledge[word * (words.length + 1)], 0) / words.length / 1000;
    knowledge.show({ cells: view.knowledge, rows: words, columns: words },
      `A word alone would be said right with a mean probability of ${number(diagonal)}.`);
    attention.node.dataset.size = size;
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
    const told = [["loss", number(point?.loss)], ["accuracy", percent(point?.accuracy, 1)],
      ["weight on the right word", percent(point?.attention, 1)], ["largest there", percent(point?.attention_accuracy)]];
    if (point?.knowledge !== undefined) told.push(["w", number(point.knowledge)], ["a", number(point.preference ?? NaN)]);
    figures.replaceChildren(...told.flatMap(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  }

  function theory(prediction) {
    if (prediction.beyond) return `Theory: no number. ${prediction.beyond[0].toUpperCase()}${prediction.beyond.slice(1)}.`;
    if (prediction.keyword_attention) {
      return `Theory, before training: attention will go to the keyword, with ${percent(prediction.keyword_attention)} of the weight.`;
    }
    if (prediction.chance === undefined) return "";
    const [early, middle, late] = prediction.emergence;
    const when = middle === null ? "" : `, at about step ${Math.round(middle)} (${Math.round(early)} to ${late === null ? "later" : Math.round(late)})`;
    return `Theory, from this seed’s initial weights: learned within ${setup.steps} steps with a chance of ${percent(prediction.chance)}${when}.`;
  }

  function showStory() {
    const present = stories.find(({ key }) => key === preset);
    const same = JSON.stringify(present.setup) === JSON.stringify(setup);
    story.textContent = same ? present.story : `Your own set-up, begun from “${present.title}”. ${present.story}`;
    for (const button of steps.children) button.setAttribute("aria-pressed", String(button.dataset.preset === preset && same));
  }

  presets().then((known) => {
    stories = known;
    steps.replaceChildren(...stories.map((each, index) => element("button", {
      type: "button", class: "toggle", "data-preset": each.key, "aria-pressed": "false",
      onclick: () => { hush(); choose({}, each); },
    }, element("span", { class: "live-number", "aria-hidden": "true" }, index + 1), ` ${each.title}`)));
    read(route.query);
  }).catch(complain);

  return {
    update(next) {
      leaveSession(true);
      hush();
      read(next.query);
    },
    leave() {
      leaveSession(true);
      [chart, losses, attention, knowledge, path].forEach((part) => part.leave());
    },
  };
}
