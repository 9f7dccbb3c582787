// The list of all trainings of the lab: to watch one, or to end one that this browser may change.

import { element } from "../charts/element.js";
import { facts } from "../shell/facts.js";
import { link } from "../shell/route.js";
import { follow } from "../shell/stream.js";
import { forget, keyOf } from "./mine.js";
import { command } from "./session.js";

const STATES = { running: "running", paused: "paused", finished: "finished", diverged: "diverged" };

// `titleOf(preset)` names a preset; `fail` shows an error.
export function trainings({ titleOf, fail }) {
  const list = element("ul");
  const room = element("p", { class: "live-note" });
  const node = element("section", { class: "card live-trainings", "aria-labelledby": "live-trainings", hidden: true },
    element("h2", { id: "live-trainings" }, "Trainings"), room, list);
  const rows = new Map();
  let shown = null, stop = () => {}, hasLeft = false;

  function makeRow(id) {
    const name = element("strong"), about = element("span");
    const watch = element("a", { href: link("lab", "", { session: id }) }, "Watch");
    const end = element("button", {
      type: "button",
      onclick: () => command(id, { do: "end" }).then(() => forget(id), fail),
    }, "End");
    const row = { node: element("li", { "data-training": id }, name, about, watch, end), name, about, watch, end };
    rows.set(id, row);
    return row;
  }

  // Rows stay in place, so that the control in use keeps the focus.
  function fill({ sessions, capacity, running }) {
    node.hidden = !sessions.length;
    room.textContent = `${sessions.length} of at most ${capacity}, of which ${running} can run at the same time. One that no page shows is paused, and kept while there is room.`;
    for (const [id, row] of rows) {
      if (sessions.some((each) => each.id === id)) continue;
      row.node.remove();
      rows.delete(id);
    }
    for (const { id, setup, preset, status, subscribers, unwatched } of sessions) {
      const row = rows.get(id) ?? makeRow(id);
      const title = preset ? titleOf(preset) : `Custom ${setup.task}`;
      row.name.textContent = title;
      const pages = subscribers === 1 ? "1 page shows it" : `${subscribers} pages show it`;
      row.about.textContent = [
        `${status ? STATES[status.state] : "starting"}${unwatched ? " because no page showed it" : ""}`,
        `step ${status?.step ?? 0} of ${setup.steps}`, `seed ${setup.seed}`, pages, ...(id === shown ? ["shown here"] : []),
      ].join(" · ");
      row.watch.hidden = id === shown;
      row.watch.setAttribute("aria-label", `Watch ${title}, seed ${setup.seed}`);
      row.end.hidden = keyOf(id) === null;
      row.end.setAttribute("aria-label", `End ${title}, seed ${setup.seed}`);
      if (!row.node.parentNode) list.append(row.node);
    }
  }

  facts.then(({ guest }) => {
    if (!guest && !hasLeft) stop = follow("trainings", { trainings: (all) => { last = all; fill(all); } });
  });
  let last = null;
  return {
    node,
    // Marks the one that this window shows.
    show(id) {
      if (shown === id) return;
      shown = id;
      if (last) fill(last);
    },
    leave() {
      hasLeft = true;
      stop();
    },
  };
}
