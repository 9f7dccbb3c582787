// A matrix of numbers as shades: light to dark, or blue against orange where numbers have a sign.
//
//   const heatmap = makeHeatmap(place, { name, title, onPoint?, onLeave?, onPick?, described?, vector?, fields?, still?, rowsName?, columnsName? });
//   heatmap.draw({ rows, columns, values, signed, largest, predicted?, label?, column?, described? });
//
// `rows` and `columns` are words, `values` the rows one after the other, `largest` the number with the strongest shade. `predicted`
// are the words that the model predicts for the rows: where they differ from `rows`, the row's word is struck through.
// `label` formats a word; `column` is one that gets a frame. Cells are square; with `across`, they are as high as those of a matrix with
// so many columns. A matrix is drawn on a canvas, which is fast enough to follow a cursor
// through training, or with `vector` as SVG, which prints sharply. With `still`, its cells are not read: it is part of something else. `fields` are the names of the CSV's first four columns,
// `rowsName` and `columnsName` those of the axes in a file.

import { element } from "./element.js";
import { colour, onTheme } from "./colours.js";
import { csvOf } from "./files.js";
import { canvasPainter, magnified, measure, svgPainter } from "./painter.js";
import { short } from "./scale.js";
import { isolated, plain, typeset } from "./symbols.js";

// Sizes in pixels at the usual size of text: of words, and of the largest cell.
const SIZE = 11, CELL = 30;
// The smallest words that can be read.
const LEAST = 8;

const FIELDS = ["target_position", "target", "source_position", "source"];

