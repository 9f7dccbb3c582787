// Curves of a training: measured in full lines, predicted by the theory in dashes, the previous training faint.

import { makeChart } from "../charts/chart.js";
import { colour, onTheme } from "../charts/colours.js";
import { element } from "../charts/element.js";
import { saveMenu } from "../shell/save.js";
import { redrawer } from "./redraw.js";

// `series`: [{ key, name, colour, x?, y? }] of points { step, … }; `path`: through the plane of two keys, `x` and `y`, instead of
// over steps. Further options are those of the chart. `show` takes { points, theory, ghost, references, marks, steps }.
export function curves({ key, label, series, shares, path, height, xLabel, yLabel, legend = true, announce }) {
  const node = element("div", { "data-chart": key });
  const chart = makeChart(node, { label, height, xLabel, yLabel, legend, path: Boolean(path) });
  const save = saveMenu({ name: `lab-${key}`, svg: chart.svg, csv: chart.csv, announce });
  let data = { points: [], theory: [], ghost: [], references: [], marks: [], steps: 1 };

  const value = (point, name) => (Number.isFinite(point[name]) ? point[name] : null);
  // While attention is not computed from scores there is no logit gap, and a path is interrupted.
  const line = (points, each, style) => ({
    ...style, colour: colour(each.colour),
    x: points.map((point) => (path ? value(point, path.x) : point.step)),
    y: points.map((point) => (path && value(point, path.x) === null ? null : value(point, path ? path.y : each.key))),
  });
  const known = (points, each) => points.filter((point) => value(point, path ? path.y : each.key) !== null).length > 1;
  const lines = () => series.flatMap((each) => [
    known(data.ghost, each) && line(data.ghost, each, { name: `${each.name}, previous training`, faint: true }),
    known(data.theory, each) && line(data.theory, each, { name: `${each.name}, predicted`, dashed: true, width: 2 }),
    data.points.some((point) => value(point, path ? path.y : each.key) !== null) && line(data.points, each, { name: each.name, width: 2.5, end: true }),
  ].filter(Boolean));
  // From zero, so that the axis stays while a training goes on.
  const top = (all) => Math.max(0.5, 1.05 * all.reduce((most, each) => Math.max(most, ...each.y), 0));

  const draw = redrawer(node, () => {
    const all = lines();
    chart.draw({
      lines: all, references: data.references, marks: path ? [] : data.marks,
      xRange: path ? null : [0, data.steps], yRange: path ? null : [0, shares ? 1 : top(all)],
    });
  });
  onTheme(node, draw);
  return {
    node,
    save,
    show(changes) {
      data = { ...data, ...changes };
      draw();
    },
  };
}
