// Matrices: attention through training, weight by distance from the diagonal, and the share of texts that have a word, by label.

import { choiceOf, heading, scrubber } from "./controls.js";
import { element } from "./element.js";
import { makeHeatmap } from "./heatmap.js";

// Evaluations that a picture over training shows at most.
const ROWS = 60;

export function drawMatrices(place, data) {
  const said = element("p", { class: "said" });
  const readout = element("p", { class: "readout", role: "status" }, "Point at a cell, or move to it with the arrow keys, for its weight.");
  const holder = element("div", { class: "matrix" });
  let run = data.runs[0], index = 0;
  const size = () => run.words.length;
  const end = () => run.words[size() - 1];
  const name = (word) => (word === end() ? "end" : word);
  const map = makeHeatmap(holder, {
    name: "α", title: "target words (rows) by source words (columns)", vector: true,
    onPoint: ({ row, column }) => {
      const weight = run.alpha[index][row * size() + column] / 1000;
      readout.textContent = `Target token ${row + 1}, ${name(run.words[row])}; source position ${column + 1}, ${name(run.words[column])}: α = ${weight.toFixed(3)}`;
    },
  });
  const draw = (at) => {
    index = at;
    map.draw({
      rows: run.words, columns: run.words, values: run.alpha[index].map((weight) => weight / 1000), signed: false, largest: 1,
      predicted: run.predicted[index], label: name,
    });
    said.replaceChildren("predicts: ", ...run.predicted[index].map((word, position) => {
      const right = word === run.words[position];
      return element("span", right ? {} : { class: "wrong", title: `target: ${name(run.words[position])}` }, name(word));
    }));
  };
  const scrub = scrubber(draw);
  const pick = choiceOf("Run", data.runs.map((each) => each.name), (chosen) => {
    run = data.runs[chosen];
    scrub.set(run.steps);
  });
  place.append(heading("Attention", [], { name: () => `attention-step-${scrub.step()}`, svg: map.svg, csv: map.csv }),
    element("div", { class: "controls" }, pick, ...scrub.parts), holder, readout, said);
  scrub.set(run.steps);
}

export function drawOffsets(place, data) {
  const readout = element("p", { class: "readout", role: "status" }, "Point at a cell, or move to it with the arrow keys, for its weight.");
  const holder = element("div", { class: "matrix" });
  let run = data.runs[0], rows = [];
  const map = makeHeatmap(holder, {
    name: "α", title: "by distance from the target token (columns), over training (rows)", vector: true,
    fields: ["row", "step", "column", "offset"],
    described: "Attention weight by distance from the target token, over training.",
    onPoint: ({ row, column }) => {
      readout.textContent = `Step ${run.steps[rows[row]]}, offset ${run.first_offset + column}: ${(run.mass[rows[row]][column] / 100).toFixed(2)} % of the weight`;
    },
  });
  const draw = () => {
    const count = Math.min(ROWS, run.steps.length);
    rows = Array.from({ length: count }, (_, at) => Math.round(at * (run.steps.length - 1) / Math.max(1, count - 1)));
    const values = rows.flatMap((row) => run.mass[row].map((weight) => weight / 10000));
    map.draw({
      rows: rows.map((row) => String(run.steps[row])), columns: run.mass[0].map((_, at) => String(run.first_offset + at)), values,
      signed: false, largest: Math.max(0.1, ...values),
    });
  };
  const pick = choiceOf("Run", data.runs.map((each) => each.name), (chosen) => {
    run = data.runs[chosen];
    draw();
  });
  place.append(heading("Attention by distance", [], { name: "attention-by-distance", svg: map.svg, csv: map.csv }),
    element("div", { class: "controls" }, pick), holder, readout);
  draw();
}

export function drawShares(place, data) {
  const readout = element("p", { class: "readout", role: "status" }, "Point at a cell, or move to it with the arrow keys, for its share.");
  const holder = element("div", { class: "matrix" });
  const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.02 ? 2 : 0)} %`;
  const map = makeHeatmap(holder, {
    name: "Share of texts", title: "that have a word (rows), by label (columns)", vector: true, fields: ["row", "word", "column", "label"],
    described: "Share of the texts of each label that have a word.",
    onPoint: ({ row, column }) => {
      const share = data.values[row * data.columns.length + column];
      readout.textContent = `${percent(share)} of the texts labelled ${data.columns[column]} have ${data.rows[row]}`;
    },
  });
  place.append(heading("Words by label", [], { name: "words-by-label", svg: map.svg, csv: map.csv }), holder, readout);
  map.draw({ ...data, signed: false, largest: 1 });
}
