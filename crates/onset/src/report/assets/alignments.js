// Sequences under several attributions, each a matrix of target by source words, scrubbed through training.

import { announce, choiceOf, scrubber } from "./controls.js";
import { element } from "./element.js";
import { makeHeatmap } from "./heatmap.js";
import { saveMenu } from "./save.js";
import { labelOf } from "./symbols.js";

export function drawAlignments(place, data) {
  const panels = element("div", { class: "heatmaps" });
  const readout = element("p", { class: "readout", role: "status" },
    "Point at a cell, or move to it with the arrow keys, for its values. Rows are target words, columns are source words.");
  let run = data.runs[0], sentence = 0, index = 0, bySubword = false, maps = [];
  const unit = (probe) => (probe.key === "delta" ? 100 : 1000);
  const pair = () => {
    const whole = run.pairs[sentence];
    return bySubword || !whole.words ? whole : whole.words;
  };
  const point = ({ row, column }) => {
    const label = labelOf(pair().source), width = pair().source.length, predicted = pair().predicted[index][row];
    const values = maps.filter(({ probe }) => pair()[probe.key][index].length).map(({ probe }) =>
      `${probe.name.replace("^", " ")} = ${(pair()[probe.key][index][row * width + column] / unit(probe)).toFixed(3)}`);
    readout.textContent = `Target ${label(pair().target[row])}${predicted === pair().target[row] ? "" : ` (predicted ${label(predicted)})`}; source ${label(pair().source[column])}: ${values.join(", ")}`;
  };
  maps = data.probes.map((probe) => {
    const holder = element("div", { class: "heatmap-holder" });
    const map = makeHeatmap(holder, { name: probe.name, title: probe.title, vector: true, onPoint: point });
    holder.append(saveMenu({ name: () => `${probe.key}-step-${run.steps[index]}`, svg: map.svg, csv: map.csv, announce }));
    panels.append(holder);
    return { probe, map, holder };
  });
  const draw = () => {
    for (const { probe, map, holder } of maps) {
      const values = (pair()[probe.key][index] || []).map((value) => value / unit(probe));
      holder.hidden = !values.length;
      if (!values.length) continue;
      map.draw({
        rows: pair().target, columns: pair().source, values, signed: probe.key === "delta",
        largest: probe.key === "delta" ? Math.max(0.01, ...values.map(Math.abs)) : 1, predicted: pair().predicted[index], label: labelOf(pair().source),
      });
    }
  };
  const scrub = scrubber((at) => { index = at; draw(); });
  const pickRun = choiceOf("Run", data.runs.map((each) => each.name), (chosen) => {
    run = data.runs[chosen];
    sentence = Math.min(sentence, run.pairs.length - 1);
    scrub.set(run.steps);
  });
  const pickPair = choiceOf("Example", run.pairs.map((each) => each.text), (chosen) => { sentence = chosen; draw(); });
  const pickUnit = choiceOf("By", ["words", "subwords"], (chosen) => { bySubword = chosen === 1; draw(); });
  const units = run.pairs.some((each) => each.words) ? [pickUnit] : [];
  place.append(element("div", { class: "controls" }, pickRun, pickPair, ...units, ...scrub.parts), panels, readout);
  scrub.set(run.steps);
}
