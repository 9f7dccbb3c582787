// The chosen runs in one chart: median and quartiles over seeds, each seed on demand.

import { makeChart } from "../charts/chart.js";
import { choice, element, toggle } from "../charts/element.js";
import { ask } from "../shell/request.js";
import { saveMenu } from "../shell/save.js";
import { colour, onTheme } from "../charts/colours.js";
import { AXES, axisOf } from "./axis.js";
import { nameOfScore, rangeOfScore, written } from "./scores.js";
import { smoothed, WIDTHS } from "./smooth.js";

// Between two readings of the same runs while they train.
const PAUSE = 1000;

// Lines beyond the eighth have the colours of the first again, and dashes.
const DASHES = [null, "7 4", "2 4", "10 3 2 3", "4 2"];

export const lineColour = (slot) => colour(`--line-${slot % 8 + 1}`);

export function makeComparison({ state, change, announce }) {
  const controls = element("div", { class: "controls" });
  const legend = element("ul", { class: "legend", "aria-label": "Lines of the chart" });
  const message = element("p", { class: "quiet-note", role: "status" });
  const holder = element("div");
  const table = element("div", { class: "table-scroll compared" });
  const card = element("section", { class: "card comparison", "aria-labelledby": "compare-title" },
    element("div", { class: "card-head" }, element("h2", { id: "compare-title" }, "Compare"), controls), holder, legend, message,
    element("details", { class: "spec", hidden: true }, element("summary", {}, "Differences of configuration"), table));
  const chart = makeChart(holder, { label: "Scores of the chosen runs", height: 300, format: (value) => written(state.score, value) });
  let requested = null, data = null, slots = () => 0, controller = null, timer = null, last = 0, shown = [], scores = [];

  const logs = toggle("Log steps", false, (on) => change({ scale: on ? "log" : "linear" }));
  const eachSeed = toggle("Show each seed", false, (on) => change({ seeds: on }));
  const picker = choice("Score", [], state.score, (score) => change({ score }));
  const select = picker.querySelector("select");
  const menu = saveMenu({ name: () => `onset-${state.score}`, svg: chart.svg, csv: chart.csv, announce });
  const axisPicker = choice("Against", AXES, state.axis, (axis) => change({ axis }));
  const smoothing = choice("Smooth", WIDTHS, state.smooth, (smooth) => change({ smooth }));
  controls.append(picker, axisPicker, smoothing, logs, eachSeed, menu);
  // The controls stay in place, so that the one in use keeps the focus.
  const setControls = () => {
    const options = [...new Set([...scores, state.score])];
    if (options.join() !== [...select.options].map((option) => option.value).join()) {
      select.replaceChildren(...options.map((score) => element("option", { value: score }, nameOfScore(score))));
    }
    select.value = state.score;
    axisPicker.querySelector("select").value = state.axis;
    smoothing.querySelector("select").value = state.smooth;
    logs.textContent = `Log ${state.axis}`;
    logs.setAttribute("aria-pressed", String(state.scale === "log"));
    eachSeed.setAttribute("aria-pressed", String(state.seeds));
  };

  const draw = () => {
    const lines = [], groups = data?.groups || [], width = Number(state.smooth);
    const axis = axisOf(state.axis, groups, state.scale), means = width > 1 ? `, mean of ${width} points` : "";
    for (const group of groups) {
      const place = axis.of(group);
      if (!place) continue;
      const slot = slots(group.group);
      if (slot < 0) continue;
      const hue = lineColour(slot), dash = dashOf(slot), { spread } = group;
      const name = label(group);
      if (state.seeds) {
        for (const seed of group.seeds) {
          if (seed.curve) lines.push({
            name: `${name}, seed ${seed.seed}${means}`, colour: hue, dash, faint: true, x: place(seed.curve.steps), y: smoothed(seed.curve.values, width),
          });
        }
      }
      const many = group.seeds.length > 1;
      lines.push({
        name: `${many ? `${name} (median of ${group.seeds.length})` : name}${means}`, colour: hue, dash,
        x: place(spread.steps), y: smoothed(spread.median, width), low: many ? smoothed(spread.low, width) : null, high: many ? smoothed(spread.high, width) : null,
      });
    }
    chart.draw({ lines, yRange: rangeOfScore(state.score), scale: state.scale, xLabel: axis.label });
    legend.replaceChildren(...(data?.groups || []).filter((group) => slots(group.group) >= 0).map((group) => {
      const values = group.spread.median.filter((value) => value !== null);
      const slot = slots(group.group);
      return element("li", {}, element("i", { class: dashOf(slot) ? "dashes" : null, style: { "--hue": lineColour(slot) } }),
        element("bdi", {}, label(group)), element("span", {}, ` ${written(state.score, values[values.length - 1])}, ${group.seeds.length} ${group.seeds.length === 1 ? "seed" : "seeds"}`));
    }));
    showDifferences();
    const failures = Object.entries(data?.failures || {}).map(([id, error]) => `${id}: ${error}`);
    const unplaced = groups.filter((group) => slots(group.group) >= 0 && !axis.of(group)).map(label);
    const without = (data?.groups || []).filter((group) => !group.spread.steps.length).map(label);
    message.textContent = [
      ...(shown.length ? [] : ["Choose runs in the list below to compare them."]),
      ...(without.length ? [`${without.join(", ")}: no ${nameOfScore(state.score)} recorded.`] : []),
      ...(unplaced.length ? [`${unplaced.join(", ")}: no ${state.axis} recorded.`] : []),
      ...failures,
    ].join(" ");
  };

  // A row for each setting, a column for each key in which they differ.
  const showDifferences = () => {
    const settings = (data?.groups || []).filter((group) => slots(group.group) >= 0).map((group) => [label(group), valuesOf(group)]);
    const keys = [...new Set(settings.flatMap(([, values]) => Object.keys(values)))];
    table.parentElement.hidden = settings.length < 2 || !keys.length;
    table.replaceChildren(element("table", { class: "differences" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Setting"), ...keys.map((key) => element("th", { scope: "col" }, key)))),
      element("tbody", {}, ...settings.map(([name, values]) => element("tr", {}, element("th", { scope: "row" }, element("bdi", {}, name)),
        ...keys.map((key) => element("td", {}, values[key] ?? "as the others")))))));
  };

  const load = async () => {
    controller?.abort();
    controller = new AbortController();
    last = Date.now();
    if (!shown.length) {
      data = null;
      return draw();
    }
    const query = new URLSearchParams({ runs: JSON.stringify(shown), score: state.score });
    if (state.seeds) query.set("seeds", "true");
    try {
      data = await ask(`/api/curves?${query}`, { signal: controller.signal });
      scores = data.scores;
      setControls();
      draw();
      performance.mark("curves-shown");
    } catch (error) {
      if (error.name !== "AbortError") message.textContent = error.message;
    }
  };

  setControls();
  onTheme(card, draw);
  return {
    element: card,
    // Shows these runs; `slotOf` gives the place, and so the colour, of a group.
    show(runs, slotOf) {
      slots = slotOf;
      shown = runs.map((run) => run.id);
      const now = JSON.stringify([shown, state.score, state.seeds]);
      setControls();
      if (now !== requested) {
        requested = now;
        load();
      } else {
        draw();
      }
    },
    // Reads again while runs go on, at most once per PAUSE.
    reload() {
      if (timer) return;
      timer = setTimeout(() => {
        timer = null;
        load();
      }, Math.max(0, PAUSE - (Date.now() - last)));
    },
  };
}

const dashOf = (slot) => DASHES[Math.floor(slot / 8) % DASHES.length];

// The keys and values of a label such as `hidden = 12, heads = 2`.
function valuesOf(group) {
  return Object.fromEntries((group.difference || "").split(", ").map((each) => each.split(" = ")).filter((pair) => pair.length === 2));
}

function label(group) {
  return group.difference ? `${group.title} (${group.difference})` : group.title;
}
