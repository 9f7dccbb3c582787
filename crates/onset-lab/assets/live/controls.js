// The setup: one labelled control for each of its fields.

import { choice, element } from "../charts/element.js";

const RATES = [0.0003, 0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.3, 1];

export function controls(change) {
  const node = element("form", { class: "live-controls", "aria-label": "Model and data", onsubmit: (event) => event.preventDefault() });

  function range(setup, key, text, [least, most]) {
    const output = element("output", {}, setup[key]);
    const input = element("input", {
      type: "range", id: `live-${key}`, min: least, max: Math.max(most, setup[key]), value: setup[key], name: key,
      oninput: () => { output.textContent = input.value; },
      onchange: () => change({ [key]: Number(input.value) }),
    });
    // Named by hand: an output is what a label would name first.
    return element("label", { class: "live-range", for: input.id }, element("span", {}, text, " ", output), input);
  }

  function pick(setup, key, text, values, name = String) {
    const all = values.includes(setup[key]) ? values : [...values, setup[key]].sort((a, b) => a - b);
    const made = choice(text, all.map((value) => [String(value), name(value)]), String(setup[key]), (value) => {
      const number = Number(value);
      change({ [key]: typeof setup[key] === "number" ? number : value });
    });
    made.querySelector("select").name = key;
    return made;
  }

  function tick(setup, key, text) {
    const input = element("input", { type: "checkbox", name: key, checked: setup[key], onchange: () => change({ [key]: input.checked }) });
    return element("label", { class: "live-tick" }, input, " ", text);
  }

  return {
    node,
    show(setup) {
      const copying = setup.task === "copying", induction = setup.task === "induction";
      const focused = node.contains(document.activeElement) ? document.activeElement.name : null;
      const names = (map) => (value) => map[value] ?? value;
      const seed = element("input", {
        type: "number", min: 0, max: 999999999, value: setup.seed, name: "seed",
        onchange: () => change({ seed: Math.max(0, Math.floor(Number(seed.value) || 0)) }),
      });
      node.replaceChildren(...[
        pick(setup, "task", "Task", ["copying", "keyword", "induction"], names({ copying: "copying", keyword: "keyword classification", induction: "Markov chains (Transformer)" })),
        range(setup, "vocabulary", induction ? "Symbols" : copying ? "Vocabulary size, V" : "Filler words", [2, induction ? 6 : 40]),
        range(setup, "length", copying || induction ? "Sequence length, L" : "Longest text, in words", [2, induction ? 101 : 24]),
        copying && tick(setup, "repetition", "Words may repeat"),
        pick(setup, "attention", "Attention", ["learned", "uniform"]),
        copying && pick(setup, "heads", "Heads", [1, 2, 3, 4, 6, 8]),
        induction && pick(setup, "heads", "Heads of a layer", [1, 2, 4, 8]),
        pick(setup, "width", "Width", [8, 16, 24, 32, 48, 64, 96, 128]),
        pick(setup, "optimizer", "Optimiser", ["adam", "sgd"], names({ adam: "Adam", sgd: "SGD" })),
        pick(setup, "learning_rate", "Learning rate", RATES),
        pick(setup, "batch", "Batch size", [4, 8, 16, 32, 64, 128]),
        pick(setup, "steps", "Steps", [100, 200, 300, 400, 600, 800, 1000, 1500, 3000, 5000]),
        element("label", {}, "Seed ", seed),
        element("button", { type: "button", onclick: () => change({ seed: (setup.seed + 1) % 1000000000 }) }, "Next seed"),
      ].filter(Boolean));
      if (focused) node.elements.namedItem(focused)?.focus();
    },
  };
}
