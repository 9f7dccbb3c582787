// Held-out texts whose words are shaded by α, β or Δ, scrubbed through training.

import { choiceOf, heading, scrubber } from "./controls.js";
import { element } from "./element.js";
import { csvOf } from "./files.js";
import { alphaShare, shadedSvg, shadeOf } from "./shaded.js";

export function drawTexts(place, data) {
  const list = element("div", { class: "texts" });
  const readout = element("p", { class: "readout", role: "status" }, "Point at a word for its values.");
  const measures = ["attention α", "word alone β", "influence Δ"], keys = ["alpha", "beta", "delta"];
  const filters = ["all texts", "wrong at this step", ...data.labels.map((label) => `label ${label}`)];
  let run = data.runs[0], index = 0, measure = 0, filter = 0;

  const isRight = (example) => example.predicted[index] === example.label;
  const isShown = (example) => filter === 0 || (filter === 1 ? !isRight(example) : example.label === filter - 2);
  const shadesOf = (example) => {
    const values = example[keys[measure]][index];
    if (measure === 0) return values.map((weight) => shadeOf(alphaShare(weight / 1000, values.length)));
    const largest = Math.max(measure === 1 ? 100 : 1, ...values.map(Math.abs));
    return values.map((value) => shadeOf(Math.abs(value) / largest, value >= 0));
  };
  const valuesOf = (example, at) => [example.alpha[index][at] / 1000, example.beta[index][at] / 100, example.delta[index][at] / 100];
  const verdictOf = (example) => {
    const predicted = isRight(example) ? "" : ` (predicted ${data.labels[example.predicted[index]]})`;
    return `${data.labels[example.label]}${predicted} ${example.logit[index] > 0 ? "+" : ""}${example.logit[index].toFixed(1)}`;
  };
  const word = (example, text, at, shade) => element("span", {
    class: "word", style: { background: shade },
    onpointerenter: () => {
      const [alpha, beta, delta] = valuesOf(example, at).map((value, place) => (Number.isFinite(value) ? value.toFixed(place ? 2 : 3) : "–"));
      readout.textContent = `${text}: α = ${alpha}, β = ${beta}, Δ = ${delta}`;
    },
  }, text);
  const shown = () => run.examples.filter(isShown);
  const draw = (at) => {
    index = at;
    list.replaceChildren(...shown().map((example) => {
      const shades = shadesOf(example);
      return element("div", { class: "text" },
        element("span", { class: isRight(example) ? "verdict" : "verdict wrong" }, verdictOf(example)),
        ...example.words.flatMap((text, position) => [word(example, text, position, shades[position]), " "]));
    }));
    if (!shown().length) list.append(element("p", { class: "text" }, "None of the texts shown."));
  };
  const scrub = scrubber(draw);
  const again = () => draw(index);
  const svg = () => shadedSvg(shown().map((example) => ({ lead: verdictOf(example), words: example.words, shades: shadesOf(example) })),
    `${measures[measure]} at step ${scrub.step()}, ${run.name}`);
  const csv = () => csvOf([["run", "step", "text", "label", "predicted", "logit", "position", "word", ...keys],
    ...shown().flatMap((example, number) => example.words.map((text, at) =>
      [run.name, scrub.step(), number, data.labels[example.label], data.labels[example.predicted[index]], example.logit[index], at, text, ...valuesOf(example, at)]))]);
  place.append(heading("Held-out texts", [], { name: () => `texts-step-${scrub.step()}`, svg, csv }), element("div", { class: "controls" },
    choiceOf("Run", data.runs.map((each) => each.name), (chosen) => { run = data.runs[chosen]; scrub.set(run.steps); }),
    choiceOf("Shade by", measures, (chosen) => { measure = chosen; again(); }),
    choiceOf("Show", filters, (chosen) => { filter = chosen; again(); }),
    ...scrub.parts), readout, list);
  scrub.set(run.steps);
}
