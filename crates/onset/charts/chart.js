// Curves over steps, as SVG.
//
//   const chart = makeChart(place, { label, title?, xLabel?, yLabel?, height?, onCursor?, onSelect?, legend?, path?, ends?, format? });
//   chart.draw({ lines, references?, marks?, xRange?, yRange?, scale?, yScale?, xLabel? });   "linear" or "log", of steps and of values
//   chart.setCursor(step);                                  null takes it away
//   chart.svg(until?);                                      the figure as a file, with title, legend and names of the axes
//   chart.csv();                                            its data as a file
//
// A line is { name, colour, x, y, low?, high?, faint?, dashed?, dash?, width?, end? }; `low` and `high` make a band, `end` a dot at
// the last point. Values may be null. A reference is { name, value }, a mark { step, name, label? }; the label stands above it. `format`
// writes values, by default as short numbers. With `path` a line is one through the
// plane, whose x need not grow. The axes fit the lines that are given, and nothing else. With `legend`, the names of lines stand
// below; pointing at one, or at its line, brings it out, and a click keeps it. With `ends`, they stand beside the ends of lines. `onSelect`
// is called with the two steps between which a hand has dragged with the Shift key. The file shows lines with `end`, which grow, until a
// step.

import { drawn, element } from "./element.js";
import { csvOfLines, standAlone } from "./files.js";
import { makeLegend } from "./legend.js";
import { plot } from "./plot.js";
import { magnified } from "./painter.js";
import { nearest, placeOf, short } from "./scale.js";
import { selectable } from "./selection.js";
import { plain, typeset } from "./symbols.js";

const SAVED = { width: 760, height: 400 };

