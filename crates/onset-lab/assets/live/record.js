// What is known of a training, as it arrives from its session.

import { frames } from "./frames.js";
import { session, start } from "./session.js";

export const NOTHING = { points: [], prediction: {}, view: null, status: null };

// The whole state, with the present view as the only one in `seen`.
export function begun({ points, prediction, view, status }, seen) {
  seen.clear();
  seen.add(status.step, view);
  return { points, prediction, view, status };
}

// The state after an update.
export function continued(known, { points, view, status }, seen) {
  for (const point of points) {
    if (known.points.at(-1)?.step === point.step) known.points.pop();
    known.points.push(point);
  }
  seen.add(status.step, view);
  return { ...known, view, status };
}

// Trains a setup to its end without showing it, and ends the session. `progress(step)` is called on the way; `signal` stops it.
export async function trainUnseen({ setup, preset, progress, signal }) {
  const id = await start(setup, "fast", true, preset, false);
  const seen = frames();
  let known = NOTHING;
  return new Promise((done, failed) => {
    const arrived = (next) => {
      known = next;
      const { state, step, changes } = known.status;
      progress(step);
      // The lab pauses what no page shows, such as a window that was hidden.
      if (state === "paused") own.run().catch(failed);
      if (!["finished", "diverged"].includes(state)) return;
      own.leave(true);
      done({ setup, preset, points: known.points, prediction: known.prediction, frames: seen, made: changes, view: known.view, now: step });
    };
    const own = session(id, {
      snapshot: (all) => arrived(begun(all, seen)),
      update: (next) => arrived(continued(known, next, seen)),
      end: (reason) => failed(new Error(`Training A has ended: ${reason}.`)),
      state() {},
    });
    signal.addEventListener("abort", () => own.leave(true));
  });
}
