// Interventions: changes to a training while it goes on. Data and initial weights stay the same, so that the changed
// training is an exact paired comparison with the one before.

import { choice, element, toggle } from "../charts/element.js";

const RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3];

const MODES = {
  learned: ["Learned", "attention weights are computed from learned scores"],
  uniform: ["Uniform", "equal weights on all positions; the scores are not trained"],
  clamped: ["Clamped", "all weight on the relevant position; the scores are not trained"],
};

// Parameter groups that can be frozen: [name in the API, on the button, in a sentence, explanation].
const GROUPS = [
  ["attention", "Attention", "attention scores", "the parameters that compute attention scores are not updated"],
  ["rest", "All the rest", "all parameters but those of attention scores", "all other parameters are not updated, so β does not change"],
];

// How the API writes interventions.
const freeze = (group) => ({ kind: "freeze", group });
const unfreeze = (group) => ({ kind: "unfreeze", group });
const setAttention = (mode) => ({ kind: "attention", mode });
const setRate = (rate) => ({ kind: "learning_rate", rate });
const swapHead = (head, seed) => ({ kind: "swap_head", head, seed });

// In words, for the list and the marks on the chart.
export function sentence({ kind, rate, mode, group, head, seed }) {
  const frozen = GROUPS.find(([name]) => name === group)?.[2] ?? group;
  switch (kind) {
    case "learning_rate": return `learning rate ${rate}`;
    case "attention": return `attention ${mode}`;
    case "freeze": return `${frozen} frozen`;
    case "unfreeze": return `${frozen} unfrozen`;
    default: return `head ${head + 1} replaced by that of seed ${seed}`;
  }
}

// `change(intervention)` is called with each intervention that is chosen.
export function changes(change) {
  const modes = element("div", { class: "live-group", role: "group", "aria-label": "Attention from the next step on" });
  const groups = element("div", { class: "live-group", role: "group", "aria-label": "Frozen from the next step on" });
  const rate = element("div", { class: "live-group" });
  const swap = element("form", { class: "live-group", onsubmit: (event) => { event.preventDefault(); submitSwap(); } });
  const list = element("ol", { class: "live-changes", "aria-label": "Interventions so far" });
  const node = element("section", { class: "card live-interventions", "aria-labelledby": "live-interventions" },
    element("h2", { id: "live-interventions" }, "Intervene"), modes, groups, rate, swap, list);
  let heads = 1;
  let shown = "";

  function submitSwap() {
    const number = (name) => Number(swap.elements.namedItem(name).value);
    change(swapHead(number("head") - 1, Math.max(0, Math.floor(number("seed")))));
  }

  return {
    node,
    // `status` is null before training.
    show(setup, status) {
      const made = status?.changes ?? [];
      const frozen = {};
      for (const { intervention } of made) {
        if (intervention.kind === "freeze") frozen[intervention.group] = true;
        if (intervention.kind === "unfreeze") frozen[intervention.group] = false;
      }
      const over = !status || ["finished", "diverged"].includes(status.state);
      const key = JSON.stringify([setup, made, status?.attention, status?.learning_rate, over]);
      if (key === shown) return;
      shown = key;
      const focused = node.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
      modes.replaceChildren(element("span", {}, "Attention"), ...Object.entries(MODES).map(([mode, [name, about]]) =>
        element("button", {
          type: "button", class: "toggle", title: about, disabled: over, "data-focus": mode,
          "aria-pressed": String((status?.attention ?? setup.attention) === mode),
          onclick: () => change(setAttention(mode)),
        }, name)));
      groups.replaceChildren(element("span", {}, "Freeze"), ...GROUPS.map(([group, name, , about]) =>
        toggle(name, Boolean(frozen[group]), (on) => change(on ? freeze(group) : unfreeze(group)),
          { title: about, disabled: over, "data-focus": group })));
      const present = Number((status?.learning_rate ?? setup.learning_rate).toPrecision(4));
      const values = [...new Set([...RATES, present])].sort((a, b) => a - b);
      rate.replaceChildren(choice("Learning rate now", values.map((value) => [String(value), String(value)]), String(present),
        (value) => change(setRate(Number(value)))));
      const select = rate.querySelector("select");
      select.disabled = over;
      select.dataset.focus = "rate";
      select.name = "rate_now";
      if (heads !== setup.heads || !swap.children.length) {
        heads = setup.heads;
        swap.replaceChildren(
          element("label", {}, "Replace head ", element("input", { type: "number", name: "head", min: 1, max: heads, value: 1 })),
          element("label", {}, "by that of seed ", element("input", { type: "number", name: "seed", min: 0, value: 1 })),
          element("button", { type: "submit" }, "Replace"));
      }
      swap.hidden = setup.task !== "copying";
      swap.querySelector("button").disabled = over;
      list.replaceChildren(...made.slice(-8).map(({ step, intervention }) =>
        element("li", {}, `step ${step}: ${sentence(intervention)}`)));
      if (focused) node.querySelector(`[data-focus="${focused}"]`)?.focus();
    },
  };
}
