// One training session on the lab's side: started, sent commands, and followed.

import { ask, follow, post } from "../shell/request.js";

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

// Starts a session and returns its id.
export function start(setup, speed, run) {
  return post("/api/live/sessions", { setup, speed, run }).then((answer) => answer.id);
}

// `handlers`: snapshot, update, end (called with a reason), state (called with "open" or "lost").
export function session(id, handlers) {
  let stop = null;
  const end = (reason) => {
    stop?.();
    stop = null;
    handlers.end(reason);
  };
  stop = follow(`/api/live/sessions/${id}/events`, {
    snapshot: handlers.snapshot,
    update: handlers.update,
    end: ({ reason }) => end(reason),
  }, (state) => {
    handlers.state(state);
    // The browser would go on asking for a session that has ended.
    if (state === "lost") {
      ask("/api/live/sessions").then(({ sessions }) => {
        if (stop && !sessions.some((each) => each.id === id)) end("it was ended, or no page was showing it");
      }, () => {});
    }
  });
  const command = (what, options) => post(`/api/live/sessions/${id}/command`, what, options);
  return {
    id,
    run: () => command({ do: "run" }),
    pause: () => command({ do: "pause" }),
    step: () => command({ do: "step", steps: 1 }),
    speed: (speed) => command({ do: "speed", speed }),
    change: (intervention) => command({ do: "change", intervention }),
    // Unsubscribes, and with `end` ends the session.
    leave(end) {
      stop?.();
      stop = null;
      // The page may be closing: the request goes on without it.
      if (end) command({ do: "end" }, { keepalive: true }).catch(() => {});
    },
  };
}
