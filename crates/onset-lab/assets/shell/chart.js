// Curves over steps, as SVG.
//
//   const chart = makeChart(place, { label, xLabel?, yLabel, height?, onCursor? });
//   chart.draw({ lines, references?, yRange?, scale? });   scale: "linear" or "log", of the steps
//   chart.setCursor(step);                                  null takes it away
//   chart.svg();                                            the drawing as a file
//   chart.csv();                                            its data as a file
//
// A line is { name, colour, x, y, low?, high?, faint?, dashed?, width? }; `low` and `high` make a band. Values may be null.
// A reference is { name, value }. The axes fit the lines that are given, and nothing else.

import { drawn, element } from "./element.js";
import { evenMarks, evenScale, nearest, short, stepMarks, stepScale } from "./scale.js";

const MARGIN = { top: 10, right: 14, bottom: 36, left: 50 };

let numbered = 0;

export function makeChart(place, options) {
  const figure = element("div", { class: "chart" });
  const svg = drawn("svg", { role: "img", "aria-label": options.label });
  const readout = element("div", { class: "chart-readout", hidden: true });
  figure.append(svg, readout);
  place.append(figure);
  const clip = `clip-${numbered += 1}`;
  let drawing = { lines: [], references: [], scale: "linear" }, x = null, y = null, cursor = null, box = null;
  let cursorLine = null, hoverLine = null;

  const render = () => {
    const width = Math.max(220, figure.clientWidth || 480), height = options.height || 240;
    box = { width, height, left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const { lines, references = [], scale } = drawing;
    const xs = range(lines.flatMap((line) => [line.x[0], line.x[line.x.length - 1]]), [0, 1]);
    const ys = drawing.yRange || padded(range(lines.flatMap(extremes).concat(references.map((each) => each.value)), [0, 1]));
    x = stepScale(scale, xs, [box.left, box.right]);
    y = evenScale(ys, [box.bottom, box.top]);
    const axis = drawn("g", { class: "axis" });
    for (const mark of evenMarks(ys, Math.max(2, (box.bottom - box.top) / 34))) {
      axis.append(drawn("line", { class: "grid", x1: box.left, x2: box.right, y1: y(mark), y2: y(mark) }),
        drawn("text", { x: box.left - 8, y: y(mark) + 4, "text-anchor": "end" }, short(mark)));
    }
    for (const mark of stepMarks(scale, xs, Math.max(2, (box.right - box.left) / 90))) {
      axis.append(drawn("text", { x: x(mark), y: box.bottom + 16, "text-anchor": "middle" }, short(mark)));
    }
    axis.append(
      drawn("line", { class: "base", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
      drawn("text", { x: (box.left + box.right) / 2, y: height - 4, "text-anchor": "middle", class: "name" },
        (options.xLabel || "step") + (scale === "log" ? " (logarithmic)" : "")));
    const body = drawn("g", { "clip-path": `url(#${clip})` });
    for (const line of lines) {
      if (line.low) body.append(drawn("path", { d: band(line, x, y), fill: line.colour, opacity: 0.16, stroke: "none" }));
    }
    for (const { value } of references) {
      body.append(drawn("line", { class: "reference", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }));
    }
    for (const line of lines) {
      body.append(drawn("path", {
        d: path(line.x, line.y, x, y), fill: "none", stroke: line.colour, "data-line": line.name,
        "stroke-width": line.width || (line.faint ? 1 : 2.2), opacity: line.faint ? 0.5 : 1,
        "stroke-dasharray": line.dashed ? "6 4" : null, "stroke-linejoin": "round", "stroke-linecap": "round",
      }));
      // A line of one point would not be seen.
      if (line.x.length === 1 && line.y[0] !== null) {
        body.append(drawn("circle", { cx: x(line.x[0]), cy: y(line.y[0]), r: 3, fill: line.colour }));
      }
    }
    cursorLine = drawn("line", { class: "cursor", y1: box.top, y2: box.bottom });
    hoverLine = drawn("line", { class: "hover", y1: box.top, y2: box.bottom, visibility: "hidden" });
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-label", described(options.label, lines));
    svg.replaceChildren(
      drawn("clipPath", { id: clip }, drawn("rect", {
        x: box.left - 2, y: box.top - 3, width: Math.max(0, box.right - box.left + 4), height: box.bottom - box.top + 5,
      })),
      axis, body,
      drawn("text", { class: "name", transform: `translate(12 ${(box.top + box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
        options.yLabel || ""),
      ...references.map(({ name, value }) => drawn("text", {
        class: "reference-name", x: box.right, y: y(value) - 4, "text-anchor": "end",
      }, name)),
      hoverLine, cursorLine);
    placeCursor();
  };

  const placeCursor = () => {
    if (!cursorLine || !x) return;
    const shown = cursor !== null && drawing.lines.length > 0;
    cursorLine.setAttribute("visibility", shown ? "visible" : "hidden");
    if (!shown) return;
    const at = Math.min(box.right, Math.max(box.left, x(cursor)));
    cursorLine.setAttribute("x1", at);
    cursorLine.setAttribute("x2", at);
  };

  const stepAt = (event) => {
    const bounds = svg.getBoundingClientRect();
    return x.invert((event.clientX - bounds.left) * box.width / bounds.width);
  };
  const hover = (event) => {
    if (!x || !drawing.lines.length) return;
    const step = stepAt(event);
    const values = drawing.lines.filter((line) => !line.faint || drawing.lines.length < 12).map((line) => {
      const at = nearest(line.x, step);
      return { line, step: line.x[at], value: line.y[at] };
    }).filter((each) => each.value !== null && each.value !== undefined);
    if (!values.length) return;
    // The step that most lines have nearest to the pointer.
    const at = values.reduce((best, each) => (Math.abs(each.step - step) < Math.abs(best - step) ? each.step : best), values[0].step);
    hoverLine.setAttribute("visibility", "visible");
    hoverLine.setAttribute("x1", x(at));
    hoverLine.setAttribute("x2", x(at));
    readout.hidden = false;
    readout.replaceChildren(element("strong", {}, `${options.xLabel || "step"} ${short(at)}`), ...values.slice(0, 12).map(({ line, value }) =>
      element("span", {}, element("i", { style: { background: line.colour } }), `${line.name}: ${short(value)}`)));
    const bounds = figure.getBoundingClientRect();
    const left = event.clientX - bounds.left;
    const over = left > bounds.width / 2;
    readout.style.setProperty("left", over ? "auto" : `${left + 14}px`);
    readout.style.setProperty("right", over ? `${bounds.width - left + 14}px` : "auto");
  };
  const unhover = () => {
    readout.hidden = true;
    hoverLine?.setAttribute("visibility", "hidden");
  };
  svg.addEventListener("pointermove", (event) => {
    hover(event);
    if (event.buttons && options.onCursor && x) options.onCursor(stepAt(event));
  });
  svg.addEventListener("pointerleave", unhover);
  if (options.onCursor) {
    svg.classList.add("movable");
    svg.addEventListener("pointerdown", (event) => {
      if (!x) return;
      svg.setPointerCapture(event.pointerId);
      options.onCursor(stepAt(event));
    });
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
      render();
    },
    setCursor(step) {
      cursor = step;
      placeCursor();
    },
    svg: () => exported(svg),
    csv: () => csv(drawing.lines),
  };
}

function extremes(line) {
  return [...(line.faint && line.low ? [] : line.y), ...(line.low || []), ...(line.high || [])];
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

function described(label, lines) {
  const values = lines.filter((line) => !line.faint).slice(0, 8).map((line) => {
    const last = [...line.y].reverse().find((value) => value !== null && value !== undefined);
    return `${line.name}: ${short(last)} at step ${short(line.x[line.x.length - 1])}`;
  });
  return values.length ? `${label}. ${values.join("; ")}.` : `${label}. Nothing to draw yet.`;
}

function csv(lines) {
  const rows = [["line", "step", "value", "low", "high"]];
  for (const line of lines) {
    line.x.forEach((step, at) => rows.push([line.name, step, line.y[at], line.low?.[at], line.high?.[at]]));
  }
  return rows.map((row) => row.map(field).join(",")).join("\n") + "\n";
}

export function field(value) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
}

// A copy of a drawing that stands alone: the rules of the style sheet are written into it.
function exported(svg) {
  const copy = svg.cloneNode(true);
  const styles = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family", "font-weight", "visibility"];
  const originals = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
  originals.forEach((original, at) => {
    const computed = getComputedStyle(original);
    for (const style of styles) copies[at].setAttribute(style, computed.getPropertyValue(style));
    copies[at].removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--panel").trim();
  copy.prepend(drawn("rect", { width: "100%", height: "100%", fill: ground }));
  return new XMLSerializer().serializeToString(copy);
}
