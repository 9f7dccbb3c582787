// Scores over steps.

import { makeChart } from "./chart.js";
import { element, toggle } from "./element.js";
import { heading } from "./controls.js";

const COLOURS = 8, DASHES = [null, "6 4", "2 3", "9 3 2 3"];

export function drawCurves(place, data) {
  const isReference = (line) => line.role === "reference";
  let coloured = 0;
  const lines = data.lines.filter((line) => !isReference(line)).map((line) => {
    const median = line.role === "median", number = median ? 0 : coloured++;
    const known = data.steps.map((_, at) => at).filter((at) => line.values[at] !== null);
    return {
      name: line.label, x: known.map((at) => data.steps[at]), y: known.map((at) => line.values[at]),
      colour: median ? "var(--ink)" : `var(--line-${number % COLOURS + 1})`,
      dash: DASHES[Math.floor(number / COLOURS) % DASHES.length], width: { seed: 1.5, median: 3, main: 2.2 }[line.role],
    };
  });
  const references = data.lines.filter(isReference).map((line) => ({ name: line.label, value: line.values.find((value) => value !== null) }))
    .filter((each) => each.value !== undefined);
  let scale = data.log_steps ? "log" : "linear";
  const holder = element("div");
  const title = data.title ? `${data.title}: ${data.y_label}` : data.y_label;
  const chart = makeChart(holder, { label: title, title, xLabel: data.x_label, yLabel: data.y_label, height: 270, legend: true });
  const draw = () => chart.draw({ lines, references, yRange: data.y_range, scale });
  const logs = data.x_label === "step" && toggle("Log steps", scale === "log", (on) => {
    scale = on ? "log" : "linear";
    draw();
  });
  place.append(heading(data.title || data.y_label, [logs], { name: data.name, svg: chart.svg, csv: chart.csv }), holder);
  draw();
}
