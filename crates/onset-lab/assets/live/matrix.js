// A matrix of weights or probabilities on a colour scale; its cells are read with the pointer or the arrow keys.

import { element } from "../charts/element.js";
import { colour } from "../charts/colours.js";
import { canvas } from "./canvas.js";
import { css, shade } from "./colours.js";

const MARGIN = 22;

// `describe(row, column, value)` gives a cell in words.
export function matrix({ key, label, rowsName, columnsName, describe }) {
  let data = { cells: [], rows: [], columns: [], marked: null };
  let cursor = null;
  const readout = element("p", { class: "live-readout" });
  const picture = canvas({
    class: "live-matrix", role: "img", tabindex: "0", "aria-label": label, "data-matrix": key,
  }, draw);

  function size(width, height) {
    const [rows, columns] = [data.rows.length, data.columns.length];
    return Math.max(1, Math.min((width - MARGIN) / (columns || 1), (height - MARGIN) / (rows || 1)));
  }

  function draw(context, width, height) {
    const [rows, columns] = [data.rows.length, data.columns.length];
    if (!rows) return;
    const cell = size(width, height);
    // One pixel a cell, enlarged without smoothing: the same work whatever the size.
    const small = new OffscreenCanvas(columns, rows);
    const inner = small.getContext("2d");
    const image = inner.createImageData(columns, rows);
    data.cells.forEach((value, index) => image.data.set([...shade(value / 1000), 255], index * 4));
    inner.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, MARGIN, MARGIN, cell * columns, cell * rows);
    context.fillStyle = colour("--quiet");
    context.font = `${Math.min(13, Math.max(8, cell * 0.75))}px ui-monospace, monospace`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const every = Math.max(1, Math.ceil(10 / cell));
    data.columns.forEach((name, i) => i % every || context.fillText(name, MARGIN + (i + 0.5) * cell, MARGIN / 2));
    data.rows.forEach((name, i) => i % every || context.fillText(name, MARGIN / 2, MARGIN + (i + 0.5) * cell));
    if (cursor) {
      context.lineWidth = 2;
      context.strokeStyle = colour("--ink");
      context.strokeRect(MARGIN + cursor.column * cell, MARGIN + cursor.row * cell, cell, cell);
      context.strokeStyle = colour("--ground");
      context.lineWidth = 1;
      context.strokeRect(MARGIN + cursor.column * cell - 1.5, MARGIN + cursor.row * cell - 1.5, cell + 3, cell + 3);
    }
  }

  function point(row, column) {
    const inside = row >= 0 && column >= 0 && row < data.rows.length && column < data.columns.length;
    cursor = inside ? { row, column } : null;
    showReadout();
  }

  function showReadout() {
    const value = cursor && data.cells[cursor.row * data.columns.length + cursor.column] / 1000;
    readout.textContent = cursor ? describe(cursor.row, cursor.column, value) : `Rows: ${rowsName}. Columns: ${columnsName}.`;
    picture.redraw();
  }

  picture.canvas.addEventListener("pointermove", (event) => {
    const box = picture.canvas.getBoundingClientRect();
    const cell = size(box.width, box.height);
    point(Math.floor((event.clientY - box.top - MARGIN) / cell), Math.floor((event.clientX - box.left - MARGIN) / cell));
  });
  picture.canvas.addEventListener("pointerleave", () => point(-1, -1));
  picture.canvas.addEventListener("blur", () => point(-1, -1));
  picture.canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (!moves[event.key] || !data.rows.length) return;
    event.preventDefault();
    const clamp = (value, count) => Math.max(0, Math.min(count - 1, value));
    const [down, across] = cursor ? moves[event.key] : [0, 0];
    point(clamp((cursor?.row ?? 0) + down, data.rows.length), clamp((cursor?.column ?? 0) + across, data.columns.length));
  });
  showReadout();

  return {
    node: element("div", {}, picture.canvas, readout),
    show(next, summary) {
      data = next;
      if (cursor && (cursor.row >= data.rows.length || cursor.column >= data.columns.length)) cursor = null;
      picture.canvas.setAttribute("aria-label", `${label} ${summary}`);
      if (cursor) showReadout();
      else picture.redraw();
    },
    leave: picture.leave,
  };
}

// The colour scale.
export function scale() {
  const cells = Array.from({ length: 24 }, (_, index) =>
    element("i", { style: { background: css(index / 23) } }));
  return element("div", { class: "live-scale", role: "img", "aria-label": "Colours from dark for 0 to light for 1" },
    "0", element("span", {}, ...cells), "1");
}
