// Links to a training: one to watch it, and one to take part. Only who has the second may change it. And a link to its story, which
// whoever opens it trains anew.

import { element } from "../charts/element.js";
import { facts } from "../shell/facts.js";
import { keyOf } from "./mine.js";

// `story()` gives the address of the story. `note` says what this window may do, and what happened while it was away.
export function sharing({ announce, story }) {
  if (!document.querySelector("link[href='/assets/live/sharing.css']")) {
    document.head.append(element("link", { rel: "stylesheet", href: "/assets/live/sharing.css" }));
  }
  const links = element("div", { class: "live-links" });
  const menu = element("details", { class: "share-menu" }, element("summary", {}, "Share"), links);
  const note = element("span", { class: "live-role", role: "status" });
  const node = element("span", { class: "live-sharing" }, menu, note);
  menu.hidden = true;
  let shown = null, base = location.origin, isGuest = true;
  facts.then(({ addresses, guest }) => {
    isGuest = guest;
    menu.hidden = isGuest && !shown;
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
    if (isLocal && addresses.length) base = addresses[0];
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  function line(name, about, address) {
    const field = element("input", { type: "text", readonly: true, value: address, "aria-label": `${name}: address` });
    const copied = element("span", { class: "live-copied", role: "status" });
    const copy = element("button", {
      type: "button", "aria-label": `Copy the ${name.toLowerCase()}`,
      async onclick() {
        field.select();
        try {
          await navigator.clipboard.writeText(address);
          copied.textContent = "Copied";
        } catch {
          // Browsers copy by themselves on secure pages only.
          copied.textContent = "Press Ctrl+C to copy";
        }
        announce(copied.textContent);
      },
    }, "Copy");
    return element("div", { class: "live-link" }, element("strong", {}, name), element("span", {}, about), field, copy, copied);
  }

  function ofTraining(id) {
    const watch = `${base}/?watch=${id}#/lab?session=${id}`, key = keyOf(id);
    return [line("Link to watch", "Shows this training and changes nothing. It needs no token.", watch),
      ...(key ? [line("Link to take part", "Whoever opens it can pause, change and end this training.", `${watch}&key=${key}`)] : [])];
  }

  function fill() {
    links.replaceChildren(...(shown ? ofTraining(shown) : []), ...(isGuest ? [] : [line("Link to this story",
      "Opens this setup with its interventions, notes, step, and training A, to be trained anew. It needs access to the lab.", `${base}/${story()}`)]));
  }

  menu.addEventListener("toggle", () => menu.open && fill());
  return {
    node,
    // Shows the links to a session; none if there is none.
    show(live) {
      menu.hidden = !live && isGuest;
      const id = live?.id ?? null;
      if (id === shown) return;
      shown = id;
      menu.open = false;
      links.replaceChildren();
      note.textContent = live && !live.canChange ? "You watch this training; a link to take part is needed to change it." : "";
    },
    // The training was paused while no page showed it. Returns whether this window lets it go on.
    arrived(live, { unwatched, status }) {
      if (!unwatched) return false;
      note.textContent = `Paused at step ${status.step} while no page showed it${live.canChange ? "; it goes on now" : ""}.`;
      return live.canChange;
    },
  };
}
