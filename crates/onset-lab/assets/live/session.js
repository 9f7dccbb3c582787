// One training session on the lab's side: started, sent commands, and followed.

import { ask, post } from "../shell/request.js";
import { follow, observeConnection } from "../shell/stream.js";
import { forget, keepKey, keepOwn, keyOf } from "./mine.js";

export function presets() {
  return ask("/api/live/presets").then((answer) => answer.presets);
}

// The state before training. A later call cancels an earlier one.
export function previewer() {
  let pending = null;
  return (setup) => {
    pending?.abort();
    pending = new AbortController();
    return post("/api/live/preview", setup, { signal: pending.signal });
  };
}

// Starts a session from a preset's setup or another one, and returns its id. The window comes back to it after a reload, unless it is
// not `own`.
export async function start(setup, speed, run, preset, own = true) {
  const { id, key } = await post("/api/live/sessions", { setup, speed, run, preset });
  keepKey(id, key);
  if (own) keepOwn(id, setup);
  return id;
}

// Sends a command with the key of the training, without which the lab refuses it.
export function command(id, what, options) {
  const headers = { "content-type": "application/json", "onset-key": keyOf(id) ?? "" };
  return post(`/api/live/sessions/${id}/command`, what, { ...options, headers });
}

// `handlers`: snapshot, update, end (called with a reason), state (called with "open", "lost" or "refused").
export function session(id, handlers) {
  const stops = [];
  const stop = () => stops.splice(0).forEach((each) => each());
  stops.push(observeConnection((state) => handlers.state(state)));
  stops.push(follow(`session/${id}`, {
    snapshot: handlers.snapshot,
    update: handlers.update,
    end({ reason }) {
      stop();
      forget(id);
      handlers.end(reason);
    },
  }));
  return {
    id,
    // Whether this browser may change it, and not only watch.
    canChange: keyOf(id) !== null,
    run: () => command(id, { do: "run" }),
    pause: () => command(id, { do: "pause" }),
    step: () => command(id, { do: "step", steps: 1 }),
    speed: (speed) => command(id, { do: "speed", speed }),
    change: (intervention) => command(id, { do: "change", intervention }),
    // Unsubscribes, and with `end` ends the session.
    leave(end) {
      stop();
      if (!end) return;
      // The page may be closing: the request goes on without it.
      command(id, { do: "end" }, { keepalive: true }).catch(() => {});
      forget(id);
    },
  };
}
