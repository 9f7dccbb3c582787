// Runs that left others with a change: which left which, and what each change did, over pairs that differ in it alone.

import { makeChart } from "../charts/chart.js";
import { colour, onTheme } from "../charts/colours.js";
import { element } from "../charts/element.js";
import { ask } from "../shell/request.js";
import { link } from "../shell/route.js";
import { saveMenu } from "../shell/save.js";
import { isShare, nameOfScore, written } from "./scores.js";

// Between two readings while runs go on.
const PAUSE = 2000;

export function makeBranches({ announce }) {
  const tree = element("ul", { class: "branches" });
  const message = element("p", { class: "quiet-note", role: "status" });
  const picker = element("select", { onchange: () => { chosen = picker.value; draw(); } });
  const holder = element("div");
  const card = element("section", { class: "card", "aria-labelledby": "branches-title", hidden: true },
    element("div", { class: "card-head" }, element("h2", { id: "branches-title" }, "Branches"),
      element("div", { class: "controls" }, element("label", {}, "Effect of ", picker))),
    element("p", { class: "quiet-note" }, "A branch goes on from the state of another run with one change, and has the same random numbers. What differs from that run is the effect of the change, with its 95 % interval over pairs."),
    tree, message, holder);
  const score = () => effects.find((each) => name(each) === chosen)?.score ?? "accuracy";
  const chart = makeChart(holder, { label: "Effect of a change", height: 220, yLabel: "changed − unchanged", format: (value) => difference(score(), value) });
  holder.append(saveMenu({ name: "onset-branches", svg: chart.svg, csv: chart.csv, announce }));
  let effects = [], alone = [], chosen = null, timer = null, last = 0, isOver = false;

  const name = (effect) => effect.changes.join(", then ");

  function draw() {
    const effect = effects.find((each) => name(each) === chosen) ?? effects[0];
    holder.hidden = !effect;
    if (!effect) return;
    const { steps, difference: y, interval } = effect.difference, bound = (side) => interval.map((each) => each?.[side] ?? null);
    const many = interval.some((each) => each);
    chart.draw({
      lines: [{ name: `${nameOfScore(effect.score)}: ${name(effect)}`, colour: colour("--line-1"), x: steps, y, low: many ? bound(0) : null, high: many ? bound(1) : null }],
      references: [{ name: "no effect", value: 0 }],
    });
  }

  // The changes that add one to those of `path`.
  function below(path) {
    return effects.filter(({ changes }) => changes.length === path.length + 1 && path.every((change, at) => changes[at] === change)).map((effect) => {
      const inner = below(effect.changes);
      return element("li", {}, element("b", {}, effect.changes[path.length]), `: ${told(effect)}; `,
        ...effect.pairs.flatMap(([, branch], at) => [at ? ", " : "", element("a", { href: link("run", branch) }, element("bdi", {}, branch))]),
        inner.length ? element("ul", {}, ...inner) : null);
    });
  }

  function show(found) {
    ({ effects, alone } = found);
    card.hidden = !effects.length && !alone.length;
    if (card.hidden) return;
    const names = effects.map(name);
    if (!names.includes(chosen)) chosen = names[0] ?? null;
    picker.replaceChildren(...names.map((each) => element("option", { value: each, selected: each === chosen }, each)));
    picker.parentElement.hidden = names.length < 2;
    tree.replaceChildren(element("li", {}, "runs without a change", element("ul", {}, ...below([]))),
      ...alone.map(([run, changes]) => element("li", {}, element("a", { href: link("run", run) }, element("bdi", {}, run)), `: ${changes} (the run that it left is not in the folder)`)));
    draw();
  }

  async function load() {
    last = Date.now();
    try {
      const found = await ask("/api/branches");
      message.textContent = "";
      if (!isOver) show(found);
    } catch (error) {
      message.textContent = error.message;
    }
  }

  onTheme(card, draw);
  return {
    element: card,
    // Reads again, at most once per PAUSE.
    reload() {
      if (timer || isOver) return;
      timer = setTimeout(() => {
        timer = null;
        load();
      }, Math.max(0, PAUSE - (Date.now() - last)));
    },
    leave() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

// A difference with its sign; of shares in points.
function difference(score, value) {
  const sign = value > 0 ? "+" : "";
  return isShare(score) ? `${sign}${(100 * value).toFixed(1)} points` : `${sign}${written(score, value)}`;
}

// What a change did, in words.
function told({ score, pairs, difference: curve, effect }) {
  const at = curve.difference.length - 1;
  if (at < 0) return `${pairs.length} ${pairs.length === 1 ? "pair" : "pairs"}`;
  const interval = curve.interval[at];
  const end = `${nameOfScore(score)} at the end ${difference(score, curve.difference[at])}${interval ? ` (${interval.map((bound) => difference(score, bound)).join(" to ")})` : ""}`;
  const never = effect?.missing ? `, ${effect.missing} not at all` : "";
  const learned = effect ? `; learned at ${Math.exp(effect.log_ratio).toFixed(2)} × the step${effect.interval ? ` (${effect.interval.map((bound) => Math.exp(bound).toFixed(2)).join(" to ")})` : ""}${never}` : "";
  return `${pairs.length} ${pairs.length === 1 ? "pair" : "pairs"}, ${end}${learned}`;
}
