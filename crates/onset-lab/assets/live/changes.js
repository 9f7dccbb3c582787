// The panel of interventions: changes to a training while it goes on, or planned for a step of the next one. Data and initial weights
// stay the same, so that the changed training is an exact paired comparison with the one before.

import { element } from "../charts/element.js";
import { seedOf } from "./controls.js";
import { freeze, GROUPS, LAYERS, MODES, sentence, setAttention, setRate, swapHead, unfreeze } from "./interventions.js";

const RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3];

// `change(intervention)` is called with each intervention that is chosen for now, `plan(step, intervention)` with each for a step, and
// `unplan(place)` with the place of one that is taken out.
export function changes({ change, plan, unplan }) {
  const group = (label, ...children) => element("div", { class: "live-group", role: "group", "aria-label": label }, element("span", {}, label), ...children);
  const when = element("select", { name: "when", onchange: () => { at_step.hidden = when.value === "now"; again(); } },
    element("option", { value: "now" }, "now"), element("option", { value: "step" }, "at step"));
  const at_step = element("input", { type: "number", name: "plan_step", min: 0, value: 60, hidden: true, "aria-label": "Step of the planned intervention" });
  const where = element("select", { name: "where", onchange: () => { at = JSON.parse(where.value); again(); } });
  const whereLabel = element("label", {}, "Where ", where);
  const modes = Object.entries(MODES).map(([mode, [name, about]]) => ({
    mode, button: element("button", { type: "button", class: "toggle", title: about, onclick: () => act(setAttention(mode, at)) }, name),
  }));
  const frozen = GROUPS.map(([key, name, , about]) => ({
    key, button: element("button", {
      type: "button", class: "toggle", title: about,
      onclick: (event) => act(event.currentTarget.getAttribute("aria-pressed") === "true" ? unfreeze(key) : freeze(key)),
    }, name),
  }));
  const rate = element("select", { name: "rate_now", onchange: () => act(setRate(Number(rate.value))) });
  const head = element("input", { type: "number", name: "head", min: 1, value: 1 });
  const headLabel = element("label", {}, "Replace head ", head);
  const chosenHead = element("span", { class: "live-inline" });
  const seed = element("input", { type: "number", name: "seed", min: 0, value: 1, required: true });
  const replace = element("button", { type: "submit" }, "Replace");
  const swap = element("form", { class: "live-group", "aria-label": "Replace a head", onsubmit: (event) => { event.preventDefault(); submitSwap(); } },
    headLabel, chosenHead, element("label", {}, "by seed ", seed), replace);
  const more = element("details", {}, element("summary", {}, "Replace a head"), swap);
  const error = element("p", { class: "live-error", role: "alert" });
  const made = element("ol", { class: "live-changes", "aria-label": "Interventions so far" });
  const planned = element("ul", { class: "live-planned", "aria-label": "Planned interventions" });
  const node = element("section", { class: "card live-interventions", "aria-labelledby": "live-interventions" },
    element("h2", { id: "live-interventions" }, "Intervene"),
    element("div", { class: "live-group" }, element("label", {}, "When ", when), at_step, whereLabel),
    group("Attention", ...modes.map(({ button }) => button)), group("Freeze", ...frozen.map(({ button }) => button)),
    element("div", { class: "live-group" }, element("label", {}, "Learning rate ", rate)), more, error, planned, made);
  let heads = 1;
  // Where attention is changed: everywhere, in a layer, or in one head.
  let at = {};
  let shown = null, listed = "";

  const again = () => shown && show(...shown);

  function act(intervention) {
    error.textContent = "";
    if (when.value === "now") return change(intervention);
    const step = seedOf(at_step);
    if (step === null) error.textContent = "The step must be a whole number, 0 or more.";
    else plan(step, intervention);
  }

  function submitSwap() {
    const from = seedOf(seed);
    if (from === null) {
      error.textContent = "The seed must be a whole number from 0 to 999999999.";
      return;
    }
    act(swapHead(at.head === undefined ? Number(head.value) - 1 : at.layer * heads + at.head, from));
  }

  // The mode of a place, as far as all heads that it covers have one: what was set there last.
  function modeAt(setup, list) {
    const covers = (change, layer, head) => (change.layer ?? layer) === layer && (change.head ?? head) === head;
    const layers = setup.task === "induction" ? [...Array(LAYERS).keys()] : [0];
    const all = layers.flatMap((layer) => [...Array(setup.heads).keys()].filter((head) => covers(at, layer, head)).map((head) =>
      list.reduce((mode, { intervention }) => (intervention.kind === "attention" && covers(intervention, layer, head) ? intervention.mode : mode), setup.attention)));
    return all.every((mode) => mode === all[0]) ? all[0] : null;
  }

  const written = ({ layer, head }) => (layer === undefined ? "all heads" : head === undefined ? `layer ${layer}` : `layer ${layer}, head ${head + 1}`);

  function setOptions(select, entries, value) {
    if (entries.map(([key]) => key).join() !== [...select.options].map((option) => option.value).join()) {
      select.replaceChildren(...entries.map(([key, text]) => element("option", { value: key }, text)));
    }
    if (select.value !== value) select.value = value;
  }

  // `status` is null before training.
  function show(setup, status) {
    shown = [setup, status];
    const list = status?.changes ?? [];
    const induction = setup.task === "induction", planning = when.value === "step";
    const over = !planning && (!status || ["finished", "diverged"].includes(status.state));
    heads = setup.heads;
    if (!induction || at.head >= heads) at = {};
    whereLabel.hidden = !induction;
    if (induction) {
      const places = [{}, ...[...Array(LAYERS).keys()].flatMap((layer) => [{ layer }, ...[...Array(heads).keys()].map((head) => ({ layer, head }))])];
      setOptions(where, places.map((place) => [JSON.stringify(place), written(place)]), JSON.stringify(at));
    }
    const now = modeAt(setup, list);
    for (const { mode, button } of modes) {
      button.hidden = mode === "previous" && !induction;
      button.disabled = over;
      button.setAttribute("aria-pressed", String(!planning && now === mode));
    }
    for (const { key, button } of frozen) {
      const last = list.findLast(({ intervention }) => ["freeze", "unfreeze"].includes(intervention.kind) && intervention.group === key);
      button.disabled = over;
      button.setAttribute("aria-pressed", String(!planning && last?.intervention.kind === "freeze"));
    }
    const present = Number((status?.learning_rate ?? setup.learning_rate).toPrecision(4));
    const rates = [...new Set([...RATES, present])].sort((a, b) => a - b);
    setOptions(rate, rates.map((value) => [String(value), String(value)]), String(present));
    rate.disabled = over;
    more.hidden = setup.task === "keyword";
    headLabel.hidden = induction;
    head.max = heads;
    chosenHead.hidden = !induction;
    chosenHead.textContent = at.head === undefined ? "Choose one head to replace it" : `Replace ${written(at)}`;
    replace.disabled = over || (induction && at.head === undefined);
    const key = JSON.stringify([setup, list]);
    if (key === listed) return;
    listed = key;
    made.replaceChildren(...list.slice(-8).map(({ step, intervention }) => element("li", {}, `step ${step}: ${sentence(intervention, setup)}`)));
    planned.replaceChildren(...setup.plan.map(({ step, intervention }, place) => element("li", {},
      `planned at step ${step}: ${sentence(intervention, setup)} `,
      element("button", { type: "button", class: "live-remove", "aria-label": `Remove: step ${step}, ${sentence(intervention, setup)}`, onclick: () => unplan(place) }, "×"))));
  }

  return {
    node,
    show,
    // Chooses where attention is changed.
    at(place) {
      at = place;
      again();
    },
  };
}
