// A part of the axis of steps, selected by dragging with the Shift key.

import { drawn } from "./element.js";

// Narrower than this, in pixels, it was a click.
const NARROW = 6;

// `place(event)` gives [step, height in pixels], `box()` the box of the curves, `across(step)` a place in it. `select(from, to)` is called with the
// steps of a selection. Returns whether one is going on.
export function selectable(svg, { place, box, across, select }) {
  let from = null, mark = null;
  const end = () => {
    mark?.remove();
    from = mark = null;
  };
  svg.addEventListener("pointerdown", (event) => {
    if (!event.shiftKey || event.pointerType === "touch" || !box()) return;
    [from] = place(event);
    mark = drawn("rect", { class: "selection", y: box().top, height: box().bottom - box().top });
    svg.append(mark);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const [a, b] = [from, place(event)[0]].map(across).sort((one, other) => one - other);
    mark.setAttribute("x", a);
    mark.setAttribute("width", b - a);
  });
  svg.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const [a, b] = [from, place(event)[0]].sort((one, other) => one - other);
    const isWide = across(b) - across(a) > NARROW;
    end();
    if (isWide) select(a, b);
  });
  svg.addEventListener("pointercancel", end);
  return () => from !== null;
}
