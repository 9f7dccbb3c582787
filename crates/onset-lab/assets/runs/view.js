// #/runs: what is on record.

import { element } from "../shell/element.js";
import { ask } from "../shell/request.js";

export function mount(place) {
  const list = element("ul");
  place.append(element("h1", {}, "Runs"), list);
  ask("/api/runs").then(({ runs }) => {
    list.replaceChildren(...runs.map((run) => element("li", {}, element("a", { href: `#/run/${run.id}` }, run.id))));
  }, (error) => list.replaceChildren(element("li", { role: "alert" }, error.message)));
  return { update() {}, leave() {} };
}
