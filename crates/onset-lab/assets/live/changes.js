// Interventions: changes to a training while it goes on. Data and initial weights stay the same, so that the changed
// training is an exact paired comparison with the one before.

import { choice, element, toggle } from "../charts/element.js";

const RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3];

const MODES = {
  learned: ["Learned", "attention weights are computed from learned scores"],
  uniform: ["Uniform", "equal weights on all positions; the scores are not trained"],
  clamped: ["Clamped", "all weight on the relevant position; the scores are not trained"],
  previous: ["Token before", "all weight on the token before; the scores are not trained"],
};

// Layers of the Transformer that learns induction.
const LAYERS = 2;

// Parameter groups that can be frozen: [name in the API, on the button, in a sentence, explanation].
const GROUPS = [
  ["attention", "Attention", "attention scores", "the parameters that compute attention scores are not updated"],
  ["rest", "All the rest", "all parameters but those of attention scores", "all other parameters are not updated, so β does not change"],
];

// How the API writes interventions.
const freeze = (group) => ({ kind: "freeze", group });
const unfreeze = (group) => ({ kind: "unfreeze", group });
const setAttention = (mode, { layer, head }) => ({ kind: "attention", mode, ...(layer === undefined ? {} : { layer }), ...(head === undefined ? {} : { head }) });
const setRate = (rate) => ({ kind: "learning_rate", rate });
const swapHead = (head, seed) => ({ kind: "swap_head", head, seed });

// In words, for the list and the marks on the chart. Heads are counted through the layers of a Transformer.
export function sentence({ kind, rate, mode, group, layer, head, seed }, { task, heads }) {
  const frozen = GROUPS.find(([name]) => name === group)?.[2] ?? group;
  switch (kind) {
    case "learning_rate": return `learning rate ${rate}`;
    case "attention": return `attention ${mode === "previous" ? "on the token before" : mode}${layer === undefined ? "" : ` in layer ${layer}`}${head === undefined ? "" : `, head ${head + 1}`}`;
    case "freeze": return `${frozen} frozen`;
    case "unfreeze": return `${frozen} unfrozen`;
    default: return `${task === "induction" ? `layer ${Math.floor(head / heads)}, head ${head % heads + 1}` : `head ${head + 1}`} replaced by that of seed ${seed}`;
  }
}

// `change(intervention)` is called with each intervention that is chosen.
export function changes(change) {
  const where = element("div", { class: "live-group" });
  const modes = element("div", { class: "live-group", role: "group", "aria-label": "Attention from the next step on" });
  const groups = element("div", { class: "live-group", role: "group", "aria-label": "Frozen from the next step on" });
  const rate = element("div", { class: "live-group" });
  const swap = element("form", { class: "live-group", onsubmit: (event) => { event.preventDefault(); submitSwap(); } });
  const list = element("ol", { class: "live-changes", "aria-label": "Interventions so far" });
  const node = element("section", { class: "card live-interventions", "aria-labelledby": "live-interventions" },
    element("h2", { id: "live-interventions" }, "Intervene"), where, modes, groups, rate, swap, list);
  let heads = 1;
  let shown = "";
  // Where attention is changed: everywhere, in a layer, or in one head.
  let at = {};

  function submitSwap() {
    const number = (name) => Number(swap.elements.namedItem(name).value);
    const counted = at.head === undefined ? number("head") - 1 : at.layer * heads + at.head;
    change(swapHead(counted, Math.max(0, Math.floor(number("seed")))));
  }

  // The mode of a place, as far as all heads that it covers have one: what was set there last.
  function modeAt(setup, made) {
    const covers = (change, layer, head) => (change.layer ?? layer) === layer && (change.head ?? head) === head;
    const layers = setup.task === "induction" ? [...Array(LAYERS).keys()] : [0];
    const modes = layers.flatMap((layer) => [...Array(setup.heads).keys()].filter((head) => covers(at, layer, head)).map((head) =>
      made.reduce((mode, { intervention }) => (intervention.kind === "attention" && covers(intervention, layer, head) ? intervention.mode : mode), setup.attention)));
    return modes.every((mode) => mode === modes[0]) ? modes[0] : null;
  }

  return {
    node,
    // Chooses where attention is changed.
    at(place) {
      at = place;
      shown = "";
    },
    // `status` is null before training.
    show(setup, status) {
      const made = status?.changes ?? [];
      const frozen = {};
      for (const { intervention } of made) {
        if (intervention.kind === "freeze") frozen[intervention.group] = true;
        if (intervention.kind === "unfreeze") frozen[intervention.group] = false;
      }
      const over = !status || ["finished", "diverged"].includes(status.state);
      if (setup.task !== "induction" || at.head >= setup.heads) at = {};
      const key = JSON.stringify([at, setup, made, status?.attention, status?.learning_rate, over]);
      if (key === shown) return;
      shown = key;
      const focused = node.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
      const induction = setup.task === "induction";
      const places = [{}, ...[...Array(LAYERS).keys()].flatMap((layer) => [{ layer }, ...[...Array(setup.heads).keys()].map((head) => ({ layer, head }))])];
      const written = ({ layer, head }) => (layer === undefined ? "all heads" : head === undefined ? `layer ${layer}` : `layer ${layer}, head ${head + 1}`);
      where.hidden = !induction;
      where.replaceChildren(...(induction ? [choice("Where", places.map((place) => [JSON.stringify(place), written(place)]), JSON.stringify(at), (value) => {
        at = JSON.parse(value);
        shown = "";
        this.show(setup, status);
      })] : []));
      const now = modeAt(setup, made);
      modes.replaceChildren(element("span", {}, "Attention"), ...Object.entries(MODES).filter(([mode]) => induction || mode !== "previous").map(([mode, [name, about]]) =>
        element("button", {
          type: "button", class: "toggle", title: about, disabled: over, "data-focus": mode,
          "aria-pressed": String(now === mode),
          onclick: () => change(setAttention(mode, at)),
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
      const kind = `${setup.task} ${setup.heads} ${JSON.stringify(at)}`;
      if (swap.dataset.kind !== kind) {
        heads = setup.heads;
        swap.dataset.kind = kind;
        const which = induction ? element("span", {}, at.head === undefined ? "Choose one head to replace it" : `Replace ${written(at)}`)
          : element("label", {}, "Replace head ", element("input", { type: "number", name: "head", min: 1, max: heads, value: 1 }));
        swap.replaceChildren(which,
          element("label", {}, "by that of seed ", element("input", { type: "number", name: "seed", min: 0, value: 1 })),
          element("button", { type: "submit" }, "Replace"));
      }
      swap.hidden = setup.task === "keyword";
      swap.querySelector("button").disabled = over || (induction && at.head === undefined);
      list.replaceChildren(...made.slice(-8).map(({ step, intervention }) =>
        element("li", {}, `step ${step}: ${sentence(intervention, setup)}`)));
      if (focused) node.querySelector(`[data-focus="${focused}"]`)?.focus();
    },
  };
}
