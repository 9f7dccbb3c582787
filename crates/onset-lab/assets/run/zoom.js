// The part of the axis of steps that is shown: chosen by buttons, by keys, or by dragging with the Shift key over a chart.

import { element } from "../charts/element.js";

// A zoom halves or doubles the part, and ends at this share of the run.
const FACTOR = 2, NARROWEST = 1 / 200;

// `state` has the part, `from` and `to`, null for the whole run; `cursor()` gives the step that stays in its place, and `drawn()` draws anew.
export function makeZoom({ state, change, cursor, drawn, announce }) {
  let last = 0;
  const button = (sign, name, key, act) => element("button", { type: "button", "aria-label": name, title: `${name} (key ${key})`, onclick: act }, sign);
  const nearer = button("+", "Zoom in", "+", () => by(1 / FACTOR)), farther = button("−", "Zoom out", "−", () => by(FACTOR));
  const whole = button("Whole run", "Whole run", "0", () => select(0, last));
  const node = element("span", { class: "zoom", role: "group", "aria-label": "Zoom", title: "Drag over a chart with the Shift key to zoom" }, nearer, farther, whole);
  const isWhole = () => state.from === null;
  const part = () => (isWhole() ? [0, last] : [state.from, state.to]);

  // As near to this part as there are steps.
  function select(a, b) {
    const width = Math.min(last, Math.max(2, last * NARROWEST, b - a));
    const from = Math.round(Math.max(0, Math.min(a, last - width))), to = Math.round(Math.min(last, from + width));
    const isAll = from <= 0 && to >= last;
    change({ from: isAll ? null : from, to: isAll ? null : to });
    announce(isAll ? "The whole run" : `Steps ${from} to ${to}`);
    show();
    drawn();
  }

  function by(factor) {
    const [from, to] = part(), at = cursor();
    const fixed = at === null || at < from || at > to ? (from + to) / 2 : at;
    select(fixed - (fixed - from) * factor, fixed + (to - fixed) * factor);
  }

  function show() {
    farther.disabled = whole.disabled = isWhole();
    const [from, to] = part();
    nearer.disabled = to - from <= Math.max(2, last * NARROWEST);
  }

  return {
    node,
    select,
    // The part, as the range of an axis; null for that of the data.
    range: () => (isWhole() ? null : part()),
    // The run has this many steps.
    setLast(step) {
      last = step;
      if (!isWhole()) state.to = Math.min(state.to, last);
      if (!isWhole() && (state.from >= state.to || state.from >= last)) Object.assign(state, { from: null, to: null });
      show();
    },
    // Handles a key; false if it has no meaning here.
    key(key) {
      const acts = { "+": nearer, "=": nearer, "-": farther, 0: whole };
      if (!acts[key]) return false;
      acts[key].click();
      return true;
    },
  };
}
