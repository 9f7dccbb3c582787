// What each head does: for each measure a matrix of layers by heads, scrubbed through training.

import { announce, choiceOf, scrubber } from "./controls.js";
import { element } from "./element.js";
import { makeHeatmap } from "./heatmap.js";
import { saveMenu } from "./save.js";

export function drawHeads(place, data) {
  const panels = element("div", { class: "heatmaps" });
  const readout = element("p", { class: "readout", role: "status" },
    "Point at a head, or move to it with the arrow keys, for its values.");
  let run = data.runs[0], index = 0;
  const value = (measure, row, column) => run.values[measure][index][row * run.heads.length + column];
  const point = ({ row, column }) => {
    const values = data.measures.map(({ name }, measure) => {
      const own = value(measure, row, column);
      return `${name} ${own === null ? "–" : own.toFixed(3)}`;
    });
    readout.textContent = `Layer ${row}, head ${column}, step ${run.steps[index]}: ${values.join(", ")}`;
  };
  const fields = ["layer_number", "layer", "head_number", "head"];
  const maps = data.measures.map((measure) => {
    const holder = element("div", { class: "heatmap-holder" });
    const map = makeHeatmap(holder, { name: measure.name, title: measure.title, vector: true, onPoint: point, fields });
    holder.append(saveMenu({ name: () => `${measure.key}-step-${run.steps[index]}`, svg: map.svg, csv: map.csv, announce }));
    panels.append(holder);
    return map;
  });
  const draw = () => maps.forEach((map, measure) => map.draw({
    rows: run.layers, columns: run.heads, values: run.values[measure][index].map((own) => own ?? 0),
    signed: data.measures[measure].signed, largest: data.measures[measure].largest,
  }));
  const scrub = scrubber((at) => { index = at; draw(); });
  const pickRun = choiceOf("Run", data.runs.map((each) => each.name), (chosen) => {
    run = data.runs[chosen];
    scrub.set(run.steps);
  });
  place.append(element("div", { class: "controls" }, pickRun, ...scrub.parts), panels, readout);
  scrub.set(run.steps);
}
