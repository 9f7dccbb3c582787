// The names of lines below a chart.

import { drawn, element } from "./element.js";
import { strokeOf } from "./plot.js";
import { typeset } from "./symbols.js";

// `bringOut(line)` is called with the line to be brought out, or with null.
export function makeLegend(place, bringOut) {
  const list = element("ul", { class: "legend lines" });
  place.append(list);
  let kept = null;
  const sample = (stroke) => drawn("svg", { class: "sample", viewBox: "0 0 24 8", "aria-hidden": "true" },
    drawn("line", { x1: 1, x2: 23, y1: 4, y2: 4, ...stroke }));
  const entry = (line) => element("li", {}, element("button", {
    type: "button", "aria-pressed": String(kept === line.name), title: "Highlight this line",
    onpointerenter: () => bringOut(line), onpointerleave: () => bringOut(chosen()),
    onfocus: () => bringOut(line), onblur: () => bringOut(chosen()),
    onclick: (event) => {
      kept = kept === line.name ? null : line.name;
      for (const each of list.querySelectorAll("button")) each.setAttribute("aria-pressed", "false");
      event.currentTarget.setAttribute("aria-pressed", String(kept !== null));
      bringOut(chosen() || line);
    },
  }, sample(strokeOf(line)), nameOf(line)));
  const nameOf = (each) => element("span", { class: "name" }, ...typeset(each.name));
  let known = [], present = "";
  const chosen = () => known.find((line) => line.name === kept) || null;
  return {
    chosen,
    draw(lines, references) {
      known = lines;
      // Where nothing has changed, what has the focus keeps it.
      const next = JSON.stringify([lines.map((line) => [line.name, strokeOf(line)]), references.map((each) => each.name)]);
      if (next === present) return;
      present = next;
      list.replaceChildren(...lines.map(entry),
        ...references.map((each) => element("li", {}, sample({ class: "reference" }), nameOf(each))));
    },
  };
}