export function makeHeatmap(place, { name, title, onPoint, onLeave, onPick, described, vector, still, fields = FIELDS, rowsName = "target words", columnsName = "source words" }) {
  const surface = element(vector ? "div" : "canvas", { class: vector ? "vector" : null, role: "img", tabindex: still ? null : 0, "aria-label": `${name} ${title}` });
  const box = element("div", { class: "heatmap" }, element("h3", {}, element("b", {}, ...typeset(name)), ` ${title}`), surface);
  const frame = vector ? element("div", { class: "frame", hidden: true }) : null;
  const paper = vector ? element("div") : null;
  if (vector) surface.append(paper, frame);
  place.append(box);
  let drawing = null, layout = null, palette = null, chosen = null;

  const setPalette = () => {
    const rgb = (variable) => colour(variable).split(",").map(Number);
    palette = {
      low: rgb("--heat-low"), high: rgb("--heat-high"), support: rgb("--support"), oppose: rgb("--oppose"),
      ink: colour("--ink"), quiet: colour("--quiet"), warm: colour("--warm"), ground: colour("--panel"), accent: colour("--warm"),
    };
    palette.shades = Array.from({ length: 256 }, (_, at) => mix(palette.low, palette.high, at / 255));
    palette.positive = Array.from({ length: 256 }, (_, at) => mix(palette.low, palette.support, at / 255));
    palette.negative = Array.from({ length: 256 }, (_, at) => mix(palette.low, palette.oppose, at / 255));
  };

  const arrange = () => {
    const { rows, columns } = drawing;
    const room = Math.max(140, box.clientWidth || 320);
    const dense = Math.max(rows.length, columns.length) > 60;
    const label = (word) => isolated((drawing.label ?? String)(word));
    const large = magnified(), text = SIZE * large;
    const wordsOf = (words, size) => Math.min(96 * large, Math.max(8, ...words.map((word) => measure(label(word), size))));
    const side = (left, count) => Math.min(CELL * large, (room - left - 2) / count);
    // Words are as high as their rows, and those that would lie on each other even so are left out.
    const highest = side(dense ? 4 : wordsOf(rows, text) + 8, drawing.across ?? columns.length);
    const size = Math.min(text, Math.max(LEAST * large, highest));
    const shown = !dense && highest >= LEAST;
    const left = shown ? wordsOf(rows, size) + 8 : 4;
    const wide = side(left, columns.length), tall = side(left, drawing.across ?? columns.length);
    // Words that are as narrow as their column stand upright.
    const upright = wordsOf(columns, size) + 2 <= wide;
    const top = !shown ? 4 : upright ? size + 8 : wordsOf(columns, size) + 8;
    // Measured once, and not at every step.
    const clip = (word) => {
      let clipped = (drawing.label ?? String)(word);
      while (clipped.length > 1 && measure(isolated(clipped), size) > 92 * large) clipped = `${clipped.slice(0, -2)}…`;
      return isolated(clipped);
    };
    const names = shown ? { rows: rows.map(clip), columns: columns.map(clip) } : null;
    layout = { names, left, top, wide, tall, size, text, shown, upright, width: left + wide * columns.length + 2, height: top + tall * rows.length + 2 };
  };

  const shade = (value) => {
    const { signed, largest } = drawing;
    // The square root shows small weights, which fill most of a matrix.
    const at = Math.round(255 * Math.sqrt(Math.min(1, Math.abs(value) / (largest || 1))));
    return signed ? (value < 0 ? palette.negative : palette.positive)[at || 0] : palette.shades[at || 0];
  };

  const paint = (painter, dx = 0, dy = 0) => {
    const { rows, columns, values, predicted } = drawing, { wide, tall, size, shown } = layout;
    const left = layout.left + dx, top = layout.top + dy;
    const gap = Math.min(wide, tall) > 7 ? 1 : 0;
    for (let row = 0; row < rows.length; row += 1) {
      for (let column = 0; column < columns.length; column += 1) {
        painter.rect(left + column * wide, top + row * tall, wide - gap, tall - gap, shade(values[row * columns.length + column]));
      }
    }
    if (shown) {
      rows.forEach((word, row) => {
        const wrong = predicted && predicted[row] !== word;
        painter.text(left - 5, top + row * tall + tall / 2 + size * 0.34, layout.names.rows[row],
          { colour: wrong ? palette.warm : palette.ink, size, anchor: "end", struck: wrong });
      });
      // Of narrow columns, some have their words.
      const every = Math.ceil(size / wide);
      layout.names.columns.forEach((word, column) => column % every === 0 && painter.text(left + column * wide + wide / 2 + (layout.upright ? 0 : size * 0.34), top - 5, word,
        { colour: palette.ink, size, ...(layout.upright ? { anchor: "center" } : { turn: -90 }) }));
    }
    if (drawing.column !== undefined) {
      const x = left + drawing.column * wide, height = rows.length * tall;
      for (const [at, width] of [[x - 1, 2], [x + wide - 1 - gap, 2]]) painter.rect(at, top - 3, width, height + 5, palette.warm);
    }
  };

  // What the shades mean, in ten steps.
  const paintScale = (painter, left, top) => {
    const { signed, largest = 1 } = drawing, { text: size } = layout, width = size;
    const ends = signed ? [-largest, largest] : [0, largest];
    for (let at = 0; at < 10; at += 1) {
      painter.rect(left + at * width, top, width, size, shade(ends[0] + (at + 0.5) / 10 * (ends[1] - ends[0])));
    }
    painter.text(left, top + 2 * size + 2, short(ends[0]), { colour: palette.quiet, size });
    painter.text(left + 10 * width, top + 2 * size + 2, short(ends[1]), { colour: palette.quiet, size, anchor: "end" });
  };

  const paintFrame = (painter) => {
    const { left, top, wide, tall } = layout;
    if (chosen) {
      const [row, column] = chosen, x = left + column * wide, y = top + row * tall, w = 2;
      for (const [dx, dy, width, height] of [[0, 0, wide, w], [0, tall - w, wide, w], [0, 0, w, tall], [wide - w, 0, w, tall]]) {
        painter.rect(x + dx, y + dy, width, height, palette.accent);
      }
    }
  };

  const repaint = () => {
    if (!drawing) return;
    const painter = vector ? svgPainter(layout.width, layout.height, "none") : canvasPainter(surface, layout.width, layout.height);
    // Where its cells are, for whoever reads the drawing by program.
    surface.setAttribute("data-cells", [layout.left, layout.top, layout.wide, layout.tall].join(" "));
    paint(painter);
    if (vector) paper.innerHTML = painter.toString();
    showFrame(painter);
  };
  // Of an SVG only the frame is drawn again.
  const showFrame = (painter) => {
    if (!vector) return paintFrame(painter);
    frame.hidden = !chosen;
    if (!chosen) return;
    const { left, top, wide, tall } = layout, [row, column] = chosen;
    for (const [key, value] of Object.entries({ left: left + column * wide, top: top + row * tall, width: wide, height: tall })) {
      frame.style.setProperty(key, `${value}px`);
    }
  };
  const choose = (cell) => {
    chosen = cell;
    if (vector) showFrame();
    else repaint();
  };
  const point = (row, column) => {
    if (!drawing || row < 0 || column < 0 || row >= drawing.rows.length || column >= drawing.columns.length) return;
    choose([row, column]);
    onPoint?.({ row, column });
  };
  const pointed = (event) => {
    if (!layout) return;
    const bounds = surface.getBoundingClientRect();
    point(Math.floor((event.clientY - bounds.top - layout.top) / layout.tall), Math.floor((event.clientX - bounds.left - layout.left) / layout.wide));
  };
  // A finger that taps does not move.
  if (!still) for (const kind of ["pointermove", "pointerdown"]) surface.addEventListener(kind, pointed);
  if (onPick) {
    surface.classList.add("pickable");
    surface.addEventListener("click", () => chosen && onPick(chosen[1]));
  }
  for (const kind of ["pointerleave", "blur"]) {
    surface.addEventListener(kind, (event) => {
      // A finger leaves at once; what it has tapped stays until the next tap.
      if (event.pointerType === "touch") return;
      choose(null);
      onLeave?.();
    });
  }
  surface.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    // The arrow keys move within the matrix here, and not in time.
    event.stopPropagation();
    const [row, column] = chosen || [0, 0];
    point(Math.min(drawing.rows.length - 1, Math.max(0, row + move[0])), Math.min(drawing.columns.length - 1, Math.max(0, column + move[1])));
  });
  let width = 0;
  const again = () => {
    setPalette();
    if (!drawing) return;
    arrange();
    repaint();
  };
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    requestAnimationFrame(again);
  }).observe(box);
  onTheme(box, again);
  setPalette();

  return {
    element: box,
    draw(next) {
      const same = drawing && drawing.rows === next.rows && drawing.columns === next.columns;
      drawing = next;
      if (!same) {
        if (chosen) onLeave?.();
        chosen = null;
        arrange();
      }
      repaint();
      surface.setAttribute("aria-label", next.described || described
        || `${name}, ${title}: a matrix of ${next.rows.length} target by ${next.columns.length} source words. Arrow keys read its cells.`);
    },
    mark: choose,
    svg() {
      const { text: size, width, height } = layout, margin = 14, foot = 3 * size + 18;
      const named = plain(`${name} ${title}`), axes = `Rows: ${rowsName}. Columns: ${columnsName}.`;
      const across = Math.max(width, measure(named, 1.2 * size), measure(axes, size), 12 * size) + 2 * margin;
      const head = margin + 2 * size;
      const painter = svgPainter(across, head + height + foot + margin, palette.ground);
      painter.text(margin, margin + size, named, { colour: palette.ink, size: 1.2 * size, bold: true });
      paint(painter, margin, head);
      const below = head + height + size + 6;
      painter.text(margin, below, axes, { colour: palette.quiet, size });
      paintScale(painter, margin, below + 8);
      return painter.toString();
    },
    csv() {
      const { rows, columns, values } = drawing;
      const lines = rows.flatMap((row, t) => columns.map((column, l) => [t, row, l, column, values[t * columns.length + l]]));
      return csvOf([[...fields, name], ...lines]);
    },
  };
}

// What the shades of numbers from 0 to 1 mean.
export function heatScale() {
  return element("div", { class: "heat-scale", role: "img", "aria-label": "Shades from faint for 0 to strong for 1" },
    element("i"), element("span", {}, ...["0", "¼", "1"].map((mark) => element("b", {}, mark))));
}

function mix(from, to, share) {
  return `rgb(${from.map((each, at) => Math.round(each + (to[at] - each) * share)).join(",")})`;
}
