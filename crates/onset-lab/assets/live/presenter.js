// Presenter mode: large type, what is told and nothing else, and keys. Its style is in live.css, below `.presenting`.

import { element } from "../charts/element.js";
import { help } from "../shell/help.js";
import { remember } from "../shell/route.js";

// What uses keys by itself.
const OWN = "input, select, textarea, summary, [contenteditable]";
// What Esc closes first.
const OPEN = ":popover-open, details.save[open], details.share-menu[open]";

// `train()` trains or pauses, `choose(place)` chooses a preset, `steps()` gives the steps of the captions in their order, `at()` the one
// that is looked at (null for the present one), and `go(step)` moves there.
export function presenter({ place, train, choose, steps, at, go, announce }) {
  let isOn = false;
  const button = element("button", { type: "button", class: "toggle", "aria-pressed": "false", onclick: () => set(!isOn) }, "Present");
  const node = element("span", { class: "live-present" }, button, help("presenting"));

  function set(on) {
    if (on === isOn) return;
    isOn = on;
    document.documentElement.classList.toggle("presenting", on);
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Leave" : "Present";
    remember({ present: on ? "yes" : null });
    announce(on ? "Presenting. Escape leaves." : "No longer presenting");
    // Everything is drawn in the size of the text.
    dispatchEvent(new Event("themechange"));
    if (!on) return;
    scrollTo(0, 0);
    // The button would take the space key for itself.
    place.focus({ preventScroll: true });
  }

  function move(by) {
    const all = steps(), now = at() ?? Infinity;
    const next = by > 0 ? all.find((step) => step > now) : all.findLast((step) => step < now);
    if (by < 0 && next === undefined) return;
    go(next ?? Infinity);
    const caption = place.querySelector(".live-captions [aria-current]");
    if (caption) announce(caption.textContent);
  }

  const keys = (event) => {
    if (!isOn || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(OWN)) return;
    if (event.key === " " && event.target.closest?.("button, a")) return;
    if (event.key === "Escape" && document.querySelector(OPEN)) return;
    const acts = { " ": train, ArrowLeft: () => move(-1), ArrowRight: () => move(1), Escape: () => set(false) };
    const own = acts[event.key] ?? (/^[1-9]$/.test(event.key) ? () => choose(Number(event.key) - 1) : null);
    if (!own) return;
    event.preventDefault();
    own();
  };
  document.addEventListener("keydown", keys);

  return {
    node,
    set,
    leave() {
      document.removeEventListener("keydown", keys);
      document.documentElement.classList.remove("presenting");
    },
  };
}
