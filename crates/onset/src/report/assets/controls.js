// What figures share: a heading with what can be done, and a slider over recorded steps.

import { element } from "./element.js";
import { saveMenu } from "./save.js";
import { typeset } from "./symbols.js";

// Says something to whoever does not see the page.
export function announce(text) {
  document.getElementById("announcement").textContent = text;
}

// The title of a figure, with controls and the menu that saves it.
export function heading(title, controls, files) {
  return element("div", { class: "figure-head" }, element("p", { class: "figure-title" }, ...typeset(title)),
    element("div", { class: "controls" }, ...controls, saveMenu({ ...files, announce })));
}

// A choice among names; `choose` gets the place of the chosen one.
export function choiceOf(text, names, choose) {
  const select = element("select", { onchange: () => choose(select.selectedIndex) },
    ...names.map((name) => element("option", {}, name)));
  return names.length > 1 ? element("label", {}, text, " ", select) : null;
}

// A slider over recorded steps with a button that plays them. Arrow keys move the focused slider.
export function scrubber(move) {
  const slider = element("input", { type: "range", min: 0, step: 1, oninput: () => show() });
  const output = element("output");
  let steps = [], timer = null;
  const show = () => {
    const index = Number(slider.value);
    output.textContent = `step ${steps[index]}`;
    slider.setAttribute("aria-valuetext", output.textContent);
    move(index);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };
  const play = () => {
    if (timer) return stop();
    if (Number(slider.value) >= steps.length - 1) slider.value = 0;
    button.textContent = "Pause";
    const pause = matchMedia("(prefers-reduced-motion: reduce)").matches ? 900 : 280;
    timer = setInterval(() => {
      if (Number(slider.value) >= steps.length - 1) return stop();
      slider.value = Number(slider.value) + 1;
      show();
    }, pause);
    show();
  };
  const button = element("button", { type: "button", class: "play", onclick: play }, "Play");
  const set = (recorded) => {
    stop();
    steps = recorded;
    slider.max = steps.length - 1;
    slider.value = steps.length - 1;
    show();
  };
  return { parts: [button, element("label", {}, "Training ", slider), output], set, step: () => steps[Number(slider.value)] };
}
