// #/runs: the saved runs, and the chosen ones in one chart.
//
// In the address: `show`, the groups in the chart by their place (which is their colour), `.` between them, an empty
// place where one was removed; `hide`, seeds of those groups that are hidden; and the state of the controls.

import { element } from "../charts/element.js";
import { remember } from "../shell/route.js";
import { ask } from "../shell/request.js";
import { follow } from "../shell/stream.js";
import { AXES } from "./axis.js";
import { makeBranches } from "./branches.js";
import { makeComparison } from "./compare.js";
import { grouped, matching, sorted } from "./order.js";
import { WIDTHS } from "./smooth.js";
import { makeTable } from "./table.js";
import { makeTrain } from "./train.js";

const FIRST_SHOWN = 5;
// As many lines as can be told apart, by eight colours and five kinds of dashes.
const MOST_SHOWN = 40;

export function mount(place, { route, announce }) {
  const state = read(route.query);
  let folder = "", runs = new Map(), hasLoaded = false, hasOffered = false, ended = false;
  const lead = element("p", { class: "lead" }, "Reading the folder…");
  const notice = element("p", { class: "notice", role: "alert", hidden: true });
  const comparison = makeComparison({ state, change, announce });
  const table = makeTable({ state, change, toggleGroup, toggleRun, selectAll, isShown, slotOf });
  const branched = makeBranches({ announce }), train = makeTrain({ announce });
  place.append(element("header", { class: "view-head" }, element("h1", {}, "Runs"), lead), notice, comparison.element, table.element, branched.element, train.element);

  function change(changes) {
    Object.assign(state, changes);
    remember(written(state));
    refresh();
  }
  const groups = () => grouped([...runs.values()]);
  function slotOf(group) {
    return state.show.indexOf(group);
  }
  function isShown(run) {
    return slotOf(run.group) >= 0 && !state.hide.has(run.id);
  }
  function shownRuns() {
    return [...runs.values()].filter((run) => !run.error && isShown(run));
  }
  function toggleGroup(group) {
    const show = [...state.show], at = show.indexOf(group);
    if (at >= 0) show[at] = "";
    else if (show.includes("")) show[show.indexOf("")] = group;
    else show.push(group);
    while (show.length && show[show.length - 1] === "") show.pop();
    const hide = new Set([...state.hide].filter((id) => runs.get(id)?.group !== group));
    change({ show, hide });
  }
  // All settings of the list into the chart, or none.
  function selectAll(found, on) {
    const listed = [...new Set(found.filter((run) => !run.error).map((run) => run.group))];
    const added = listed.filter((group) => !state.show.includes(group));
    const show = on ? [...state.show.filter(Boolean), ...added].slice(0, MOST_SHOWN) : [];
    announce(on ? `${show.length} settings in the chart` : "No setting in the chart");
    change({ show, hide: on ? new Set([...state.hide].filter((id) => !listed.includes(runs.get(id)?.group))) : new Set() });
  }
  function toggleRun(run) {
    const seeds = [...runs.values()].filter((each) => each.group === run.group);
    if (slotOf(run.group) < 0) {
      toggleGroup(run.group);
      return change({ hide: new Set([...state.hide, ...seeds.filter((each) => each.id !== run.id).map((each) => each.id)]) });
    }
    const hide = new Set(state.hide);
    if (!hide.delete(run.id)) hide.add(run.id);
    if (seeds.every((each) => hide.has(each.id))) return toggleGroup(run.group);
    change({ hide });
  }

  function refresh() {
    const all = [...runs.values()];
    const found = sorted(matching(all, state), state);
    lead.textContent = summary(all, found.length);
    comparison.show(shownRuns(), slotOf);
    table.show(found, groups());
    // Where there is nothing to look at, what can be begun is open.
    if (!hasOffered && hasLoaded) train.element.open ||= !all.length;
    hasOffered ||= hasLoaded;
  }
  function summary(all, found) {
    if (!all.length) return "There are no runs in this folder yet. Start one with `onset train`, or below on texts of your own; it appears here on its own. In the Lab, small models train at once.";
    const seeds = groups().length;
    const running = all.filter((run) => run.status === "running").length;
    const parts = [`${all.length} ${all.length === 1 ? "run" : "runs"} of ${seeds} ${seeds === 1 ? "setting" : "settings"}`];
    if (running) parts.push(`${running} running`);
    if (found !== all.length) parts.push(`${found} match`);
    return `${folder}: ${parts.join(" · ")}`;
  }
  // The first time, the latest settings of the latest run's task are shown.
  function choose() {
    if (state.hasChosen) return;
    const readable = groups().filter((group) => group.runs.some((run) => !run.error));
    const latest = (group) => Math.max(...group.runs.map((run) => run.began || 0));
    readable.sort((a, b) => latest(b) - latest(a));
    const task = readable[0]?.runs[0].task;
    // Those that are shown keep their place, and so their colour.
    const all = readable.filter((group) => group.runs[0].task === task).map((group) => group.group);
    const kept = state.show.filter((group) => all.includes(group));
    state.show = [...kept, ...all.filter((group) => !kept.includes(group))].slice(0, FIRST_SHOWN);
  }
  function merge({ runs: changed, gone = [], whole = false }) {
    // The whole list comes first, and again when the lab is found again.
    if (whole) gone = [...runs.keys()].filter((id) => !changed.some((each) => each.id === id));
    for (const id of gone) runs.delete(id);
    for (const overview of changed) runs.set(overview.id, flat(overview));
    const first = !hasLoaded;
    hasLoaded = true;
    if (first || !state.hasChosen) choose();
    notice.hidden = true;
    refresh();
    if (first) performance.mark("runs-shown");
    branched.reload();
    const ids = new Set([...gone, ...changed.map((each) => each.id)]);
    if (!first && shownRuns().some((run) => ids.has(run.id))) comparison.reload();
  }
  function fail(error) {
    notice.hidden = false;
    notice.textContent = error;
  }

  ask("/api/runs").then((listed) => {
    if (ended) return;
    folder = listed.folder;
    document.title = `Runs in ${listed.folder} · Onset`;
    merge(listed);
  }, (error) => fail(error.message));
  const leave = follow("runs", {
    runs: (event) => merge(event),
    failure: ({ error }) => fail(error),
  });
  return {
    update(next) {
      Object.assign(state, read(next.query));
      refresh();
    },
    leave() {
      ended = true;
      branched.leave();
      leave();
    },
  };
}

