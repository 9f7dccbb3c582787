// Texts shaded by attention, and words with their β and attention.

import { element } from "../charts/element.js";
import { alphaShare, shadeOf } from "../charts/shaded.js";
import { number } from "./words.js";

export function texts() {
  const shaded = element("div", { class: "live-texts" });
  const predicted = element("div", { class: "live-texts" });
  const bars = element("tbody");
  const node = element("div", { class: "live-text-cards" },
    element("section", { class: "card" }, element("h2", {}, "Attention on held-out texts"),
      element("p", { class: "live-note" }, "Darker words have more attention than uniform attention gives them. The number below a word is β: the logit when the context is that word alone; positive means keyword."),
      shaded),
    element("section", { class: "card" }, element("h2", {}, "Predicted attention"),
      element("p", { class: "live-note" }, "Where attention ends up according to the theory. It predicts where, not when."), predicted),
    element("section", { class: "card" }, element("h2", {}, "Words"),
      element("div", { class: "live-scroll" }, element("table", { class: "live-words" },
        element("thead", {}, element("tr", {}, ...["Word", "β (logit for “keyword”)", "Attention (× uniform)"].map((name) => element("th", { scope: "col" }, name)))),
        bars))));

  const line = (text, alpha, beta) => element("p", { class: "live-text" },
    element("span", { class: "live-label" }, text.positive ? "keyword" : "no keyword"), " ",
    ...text.words.flatMap((word, place) => {
      const share = alpha[place];
      const about = `${word}: attention ${number(share)}${beta ? `, β ${number(beta[place] / 1000, 1)}` : ""}`;
      return [element("span", { class: "live-word", title: about, style: { background: shadeOf(alphaShare(share, alpha.length)) } },
        word.replace("<", "‹").replace(">", "›"), beta && element("small", {}, number(beta[place] / 1000, 1))), " "];
    }));

  return {
    node,
    show(view, prediction) {
      shaded.replaceChildren(...view.texts.map((text) => line(text, text.alpha.map((a) => a / 1000), text.beta)));
      predicted.replaceChildren(...(prediction?.texts ?? []).map((alpha, index) => line(view.texts[index], alpha)));
      predicted.parentElement.hidden = !prediction?.texts?.length;
      const widest = Math.max(1, ...view.words.map((word) => Math.abs(word.beta)));
      const most = Math.max(2, ...view.words.map((word) => word.attention));
      const bar = (value, of, name) => element("td", {}, element("span", { class: "live-share" },
        element("i", { style: { width: `${(100 * Math.abs(value)) / of}%`, background: `var(${name})` } })), ` ${number(value, 1)}`);
      bars.replaceChildren(...view.words.map((word) => element("tr", {},
        element("th", { scope: "row" }, word.word),
        bar(word.beta, widest, word.beta < 0 ? "--line-2" : "--line-1"), bar(word.attention, most, "--line-3"))));
    },
  };
}
