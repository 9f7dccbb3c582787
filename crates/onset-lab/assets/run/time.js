// The time cursor: a slider over the checkpoints, with a button that plays them.

import { element } from "../charts/element.js";
import { nearest, placeOf } from "../charts/scale.js";
import { player } from "../shell/play.js";

export function makeTime({ onStep, announce }) {
  let steps = [], at = 0;
  const slider = element("input", { type: "range", id: "time", min: 0, max: 0, step: 1, "aria-label": "Training step", oninput: () => go(Number(slider.value)) });
  const output = element("output", { for: "time" }, "–");
  const { button, toggle, stop } = player({
    count: () => steps.length, at: () => at, go: (place) => go(place), ended: () => announce?.(`Last checkpoint, ${output.textContent}`),
  });
  const back = element("button", { type: "button", "aria-label": "Previous checkpoint", onclick: () => go(at - 1) }, "‹");
  const on = element("button", { type: "button", "aria-label": "Next checkpoint", onclick: () => go(at + 1) }, "›");
  const bar = element("section", { class: "time", "aria-label": "Time cursor", hidden: true }, button, back, slider, on, output,
    element("span", { class: "keys" }, element("kbd", {}, "←"), element("kbd", {}, "→"), " step ", element("kbd", {}, "space"), " play ", element("kbd", {}, "+"), element("kbd", {}, "−"), " zoom"));

  const go = (place) => {
    if (!steps.length) return;
    at = Math.min(steps.length - 1, Math.max(0, place));
    slider.value = at;
    output.textContent = `step ${steps[at].toLocaleString("en")}`;
    slider.setAttribute("aria-valuetext", output.textContent);
    back.disabled = at === 0;
    on.disabled = at === steps.length - 1;
    onStep(steps[at]);
  };

  return {
    element: bar,
    steps: () => steps,
    last: () => steps[steps.length - 1],
    stop,
    // Sets the checkpoints. The cursor goes to `step`; without one it stays where it was, or at the end if it was there.
    setSteps(next, step) {
      const atEnd = !steps.length || at === steps.length - 1, stood = steps[at];
      steps = next;
      bar.hidden = steps.length < 1;
      slider.max = Math.max(0, steps.length - 1);
      const target = step ?? (atEnd ? null : stood);
      go(target === null || target === undefined ? steps.length - 1 : placeOf(steps, target));
    },
    moveTo(step) {
      stop();
      const place = nearest(steps, step);
      if (place !== at) go(place);
    },
    // Handles a key; false if it has no meaning here.
    key(key) {
      const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: steps.length - 1, PageUp: at - 5, PageDown: at + 5 };
      if (key === " ") {
        toggle();
        return true;
      }
      if (!(key in moves) || !steps.length) return false;
      stop();
      go(moves[key]);
      return true;
    },
  };
}
