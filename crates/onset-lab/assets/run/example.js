// One example under the time cursor: matrices of target by source words, or a text whose words are shaded.

import { choice, element, toggle } from "../charts/element.js";
import { csvOf } from "../charts/files.js";
import { heatScale, makeHeatmap } from "../charts/heatmap.js";
import { alphaShare, readByKeys, shadedSvg, shadeOf, wordScale } from "../charts/shaded.js";
import { ask } from "../shell/request.js";
import { leftOut } from "./unreadable.js";
import { help } from "../shell/help.js";
import { saveMenu } from "../shell/save.js";
import { placeOf, short } from "../charts/scale.js";
import { isolated, labelOf } from "../charts/symbols.js";
import { attentionShade, onTheme } from "../charts/colours.js";

// Checkpoints in the matrix over training.
const COLUMNS = 48;

export function makeExample({ id, state, change, announce, moveTo }) {
  const search = element("input", { type: "search", placeholder: "Find in examples", "aria-label": "Find in examples" });
  const wrong = toggle("Only errors", false, () => list(true));
  const picker = element("select", { "aria-label": "Example" });
  const splits = element("span", { class: "controls" });
  const places = element("span", { class: "controls" });
  const message = element("p", { class: "quiet-note", role: "status" });
  const readout = element("p", { class: "readout", role: "status" });
  const place = element("div", { class: "example" });
  const box = element("section", { class: "card", "aria-labelledby": "example-title" },
    element("div", { class: "card-head" }, element("h2", { id: "example-title" }, "One example"),
      element("div", { class: "controls" }, places, splits, search, wrong)),
    element("div", { class: "controls picker" }, picker), message, place, readout);
  let run = null, course = null, drawer = null, cursor = 0, controller = null, timer = null;

  const base = () => ({ run: id, ...(run.has_splits && state.split === "training" ? { split: "training" } : {}) });
  // `byHand`: the filter was changed, so that an example that does not match it gives way.
  const list = async (byHand = false) => {
    const query = { ...base(), containing: search.value };
    if (wrong.getAttribute("aria-pressed") === "true") query.wrong = "true";
    try {
      const { examples, cut } = await ask(`/api/run/examples?${new URLSearchParams(query)}`);
      const known = examples.some((each) => each.example === state.example);
      if (byHand && !known && examples.length) choose(examples[0].example);
      // An example that a link asks for is shown though it is not among the first.
      const extra = state.example !== null && !examples.some((each) => each.example === state.example) ? [[state.example, `example ${state.example}`]] : [];
      const entries = [...extra, ...examples.map((each) => [each.example, describe(each)])];
      picker.replaceChildren(...entries.map(([value, text]) => element("option", { value, selected: value === state.example }, text)));
      picker.hidden = entries.length === 0;
      message.textContent = examples.length ? (cut ? `The first ${examples.length} matching examples.` : "") : nothing();
      if (state.example === null && examples.length) choose(examples[0].example, true);
      else if (state.example !== null && !course) load();
    } catch (error) {
      message.textContent = error.message;
    }
  };
  const nothing = () => {
    if (!run.probe_steps.length) return "This run has no attribution records (record.probes = 0); `onset probe` computes them from checkpoints.";
    return "No example matches.";
  };
  const describe = (entry) => `${entry.example}: ${isolated(entry.text)}${entry.label ? ` [${isolated(entry.label)}]` : ""}${entry.right ? "" : " ✗"}`;
  const choose = (example, byItself) => {
    change({ example: byItself ? null : example });
    state.example = example;
    load();
  };
  const load = async () => {
    controller?.abort();
    controller = new AbortController();
    const [layer, head] = (state.place || "0.0").split(".");
    const query = new URLSearchParams({ ...base(), example: state.example, layer, head });
    try {
      const next = await ask(`/api/run/example?${query}`, { signal: controller.signal });
      const same = course && course.kind === next.kind;
      course = next;
      if (!same || !drawer) {
        place.replaceChildren();
        drawer = (course.kind === "text" ? textDrawer : matrixDrawer)({ id, place, readout, state, change, announce, moveTo });
      }
      drawer.show(course);
      setPlaces();
      message.textContent = leftOut(course.unreadable);
      setCursor(cursor);
    } catch (error) {
      if (error.name !== "AbortError") {
        message.textContent = error.message;
        place.replaceChildren();
        drawer = null;
        course = null;
      }
    }
  };
  const setCursor = (step) => {
    cursor = step;
    if (course && drawer) drawer.at(placeOf(course.steps, step));
  };
  const setSplits = () => {
    splits.replaceChildren(...(run.has_splits ? [choice("Split", [["validation", "validation"], ["training", "training"]], state.split, (split) => {
      change({ split, example: null });
      course = null;
      list();
    })] : []));
  };
  // Which layer and head is shown, where there are several.
  const setPlaces = () => {
    const all = course.places ?? [];
    const entries = all.map(({ layer, head, kind }) => [`${layer}.${head}`, `layer ${layer}, head ${head} (${kind})`]);
    places.replaceChildren(...(all.length > 1 ? [choice("Attention", entries, `${course.layer}.${course.head}`, (next) => {
      change({ place: next === "0.0" ? null : next });
      load();
    })] : []));
  };
  picker.addEventListener("change", () => choose(Number(picker.value)));
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => list(true), 200);
  });
  onTheme(box, () => setCursor(cursor));
  return {
    element: box,
    show(next) {
      run = next;
      setSplits();
      if (course) load();
      list();
    },
    restore() {
      setSplits();
      course = null;
      list();
    },
    setCursor,
  };
}

