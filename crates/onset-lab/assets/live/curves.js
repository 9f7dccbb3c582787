// Curves over steps: measured in full lines, predicted by the theory in dashes, the previous training faint.

import { element } from "../charts/element.js";
import { colour } from "../charts/colours.js";
import { canvas } from "./canvas.js";
import { number, percent } from "./words.js";

const LEFT = 44, RIGHT = 12, TOP = 10, BOTTOM = 24;

// `series`: [{ key, name, colour, dash? }] of points { step, … }.
export function curves({ label, series, percents, key }) {
  const data = { points: [], theory: [], ghost: [], lines: [], marks: [], steps: 1 };
  let at = null;
  const readout = element("p", { class: "live-readout" });
  const chart = canvas({
    class: "live-curves", role: "img", "aria-label": label, tabindex: "0", "data-chart": key,
  }, draw);

  function top() {
    if (percents) return 1;
    let highest = 0;
    for (const list of [data.points, data.ghost]) {
      for (const point of list) for (const { key } of series) if (point[key] > highest) highest = point[key];
    }
    return Math.max(highest * 1.05, 0.5);
  }

  function draw(context, width, height) {
    const highest = top();
    const x = (step) => LEFT + (step / data.steps) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - (Math.max(0, Math.min(highest, value)) / highest) * (height - TOP - BOTTOM);
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    context.lineWidth = 1;
    context.strokeStyle = colour("--rule");
    context.fillStyle = colour("--quiet");
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const value of percents ? [0, 0.25, 0.5, 0.75, 1] : [0, highest / 2, highest]) {
      line(context, [[LEFT, y(value)], [width - RIGHT, y(value)]]);
      context.fillText(percents ? percent(value) : number(value, 1), LEFT - 6, y(value));
    }
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const step of ticks(data.steps, width)) context.fillText(step, x(step), height - BOTTOM + 6);
    if (!percents) {
      context.textAlign = "right";
      context.fillText(series.map(({ name }) => name).join(", "), width - RIGHT - 2, TOP + 2);
    }
    for (const mark of data.marks) {
      context.setLineDash([2, 3]);
      context.strokeStyle = colour("--quiet");
      line(context, [[x(mark.step), TOP], [x(mark.step), height - BOTTOM]]);
    }
    for (const { value, name } of data.lines) {
      context.setLineDash([1, 4]);
      context.lineWidth = 2;
      context.strokeStyle = colour("--quiet");
      line(context, [[LEFT, y(value)], [width - RIGHT, y(value)]]);
      context.textAlign = "right";
      context.textBaseline = "bottom";
      context.fillText(name, width - RIGHT - 2, y(value) - 3);
    }
    for (const { key, colour: name } of series) {
      const path = (points) => points.filter((point) => Number.isFinite(point[key])).map((point) => [x(point.step), y(point[key])]);
      context.strokeStyle = colour(name);
      context.lineJoin = "round";
      context.setLineDash([]);
      context.lineWidth = 1.25;
      context.globalAlpha = 0.38;
      line(context, path(data.ghost));
      context.globalAlpha = 1;
      context.lineWidth = 2;
      context.setLineDash([7, 5]);
      line(context, path(data.theory));
      context.setLineDash([]);
      context.lineWidth = 2.5;
      const measured = path(data.points);
      line(context, measured);
      if (measured.length) {
        context.fillStyle = colour(name);
        context.beginPath();
        context.arc(...measured.at(-1), 3.5, 0, 7);
        context.fill();
      }
    }
    if (at !== null && data.points.length) {
      context.lineWidth = 1;
      context.strokeStyle = colour("--ink");
      line(context, [[x(nearest().step), TOP], [x(nearest().step), height - BOTTOM]]);
    }
  }

  function nearest() {
    return data.points.reduce((best, point) => Math.abs(point.step - at) < Math.abs(best.step - at) ? point : best);
  }

  function showReadout() {
    if (at === null || !data.points.length) {
      readout.textContent = "";
    } else {
      const point = nearest();
      const mark = data.marks.find(({ step }) => step === point.step);
      const values = series.map(({ key, name }) => `${name} ${percents ? percent(point[key], 1) : number(point[key])}`);
      readout.textContent = `Step ${point.step}: ${values.join(", ")}${mark ? ` (${mark.name})` : ""}`;
    }
    chart.redraw();
  }

  chart.canvas.addEventListener("pointermove", (event) => {
    const { left, width } = chart.canvas.getBoundingClientRect();
    at = ((event.clientX - left - LEFT) / (width - LEFT - RIGHT)) * data.steps;
    showReadout();
  });
  chart.canvas.addEventListener("pointerleave", () => { at = null; showReadout(); });
  chart.canvas.addEventListener("blur", () => { at = null; showReadout(); });
  chart.canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (!(event.key in moves) || !data.points.length) return;
    event.preventDefault();
    const index = at === null ? data.points.length - 1 : data.points.indexOf(nearest());
    const next = Math.max(0, Math.min(data.points.length - 1, index + moves[event.key]));
    at = data.points[next].step;
    showReadout();
  });

  return {
    node: element("div", {}, chart.canvas, percents && readout),
    show(changes) {
      Object.assign(data, changes);
      const last = data.points.at(-1);
      const values = last && series.map(({ key, name }) => `${name} ${percents ? percent(last[key], 1) : number(last[key])}`);
      chart.canvas.setAttribute("aria-label", values ? `${label} At step ${last.step}: ${values.join(", ")}.` : label);
      if (at === null) chart.redraw();
      else showReadout();
    },
    leave: chart.leave,
  };
}

function line(context, points) {
  if (points.length < 2) return;
  context.beginPath();
  points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

// Round numbers of steps, not too near to each other.
function ticks(steps, width) {
  const most = Math.max(2, Math.floor(width / 90));
  const raw = steps / most;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const between = Math.max(1, unit * [1, 2, 5, 10].find((factor) => factor * unit >= raw));
  return Array.from({ length: Math.floor(steps / between) + 1 }, (_, index) => index * between);
}
