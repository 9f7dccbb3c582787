"use strict";
// Held-out texts whose words are shaded by α, β or Δ, scrubbed through training.

function drawTexts(place, data) {
  const list = element("div");
  const readout = element("p", { class: "readout", "aria-live": "polite" });
  const measures = ["attention α", "word alone β", "influence Δ"];
  const filters = ["all texts", "wrong at this step", ...data.labels.map((label) => `label ${label}`)];
  let run = data.runs[0], index = 0, measure = 0, filter = 0;

  const isRight = (example) => example.predicted[index] === example.label;
  const isShown = (example) => filter === 0 || (filter === 1 ? !isRight(example) : example.label === filter - 2);
  const shade = (example, at) => {
    if (measure === 0) {
      const largest = Math.max(...example.alpha[index]);
      return `rgba(${colour("--support")}, ${(0.75 * example.alpha[index][at] / largest).toFixed(3)})`;
    }
    const all = (measure === 1 ? example.beta : example.delta)[index], value = all[at];
    const largest = Math.max(measure === 1 ? 100 : 1, ...all.map(Math.abs));
    return `rgba(${colour(value > 0 ? "--support" : "--oppose")}, ${(0.75 * Math.abs(value) / largest).toFixed(3)})`;
  };
  const word = (example, text, at) => {
    const alpha = (example.alpha[index][at] / 1000).toFixed(3);
    const [beta, delta] = [example.beta, example.delta].map((all) => (all[index][at] / 100).toFixed(2));
    const told = `${text}: α = ${alpha}, β = ${beta}, Δ = ${delta}`;
    return element("span", {
      class: "word", title: told, style: `background: ${shade(example, at)}`,
      onpointerenter: () => { readout.textContent = told; },
    }, text);
  };
  const verdict = (example) => {
    const [label, right] = [data.labels[example.label], isRight(example)];
    const predicted = right ? "" : ` (predicted ${data.labels[example.predicted[index]]})`;
    return element("span", { class: right ? "verdict" : "verdict wrong" },
      `${label}${predicted} ${example.logit[index] > 0 ? "+" : ""}${example.logit[index].toFixed(1)}`);
  };
  const draw = (at) => {
    index = at;
    const shown = run.examples.filter(isShown);
    list.replaceChildren(...shown.map((example) => element("div", { class: "text" }, verdict(example),
      ...example.words.flatMap((text, position) => [word(example, text, position), " "]))));
    if (!shown.length) list.append(element("p", { class: "text" }, "None of the texts shown."));
  };
  const scrub = scrubber(draw);
  const again = () => draw(index);
  place.append(element("div", { class: "controls" },
    choice("Run", data.runs.map((each) => each.name), (chosen) => { run = data.runs[chosen]; scrub.set(run.steps); }),
    choice("Shade by", measures, (chosen) => { measure = chosen; again(); }),
    choice("Show", filters, (chosen) => { filter = chosen; again(); }),
    ...scrub.parts), readout, list);
  scrub.set(run.steps);
}
