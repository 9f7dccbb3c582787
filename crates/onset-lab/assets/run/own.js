// Words of one's own: a text that is typed, read by the run's model at the checkpoint of the cursor, and compared with an earlier one.

import { choice, element } from "../charts/element.js";
import { heatScale, makeHeatmap } from "../charts/heatmap.js";
import { alphaShare, readByKeys, shadeOf, wordScale } from "../charts/shaded.js";
import { attentionShade, onTheme } from "../charts/colours.js";
import { share, short } from "../charts/scale.js";
import { isolated } from "../charts/symbols.js";
import { ask } from "../shell/request.js";

const LONGEST = 1000;
// After the last key, before the model is asked.
const PAUSE = 250;
const SHADES = [["alpha", "α"], ["beta", "β"], ["delta", "Δ"]];

export function makeOwn({ id, announce }) {
  const field = element("textarea", { rows: 2, maxlength: LONGEST, "aria-label": "Words of your own", placeholder: "Type or paste a sentence" });
  const keep = element("button", { type: "button", disabled: true, onclick: () => { kept = known; show(); announce("Kept to compare with"); } }, "Keep to compare");
  const message = element("p", { class: "quiet-note", role: "status" });
  const place = element("div", { class: "example" });
  const readout = element("p", { class: "readout", role: "status" });
  const box = element("section", { class: "card own-words", "aria-labelledby": "own-title", hidden: true },
    element("div", { class: "card-head" }, element("h2", { id: "own-title" }, "Words of your own"), keep), field, message, place, readout);
  let cursor = 0, timer = null, controller = null, known = null, kept = null, drawer = null;

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(read, PAUSE);
  };
  async function read() {
    controller?.abort();
    controller = new AbortController();
    const text = field.value.trim();
    if (!text) {
      known = null;
      return show();
    }
    try {
      known = await ask(`/api/run/own?${new URLSearchParams({ run: id, step: cursor, text })}`, { signal: controller.signal });
      message.textContent = known.step === cursor ? "" : `Read by the checkpoint of step ${known.step}.`;
      show();
    } catch (error) {
      if (error.name === "AbortError") return;
      message.textContent = error.message;
    }
  }
  function show() {
    keep.disabled = !known;
    if (!known) {
      place.replaceChildren();
      drawer = null;
      readout.textContent = message.textContent = "";
      return;
    }
    if (!drawer) {
      place.replaceChildren();
      drawer = (known.kind === "text" ? textDrawer : translationDrawer)(place, readout);
    }
    drawer.show(known, kept);
  }
  field.addEventListener("input", later);
  onTheme(box, () => { if (known) show(); });
  return {
    element: box,
    show(run) {
      box.hidden = !run.reads_own_words;
    },
    setCursor(step) {
      if (step === cursor) return;
      cursor = step;
      if (!box.hidden && field.value.trim()) later();
    },
  };
}

// Words shaded by α, β or Δ, and the probability of each label.
function textDrawer(place, readout) {
  let by = "alpha", now = null, before = null, spans = [];
  const verdict = element("p", { class: "verdict" });
  const text = element("p", { class: "shaded" });
  const scale = wordScale();
  const picker = choice("Shaded by", SHADES, by, (next) => {
    by = next;
    paint();
  });
  place.append(element("div", { class: "controls" }, picker), verdict, text, scale);
  readByKeys(text, "Your text", () => spans, say);

  function say(word) {
    const values = SHADES.filter(([key]) => now[key].length).map(([key, name]) => `${name} = ${short(now[key][word])}${changed(key, word)}`);
    readout.textContent = `${isolated(now.words[word])}: ${values.join(", ")}`;
  }
  // The value at the same place of the text that was kept, where that has as many words.
  function changed(key, word) {
    const old = before && before !== now && before.words.length === now.words.length ? before[key][word] : undefined;
    return old === undefined ? "" : ` (kept: ${short(old)})`;
  }
  function paint() {
    const values = now[by], largest = Math.max(0.5, ...values.map(Math.abs));
    scale.hidden = by !== "alpha";
    spans.forEach((span, word) => {
      const value = values[word] ?? 0;
      span.style.backgroundColor = by === "alpha" ? attentionShade(alphaShare(value, values.length)) : shadeOf(Math.abs(value) / largest, value >= 0);
    });
  }
  return {
    show(next, kept) {
      [now, before] = [next, kept];
      const entries = now.labels.map((label, at) => {
        const old = before && before !== now && before.probabilities.length ? ` (kept: ${share(before.probabilities[at])})` : "";
        return element("span", {}, element(label === now.label ? "b" : "span", {}, element("bdi", {}, label)), ` ${now.label === null ? "–" : share(now.probabilities[at])}${old}`);
      });
      verdict.replaceChildren(...(now.label === null ? ["No word of this text is read."] : entries.flatMap((entry, at) => (at ? [" · ", entry] : [entry]))));
      spans = now.words.map((word, at) => element("span", {
        class: `word${before && before !== now && before.words[at] !== word ? " differs" : ""}`, onpointerenter: () => say(at),
      }, word));
      text.replaceChildren(...spans.flatMap((span) => [span, " "]));
      picker.hidden = now.label === null;
      if (now.label !== null) paint();
    },
  };
}

// A translation, with α as a matrix.
function translationDrawer(place, readout) {
  let now = null;
  const said = element("p", { class: "output" });
  const holder = element("div", { class: "heatmap-holder" });
  const map = makeHeatmap(holder, {
    name: "α", title: "of your sentence",
    onPoint: ({ row, column }) => {
      readout.textContent = `${isolated(now.target[row])}: attention on ${isolated(now.source[column])} = ${short(now.alpha[row][column])}`;
    },
  });
  place.append(said, element("div", { class: "heatmaps" }, holder), heatScale());
  return {
    show(next, kept) {
      now = next;
      said.replaceChildren("translation: ", element("bdi", {}, now.translation || "(nothing)"),
        ...(kept && kept !== now ? [element("br"), "kept: ", element("bdi", {}, kept.translation || "(nothing)")] : []));
      holder.hidden = !now.alpha.length;
      if (now.alpha.length) map.draw({ rows: now.target, columns: now.source, values: now.alpha.flat(), signed: false, largest: 1, label: isolated });
    },
  };
}