// α, β and Δ as matrices side by side.
function matrixDrawer({ id, place, readout, announce, moveTo }) {
  let course = null, at = 0, maps = [], label = String, through = null;
  const output = element("p", { class: "output" });
  const row = element("div", { class: "heatmaps" });
  place.append(row, heatScale(), output);
  const point = ({ row: t, column: l }) => {
    const width = course.source.length;
    const values = course.probes.filter((probe) => probe.values[at]?.length).map((probe) => `${probe.name} = ${short(probe.values[at][t * width + l])}`);
    const guess = course.predicted[at][t];
    readout.textContent = `Target token ${t + 1}, ${label(course.target[t])}${guess === course.target[t] ? "" : ` (predicted ${label(guess)})`}; `
      + `position ${l + 1}, ${label(course.source[l])}: ${values.join(", ")}`;
  };
  const largest = (probe, values) => {
    if (probe.key !== "delta") return 1;
    // One scale through all of training, so that growth can be seen.
    probe.largest ??= Math.max(1e-6, ...probe.values.map((each) => each.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0)));
    return probe.largest;
  };
  // For each target word, the weight at the source position with the most attention at the last checkpoint.
  const throughTraining = () => {
    const alpha = course.probes.find((probe) => probe.key === "alpha"), last = alpha?.values[alpha.values.length - 1], width = course.source.length;
    if (!last || course.steps.length < 3) return null;
    const ends = course.target.map((_, t) => {
      const weights = last.slice(t * width, (t + 1) * width);
      return weights.indexOf(Math.max(...weights));
    });
    const count = Math.min(COLUMNS, course.steps.length);
    const places = Array.from({ length: count }, (_, n) => Math.round(n * (course.steps.length - 1) / (count - 1)));
    const values = course.target.flatMap((_, t) => places.map((when) => alpha.values[when][t * width + ends[t]]));
    const columns = places.map((when) => short(course.steps[when]));
    const holder = element("div", { class: "heatmap-holder" });
    row.append(holder);
    const map = makeHeatmap(holder, {
      name: "α", title: "attention on the final source word, during training",
      described: "For each target word, attention on the source word that has the most attention at the last checkpoint, by checkpoint.",
      onPoint: ({ row: t, column }) => {
        readout.textContent = `Target ${label(course.target[t])} at step ${columns[column]}: α on ${label(course.source[ends[t]])} = ${short(values[t * count + column])}`;
      },
      onPick: (column) => moveTo(course.steps[places[column]]),
    });
    holder.append(saveMenu({ name: `${id}-alpha-over-training`, svg: map.svg, csv: map.csv, announce }));
    const drawing = { rows: course.target, columns, values, signed: false, largest: 1, label, across: width };
    return { at: () => map.draw({ ...drawing, column: placeOf(places, at) }) };
  };
  return {
    show(next) {
      course = next;
      const labelled = labelOf(course.source);
      label = (word) => isolated(labelled(word));
      row.replaceChildren();
      maps = course.probes.map((probe) => {
        const holder = element("div", { class: "heatmap-holder" });
        row.append(holder);
        const map = makeHeatmap(holder, { name: probe.name, title: probe.title, onPoint: point });
        const menu = saveMenu({ name: `${id}-${probe.key}`, svg: map.svg, csv: map.csv, announce });
        holder.append(menu);
        return { probe, map };
      });
      through = throughTraining();
      readout.textContent = "Point at a cell, or move to it with the arrow keys, for its values. Rows are target words, columns are source words.";
    },
    at(place) {
      at = place;
      for (const { probe, map } of maps) {
        const values = probe.values[at] || [];
        map.element.hidden = !values.length;
        if (!values.length) continue;
        map.draw({
          rows: course.target, columns: course.source, values, signed: probe.key === "delta",
          largest: largest(probe, values), predicted: course.predicted[at], label,
        });
      }
      through?.at();
      const right = course.target.filter((word, t) => course.predicted[at][t] === word).length;
      output.replaceChildren(`output (${right} of ${course.target.length} right): `, ...course.target.map((word, t) => {
        const guess = course.predicted[at][t];
        return element("span", guess === word ? {} : { class: "wrong", title: `target ${label(word)}` }, label(guess));
      }));
    },
  };
}

