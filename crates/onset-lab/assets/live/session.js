// One training on the lab's side: asked for, told what to do, followed.

import { ask, follow, tell } from "../shell/request.js";

export function presets() {
  return ask("/api/live/presets").then((said) => said.presets);
}

// What there is to see before training. A later call makes an earlier one void.
export function previewer() {
  let asked = null;
  return (setup) => {
    asked?.abort();
    asked = new AbortController();
    return ask("/api/live/preview", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(setup), signal: asked.signal,
    });
  };
}

// Starts a training and returns its number.
export function start(setup, pace, run) {
  return tell("/api/live/sessions", { setup, pace, run }).then((said) => said.id);
}

// `handlers`: whole, update, end (told a reason), state ("open", "lost").
export function session(id, handlers) {
  let stop = null;
  const end = (reason) => {
    stop?.();
    stop = null;
    handlers.end(reason);
  };
  stop = follow(`/api/live/sessions/${id}/events`, {
    whole: handlers.whole,
    update: handlers.update,
    end: ({ reason }) => end(reason),
  }, (state) => {
    handlers.state(state);
    // A training that has ended is not to be waited for.
    if (state === "lost") {
      ask("/api/live/sessions").then(({ sessions }) => {
        if (stop && !sessions.some((each) => each.id === id)) end("it was ended, or nobody watched it");
      }, () => {});
    }
  });
  const command = (what) => tell(`/api/live/sessions/${id}/command`, what);
  return {
    id,
    run: () => command({ do: "run" }),
    pause: () => command({ do: "pause" }),
    step: () => command({ do: "step", steps: 1 }),
    pace: (pace) => command({ do: "pace", pace }),
    change: (intervention) => command({ do: "change", intervention }),
    // Stops looking, and ends the training if `too` is set.
    leave(too) {
      stop?.();
      stop = null;
      if (too) {
        fetch(`/api/live/sessions/${id}/command`, {
          method: "POST", headers: { "content-type": "application/json" }, body: '{"do":"end"}', keepalive: true,
        }).catch(() => {});
      }
    },
  };
}