export function makeChart(place, options) {
  const figure = element("div", { class: "chart" });
  const svg = drawn("svg", { role: "img", "aria-label": options.label, tabindex: options.onCursor ? null : 0 });
  const readout = element("div", { class: "chart-readout", hidden: true, role: "status" });
  figure.append(svg, readout);
  place.append(figure);
  const legend = options.legend ? makeLegend(place, (line) => bringOut(line)) : null;
  let drawing = { lines: [], references: [], scale: "linear" }, drawnPlot = null, cursor = null, cursorLine = null, hoverLine = null;
  let shown = null;
  const format = options.format || short;

  const parts = () => ({ ...drawing, format, ends: options.ends, xLabel: xLabel(), yLabel: options.yLabel || "" });
  const xLabel = () => drawing.xLabel || options.xLabel || "step";
  const render = () => {
    const width = Math.max(220, figure.clientWidth || 480), height = (options.height || 240) * magnified();
    drawnPlot = plot(svg, parts(), { width, height });
    const { box } = drawnPlot;
    cursorLine = drawn("line", { class: "cursor", y1: box.top, y2: box.bottom });
    hoverLine = drawn("line", { class: "hover", y1: box.top, y2: box.bottom, visibility: "hidden" });
    svg.append(hoverLine, cursorLine);
    svg.setAttribute("aria-label", described(options.label, drawing.lines, xLabel(), format));
    placeCursor();
    bringOut(legend?.chosen());
    // What is being read stays, with the new values.
    if (shown) show(...shown);
  };

  const bringOut = (line) => {
    const known = line && drawnPlot?.paths.some((each) => each.line.name === line.name);
    for (const each of drawnPlot?.paths || []) {
      const own = known && each.line.name === line.name;
      each.node.setAttribute("opacity", !known ? each.opacity : own ? Math.max(each.opacity, each.line.low ? 0.16 : 1) : each.opacity * 0.18);
      if (own) each.node.parentNode.append(each.node);
    }
  };

  const placeCursor = () => {
    if (!cursorLine || !drawnPlot) return;
    const shown = cursor !== null && drawing.lines.length > 0;
    cursorLine.setAttribute("visibility", shown ? "visible" : "hidden");
    if (!shown) return;
    const { x, box } = drawnPlot, at = Math.min(box.right, Math.max(box.left, x(cursor)));
    cursorLine.setAttribute("x1", at);
    cursorLine.setAttribute("x2", at);
  };

  // The values at a step, with the line that is nearest to a height in pixels brought out.
  const show = (step, height) => {
    const { x, y, box } = drawnPlot;
    const values = drawing.lines.filter((line) => !line.faint || drawing.lines.length < 12).map((line) => {
      const at = options.path ? nearestOfPath(line, step, height) : nearest(line.x, step);
      return { line, step: line.x[at], value: line.y[at] };
    }).filter((each) => each.value !== null && each.value !== undefined);
    if (!values.length) return;
    // The step that most lines have nearest to the pointer.
    const at = values.reduce((best, each) => (Math.abs(each.step - step) < Math.abs(best - step) ? each.step : best), values[0].step);
    const far = ({ value }) => Math.abs(y(value) - height);
    const close = height === null ? null : values.reduce((best, each) => (far(each) < far(best) ? each : best));
    const own = legend && close && far(close) < 24 ? close.line : null;
    if (legend) bringOut(own || legend.chosen());
    hoverLine.setAttribute("visibility", "visible");
    hoverLine.setAttribute("x1", x(at));
    hoverLine.setAttribute("x2", x(at));
    readout.hidden = false;
    // The line that is pointed at is listed even where there are many.
    const listed = [...values.filter((each) => each.line === own), ...values.filter((each) => each.line !== own)].slice(0, 12);
    const mark = (drawing.marks || []).find((each) => Math.abs(x(each.step) - x(at)) < 3);
    readout.replaceChildren(...[element("strong", {}, `${xLabel()} ${short(at)}`), mark && element("span", {}, mark.name)].filter(Boolean), ...listed.map(({ line, value }) =>
      element("span", { class: line === own ? "own" : null }, element("i", { style: { background: line.colour } }), ...typeset(line.name), `: ${format(value)}`)));
    const bounds = figure.getBoundingClientRect(), left = x(at) * bounds.width / box.width;
    const over = left > bounds.width / 2;
    readout.style.setProperty("left", over ? "auto" : `${left + 14}px`);
    readout.style.setProperty("right", over ? `${bounds.width - left + 14}px` : "auto");
    shown = [at, height];
  };
  // A finger moves the cursor by moving sideways; up and down, it scrolls the page.
  let pressed = null;
  const isDragged = (event) => event.pointerType !== "touch"
    || (pressed !== null && Math.abs(event.clientX - pressed.clientX) > Math.abs(event.clientY - pressed.clientY) + 4);
  // The point of a path that is nearest to a place on the drawing.
  const nearestOfPath = (line, step, height) => {
    const { x, y } = drawnPlot;
    const far = (at) => (line.y[at] === null ? Infinity : Math.hypot(x(line.x[at]) - x(step), height === null ? 0 : y(line.y[at]) - height));
    return line.x.reduce((best, _, at) => (far(at) < far(best) ? at : best), 0);
  };
  const hide = () => {
    readout.hidden = true;
    shown = null;
    hoverLine?.setAttribute("visibility", "hidden");
    if (legend) bringOut(legend.chosen());
  };
  const pointed = (event) => {
    const bounds = svg.getBoundingClientRect(), scale = drawnPlot.box.width / bounds.width;
    return [drawnPlot.x.invert((event.clientX - bounds.left) * scale), (event.clientY - bounds.top) * scale];
  };
  const selects = options.onSelect
    ? selectable(svg, { place: pointed, box: () => drawnPlot?.box, across: (step) => drawnPlot.x(step), select: options.onSelect }) : () => false;
  svg.addEventListener("pointermove", (event) => {
    if (!drawnPlot || !drawing.lines.length || selects()) return;
    const [step, height] = pointed(event);
    show(step, height);
    if (event.buttons && options.onCursor && isDragged(event)) options.onCursor(step);
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    const line = legend?.chosen() || drawing.lines[0];
    if (options.onCursor || !(event.key in moves) || !line) return;
    event.preventDefault();
    const from = shown === null ? (moves[event.key] > 0 ? -1 : line.x.length) : nearest(line.x, shown[0]);
    show(line.x[Math.max(0, Math.min(line.x.length - 1, from + moves[event.key]))], null);
  });
  if (options.onCursor) {
    svg.classList.add("movable");
    svg.addEventListener("pointerdown", (event) => {
      if (!drawnPlot || selects()) return;
      pressed = event;
      // A finger may be about to scroll the page.
      if (event.pointerType === "touch") return;
      svg.setPointerCapture(event.pointerId);
      options.onCursor(pointed(event)[0]);
    });
    svg.addEventListener("pointerup", (event) => {
      if (drawnPlot && pressed && event.pointerType === "touch") options.onCursor(pointed(event)[0]);
      pressed = null;
    });
    svg.addEventListener("pointercancel", () => { pressed = null; });
  }
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (figure.clientWidth === width) return;
    width = figure.clientWidth;
    // In the next frame, so that the new size does not ask for another one in this.
    requestAnimationFrame(render);
  });
  observer.observe(figure);

  return {
    element: figure,
    draw(next) {
      drawing = { references: [], scale: "linear", ...next, lines: next.lines.filter((line) => line.x.length) };
      legend?.draw(drawing.lines, drawing.references);
      render();
    },
    setCursor(step) {
      cursor = step;
      placeCursor();
    },
    svg(until = Infinity) {
      const lines = drawing.lines.map((line) => (line.end && until < Infinity ? cutAfter(line, until) : line));
      const sheet = drawn("svg", { class: "saved" });
      figure.append(sheet);
      const title = options.title || options.label;
      plot(sheet, { ...parts(), lines, marks: drawing.marks?.filter(({ step }) => step <= until) }, { width: SAVED.width * magnified(), height: SAVED.height * magnified(), title, legend: true });
      const file = standAlone(sheet, title);
      sheet.remove();
      return file;
    },
    csv: () => csvOfLines(drawing.lines, options.path ? [options.xLabel, options.yLabel] : [xLabel(), "value"]),
  };
}

function cutAfter(line, step) {
  const count = placeOf(line.x, step) + 1;
  return { ...line, x: line.x.slice(0, count), y: line.y.slice(0, count) };
}

function described(label, lines, xLabel, format) {
  const values = lines.filter((line) => !line.faint).slice(0, 8).map((line) => {
    const last = [...line.y].reverse().find((value) => value !== null && value !== undefined);
    return `${line.name}: ${format(last)} at ${xLabel} ${short(line.x[line.x.length - 1])}`;
  });
  return plain(values.length ? `${label}. ${values.join("; ")}.` : `${label}. Nothing to draw yet.`);
}
