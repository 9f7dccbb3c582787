// Stops a run that this browser began.

import { element } from "../charts/element.js";
import { forget, keyOf, nameOfRun } from "../live/mine.js";
import { post } from "../shell/request.js";

export function makeStop({ id, fail, announce }) {
  const button = element("button", { type: "button", hidden: true, onclick: stop }, "Stop training");
  async function stop() {
    button.disabled = true;
    try {
      const headers = { "content-type": "application/json", "onset-key": keyOf(nameOfRun(id)) ?? "" };
      await post("/api/train/stop", { run: id }, { headers });
      announce("Training stops after this step");
    } catch (error) {
      fail(error.message);
      button.disabled = false;
    }
  }
  return {
    element: button,
    show(status) {
      const isMine = keyOf(nameOfRun(id)) !== null;
      button.hidden = status !== "running" || !isMine;
      if (status !== "running" && isMine) forget(nameOfRun(id));
    },
  };
}
