// One figure of curves, drawn into an SVG element.

import { drawn } from "./element.js";
import { namesAtEnds, roomForNames } from "./ends.js";
import { magnified, measure } from "./painter.js";
import { short, stepMarks, stepScale, valueMarks, valueScale } from "./scale.js";
import { plain, typesetDrawn } from "./symbols.js";

// Sizes in pixels at the usual size of text.
const TEXT = 11.5, TITLE = 14, ROW = 20;

let numbered = 0;

// `drawing` is { lines, references, marks, xRange, yRange, scale, yScale, ends, xLabel, yLabel, format }; `size` is { width, height, title?, legend? }. A legend makes
// the figure higher. Returns the scales `x` and `y`, the `box` of the curves, and `paths`: [{ line, node }].
export function plot(svg, drawing, size) {
  const { scale, yScale, xLabel, format = short } = drawing, { width, title } = size;
  const yLabel = yScale === "log" ? `${drawing.yLabel} (logarithmic)`.trim() : drawing.yLabel;
  const lines = yScale === "log" ? drawing.lines.map(aboveZero) : drawing.lines;
  const references = drawing.references.filter(({ value }) => yScale !== "log" || value > 0);
  const large = magnified();
  const named = (drawing.marks || []).filter((mark) => mark.label);
  const legend = size.legend ? legendRows(lines, references, width, large) : [];
  const height = size.height + legend.length * ROW * large;
  const left = (50 + (yLabel ? 16 : 0)) * large, ends = drawing.ends && !size.legend ? roomForNames(lines, width - left - 16, large) : null;
  const box = {
    width, height, left, right: width - Math.max(16, ends),
    top: (title ? 36 : 12) * large + (named.length ? 15 * large * Math.min(2, named.length) : 0), bottom: size.height - 38 * large,
  };
  const xs = drawing.xRange || range(lines.flatMap((line) => line.x), [0, 1]);
  const heights = range(lines.flatMap((line) => extremes(line, xs)).concat(references.map((each) => each.value)), yScale === "log" ? [0.1, 1] : [0, 1]);
  const ys = drawing.yRange || (yScale === "log" ? [heights[0] / 1.15, heights[1] * 1.15] : padded(heights));
  const x = stepScale(scale, xs, [box.left, box.right]), y = valueScale(yScale, ys, [box.bottom, box.top]);
  const clip = `clip-${numbered += 1}`;
  const paths = [];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  // What the axes show, for whoever reads the drawing by program.
  svg.setAttribute("data-x", xs.join(" "));
  svg.setAttribute("data-y", ys.join(" "));
  svg.replaceChildren(
    drawn("defs", {}, drawn("clipPath", { id: clip },
      drawn("rect", { x: box.left - 5, y: box.top - 5, width: box.right - box.left + 10, height: box.bottom - box.top + 10 }))),
    axes(), body());
  if (title) svg.append(drawn("text", { class: "title", x: box.left, y: 20 * large }, typesetDrawn(title, TITLE * large)));
  svg.append(...names());
  if (ends !== null) svg.append(...namesAtEnds(lines, { x, y, box, last: xs[1], room: ends }, large));
  legend.forEach((row, at) => row.forEach((entry) => svg.append(...entryOf(entry, size.height + at * ROW * large, large))));
  return { x, y, box, paths };

  function axes() {
    const axis = drawn("g", { class: "axis" });
    for (const mark of valueMarks(yScale, ys, Math.max(2, (box.bottom - box.top) / (40 * large)))) {
      axis.append(drawn("line", { class: "grid", x1: box.left, x2: box.right, y1: y(mark), y2: y(mark) }),
        text({ x: box.left - 8, y: y(mark) + 4, "text-anchor": "end" }, format(mark)));
    }
    for (const mark of stepMarks(scale, xs, Math.max(2, (box.right - box.left) / (70 * large)))) {
      axis.append(drawn("line", { class: "base", x1: x(mark), x2: x(mark), y1: box.bottom, y2: box.bottom + 4 }),
        text({ x: x(mark), y: box.bottom + 17 * large, "text-anchor": "middle" }, short(mark)));
    }
    axis.append(drawn("line", { class: "base", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
      text({ x: (box.left + box.right) / 2, y: size.height - 5, "text-anchor": "middle" },
        xLabel + (scale === "log" ? " (logarithmic)" : "")));
    if (yLabel) {
      const middle = (box.top + box.bottom) / 2;
      axis.append(text({ x: 13 * large, y: middle, "text-anchor": "middle", transform: `rotate(-90 ${13 * large} ${middle})` }, yLabel));
    }
    return axis;
  }

  // The names of marks above the curves, in two rows, so that neighbours do not lie on each other.
  function names() {
    return named.map((mark, at) => {
      const half = measure(mark.label, TEXT * large) / 2;
      const place = Math.min(box.right - half, Math.max(box.left + half, x(mark.step)));
      return text({ class: "mark-name", x: place, y: box.top - 4 - (named.length - 1 - at) % 2 * 15 * large, "text-anchor": "middle" }, mark.label);
    });
  }

  function body() {
    const group = drawn("g", { "clip-path": `url(#${clip})` });
    for (const line of lines.filter((each) => each.low)) {
      const node = drawn("path", { d: band(line, x, y), fill: line.colour, opacity: 0.16, stroke: "none" });
      group.append(node);
      paths.push({ line, node, opacity: 0.16 });
    }
    for (const { step, label } of drawing.marks || []) {
      group.append(drawn("line", { class: label ? "mark named" : "mark", "data-mark": label, "data-step": step, x1: x(step), x2: x(step), y1: box.top, y2: box.bottom }));
    }
    for (const { value } of references) {
      group.append(drawn("line", { class: "reference", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }));
    }
    for (const line of lines) {
      const opacity = line.faint ? 0.5 : 1;
      const node = drawn("path", { d: path(line.x, line.y, x, y), "data-line": line.name, opacity, ...strokeOf(line) });
      group.append(node);
      paths.push({ line, node, opacity });
      // A line of one point would not be seen.
      const last = line.x.length - 1;
      if ((line.end || !last) && line.y[last] !== null) {
        group.append(drawn("circle", { cx: x(line.x[last]), cy: y(line.y[last]), r: line.end ? 3.8 : 3, fill: line.colour }));
      }
    }
    return group;
  }
}

function text(attributes, content) {
  return drawn("text", attributes, typesetDrawn(content, TEXT * magnified()));
}

// How a line is drawn.
export function strokeOf(line) {
  return {
    fill: "none", stroke: line.colour, "stroke-width": line.width || (line.faint ? 1 : 2.2),
    "stroke-dasharray": line.dash || (line.dashed ? "6 4" : null), "stroke-linejoin": "round", "stroke-linecap": "round",
  };
}

// The entries of a legend, in rows that fit.
function legendRows(lines, references, width, large) {
  const rows = [[]];
  let left = 66 * large;
  for (const each of [...lines, ...references]) {
    const length = 50 + measure(plain(each.name), TEXT * large);
    if (left + length > width && rows[rows.length - 1].length) {
      rows.push([]);
      left = 66 * large;
    }
    rows[rows.length - 1].push({ each, left });
    left += length;
  }
  return rows;
}

function entryOf({ each, left }, top, large) {
  const place = { x1: left, x2: left + 24, y1: top + 10 * large, y2: top + 10 * large };
  const sample = each.x ? drawn("line", { ...place, ...strokeOf(each) }) : drawn("line", { ...place, class: "reference" });
  return [sample, text({ x: left + 30, y: top + 14 * large }, each.name)];
}

// The values of a line within a range of steps.
function extremes(line, [from, to]) {
  const seen = (values) => (values || []).filter((_, at) => line.x[at] >= from && line.x[at] <= to);
  return [...(line.faint && line.low ? [] : seen(line.y)), ...seen(line.low), ...seen(line.high)];
}

// A line as a logarithmic axis can show it.
function aboveZero(line) {
  const above = (values) => values?.map((value) => (value > 0 ? value : null));
  return { ...line, y: above(line.y), low: above(line.low), high: above(line.high) };
}

function range(values, otherwise) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : otherwise;
}

// Some room, and none below zero where nothing is.
function padded([low, high]) {
  if (low === high) return [low - 0.5 * Math.abs(low || 1), high + 0.5 * Math.abs(high || 1)];
  const room = (high - low) * 0.06;
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}

function path(xs, ys, x, y) {
  let d = "", pen = "M";
  for (let at = 0; at < xs.length; at += 1) {
    if (ys[at] === null || ys[at] === undefined) {
      pen = "M";
      continue;
    }
    d += `${pen}${x(xs[at]).toFixed(1)} ${y(ys[at]).toFixed(1)}`;
    pen = "L";
  }
  return d;
}

function band(line, x, y) {
  const places = line.x.map((_, at) => at).filter((at) => line.low[at] !== null && line.high[at] !== null);
  if (!places.length) return "";
  const above = places.map((at) => `${x(line.x[at]).toFixed(1)} ${y(line.high[at]).toFixed(1)}`);
  const below = places.reverse().map((at) => `${x(line.x[at]).toFixed(1)} ${y(line.low[at]).toFixed(1)}`);
  return `M${above.join("L")}L${below.join("L")}Z`;
}
