// A drawing of the model that copies, with one example: source words, their states, attention, and what the words that are attended to
// vote for. It follows the step that is looked at.

import { attentionShade, colour, onTheme } from "../charts/colours.js";
import { choice, drawn, element } from "../charts/element.js";
import { magnified } from "../charts/painter.js";
import { redrawer } from "./redraw.js";
import { END, letter, percent } from "./words.js";

const VOTES = 4;

export function model() {
  const svg = drawn("svg", { role: "img", class: "live-drawing", "aria-label": "The model at one target position" });
  const picker = element("span");
  const sentence = element("p", { class: "live-note live-drawn" });
  const node = element("section", { class: "card live-model", "aria-labelledby": "live-model" },
    element("div", { class: "card-head" }, element("h2", { id: "live-model" }, "The model at work"), picker), svg, sentence,
    element("p", { class: "live-note" }, "From below: the words of the source; their encoder states, the stronger the better the word is known from its state alone; "
      + "attention from one target position; and the votes: the output for each word alone, weighted by attention."));
  let view = null, alpha = null, position = 0, size = 0;

  // The votes for the target position, the strongest first.
  function votes() {
    const { source, knowledge } = view, words = Math.sqrt(knowledge.length);
    const sums = new Array(words).fill(0);
    source.forEach((word, l) => {
      for (let other = 0; other < words; other += 1) sums[other] += alpha[position * (source.length + 1) + l] / 1000 * knowledge[word * words + other] / 1000;
    });
    return sums.map((share, word) => ({ word, share })).sort((a, b) => b.share - a.share).slice(0, VOTES);
  }

  function setPicker() {
    if (size === view.source.length) return;
    size = view.source.length;
    position = Math.min(position, size - 1);
    picker.replaceChildren(choice("Target position", view.source.map((word, at) => [String(at), `${at + 1}: ${letter(word)}`]), String(position), (value) => {
      position = Number(value);
      draw();
    }));
  }

  const draw = redrawer(node, () => {
    if (!view) return;
    const { source, knowledge } = view, words = Math.sqrt(knowledge.length), count = source.length + 1;
    const large = magnified(), width = Math.max(260, svg.clientWidth || 600), height = 250 * large;
    const across = (at) => (at + 0.5) * width / count, rows = { word: height - 14 * large, state: height - 62 * large, context: 92 * large, vote: 30 * large };
    const half = Math.min(14 * large, width / count / 2 - 2);
    const ink = colour("--ink"), quiet = colour("--quiet"), line = colour("--line-2");
    const text = (x, y, content, more) => drawn("text", { x, y, "text-anchor": "middle", fill: ink, ...more }, content);
    const weights = Array.from({ length: count }, (_, l) => alpha[position * count + l] / 1000);
    const parts = [];
    weights.forEach((weight, l) => {
      const word = source[l], known = word === undefined ? 0 : knowledge[word * (words + 1)] / 1000;
      parts.push(drawn("line", {
        x1: across(l), y1: rows.state - half, x2: width / 2, y2: rows.context + 8 * large, stroke: line,
        "stroke-width": 0.4 + 7 * weight * large, opacity: 0.2 + 0.8 * Math.sqrt(weight), "data-weight": weight.toFixed(3),
      }));
      parts.push(drawn("line", { x1: across(l), y1: rows.state + half, x2: across(l), y2: rows.word - 14 * large, stroke: quiet, "stroke-width": 1 }));
      parts.push(drawn("circle", { cx: across(l), cy: rows.state, r: half, fill: colour("--panel"), stroke: quiet }));
      parts.push(drawn("circle", { cx: across(l), cy: rows.state, r: half, fill: attentionShade(known), stroke: l === position ? ink : quiet, "stroke-width": l === position ? 2.5 : 1 }));
      parts.push(text(across(l), rows.word, word === undefined ? END : letter(word), l === position ? { "font-weight": 700 } : {}));
    });
    parts.push(drawn("circle", { cx: width / 2, cy: rows.context, r: 9 * large, fill: line }));
    parts.push(text(width / 2 + 14 * large, rows.context + 4 * large, "context", { "text-anchor": "start", fill: quiet }));
    const best = votes(), slot = Math.min(130 * large, width / VOTES);
    best.forEach(({ word, share }, at) => {
      const x = width / 2 + (at - (VOTES - 1) / 2) * slot;
      const right = word === source[position];
      parts.push(drawn("line", { x1: width / 2, y1: rows.context - 9 * large, x2: x, y2: rows.vote + 8 * large, stroke: quiet, "stroke-width": 0.5 + 6 * share * large }));
      parts.push(text(x, rows.vote - 4 * large, `${letter(word)} ${percent(share)}`, right ? { "font-weight": 700, fill: colour("--good") } : {}));
    });
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren(...parts);
    const target = letter(source[position]);
    const said = `Target word ${position + 1} is ${target}. It gets ${percent(weights[position])} of the attention, and ${percent(best.find(({ word }) => word === source[position])?.share ?? 0)} of the votes.`;
    if (sentence.textContent !== said) sentence.textContent = said;
    svg.setAttribute("aria-label", `The model at one target position. ${said}`);
  });
  onTheme(node, draw);
  new ResizeObserver(draw).observe(node);

  return {
    node,
    // `weights`: α of the example, of a head or in the mean, in thousandths; `next` is null where the task has no such drawing.
    show(next, weights) {
      node.hidden = !next;
      if (!next) return;
      [view, alpha] = [next, weights];
      setPicker();
      draw();
    },
  };
}
