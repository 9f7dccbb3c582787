// Curves of a training: measured in full lines, predicted by the theory in dashes, the training that it is compared with in dots.

import { makeChart } from "../charts/chart.js";
import { colour, onTheme } from "../charts/colours.js";
import { element } from "../charts/element.js";
import { share as written } from "../charts/scale.js";
import { saveMenu } from "../shell/save.js";
import { redrawer } from "./redraw.js";

// `series`: [{ key, name, colour }] of points { step, … }; `path`: through the plane of two keys, `x` and `y`, instead of
// over steps. Further options are those of the chart. `show` takes { points, theory, other, references, marks, steps, series, cursor }.
export function curves({ key, label, series, shares, signed, path, height, xLabel, yLabel, title, legend = true, onCursor, announce }) {
  const node = element("div", { "data-chart": key });
  const chart = makeChart(node, { label, title, height, xLabel, yLabel, legend, onCursor, path: Boolean(path), format: shares ? written : undefined });
  const save = saveMenu({ name: `lab-${key}`, svg: chart.svg, csv: chart.csv, announce });
  let data = { points: [], theory: [], other: [], references: [], marks: [], steps: 1, series };

  const value = (point, name) => (Number.isFinite(point[name]) ? point[name] : null);
  // While attention is not computed from scores there is no logit gap, and a path is interrupted.
  const line = (points, each, style) => ({
    ...style, colour: colour(each.colour),
    x: points.map((point) => (path ? value(point, path.x) : point.step)),
    y: points.map((point) => (path && value(point, path.x) === null ? null : value(point, path ? path.y : each.key))),
  });
  const known = (points, each) => points.filter((point) => value(point, path ? path.y : each.key) !== null).length > 1;
  const lines = () => data.series.flatMap((each) => [
    known(data.other, each) && line(data.other, each, { name: `${each.name}, A`, dash: "1 5", width: 2.2 }),
    known(data.theory, each) && line(data.theory, each, { name: `${each.name}, predicted`, dashed: true, width: 2 }),
    data.points.some((point) => value(point, path ? path.y : each.key) !== null) && line(data.points, each, { name: each.name, width: 2.5, end: true }),
  ].filter(Boolean));
  // From zero, so that the axis stays while a training goes on.
  const top = (all) => Math.max(0.5, 1.05 * all.reduce((most, each) => Math.max(most, ...each.y), 0));

  const draw = redrawer(node, () => {
    const all = lines();
    const range = shares ? [signed ? -1 : 0, 1] : [0, top(all)];
    chart.draw({
      lines: all, references: data.references, marks: path ? [] : data.marks,
      xRange: path ? null : [0, data.steps], yRange: path ? null : range,
    });
    chart.setCursor(data.cursor ?? null);
  });
  onTheme(node, draw);
  return {
    node,
    save,
    svg: chart.svg,
    show(changes) {
      data = { ...data, ...changes };
      draw();
    },
  };
}
