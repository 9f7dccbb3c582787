// A button that plays what was recorded, one step after the other.

import { element } from "../charts/element.js";

// All steps in about eight seconds; slower where reduced motion is preferred.
const WHOLE = 8000, [FASTEST, SLOWEST, REDUCED] = [60, 450, 900];

// `count()` gives the number of steps, `at()` the place of the present one, and `go(place)` moves there; `ended()` is called at the end.
export function player({ count, at, go, ended }) {
  let timer = null;
  const button = element("button", { type: "button", class: "primary", onclick: () => toggle() }, "▶ Play");
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "▶ Play";
  };
  function toggle() {
    if (timer) return stop();
    if (at() >= count() - 1) go(0);
    button.textContent = "❚❚ Pause";
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const pause = reduced ? REDUCED : Math.min(SLOWEST, Math.max(FASTEST, WHOLE / count()));
    timer = setInterval(() => {
      if (at() < count() - 1) return go(at() + 1);
      stop();
      ended?.();
    }, pause);
  }
  return { button, toggle, stop };
}
