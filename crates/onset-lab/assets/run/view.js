// #/run/ID: one run along time.

import { element } from "../shell/element.js";

export function mount(place, { route }) {
  place.append(element("h1", {}, route.path));
  return { update() {}, leave() {} };
}
