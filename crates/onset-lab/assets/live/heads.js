// Heads of a Transformer: layers × heads as a grid of small pictures, one of them enlarged.

import { element } from "../charts/element.js";
import { makeHeatmap } from "../charts/heatmap.js";
import { matrix } from "./matrix.js";
import { letter, number } from "./words.js";

// `choose({ layer, head })` is called when a head is picked.
export function heads({ announce, choose }) {
  const grid = element("div", { class: "live-heads", role: "group", "aria-label": "Heads, a row for each layer" });
  const title = element("h2", {}, "One head");
  const large = matrix({
    key: "head", name: "α", title: "of the chosen head on one sequence", announce,
    label: "Attention of one head.", rowsName: "steps", columnsName: "positions that they look at",
    fields: ["step", "token", "position", "position_token"],
    describe: (row, column, value) => `Step ${row + 1} (${name(row)}) on position ${column + 1} (${name(column)}): ${number(value)}`,
  });
  const inStage = element("section", { class: "card live-attention" }, element("h2", {}, "Layers × heads"),
    element("p", { class: "live-note" }, "Each picture is one head: a row for each step, a column for each position. A line just below the diagonal looks at the token before."),
    grid);
  const node = element("div", { class: "live-matrices" }, element("section", { class: "card" }, element("div", { class: "card-head" }, title, large.save), large.node));
  let tokens = [], cells = new Map(), chosen = "1.0";

  function name(position) {
    return letter(tokens[position]);
  }

  function cellOf(key, { layer, head }) {
    const holder = element("button", {
      type: "button", class: "live-head-cell", "data-head": key,
      onclick: () => {
        chosen = key;
        choose({ layer, head });
      },
    });
    const map = makeHeatmap(holder, { name: `layer ${layer}, head ${head + 1}`, title: "", still: true });
    const scores = element("span", { class: "live-head-scores" });
    holder.append(scores);
    return { holder, map, scores };
  }

  const keyOf = (each) => `${each.layer}.${each.head}`;

  return {
    node,
    grid: inStage,
    // The head of a view that is enlarged.
    chosen: (view) => view.heads.find((each) => keyOf(each) === chosen) ?? view.heads.at(-1),
    // `view` is null where the task has no heads to choose from.
    show(view) {
      inStage.hidden = node.hidden = !view;
      if (!view) return;
      tokens = view.tokens;
      if (!view.heads.some((each) => keyOf(each) === chosen)) chosen = keyOf(view.heads.at(-1));
      if ([...cells.keys()].join() !== view.heads.map(keyOf).join()) {
        cells = new Map(view.heads.map((each) => [keyOf(each), cellOf(keyOf(each), each)]));
        grid.style.setProperty("--heads", Math.max(...view.heads.map((each) => each.head)) + 1);
        grid.replaceChildren(...[...cells.values()].map(({ holder }) => holder));
      }
      const rows = tokens.map(letter);
      for (const each of view.heads) {
        const { holder, map, scores } = cells.get(keyOf(each));
        const [before, behind] = [each.previous_token, each.prefix_matching].map((value) => number(value));
        holder.setAttribute("aria-pressed", String(keyOf(each) === chosen));
        scores.textContent = `token before ${before}, match ${behind}`;
        map.draw({
          rows, columns: rows, values: each.alpha.map((value) => value / 1000), largest: 1,
          described: `Layer ${each.layer}, head ${each.head + 1}: token before ${before}, match ${behind}.`,
        });
      }
      const own = view.heads.find((each) => keyOf(each) === chosen);
      title.textContent = `Layer ${own.layer}, head ${own.head + 1}`;
      large.show({ cells: own.alpha, rows, columns: rows },
        `Layer ${own.layer}, head ${own.head + 1}: token before ${number(own.previous_token)}, match ${number(own.prefix_matching)}.`);
    },
  };
}
