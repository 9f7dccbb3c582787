// The values of a point, as a row of figures.

import { element } from "../charts/element.js";
import { number, percent } from "./words.js";

// Where attention belongs, by task.
const WEIGHT = { copying: "weight on the right word", keyword: "weight on the keyword", induction: "weight on what followed before" };

export function figures() {
  const node = element("dl", { class: "live-figures" });
  const setText = (each, text) => {
    if (each.textContent !== text) each.textContent = text;
  };
  return {
    node,
    show(task, point) {
      const values = [["accuracy", percent(point?.accuracy, 1)]];
      if (point?.words_known !== undefined) values.push(["words known", percent(point.words_known, 1)]);
      values.push([WEIGHT[task], percent(point?.attention, 1)], ["attention accuracy", percent(point?.attention_accuracy, 1)], ["loss", number(point?.loss)]);
      if (node.children.length !== values.length) node.replaceChildren(...values.map(() => element("div", {}, element("dt"), element("dd"))));
      values.forEach(([name, value], at) => {
        const [term, described] = node.children[at].children;
        setText(term, name);
        setText(described, value);
      });
    },
  };
}