// A text whose words are shaded by α, β or Δ.
function textDrawer({ id, place, readout, state, change, announce }) {
  let course = null, at = 0, spans = [];
  const verdict = element("p", { class: "verdict" });
  const text = element("p", { class: "shaded" });
  const buttons = element("div", { class: "controls" });
  const probe = () => course.probes.find((each) => each.key === state.probe) || course.probes[0];
  const largest = (each) => {
    // One scale through all of training, so that growth can be seen.
    each.largest ??= Math.max(0.5, ...each.values.map((all) => all.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0)));
    return each.largest;
  };
  const share = (each, value) => (each.key === "alpha" ? alphaShare(value, course.words.length) : Math.abs(value ?? 0) / largest(each));
  const shades = () => probe().values[at].map((value) => (probe().key === "alpha"
    ? attentionShade(share(probe(), value)) : shadeOf(share(probe(), value), value >= 0)));
  const showValues = (word) => {
    readout.textContent = `${isolated(course.words[word])}: ${course.probes.map((each) => `${each.name} = ${short(each.values[at][word])}`).join(", ")}`;
  };
  const paint = () => {
    scale.hidden = probe().key !== "alpha";
    shades().forEach((shade, word) => { spans[word].style.backgroundColor = shade; });
    const logit = course.logit[at], predicted = course.predicted[at], right = predicted === course.label;
    const unit = course.label_names.length > 2 ? "log-odds of the true label" : "logit";
    verdict.replaceChildren("true label ", element("b", {}, element("bdi", {}, course.label)), "; predicted ",
      element("b", { class: right ? "right" : "wrong" }, element("bdi", {}, predicted)),
      ` (${unit} ${logit > 0 ? "+" : ""}${short(logit)})${right ? "" : ", wrong"}`);
  };
  const setButtons = () => buttons.replaceChildren(...course.probes.map((each) => toggle(`${each.name} ${each.title}`, each === probe(), () => {
    change({ probe: each.key });
    setButtons();
    paint();
  })), ...course.probes.map((each) => help(each.name)), saveMenu({ name: `${id}-text`, svg, csv, announce }));
  const svg = () => shadedSvg([{ words: course.words, shades: shades() }], `${probe().name} at step ${course.steps[at]}`);
  const csv = () => {
    const rows = course.steps.flatMap((step, when) => course.words.map((word, place) =>
      [step, place, word, ...course.probes.map((each) => each.values[when][place])]));
    return csvOf([["step", "place", "word", ...course.probes.map((each) => each.key)], ...rows]);
  };
  const scale = wordScale();
  // The readout is a live region, which is read when it changes.
  readByKeys(text, "Text", () => spans, showValues);
  place.append(buttons, verdict, text, scale);
  return {
    show(next) {
      course = next;
      spans = course.words.map((word, number) => element("span", {
        class: "word", onpointerenter: () => showValues(number),
      }, word));
      text.replaceChildren(...spans.flatMap((span) => [span, " "]));
      readout.textContent = "α: shading shows attention above that of uniform attention. β and Δ: blue supports the true label, orange the others. Point at a word for its values, or move to it with the arrow keys.";
      setButtons();
    },
    at(place) {
      at = place;
      paint();
    },
  };
}
