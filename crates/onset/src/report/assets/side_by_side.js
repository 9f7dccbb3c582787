// Held-out texts, each under several attributions, one row an attribution.

import { choiceOf, heading } from "./controls.js";
import { element } from "./element.js";
import { csvOf } from "./files.js";
import { alphaShare, shadedSvg, shadeOf } from "./shaded.js";
import { plain, typeset } from "./symbols.js";

export function drawSideBySide(place, data) {
  const list = element("div", { class: "texts" });
  const readout = element("p", { class: "readout", role: "status" }, "Point at a word for its value.");
  const filters = ["all texts", "wrong", ...data.labels.map((label) => `label ${label}`)];
  let filter = 0;
  const isRight = (example) => example.predicted === data.labels[example.label];
  const isShown = (example) => filter === 0 || (filter === 1 ? !isRight(example) : example.label === filter - 2);
  const unit = (probe) => (probe === 0 ? 10000 : 100);
  const shadesOf = (values, probe) => {
    if (probe === 0) return values.map((weight) => shadeOf(alphaShare(weight / unit(0), values.length)));
    const largest = Math.max(2, ...values.map(Math.abs));
    return values.map((value) => shadeOf(Math.abs(value) / largest, value >= 0));
  };
  const row = (example, probe) => {
    const values = example.values[probe], shades = shadesOf(values, probe);
    const words = example.words.flatMap((text, at) => [element("span", {
      class: "word", style: { background: shades[at] },
      onpointerenter: () => {
        readout.textContent = `${text}: ${plain(data.probes[probe])} = ${(values[at] / unit(probe)).toFixed(probe === 0 ? 3 : 2)}`;
      },
    }, text), " "]);
    return element("div", { class: "probe" }, element("span", { class: "verdict" }, ...typeset(data.probes[probe])),
      element("span", {}, ...words));
  };
  const verdictOf = (example) => `${data.labels[example.label]}${isRight(example) ? "" : ` (predicted ${example.predicted})`}`;
  const shown = () => data.examples.filter(isShown);
  const draw = () => {
    list.replaceChildren(...shown().map((example) => element("div", { class: "text" },
      element("div", { class: isRight(example) ? "verdict" : "verdict wrong" }, verdictOf(example)),
      ...data.probes.map((_, probe) => row(example, probe)))));
    if (!shown().length) list.append(element("p", { class: "text" }, "None of the texts shown."));
  };
  const svg = () => shadedSvg(shown().flatMap((example) => data.probes.map((name, probe) => ({
    lead: `${probe ? "" : `${verdictOf(example)}; `}${plain(name)}`, words: example.words, shades: shadesOf(example.values[probe], probe),
  }))), "Held-out texts");
  const csv = () => csvOf([["text", "label", "predicted", "position", "word", ...data.probes.map(plain)],
    ...shown().flatMap((example, number) => example.words.map((text, at) => [number, data.labels[example.label], example.predicted, at, text,
      ...data.probes.map((_, probe) => example.values[probe][at] / unit(probe))]))]);
  place.append(heading("Held-out texts", [choiceOf("Show", filters, (chosen) => { filter = chosen; draw(); })],
    { name: "texts", svg, csv }), readout, list);
  draw();
}
