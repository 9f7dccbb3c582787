// The scores of one run over steps, under the time cursor.

import { makeChart } from "../charts/chart.js";
import { element, toggle } from "../charts/element.js";
import { saveMenu } from "../shell/save.js";
import { placeOf, share, short } from "../charts/scale.js";
import { colour, onTheme } from "../charts/colours.js";
import { makeZoom } from "./zoom.js";
import { isShare, nameOfScore } from "../runs/scores.js";

// The charts, with the scores that belong together. Each remaining score gets a chart of its own.
const panels = [
  { key: "loss", name: "Loss", scores: ["loss", "training_loss"] },
  { key: "accuracy", name: "Accuracy", scores: ["accuracy", "attention_accuracy", "accuracy_negative", "accuracy_positive", "macro_f1"] },
  { key: "gaps", name: "Score gap and logit gap", scores: ["score_gap", "logit_gap"] },
  { key: "agreement", name: "Agreement with the final α", scores: [] },
];
// Charts whose values may be on a logarithmic axis.
const LOSSES = ["loss", "perplexity"];
const minor = ["attention_accuracy_before", "attention_accuracy_after", "attention_peak", "attention_entropy"];

export function makeCurves({ id, state, change, announce, moveTo }) {
  const grid = element("div", { class: "panels" });
  const box = element("section", { class: "curves", "aria-label": "Scores over steps" });
  const charts = new Map();
  let run = null, cursor = null, agreement = null;

  const linesOf = (scores) => scores.filter((score) => run.curves.scores[score]).map((score) => {
    const curve = run.curves.scores[score], many = curve.ranges.length > 0;
    return {
      score, name: nameOfScore(score, run.labels), x: curve.steps, y: curve.values, faint: score === "training_loss" && scores.length > 1 && !many,
      low: many ? curve.ranges.map((range) => range[0]) : null, high: many ? curve.ranges.map((range) => range[1]) : null,
    };
  });
  const groups = () => {
    const taken = new Set([...panels.flatMap((panel) => panel.scores), ...minor]);
    const rest = Object.keys(run.curves.scores).filter((score) => !taken.has(score)).map((score) => ({
      key: score, name: nameOfScore(score), scores: [score],
    }));
    const known = panels.map((panel) => ({ ...panel, lines: panel.key === "agreement" ? agreement || [] : linesOf(panel.scores) }));
    return [...known, ...rest.map((panel) => ({ ...panel, lines: linesOf(panel.scores) }))].filter((panel) => panel.lines.length);
  };
  const draw = () => {
    if (!run) return;
    const shown = groups();
    for (const [key, chart] of charts) {
      if (!shown.some((panel) => panel.key === key)) {
        chart.card.remove();
        charts.delete(key);
      }
    }
    for (const panel of shown) {
      let entry = charts.get(panel.key);
      if (!entry) {
        const legend = element("ul", { class: "legend" });
        const holder = element("div");
        const card = element("div", { class: "card" });
        const shares = panel.key === "agreement" || (panel.scores.length > 0 && panel.scores.every(isShare));
        const format = shares ? share : short;
        const chart = makeChart(holder, {
          label: panel.name, title: `${panel.name} of ${id}`, yLabel: panel.lines.length > 1 ? "" : panel.lines[0].name, height: 210, ends: true,
          onCursor: moveTo, onSelect: zoom.select, format,
        });
        card.append(element("div", { class: "card-head" }, element("h2", {}, panel.name),
          saveMenu({ name: `${id}-${panel.key}`, svg: chart.svg, csv: chart.csv, announce })), holder, legend);
        entry = { card, chart, legend, format };
        charts.set(panel.key, entry);
        grid.append(card);
      }
      entry.lines = panel.lines.map((line, at) => ({ ...line, colour: colour(`--line-${at + 1}`) }));
      const shares = panel.key === "agreement" || panel.scores.every(isShare);
      entry.chart.draw({ lines: entry.lines, xRange: zoom.range(), yRange: shares ? [0, 1] : null, scale: state.scale, yScale: LOSSES.includes(panel.key) ? state.values : "linear" });
      entry.values = entry.lines.map(() => element("span"));
      entry.legend.replaceChildren(...entry.lines.map((line, at) =>
        element("li", {}, element("i", { style: { background: line.colour } }), line.name, " ", entry.values[at])));
    }
    setCursor(cursor);
  };
  const setCursor = (step) => {
    cursor = step;
    for (const { chart, lines, values, format } of charts.values()) {
      chart.setCursor(step);
      if (step === null) continue;
      lines.forEach((line, at) => { values[at].textContent = line.x.length ? format(line.y[placeOf(line.x, step)]) : ""; });
    }
  };
  const logs = (text, key) => toggle(text, state[key] === "log", (on) => {
    change({ [key]: on ? "log" : "linear" });
    draw();
  });
  const [logSteps, logLoss] = [logs("Log steps", "scale"), logs("Log loss", "values")];
  const zoom = makeZoom({ state, change, announce, cursor: () => cursor, drawn: () => draw() });
  box.append(element("div", { class: "controls tools" }, logSteps, logLoss, zoom.node), grid);
  onTheme(box, draw);
  return {
    element: box,
    show(next) {
      run = next;
      logSteps.setAttribute("aria-pressed", String(state.scale === "log"));
      logLoss.setAttribute("aria-pressed", String(state.values === "log"));
      logLoss.hidden = !LOSSES.some((score) => run.curves.scores[score]);
      zoom.setLast(Math.max(0, ...Object.values(run.curves.scores).map((curve) => curve.steps.at(-1) ?? 0)));
      draw();
    },
    // Agreement is known once all attribution records have been read.
    showAgreement(steps, lines) {
      agreement = lines.map((line) => ({ name: line.name, x: steps, y: line.values }));
      draw();
    },
    setCursor,
    key: zoom.key,
  };
}
