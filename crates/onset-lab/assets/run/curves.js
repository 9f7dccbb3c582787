// The scores of one run over steps, under the time cursor.

import { makeChart } from "../charts/chart.js";
import { element, toggle } from "../charts/element.js";
import { saveMenu } from "../shell/save.js";
import { placeOf, share, short } from "../charts/scale.js";
import { colour, onTheme } from "../charts/colours.js";
import { isShare, nameOfScore } from "../runs/scores.js";

// The charts, with the scores that belong together. Each remaining score gets a chart of its own.
const panels = [
  { key: "loss", name: "Loss", scores: ["loss", "training_loss"] },
  { key: "accuracy", name: "Accuracy", scores: ["accuracy", "attention_accuracy", "accuracy_negative", "accuracy_positive", "macro_f1"] },
  { key: "gaps", name: "Score gap and logit gap", scores: ["score_gap", "logit_gap"] },
  { key: "agreement", name: "Agreement with the final α", scores: [] },
];
const minor = ["attention_accuracy_before", "attention_accuracy_after", "attention_peak", "attention_entropy"];

export function makeCurves({ id, state, change, announce, moveTo }) {
  const grid = element("div", { class: "panels" });
  const box = element("section", { class: "curves", "aria-label": "Scores over steps" });
  const charts = new Map();
  let run = null, cursor = null, agreement = null;

  const linesOf = (scores) => scores.filter((score) => run.curves.scores[score]).map((score) => {
    const curve = run.curves.scores[score], many = curve.ranges.length > 0;
    return {
      score, name: nameOfScore(score), x: curve.steps, y: curve.values, faint: score === "training_loss" && scores.length > 1 && !many,
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
        const chart = makeChart(holder, { label: panel.name, title: `${panel.name} of ${id}`, yLabel: panel.lines.length > 1 ? "" : panel.lines[0].name, height: 210, onCursor: moveTo, format });
        card.append(element("div", { class: "card-head" }, element("h2", {}, panel.name),
          saveMenu({ name: `${id}-${panel.key}`, svg: chart.svg, csv: chart.csv, announce })), holder, legend);
        entry = { card, chart, legend, format };
        charts.set(panel.key, entry);
        grid.append(card);
      }
      entry.lines = panel.lines.map((line, at) => ({ ...line, colour: colour(`--line-${at + 1}`) }));
      const shares = panel.key === "agreement" || panel.scores.every(isShare);
      entry.chart.draw({ lines: entry.lines, yRange: shares ? [0, 1] : null, scale: state.scale });
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
  box.append(element("div", { class: "controls tools" },
    toggle("Log steps", state.scale === "log", (on) => {
      change({ scale: on ? "log" : "linear" });
      draw();
    }, { id: "log-steps" })), grid);
  onTheme(box, draw);
  return {
    element: box,
    show(next) {
      run = next;
      box.querySelector("#log-steps").setAttribute("aria-pressed", String(state.scale === "log"));
      draw();
    },
    // Agreement is known once all attribution records have been read.
    showAgreement(steps, lines) {
      agreement = lines.map((line) => ({ name: line.name, x: steps, y: line.values }));
      draw();
    },
    setCursor,
  };
}
