// Superscripts: `β^uf` is written β with a raised uf. Only the superscripts of our own symbols are raised.

import { drawn, element } from "./element.js";

const RAISED = /\^(uf|px|lr|co|β|x)(?![\p{L}\p{N}])/gu;

// A text as [text, raised] pieces.
function pieces(text) {
  const all = [];
  let from = 0;
  for (const found of text.matchAll(RAISED)) {
    all.push([text.slice(from, found.index), false], [found[1], true]);
    from = found.index + found[0].length;
  }
  all.push([text.slice(from), false]);
  return all.filter(([piece]) => piece);
}

// The children of an HTML element.
export function typeset(text) {
  return pieces(String(text)).map(([piece, raised]) => (raised ? element("sup", {}, piece) : piece));
}

// The children of an SVG text of so many pixels.
export function typesetDrawn(text, size) {
  let lowered = 0;
  return pieces(String(text)).map(([piece, raised]) => {
    const shift = raised ? -0.38 * size : -lowered;
    lowered = raised ? shift : 0;
    if (!raised && !shift) return piece;
    return drawn("tspan", raised ? { dy: shift.toFixed(1), "font-size": (0.72 * size).toFixed(1) } : { dy: shift.toFixed(1) }, piece);
  });
}

// How the tokens of a sequence are read: `▁` begins a word, and what does not begin one gets a dot.
export function labelOf(tokens) {
  if (!tokens.some((token) => token.startsWith("▁"))) return String;
  return (token) => (token.startsWith("▁") ? token.slice(1) || "▁" : token.startsWith("<") ? token : `·${token}`);
}

// A text that turns nothing round that stands beside it: what controls the direction of writing ends with it.
export function isolated(text) {
  return /[\u200e\u200f\u202a-\u202e\u2066-\u2069\u0590-\u08ff\ufb1d-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text;
}

// A text without marks, as a file or a screen reader takes it.
export function plain(text) {
  return String(text).replaceAll(RAISED, " $1");
}
