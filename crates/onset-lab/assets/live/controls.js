// The setup: one labelled control for each of its fields. The controls are made once; what is shown later is written into them, so
// that a hand that types, drags or holds a list open is never disturbed.

import { element } from "../charts/element.js";

const RATES = [0.0003, 0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.3, 1];
const COPYING = ["copying"], INDUCTION = ["induction"];
const LARGEST_SEED = 999999999;

// `change(changes)` is called with the fields that were changed.
export function controls(change) {
  const node = element("form", { class: "live-controls", "aria-label": "Model and data", onsubmit: (event) => event.preventDefault() });
  const fields = [];
  let shown = null;

  // A field is { key, tasks?, node, show(setup) }; one without `tasks` is one of every task.
  const add = (field) => {
    fields.push(field);
    node.append(field.node);
  };
  const held = (control) => document.activeElement === control;

  // `text` and `most` are those of a task.
  function range(key, text, most) {
    const name = document.createTextNode(""), output = element("output", {});
    const input = element("input", {
      type: "range", id: `live-${key}`, min: 2, name: key,
      oninput: () => { output.textContent = input.value; },
      onchange: () => change({ [key]: Number(input.value) }),
    });
    // Named by hand: an output is what a label would name first.
    add({
      key, node: element("label", { class: "live-range", for: input.id }, element("span", {}, name, " ", output), input),
      show(setup) {
        name.data = text(setup);
        input.max = Math.max(most(setup), setup[key]);
        if (held(input)) return;
        input.value = setup[key];
        output.textContent = setup[key];
      },
    });
  }

  function pick(key, text, values, { tasks, name = String } = {}) {
    const select = element("select", {
      name: key, onchange: () => change({ [key]: typeof shown[key] === "number" ? Number(select.value) : select.value }),
    });
    const title = document.createTextNode("");
    add({
      key, tasks, node: element("label", {}, title, select),
      show(setup) {
        title.data = `${typeof text === "function" ? text(setup) : text} `;
        const known = typeof values === "function" ? values(setup) : values;
        const all = known.includes(setup[key]) ? known : [...known, setup[key]].sort((a, b) => a - b);
        if (all.join() !== [...select.options].map((option) => option.value).join()) {
          select.replaceChildren(...all.map((value) => element("option", { value }, name(value))));
        }
        if (select.value !== String(setup[key])) select.value = setup[key];
      },
    });
  }

  function tick(key, text, tasks) {
    const input = element("input", { type: "checkbox", name: key, onchange: () => change({ [key]: input.checked }) });
    add({ key, tasks, node: element("label", { class: "live-tick" }, input, " ", text), show: (setup) => { input.checked = setup[key]; } });
  }

  const names = (map) => (value) => map[value] ?? value;
  pick("task", "Task", ["copying", "keyword", "induction"],
    { name: names({ copying: "copying", keyword: "keyword classification", induction: "Markov chains (Transformer)" }) });
  range("vocabulary", ({ task }) => ({ copying: "Vocabulary size, V", keyword: "Filler words", induction: "Symbols" })[task],
    ({ task }) => (task === "induction" ? 6 : 40));
  range("length", ({ task }) => (task === "keyword" ? "Longest text, in words" : "Sequence length, L"),
    ({ task }) => (task === "induction" ? 101 : 24));
  tick("repetition", "Words may repeat", COPYING);
  pick("attention", "Attention", ["learned", "uniform"]);
  pick("heads", ({ task }) => (task === "copying" ? "Heads" : "Heads of a layer"),
    ({ task }) => (task === "copying" ? [1, 2, 3, 4, 6, 8] : [1, 2, 4, 8]), { tasks: [...COPYING, ...INDUCTION] });
  pick("width", "Width", [8, 16, 24, 32, 48, 64, 96, 128]);
  pick("optimizer", "Optimiser", ["adam", "sgd"], { name: names({ adam: "Adam", sgd: "SGD" }) });
  pick("learning_rate", "Learning rate", RATES);
  pick("batch", "Batch size", [4, 8, 16, 32, 64, 128]);
  pick("steps", "Steps", [100, 200, 300, 400, 600, 800, 1000, 1500, 3000, 5000]);
  add(seedField());

  function seedField() {
    const input = element("input", { type: "number", min: 0, max: LARGEST_SEED, step: 1, name: "seed", required: true, "aria-describedby": "live-seed-error" });
    const error = element("span", { class: "live-error", id: "live-seed-error", role: "alert" });
    const check = () => {
      const seed = seedOf(input);
      error.textContent = seed === null ? `The seed must be a whole number from 0 to ${LARGEST_SEED}.` : "";
      input.setAttribute("aria-invalid", String(seed === null));
      return seed;
    };
    input.addEventListener("change", () => {
      const seed = check();
      if (seed !== null) change({ seed });
    });
    return {
      key: "seed", node: element("label", { class: "live-seed" }, "Seed ", input, error),
      show(setup) {
        // What is being typed stays, and so does what is none, with its error, until there is another setup to show.
        if (held(input) && setup.seed === shown?.seed) return;
        if (setup === shown && seedOf(input) === null) return;
        input.value = setup.seed;
        check();
      },
    };
  }

  const next = element("button", {
    type: "button", name: "next_seed", onclick: () => change({ seed: (shown.seed + 1) % (LARGEST_SEED + 1) }),
  }, "Next seed");

  return {
    node,
    next,
    show(setup) {
      for (const field of fields) {
        field.node.hidden = Boolean(field.tasks && !field.tasks.includes(setup.task));
        if (!field.node.hidden) field.show(setup);
      }
      shown = setup;
    },
  };
}

// The seed in a field; null if it is none.
export function seedOf(input) {
  const seed = input.value.trim() === "" ? NaN : Number(input.value);
  return Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED ? seed : null;
}
