// What is shown of a training: its curves, matrices and words, at the present step or at the one that is looked at. The lab shows a
// session with it; a page that was saved shows what it carries.

import { choice, element } from "../charts/element.js";
import { help } from "../shell/help.js";
import { attentionFiles } from "./attention_file.js";
import { curves } from "./curves.js";
import { happened } from "./events.js";
import { figures } from "./figures.js";
import { heads } from "./heads.js";
import { sentence } from "./interventions.js";
import { matrix } from "./matrix.js";
import { model } from "./model.js";
import { pair } from "./pair.js";
import { SERIES, WEIGHTS } from "./series.js";
import { texts } from "./texts.js";
import { predicted, remark } from "./theory.js";
import { END, letter, number, percent } from "./words.js";

// Events that are marked in the chart.
const MARKED = ["words_known", "attention_finds", "previous_token", "eliminates"];

// `look(step)` is called with the step that is pointed at, `headChosen(head)` and `placeChosen(place)` with the head of a copying model
// and of a Transformer; `changed()` when all must be shown again; `trainPair()` trains an A that a link asks for. `told` is the story, whose captions stand on the stage.
export function stage({ told, look, headChosen, placeChosen, changed, trainPair, announce }) {
  let head = "mean", shown = null, files = null;
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
  const values = figures();
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
  const looking = heads({ announce, choose: (at) => { placeChosen(at); changed(); } });
  const headChoice = element("span");
  const drawing = model();
  const paired = pair({ announce, changed, train: trainPair });
  const attentionCard = card("Attention", attention, element("span", { class: "card-tools" }, help("α"), headChoice));
  attentionCard.classList.add("live-attention");
  const weightsCard = element("section", { class: "card", "aria-labelledby": "live-weights" },
    element("div", { class: "card-head" }, element("h2", { id: "live-weights" }, "Prediction and training"), weights.save),
    weights.node, remarkNote);
  const knowledgeCard = card("Output from single words", knowledge, help("KTIW")), planeCard = card("Score gap and logit gap", path, help("w and a"));
  const lossCard = element("section", { class: "card", "aria-labelledby": "live-loss" },
    element("div", { class: "card-head" }, element("h2", { id: "live-loss" }, "Loss"), losses.save), losses.node);
  const front = element("div", { class: "live-stage" },
    element("section", { class: "card", "aria-labelledby": "live-curves" },
      element("div", { class: "card-head" }, element("h2", { id: "live-curves" }, "What is known, where attention is, what is right"), help("words known"), chart.save),
      theoryNote, chart.node, values.node),
    told.happenings, attentionCard, reading.texts, looking.grid);

  function card(name, figure, more) {
    return element("section", { class: "card" }, element("div", { class: "card-head" }, element("h2", {}, name), more, figure.save), figure.node);
  }

  function symbol(position) {
    const source = shown.view?.source ?? [];
    return position < source.length ? letter(source[position]) : END;
  }

  // Without touching what says the same already.
  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  // α of the head that is shown, or in the mean over heads, in thousandths.
  const cellsOf = ({ heads: all }) => all[Number(head) - 1] ?? all[0].map((_, index) => all.reduce((sum, each) => sum + each[index], 0) / all.length);
  const namesOf = ({ source }) => [...source.map(letter), END];

  function attentionAt(view) {
    files ??= attentionFiles();
    if (view.task === "keyword") return files.texts(view.texts);
    if (view.task === "induction") return files.matrix(looking.chosen(view).alpha, view.tokens.map(letter));
    return files.matrix(cellsOf(view), namesOf(view));
  }

  function showMatrices(view, point) {
    const names = namesOf(view), cells = cellsOf(view);
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
        headChosen(value);
        changed();
      })] : []));
    }
  }

  return {
    // In the order in which they stand on the page.
    nodes: [front, paired.node, element("div", { class: "live-more" }, weightsCard, knowledgeCard, drawing.node, planeCard, lossCard), looking.node, reading.node],
    paired,
    // The figures at a step, as SVG: the curves until then, and attention.
    figuresAt: (step) => [chart.svg(step), attentionAt(shown.frames.at(step).view)],
    head: () => head,
    // Shows this head of a copying model, or the mean of all.
    setHead(next) {
      head = next;
      delete headChoice.dataset.heads;
    },
    // Shows { setup, points, prediction, frames, made, view, now, cursor }: `made` are the interventions so far, `view` is the present one,
    // `now` the present step, and `cursor` the step that is looked at, null for the present one. Returns the events so far.
    show(training) {
      const { setup, points, prediction, made, now, cursor } = training;
      const task = training.view ? training.view.task : setup.task, copying = task === "copying";
      const frame = cursor === null ? null : training.frames.at(cursor);
      const view = frame?.view.task === task ? frame.view : training.view;
      const point = cursor === null ? points.at(-1) : points.findLast(({ step }) => step <= cursor) ?? points[0];
      shown = { ...training, view };
      if (head !== "mean" && Number(head) > setup.heads) head = "mean";
      const planned = setup.plan.filter(({ step }) => step >= now && !made.some((each) => each.step === step));
      const interventions = [...made, ...planned].map(({ step, intervention }) => ({ step, name: sentence(intervention, setup) }));
      const events = happened(prediction.events, points);
      const references = [];
      if (prediction.without_attention) references.push({ value: prediction.without_attention, name: "best without the order of words" });
      if (prediction.keyword_attention) references.push({ value: prediction.keyword_attention, name: "predicted attention" });
      const marked = events.filter(({ key }) => MARKED.includes(key)).map(({ step, mark }) => ({ step, name: mark, label: mark }));
      const other = paired.show({ ...training, view, task });
      const common = { points, other, steps: setup.steps, cursor };
      chart.show({ ...common, marks: [...interventions, ...(points.length > 2 ? marked : [])], references, series: SERIES[task] });
      losses.show({ ...common, marks: interventions });
      setText(theoryNote, predicted(prediction, setup));
      setText(remarkNote, remark(prediction, points, made.length > 0));
      values.show(setup.task, point);
      for (const each of [attentionCard, weightsCard, knowledgeCard, planeCard]) each.hidden = !copying;
      reading.show(task === "keyword" ? view : null, prediction);
      if (view && copying) showMatrices(view, point);
      else drawing.show(null);
      looking.show(task === "induction" ? view : null);
      if (copying) {
        weights.show({ ...common, marks: interventions, theory: prediction.curve ?? [], references: [] });
        path.show({ points, other, theory: prediction.curve ?? [] });
      }
      return events;
    },
  };
}
