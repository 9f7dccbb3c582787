// Texts shaded by attention, and words with their β and attention.

import { attentionShade } from "../charts/colours.js";
import { element } from "../charts/element.js";
import { alphaShare, readByKeys, wordScale } from "../charts/shaded.js";
import { number } from "./words.js";

export function texts({ announce }) {
  const shaded = element("div", { class: "live-texts" });
  const predicted = element("div", { class: "live-texts" });
  const bars = element("tbody");
  const inStage = element("section", { class: "card live-attention" }, element("h2", {}, "Attention on held-out texts"),
    element("p", { class: "live-note" }, "The stronger the shade, the more attention a word has above uniform attention. The number below a word is β: the logit when the context is that word alone; positive means keyword."),
    shaded, wordScale());
  const node = element("div", { class: "live-text-cards" },
    element("section", { class: "card" }, element("h2", {}, "Predicted attention"),
      element("p", { class: "live-note" }, "Where attention ends up according to the theory. It predicts where, not when."), predicted),
    element("section", { class: "card" }, element("h2", {}, "Words"),
      element("div", { class: "live-scroll" }, element("table", { class: "live-words" },
        element("thead", {}, element("tr", {}, ...["Word", "β (logit for “keyword”)", "Attention (× uniform)"].map((name) => element("th", { scope: "col" }, name)))),
        bars))));

  // A text whose words keep their elements while it stays the same.
  function line(text, withBeta) {
    const label = text.positive ? "keyword" : "no keyword";
    const words = text.words.map((word) => element("span", { class: "live-word word" },
      word.replace("<", "‹").replace(">", "›"), withBeta && element("small", {})));
    const row = element("p", { class: "live-text" }, element("span", { class: "live-label" }, label), " ", ...words.flatMap((word) => [word, " "]));
    readByKeys(row, `Text, ${label}`, () => words, (at) => words[at].title, announce);
    return {
      row,
      key: text.words.join(" "),
      paint(alpha, beta) {
        words.forEach((word, place) => {
          word.title = `${text.words[place]}: attention ${number(alpha[place])}${beta ? `, β ${number(beta[place] / 1000, 1)}` : ""}`;
          word.style.setProperty("background", attentionShade(alphaShare(alpha[place], alpha.length)));
          if (beta) word.lastChild.textContent = number(beta[place] / 1000, 1);
        });
      },
    };
  }
  const kept = new Map();
  function lines(place, all, withBeta) {
    const before = kept.get(place) ?? [];
    if (before.map(({ key }) => key).join("\n") === all.map(({ words }) => words.join(" ")).join("\n")) return before;
    const made = all.map((text) => line(text, withBeta));
    place.replaceChildren(...made.map(({ row }) => row));
    kept.set(place, made);
    return made;
  }

  return {
    node,
    texts: inStage,
    // `view` is null where the task has no texts.
    show(view, prediction) {
      inStage.hidden = node.hidden = !view;
      if (!view) return;
      lines(shaded, view.texts, true).forEach((each, at) => each.paint(view.texts[at].alpha.map((a) => a / 1000), view.texts[at].beta));
      const ends = prediction?.texts ?? [];
      lines(predicted, view.texts.slice(0, ends.length), false).forEach((each, at) => each.paint(ends[at]));
      predicted.parentElement.hidden = !ends.length;
      const widest = Math.max(1, ...view.words.map((word) => Math.abs(word.beta)));
      const most = Math.max(2, ...view.words.map((word) => word.attention));
      const bar = (value, of, name) => element("td", {}, element("span", { class: "live-share" },
        element("i", { style: { width: `${(100 * Math.abs(value)) / of}%`, background: `var(${name})` } })), ` ${number(value, 1)}`);
      bars.replaceChildren(...view.words.map((word) => element("tr", {},
        element("th", { scope: "row" }, element("bdi", {}, word.word)),
        bar(word.beta, widest, word.beta < 0 ? "--line-2" : "--line-1"), bar(word.attention, most, "--line-3"))));
    },
  };
}
