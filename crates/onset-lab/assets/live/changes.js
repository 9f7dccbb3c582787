// What is changed while it trains. Data and initial weights stay the same, so that a changed training is an exact
// comparison with the one before.

import { choice, element, toggle } from "../shell/element.js";

const RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3];

const ROUTES = {
  learned: ["Learned", "attention comes from its scores"],
  uniform: ["Uniform", "the same weight everywhere; scores are not trained"],
  clamped: ["Clamped", "all weight on the right word; scores are not trained"],
};

// In words, for the list and the marks on the chart.
export function sentence({ kind, rate, route, part, head, seed }) {
  switch (kind) {
    case "learning_rate": return `learning rate ${rate}`;
    case "attention": return `attention ${route}`;
    case "hold": return `${part} held`;
    case "release": return `${part} released`;
    default: return `head ${head + 1} swapped for that of seed ${seed}`;
  }
}

// `change(intervention)` is told what is to be changed.
export function changes(change) {
  const routes = element("div", { class: "live-group", role: "group", "aria-label": "Attention from now on" });
  const holds = element("div", { class: "live-group", role: "group", "aria-label": "Not updated from now on" });
  const rate = element("div", { class: "live-group" });
  const swap = element("form", { class: "live-group", onsubmit: (event) => { event.preventDefault(); swapHead(); } });
  const list = element("ol", { class: "live-changes", "aria-label": "Changes so far" });
  const node = element("section", { class: "card live-interventions", "aria-labelledby": "live-interventions" },
    element("h2", { id: "live-interventions" }, "Change it on the way"), routes, holds, rate, swap, list);
  let heads = 1;
  let shown = "";

  function swapHead() {
    const number = (name) => Number(swap.elements.namedItem(name).value);
    change({ kind: "swap_head", head: number("head") - 1, seed: Math.max(0, Math.floor(number("seed"))) });
  }

  return {
    node,
    // `status` is null before training.
    show(setup, status) {
      const made = status?.changes ?? [];
      const held = { attention: false, knowledge: false };
      for (const { intervention } of made) {
        if (intervention.kind === "hold") held[intervention.part] = true;
        if (intervention.kind === "release") held[intervention.part] = false;
      }
      const over = !status || ["finished", "diverged"].includes(status.state);
      const key = JSON.stringify([setup, made, status?.route, status?.learning_rate, over]);
      if (key === shown) return;
      shown = key;
      const focused = node.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
      routes.replaceChildren(element("span", {}, "Attention"), ...Object.entries(ROUTES).map(([route, [name, about]]) =>
        element("button", {
          type: "button", class: "toggle", title: about, disabled: over, "data-focus": route,
          "aria-pressed": String((status?.route ?? setup.attention) === route),
          onclick: () => change({ kind: "attention", route }),
        }, name)));
      holds.replaceChildren(element("span", {}, "Hold"), ...[
        ["attention", "Scores", "what makes attention scores is not updated"],
        ["knowledge", "Knowledge", "all the rest is not updated: β stays as it is"],
      ].map(([part, name, about]) => toggle(name, held[part],
        (on) => change({ kind: on ? "hold" : "release", part }), { title: about, disabled: over, "data-focus": part })));
      const present = Number((status?.learning_rate ?? setup.learning_rate).toPrecision(4));
      const values = [...new Set([...RATES, present])].sort((a, b) => a - b);
      rate.replaceChildren(choice("Learning rate now", values.map((value) => [String(value), String(value)]), String(present),
        (value) => change({ kind: "learning_rate", rate: Number(value) })));
      const select = rate.querySelector("select");
      select.disabled = over;
      select.dataset.focus = "rate";
      select.name = "rate_now";
      if (heads !== setup.heads || !swap.children.length) {
        heads = setup.heads;
        swap.replaceChildren(
          element("label", {}, "Head ", element("input", { type: "number", name: "head", min: 1, max: heads, value: 1 })),
          element("label", {}, "from seed ", element("input", { type: "number", name: "seed", min: 0, value: 1 })),
          element("button", { type: "submit" }, "Swap"));
      }
      swap.hidden = setup.task !== "copying";
      swap.querySelector("button").disabled = over;
      list.replaceChildren(...made.slice(-8).map(({ step, intervention }) =>
        element("li", {}, `step ${step}: ${sentence(intervention)}`)));
      if (focused) node.querySelector(`[data-focus="${focused}"]`)?.focus();
    },
  };
}
