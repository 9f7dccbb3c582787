// #/lab: live training.

import { element } from "../shell/element.js";

export function mount(place) {
  place.append(element("h1", {}, "Lab"));
  return { update() {}, leave() {} };
}
