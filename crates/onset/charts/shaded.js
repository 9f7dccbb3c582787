// Texts whose words are shaded.

import { colour } from "./colours.js";
import { measure, svgPainter } from "./painter.js";

const SIZE_OF_WORDS = 15, WIDTH = 760, LINE = 28;

// How strong an attention weight is shaded among `count` positions: uniform attention not at all, all of it fully.
export function alphaShare(weight, count) {
  return count > 1 ? Math.max(0, (weight - 1 / count) / (1 - 1 / count)) : 1;
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
