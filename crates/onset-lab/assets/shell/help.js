// What a symbol means, behind a question mark.

import { element } from "../charts/element.js";

const MEANINGS = {
  α: "Attention: the weight on each source position when one target word is predicted. The weights of a row sum to 1.",
  β: "What one word alone would do: the score, or the probability, that the model gives if the context is the state of that word and nothing else.",
  Δ: "Influence: how much the loss of this example falls if the embedding of this word is enlarged a little.",
  KTIW: "Knowledge to translate individual words: what the model predicts when the context is the state of one word alone. A dark diagonal, in the dark theme a light one, means that words are known.",
  "w and a": "The two numbers of the theory. The score gap w is how much more a word says for itself than for others; the logit gap a is how much more the right position is attended to than others, before the softmax.",
  presenting: "Large type for a class, without the controls. Space trains or pauses, the arrow keys go through the captions, 1 to 7 choose a preset, and Esc leaves.",
  "words known": "The share of words that are the most probable output when the context is the state of that word alone. Attention has no part in it, so it can be compared with the share of positions where attention finds the right word.",
};

let numbered = 0;

// A button that shows the meaning of a term.
export function help(term) {
  const id = `help-${numbered += 1}`;
  const text = element("span", { id, popover: "auto", class: "help-text", role: "note" }, element("b", {}, term), ` ${MEANINGS[term]}`);
  const button = element("button", { type: "button", class: "help", popovertarget: id, "aria-label": `? What is ${term}` }, "?");
  // Below its button, where a browser would put it in the middle of the page.
  text.addEventListener("toggle", () => {
    const { left, bottom } = button.getBoundingClientRect();
    text.style.setProperty("left", `${Math.max(8, Math.min(left, innerWidth - text.offsetWidth - 8))}px`);
    text.style.setProperty("top", `${Math.min(bottom + 6, innerHeight - text.offsetHeight - 8)}px`);
  });
  return element("span", { class: "help-place" }, button, text);
}
