// The list of runs: grouped by setting, or one by one.

import { choice, element, toggle } from "../charts/element.js";
import { link } from "../shell/route.js";
import { short } from "../charts/scale.js";
import { lineColour } from "./compare.js";
import { grouped, median, statusOf } from "./order.js";
import { written } from "./scores.js";

const statuses = ["running", "finished", "interrupted", "failed", "unreadable"];

// Groups that are unfolded; they stay so while the page is open.
const open = new Set();

export function makeTable({ state, change, toggleGroup, toggleRun, selectAll, isShown, slotOf }) {
  const search = element("input", {
    type: "search", value: state.text, placeholder: "Filter runs", "aria-label": "Filter runs",
    oninput: () => change({ text: search.value }),
  });
  const controls = element("div", { class: "controls" });
  const body = element("tbody");
  const head = element("thead");
  const card = element("section", { class: "card", "aria-labelledby": "list-title" },
    element("div", { class: "card-head" }, element("h2", { id: "list-title" }, "Saved runs"),
      element("div", { class: "controls" }, search, controls)),
    element("div", { class: "table-scroll" }, element("table", { class: "runs listed" }, head, body)));
  let tasks = [];

  const column = (key, text, numeric) => {
    const sorts = state.sort === key;
    return element("th", { scope: "col", class: numeric ? "number" : null, "aria-sort": sorts ? (state.down ? "descending" : "ascending") : null },
      element("button", {
        type: "button", class: "sort",
        onclick: () => change({ sort: key, down: sorts ? !state.down : numeric }),
      }, text, element("span", { "aria-hidden": "true" }, sorts ? (state.down ? " ↓" : " ↑") : "")));
  };
  const box = (on, some, label, hue, act) => {
    const input = element("input", { type: "checkbox", "aria-label": label, onchange: act });
    input.checked = on;
    input.indeterminate = some;
    if (hue) input.style.setProperty("accent-color", hue);
    return input;
  };
  const status = (run) => element("span", { class: `status ${statusOf(run)}` }, statusOf(run));
  const progress = (done, of) => element("span", { class: "progress" },
    element("meter", { min: 0, max: of || 1, value: done, "aria-label": `${done} of ${of} steps` }), `${short(done)} / ${short(of)}`);
  const scoreCells = (values) => ["accuracy", "loss"].map((score) => element("td", { class: "number" }, written(score, values(score))));

  const runRow = (run, inner) => {
    if (run.error) {
      return element("tr", { class: inner ? "inner" : null },
        element("td", {}), element("th", { scope: "row" }, run.id, element("div", { class: "error" }, run.error)),
        element("td", {}), element("td", {}), element("td", {}, status(run)), element("td", {}), element("td", {}), element("td", {}));
    }
    const shown = isShown(run);
    return element("tr", { class: inner ? "inner" : null },
      element("td", {}, box(shown, false, `Show ${run.id} in the chart`, shown ? lineColour(slotOf(run.group)) : null, () => toggleRun(run))),
      element("th", { scope: "row" }, element("a", { href: link("run", run.id) }, run.id),
        inner ? null : element("div", { class: "about" }, run.title, run.difference ? ` (${run.difference})` : ""),
        run.failure ? element("div", { class: "error" }, run.failure) : null),
      element("td", {}, run.task), element("td", { class: "number" }, run.seed), element("td", {}, status(run)),
      element("td", {}, progress(run.steps_done, run.steps)), ...scoreCells((score) => run.scores?.[score]));
  };
  const groupRows = (group, all) => {
    const [first] = group.runs;
    if (first.error) return [runRow(first)];
    const whole = all.find((each) => each.group === group.group) || group;
    const slot = slotOf(group.group), shown = whole.runs.filter(isShown).length;
    const isOpen = open.has(group.group) || group.runs.length === 1;
    const counts = statuses.map((each) => [each, group.runs.filter((run) => statusOf(run) === each).length]).filter(([, count]) => count);
    const rows = [element("tr", { class: "group" },
      element("td", {}, box(shown > 0, shown > 0 && shown < whole.runs.length, `Show ${first.title} ${first.difference} in the chart`,
        slot >= 0 ? lineColour(slot) : null, () => toggleGroup(group.group))),
      element("th", { scope: "row" },
        group.runs.length > 1
          ? element("button", {
            type: "button", class: "unfold", "aria-expanded": String(isOpen),
            onclick: () => {
              if (!open.delete(group.group)) open.add(group.group);
              change({});
            },
          }, element("span", { "aria-hidden": "true" }, isOpen ? "▾ " : "▸ "), first.title)
          : element("a", { href: link("run", first.id) }, first.title),
        element("div", { class: "about" }, first.difference || folderOf(first.id))),
      element("td", {}, first.task),
      element("td", { class: "number" }, group.runs.length > 1 ? `${group.runs.length} seeds` : `seed ${first.seed}`),
      element("td", {}, ...counts.map(([each, count]) =>
        element("span", { class: `status ${each}` }, group.runs.length > 1 ? `${count} ${each}` : each))),
      element("td", {}, progress(sum(group.runs, "steps_done"), sum(group.runs, "steps"))),
      ...scoreCells((score) => median(group.runs.map((run) => run.scores?.[score]))))];
    if (isOpen && group.runs.length > 1) rows.push(...group.runs.map((run) => runRow(run, true)));
    return rows;
  };

  const setControls = (found) => {
    const readable = found.filter((run) => !run.error);
    controls.replaceChildren(
      element("button", { type: "button", disabled: readable.every(isShown), onclick: () => selectAll(found, true) }, "Select all listed"),
      element("button", { type: "button", disabled: !readable.some(isShown), onclick: () => selectAll(found, false) }, "Select none"),
      choice("Task", [["", "all"], ...tasks.map((task) => [task, task])], state.task, (task) => change({ task })),
      choice("Status", [["", "all"], ...statuses.map((each) => [each, each])], state.status, (each) => change({ status: each })),
      toggle("Group seeds", !state.flat, (on) => change({ flat: !on })));
  };

  return {
    element: card,
    show(found, all) {
      const now = [...new Set(all.flatMap((group) => group.runs.map((run) => run.task)).filter(Boolean))].sort();
      tasks = now;
      if (search.value !== state.text) search.value = state.text;
      const focus = card.contains(document.activeElement) ? keyOf(document.activeElement) : null;
      setControls(found);
      head.replaceChildren(element("tr", {}, element("td", {}, element("span", { class: "visually-hidden" }, "Shown in the chart")),
        column(state.flat ? "id" : "title", state.flat ? "Run" : "Setting"), column("task", "Task"), column("seed", state.flat ? "Seed" : "Seeds", true), column("status", "Status"),
        column("progress", "Steps"), column("accuracy", "Accuracy", true), column("loss", "Loss", true)));
      const rows = state.flat ? found.map((run) => runRow(run)) : grouped(found).flatMap((group) => groupRows(group, all));
      body.replaceChildren(...(rows.length ? rows
        : [element("tr", {}, element("td", { colspan: 8, class: "none" }, all.length ? "No run matches the filter." : "No runs yet."))]));
      // The control with the same name gets the focus back.
      if (focus) [...card.querySelectorAll("button, input, select, a")].find((each) => keyOf(each) === focus)?.focus();
    },
  };
}

const keyOf = (each) => each.getAttribute("aria-label") || each.textContent.replace(/[▸▾↓↑]/g, "").trim();
const sum = (runs, key) => runs.reduce((total, run) => total + (run[key] || 0), 0);
const folderOf = (id) => id.split("/").slice(0, -1).join("/");
