// Texts whose words are shaded.

import { colour } from "./colours.js";
import { element } from "./element.js";
import { measure, svgPainter } from "./painter.js";

const SIZE_OF_WORDS = 15, WIDTH = 760, LINE = 28;

// Attention with the strongest shade, as a multiple of uniform attention.
const TOP = 10;

// How strong an attention weight is shaded among `count` positions: up to uniform attention not at all, from ten times that on fully.
export function alphaShare(weight, count) {
  return Math.min(1, Math.max(0, (weight * count - 1) / (TOP - 1)));
}

// What the shades of words mean.
export function wordScale() {
  return element("div", { class: "heat-scale of-words", role: "img", "aria-label": `Shades of words: none up to uniform attention, strong from ${TOP} times uniform attention on` },
    element("i"), element("span", {}, ...["uniform", `${TOP} × uniform`].map((mark) => element("b", {}, mark))));
}

// The words of a text as one stop of the tab key, whose values are read by the arrow keys. `read(number)` is called with the number of
// the word that is reached, `readOut` with what it returns.
export function readByKeys(place, label, words, read, readOut) {
  let at = -1;
  place.tabIndex = 0;
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", `${label}. Arrow keys read the values of its words.`);
  place.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (!(event.key in moves)) return;
    event.preventDefault();
    // The arrow keys move within the text here, and not in time.
    event.stopPropagation();
    const all = words();
    all[at]?.classList.remove("reading");
    at = Math.min(all.length - 1, Math.max(0, at + moves[event.key]));
    all[at]?.classList.add("reading");
    const values = read(at);
    readOut?.(values);
  });
  place.addEventListener("blur", () => {
    words()[at]?.classList.remove("reading");
    at = -1;
  });
}

// The ground of a word: `share` from 0 to 1, blue for what supports and orange for what opposes.
export function shadeOf(share, supports = true) {
  return `rgba(${colour(supports ? "--support" : "--oppose")}, ${(0.62 * Math.sqrt(Math.min(1, share || 0))).toFixed(3)})`;
}

// Texts as SVG, each { lead?, words, shades }.
export function shadedSvg(texts, title) {
  const placed = texts.map(wrapped);
  const height = placed.reduce((sum, { lines, lead }) => sum + (lines.length + (lead ? 1 : 0)) * LINE + 8, 44);
  const painter = svgPainter(WIDTH, height, colour("--panel"));
  painter.text(20, 28, title, { colour: colour("--quiet"), size: 13 });
  let top = 44;
  for (const { lead, lines } of placed) {
    if (lead) {
      painter.text(20, top + 16, lead, { colour: colour("--quiet"), size: 12 });
      top += LINE - 6;
    }
    for (const line of lines) {
      for (const { word, shade, x, length } of line) {
        painter.rect(20 + x, top, length, 23, shade);
        painter.text(25 + x, top + 16, word, { colour: colour("--ink"), size: SIZE_OF_WORDS });
      }
      top += LINE;
    }
    top += 8;
  }
  return painter.toString();
}

// The words of a text in lines that fit.
function wrapped({ lead, words, shades }) {
  const lines = [[]];
  let x = 0;
  words.forEach((word, at) => {
    const length = measure(word, SIZE_OF_WORDS) + 10;
    if (x + length > WIDTH - 40) {
      lines.push([]);
      x = 0;
    }
    lines[lines.length - 1].push({ word, shade: shades[at], x, length });
    x += length + 3;
  });
  return { lead, lines };
}