// An overview with the manifest's entries beside its own.
function flat(overview) {
  const { manifest, ...rest } = overview;
  return manifest ? { ...rest, ...manifest } : rest;
}

function read(query) {
  const list = (key) => (query.get(key) || "").split(".");
  let hidden = [];
  try {
    hidden = JSON.parse(query.get("hide") || "[]");
  } catch {
    // A link that was cut: nothing is hidden.
  }
  return {
    show: query.has("show") ? list("show") : [],
    hasChosen: query.has("show"),
    hide: new Set(Array.isArray(hidden) ? hidden : []),
    score: query.get("score") || "accuracy",
    scale: query.get("scale") === "log" ? "log" : "linear",
    axis: AXES.some(([key]) => key === query.get("axis")) ? query.get("axis") : "steps",
    smooth: WIDTHS.some(([key]) => key === query.get("smooth")) ? query.get("smooth") : "1",
    seeds: query.get("seeds") === "yes",
    text: query.get("text") || "",
    task: query.get("task") || "",
    status: query.get("status") || "",
    sort: query.get("sort") || "id",
    down: query.get("down") === "yes",
    flat: query.get("flat") === "yes",
  };
}

function written(state) {
  state.hasChosen = true;
  return {
    show: state.show.length ? state.show.join(".") : ".",
    hide: state.hide.size ? JSON.stringify([...state.hide]) : null,
    score: state.score === "accuracy" ? null : state.score,
    scale: state.scale === "log" ? "log" : null,
    axis: state.axis === "steps" ? null : state.axis,
    smooth: state.smooth === "1" ? null : state.smooth,
    seeds: state.seeds ? "yes" : null,
    text: state.text, task: state.task, status: state.status,
    sort: state.sort === "id" ? null : state.sort,
    down: state.down ? "yes" : null,
    flat: state.flat ? "yes" : null,
  };
}
