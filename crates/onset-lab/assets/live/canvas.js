// A canvas at the resolution of the screen that is redrawn when its size or the theme changes.

import { element } from "../charts/element.js";

// `draw(context, width, height)` in CSS pixels. `redraw` may be called often: it draws once a frame, and a few times a
// second where reduced motion is preferred.
export function canvas(attributes, draw) {
  const made = element("canvas", attributes);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let asked = false;
  let last = 0;
  const now = () => {
    asked = false;
    last = performance.now();
    const { width, height } = made.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (made.width !== across || made.height !== down) {
      made.width = across;
      made.height = down;
    }
    const context = made.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  };
  const redraw = () => {
    if (asked) return;
    asked = true;
    const wait = still.matches ? Math.max(0, 250 - (performance.now() - last)) : 0;
    if (wait) setTimeout(() => requestAnimationFrame(now), wait);
    else requestAnimationFrame(now);
  };
  const observer = new ResizeObserver(redraw);
  observer.observe(made);
  addEventListener("themechange", redraw);
  const leave = () => {
    observer.disconnect();
    removeEventListener("themechange", redraw);
  };
  return { canvas: made, redraw, leave };
}
