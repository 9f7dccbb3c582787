// A paired comparison: training A, kept on the page, and the present one, B. From the same seed both have the same data and initial
// weights, so that one change explains every difference.

import { element } from "../charts/element.js";
import { curves } from "./curves.js";
import { matrix } from "./matrix.js";
import { WEIGHTS } from "./series.js";
import { differences, summary } from "./summary.js";
import { END, letter, number } from "./words.js";

// What leaves the data and the initial weights as they are.
const PAIRED = ["attention", "optimiser", "learning rate", "steps", "interventions"];

// The training before is shown beside the next one as long as they differ in no more than this; one that was kept by hand, always.
const FEW = 2;

// `changed()` is called when A was kept or removed, `train()` when an A that a link asks for is to be trained.
export function pair({ announce, changed, train }) {
  let a = null, pinned = false, last = null;
  // The setup of A, as long as a link asks for an A that is not trained yet: { setup, preset }.
  let expected = null;
  const button = element("button", {
    type: "button", class: "toggle", "aria-pressed": "false", title: "Keep this training, to compare the next ones with it",
    onclick: () => {
      pinned = !pinned;
      if (pinned && last?.points.length > 2) keep(last);
      else if (!pinned) a = expected = null;
      announce(pinned ? "Kept as A" : "A removed");
      changed();
    },
  }, "Keep as A");
  const about = element("p", { class: "live-note" });
  const both = element("button", { type: "button", onclick: () => train() }, "Train A and B");
  const progress = element("span", { class: "live-note", role: "status" });
  const waiting = element("p", { hidden: true }, both, " ", progress);
  const rows = element("tbody");
  const table = element("div", { class: "live-scroll" }, element("table", { class: "live-words" },
    element("thead", {}, element("tr", {}, ...["Difference", "A", "B"].map((name) => element("th", { scope: "col" }, name)))), rows));
  const chart = curves({
    key: "difference", label: "Difference of B and A over steps", title: "Difference of B and A (B − A) over steps",
    yLabel: "B − A", shares: true, signed: true, height: 230, series: WEIGHTS, announce,
  });
  const without = element("p", { class: "live-note" });
  const view = (key, name) => matrix({
    key, name: "α", title: `of ${name}`, label: `Attention matrix of ${name}.`, announce,
    fields: ["target_position", "target", "source_position", "source"], rowsName: "target words", columnsName: "source words",
    describe: (row, column, value) => `${name}, target word ${row + 1}, attention on source word ${column + 1}: ${number(value)}`,
  });
  const [matrixA, matrixB] = [view("attention-a", "A"), view("attention-b", "B")];
  const matrices = element("div", { class: "live-pair-matrices" }, ...[matrixA, matrixB].map((each) => element("div", {}, each.save, each.node)));
  const parts = element("div", { class: "live-pair-parts" }, element("div", {}, chart.node, without), matrices);
  const node = element("section", { class: "card live-pair", "aria-labelledby": "live-pair", hidden: true },
    element("div", { class: "card-head" }, element("h2", { id: "live-pair" }, "A and B"), chart.save), about, waiting, table, parts);
  let listed = "";

  function keep(training) {
    a = { ...training, points: [...training.points], frames: training.frames.copy() };
  }

  // What differs between A and B, as sentence and table.
  function showSetups(own, b, list) {
    const key = JSON.stringify([own.setup, b.setup, list]);
    if (key === listed) return;
    listed = key;
    about.textContent = list.length === 1 && PAIRED.includes(list[0][0])
      ? `A and B have the same data and initial weights, and one difference. Every difference of their curves is its effect. A: ${summary(own.setup)}.`
      : list.length ? `A: ${summary(own.setup)}.` : `A and B do not differ yet. Change one thing, or intervene, and train. A: ${summary(own.setup)}.`;
    rows.replaceChildren(...list.map(([name, inA, inB]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, inA), element("td", {}, inB))));
    table.hidden = !list.length;
  }

  // A that is not trained yet: only the setups can be compared, with what is planned.
  function showExpected(b) {
    node.hidden = expected.setup.task !== b.task;
    const planned = (training) => ({ ...training, made: training.setup.plan });
    if (!node.hidden) showSetups(expected, b, differences(planned(expected), planned(b)));
    return [];
  }

  // A quantity at a step, between the points beside it; null beyond them.
  function at(points, key, step) {
    const after = points.findIndex((point) => point.step >= step);
    if (after < 0) return NaN;
    const [from, to] = [points[Math.max(0, after - 1)], points[after]];
    const share = to.step === from.step ? 0 : (step - from.step) / (to.step - from.step);
    return from[key] + share * (to[key] - from[key]);
  }

  const minus = (of, from) => of.map((point) => ({
    step: point.step, ...Object.fromEntries(WEIGHTS.map(({ key }) => [key, point[key] - at(from, key, point.step)])),
  })).filter((point) => WEIGHTS.some(({ key }) => Number.isFinite(point[key])));

  function showMatrices(b, step) {
    const mean = (heads) => heads[0].map((_, index) => heads.reduce((sum, each) => sum + each[index], 0) / heads.length);
    const draw = (map, shown) => {
      const names = [...shown.source.map(letter), END];
      map.show({ cells: mean(shown.heads), rows: names, columns: names }, "");
    };
    const before = a.frames.at(step)?.view;
    if (before?.task === "copying") draw(matrixA, before);
    if (b.view?.task === "copying") draw(matrixB, b.view);
  }

  return {
    node,
    button,
    // The training that is about to be replaced becomes A, unless another was kept by hand.
    keepPrevious(training) {
      if (!pinned && training.points.length > 2) keep(training);
    },
    // A, as it can be kept on a page or in a link; null if there is none beside B.
    kept: () => (node.hidden || expected ? null : a),
    // A comes from elsewhere, and stays.
    restore(training) {
      keep(training);
      expected = null;
      pinned = true;
    },
    // A link asks for this A, { setup, preset }, or for none.
    expect(wanted) {
      if (!wanted) return;
      expected = { ...wanted, points: [], made: [], now: 0 };
      pinned = true;
    },
    expected: () => expected,
    isPinned: () => pinned,
    // A is being trained and has come to this step; null if it is not trained any longer.
    progress(step) {
      progress.textContent = step === null ? "" : `A is at step ${step} of ${expected.setup.steps}`;
      both.disabled = step !== null;
    },
    // Shows A beside B, the present training, and returns A's points where they belong to the same task.
    show(b) {
      last = b;
      button.setAttribute("aria-pressed", String(pinned));
      button.disabled = !pinned && b.points.length <= 2;
      waiting.hidden = !expected;
      parts.hidden = chart.save.hidden = Boolean(expected);
      if (expected) return showExpected(b);
      const isSameTask = a?.setup.task === b.task;
      const list = isSameTask ? differences(a, b) : [];
      node.hidden = !isSameTask || a.points.at(-1) === b.points.at(-1) || (!pinned && !(list.length > 0 && list.length <= FEW));
      if (node.hidden) return [];
      showSetups(a, b, list);
      const copying = b.task === "copying";
      matrices.hidden = !copying;
      const [before, now] = [a.prediction.curve ?? [], b.prediction.curve ?? []];
      const changedOnTheWay = a.made.length + b.made.length + b.setup.plan.length > 0;
      const theory = before.length && now.length && !changedOnTheWay ? minus(now, before) : [];
      const text = theory.length || !copying ? ""
        : changedOnTheWay ? "The theory does not predict the effect of an intervention." : "The theory does not cover one of the two, so it predicts no difference.";
      if (without.textContent !== text) without.textContent = text;
      chart.show({ points: minus(b.points, a.points), theory, steps: Math.max(a.setup.steps, b.setup.steps), cursor: b.cursor });
      if (copying) showMatrices(b, b.cursor ?? b.points.at(-1)?.step ?? 0);
      return a.points;
    },
  };
}
