// A slider over the steps that were taken: what is drawn at a step can be looked at again, also while training goes on.

import { element } from "../charts/element.js";

// `move(step)` is called with the step to look at, or with null for the last one; `back` is the name of the button that returns there, and
// `end` what that step is.
export function scrub({ move, back = "Now", end = "the present one" }) {
  const slider = element("input", {
    type: "range", min: 0, max: 0, step: 1, name: "look", "aria-label": "Look at step",
    oninput: () => go(Number(slider.value)),
  });
  const now = element("button", { type: "button", hidden: true, onclick: () => { slider.focus(); move(null); } }, back);
  const node = element("span", { class: "live-scrub" }, slider, now);
  let last = 0;

  function go(step) {
    const place = Math.min(last, Math.max(0, Math.round(step)));
    move(place >= last ? null : place);
  }

  return {
    node,
    go,
    show({ last: to, cursor }) {
      last = to;
      slider.max = last;
      slider.disabled = last === 0;
      slider.value = cursor ?? last;
      slider.setAttribute("aria-valuetext", cursor === null ? `step ${last}, ${end}` : `step ${cursor}`);
      now.hidden = cursor === null;
    },
  };
}
