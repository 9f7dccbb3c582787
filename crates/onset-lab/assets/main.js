// The page: a table of views, and the one that the address names.

import { listen } from "./shell/route.js";
import { element } from "./charts/element.js";
import { startConnection } from "./shell/connection.js";
import { showForGuests } from "./shell/facts.js";
import { startTheme } from "./shell/theme.js";

// A view is a module with `mount(place, context)`, which returns `{ update(route), leave() }`. `update` is called when
// the address changes within the view; `leave` must end timers and streams. `context` is `{ route, announce }`.
const views = {
  lab: { name: "Lab", title: "Lab", load: () => import("./live/view.js") },
  runs: { name: "Runs", title: "Runs", load: () => import("./runs/view.js") },
  run: { name: null, title: null, load: () => import("./run/view.js") },
};

const place = document.getElementById("view");
const announce = (text) => { document.getElementById("announcement").textContent = text; };
let current = null;

// Another view: its name is read out, and the keyboard goes on from its beginning.
function enter(view, route, isFirst) {
  const title = views[view].title ?? route.path;
  document.title = `${title} · Onset`;
  if (isFirst) return;
  scrollTo(0, 0);
  place.focus({ preventScroll: true });
  announce(title);
}

// The first visit begins with the story; later ones where the last one was.
const LAST = "onset-view";

function first() {
  const last = localStorage.getItem(LAST);
  return last === "runs" || last === "lab" ? last : "lab";
}

async function show(route) {
  if (!route.view) return location.replace(`#/${first()}`);
  const view = views[route.view] ? route.view : "runs";
  if (views[view].name) localStorage.setItem(LAST, view);
  const key = `${view}/${route.path}`;
  if (current?.key === key) return current.mounted?.update(route);
  const isFirst = !current;
  current?.mounted?.leave();
  current = { key, mounted: null };
  for (const link of document.querySelectorAll("#views a")) {
    if (link.dataset.view === (view === "run" ? "runs" : view)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const module = await views[view].load();
    if (current.key !== key) return;
    place.replaceChildren();
    enter(view, route, isFirst);
    current.mounted = module.mount(place, { route, announce });
  } catch (error) {
    place.replaceChildren(element("p", { class: "notice", role: "alert" },
      `This view cannot be shown: ${error.message}. Reload the page; if that does not help, the lab may have been stopped.`));
  }
}

document.getElementById("views").append(...Object.entries(views).filter(([, view]) => view.name)
  .map(([key, view]) => element("a", { href: `#/${key}`, "data-view": key }, view.name)));
startConnection(document.querySelector("header.bar"));
showForGuests(document.getElementById("views"));
startTheme(document.getElementById("theme"));
listen(show);
