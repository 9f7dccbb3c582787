// Every word of a run's recorded examples: when it was learned, when attention found it, and one of them over training.

import { makeChart } from "../charts/chart.js";
import { element } from "../charts/element.js";
import { csvOf } from "../charts/files.js";
import { ask } from "../shell/request.js";
import { leftOut } from "./unreadable.js";
import { saveMenu } from "../shell/save.js";
import { share, short } from "../charts/scale.js";
import { colour, onTheme } from "../charts/colours.js";
import { isolated } from "../charts/symbols.js";

// Words that are listed at once; the filter finds the others.
const LISTED = 200;

export function makeWords({ id, state, change, announce, moveTo, onAgreement }) {
  const search = element("input", { type: "search", placeholder: "Find a word", "aria-label": "Find a word", oninput: () => list() });
  const lead = element("p", { class: "quiet-note", role: "status" });
  const body = element("tbody"), head = element("thead");
  const detail = element("div", { class: "word-detail" });
  const title = element("h2", { id: "words-title" }, "Words");
  const box = element("section", { class: "card", "aria-labelledby": "words-title" },
    element("div", { class: "card-head" }, title,
      element("div", { class: "controls" }, search, saveMenu({ name: `${id}-words`, csv: () => csv(), announce }))),
    lead, element("div", { class: "words" }, element("div", { class: "table-scroll tall", tabindex: 0, role: "group", "aria-label": "Words" },
      element("table", { class: "runs" }, head, body)), detail));
  let run = null, words = null, chosen = null, cursor = null, sort = "known", down = false, charts = [], requests = 0;

  const label = (entry) => isolated(entry.word.replace("▁", "") || entry.word);
  // Without β, the table says when a word is predicted, and not when it is known.
  const known = () => (words?.known_by === "prediction" ? "predicted" : "learned");
  const Known = () => known()[0].toUpperCase() + known().slice(1);
  const column = (key, text, numeric) => element("th", {
    scope: "col", class: numeric ? "number" : null, "aria-sort": sort === key ? (down ? "descending" : "ascending") : null,
  }, element("button", {
    type: "button", class: "sort",
    onclick: () => {
      down = sort === key ? !down : key === "occurrences";
      sort = key;
      list();
    },
  }, text, element("span", { "aria-hidden": "true" }, sort === key ? (down ? " ↓" : " ↑") : "")));
  const step = (value) => element("td", { class: "number" }, value === null ? "not yet" : short(value));
  const sorted = () => {
    const searched = search.value.toLowerCase();
    const value = (entry) => (sort === "word" ? label(entry) : entry[sort]);
    const found = words.words.filter((entry) => !searched || `${label(entry)} ${entry.translation || ""}`.toLowerCase().includes(searched));
    found.sort((a, b) => {
      const [first, second] = [value(a), value(b)];
      if (first === null || second === null) return (first === null) - (second === null);
      return (down ? -1 : 1) * (typeof first === "string" ? first.localeCompare(second, "en", { numeric: true }) : first - second);
    });
    return found;
  };
  const first = () => sorted()[0];
  const list = () => {
    if (!words) return;
    const found = sorted();
    const translated = words.words.some((entry) => entry.translation);
    head.replaceChildren(element("tr", {}, column("word", "Word"), translated && column("translation", "Translated as"),
      column("occurrences", "Occurrences", true), column("known", `${Known()} from step`, true), column("found", "Found from step", true)));
    body.replaceChildren(...found.slice(0, LISTED).map((entry) => element("tr", { "aria-selected": String(entry.word === state.word), class: entry.word === state.word ? "chosen" : null },
      element("th", { scope: "row" }, element("button", { type: "button", class: "unfold", onclick: () => choose(entry.word) }, label(entry))),
      translated && element("td", {}, isolated((entry.translation || "").replace("▁", ""))),
      element("td", { class: "number" }, entry.occurrences), step(entry.known), step(entry.found))));
    title.textContent = `Words: when they were ${known()} and found by attention`;
    lead.textContent = summary(found.length);
  };
  const summary = (found) => {
    if (!words.words.length) return "No word occurs often enough in the recorded examples.";
    const both = words.words.filter((entry) => entry.known !== null && entry.found !== null);
    const count = (holds) => both.filter(holds).length;
    const were = (count) => `${count} ${count === 1 ? "was" : "were"}`;
    const counts = both.length
      ? `Of ${words.words.length} words, ${were(both.length)} both ${known()} and found by attention: ${count((e) => e.known < e.found)} ${known()} first, ${count((e) => e.known === e.found)} at the same checkpoint, ${count((e) => e.known > e.found)} found first. `
      : `Of ${words.words.length} words, none has been both ${known()} and found by attention. `;
    return counts + words.rule + (words.unreadable.length ? ` ${leftOut(words.unreadable)}` : "") + (found > LISTED ? ` The first ${LISTED} of ${found} are listed.` : "");
  };
  const choose = (word) => {
    change({ word });
    list();
    load();
  };
  const load = async () => {
    if (!state.word) return detail.replaceChildren(element("p", { class: "quiet-note" }, "Choose a word to see its trajectory."));
    const request = requests += 1;
    try {
      const next = await ask(`/api/run/word?${new URLSearchParams({ run: id, word: state.word })}`);
      if (request !== requests) return;
      chosen = next;
      draw();
    } catch (error) {
      chosen = null;
      detail.replaceChildren(element("p", { class: "quiet-note", role: "status" }, error.message));
    }
  };
  // Shares in one chart, lines with another unit in a second.
  const panels = () => {
    const lines = chosen.lines.map((line) => ({ ...line, x: chosen.steps, y: line.values }));
    const isShare = (line) => line.key.endsWith("_top") || line.key === "predicted" || (chosen.translation !== null) || chosen.lines.length === 2;
    return [
      { name: "Shares", lines: lines.filter(isShare), yRange: [0, 1] },
      { name: "Strength", lines: lines.filter((line) => !isShare(line)), yRange: null },
    ].filter((panel) => panel.lines.length);
  };
  const draw = () => {
    if (!chosen) return;
    const marks = [
      chosen.known !== null && `${known()} from step ${short(chosen.known)} on`,
      chosen.found !== null && `found by attention from step ${short(chosen.found)} on`,
    ].filter(Boolean).join(", ") || `neither ${known()} nor found by attention so far`;
    detail.replaceChildren(element("h3", {}, element("b", {}, label(chosen)),
      chosen.translation ? ` → ${chosen.translation.replace("▁", "")}` : "", element("span", {}, ` ${marks}`)));
    charts = panels().map((panel) => {
      const holder = element("div"), legend = element("ul", { class: "legend" });
      const chart = makeChart(holder, { label: `${label(chosen)}: ${panel.name}`, height: 190, onCursor: moveTo, format: panel.yRange ? share : short });
      const lines = panel.lines.map((line) => ({
        ...line, colour: colour(line.key.startsWith("alpha") ? "--line-1" : "--line-2"), dashed: line.key.endsWith("_top") && panel.lines.length > 2,
      }));
      legend.append(...lines.map((line) => element("li", {}, element("i", { style: { background: line.colour }, class: line.dashed ? "dashed" : null }), line.name)));
      detail.append(element("div", { class: "word-chart" }, saveMenu({ name: `${id}-${label(chosen)}`, svg: chart.svg, csv: chart.csv, announce }), holder, legend));
      chart.draw({ lines, yRange: panel.yRange, scale: state.scale });
      chart.setCursor(cursor);
      return chart;
    });
  };
  const csv = () => {
    const rows = (words?.words || []).map((entry) => [entry.word, entry.translation, entry.occurrences, entry.known, entry.found]);
    return csvOf([["word", "translation", "occurrences", "known_step", "found_step"], ...rows]);
  };
  const read = async () => {
    lead.textContent = "Reading all attribution records of this run…";
    try {
      words = await ask(`/api/run/words?${new URLSearchParams({ run: id })}`);
      if (words.agreement.length) onAgreement(words.steps, words.agreement);
      list();
      // One word is always shown; it is in the link once it was chosen.
      state.word ??= first()?.word ?? null;
      list();
      load();
    } catch (error) {
      lead.textContent = error.message;
    }
  };
  onTheme(box, draw);
  return {
    element: box,
    show(next) {
      run = next;
      box.hidden = !run.probe_steps.length;
      if (run.probe_steps.length) read();
    },
    restore() {
      list();
      load();
    },
    setCursor(step) {
      cursor = step;
      charts.forEach((chart) => chart.setCursor(step));
    },
  };
}
