// The views of a training that the page has received, by step, so that matrices can be looked at again.

import { nearest } from "../charts/scale.js";

// Beyond this, every other frame of the older half is dropped.
const MOST = 600;

export function frames() {
  let steps = [], views = [];
  return {
    clear() {
      [steps, views] = [[], []];
    },
    add(step, view) {
      if (!view) return;
      // An intervention changes the view at the same step.
      if (steps.at(-1) === step) views[views.length - 1] = view;
      else if (!steps.length || step > steps.at(-1)) {
        steps.push(step);
        views.push(view);
      }
      if (steps.length <= MOST) return;
      const kept = (_, at) => at > MOST / 2 || at % 2 === 0;
      [steps, views] = [steps.filter(kept), views.filter(kept)];
    },
    // The frame that is next to a step: { step, view }, or null.
    at(step) {
      if (!steps.length) return null;
      const place = nearest(steps, step);
      return { step: steps[place], view: views[place] };
    },
    // [step, view] of at most so many frames.
    thinned: (most) => evenly(steps.map((step, at) => [step, views[at]]), most),
    copy() {
      const other = frames();
      steps.forEach((step, at) => other.add(step, views[at]));
      return other;
    },
  };
}

// At most so many of a list, evenly taken, the first and the last among them.
export function evenly(list, most) {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, at) => list[Math.round(at * (list.length - 1) / (most - 1))]);
}
