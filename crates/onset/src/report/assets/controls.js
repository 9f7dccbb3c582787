"use strict";
// Controls that figures share. Every figure is a function of its state; a control changes the state and
// asks for a new drawing.

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function choice(text, options, choose) {
  const select = element("select", { onchange: () => choose(select.selectedIndex) },
    ...options.map((option) => element("option", {}, option)));
  return element("label", {}, text, select);
}

// A slider over recorded steps with a button that plays them. Arrow keys move the focused slider.
function scrubber(move) {
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
  const button = element("button", { type: "button", onclick: play }, "Play");
  const set = (recorded) => {
    stop();
    steps = recorded;
    slider.max = steps.length - 1;
    slider.value = steps.length - 1;
    show();
  };
  return { parts: [button, element("label", {}, "Training", slider), output], set };
}
