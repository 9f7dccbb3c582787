// #/run/ID: one run over its checkpoints. One time cursor moves through them; curves, examples and words follow it.
//
// It begins where the most changes. In the address: `step`, the cursor; `from` and `to`, the part of the curves that is shown; `split`, `example` and `place` (layer.head); `probe`, the attribution that shades texts; `word`;
// `scale` of steps and of the loss, `values`.

import { element } from "../charts/element.js";
import { ask } from "../shell/request.js";
import { follow } from "../shell/stream.js";
import { remember } from "../shell/route.js";
import { short } from "../charts/scale.js";
import { greatestChange } from "./change.js";
import { makeCurves } from "./curves.js";
import { makeExample } from "./example.js";
import { makeOwn } from "./own.js";
import { makeStop } from "./stop.js";
import { makeTime } from "./time.js";
import { makeWords } from "./words.js";

export function mount(place, { route, announce }) {
  const id = route.path;
  const state = read(route.query);
  const head = element("header", { class: "view-head" });
  const notice = element("p", { class: "notice", role: "alert", hidden: true });
  const parts = element("div", { class: "run-parts" });
  place.append(head, notice, parts);
  let run = null, stamp = null, ended = false, isPlaced = false, leave = () => {};

  const change = (changes) => {
    Object.assign(state, changes);
    remember(written(state));
  };
  const context = { id, state, change, announce, moveTo: (step) => time.moveTo(step) };
  const curves = makeCurves(context), example = makeExample(context), own = makeOwn(context), words = makeWords({ ...context, onAgreement: (steps, lines) => curves.showAgreement(steps, lines) });
  const time = makeTime({
    announce,
    onStep(step) {
      // Everything that is drawn is in memory: moving the cursor needs no request.
      const before = performance.now();
      // Where the run begins by itself is not in the address.
      if (isPlaced) change({ step });
      curves.setCursor(step);
      example.setCursor(step);
      own.setCursor(step);
      words.setCursor(step);
      place.dataset.move = (performance.now() - before).toFixed(1);
    },
  });
  parts.append(curves.element, time.element, example.element, own.element, words.element);

  const fail = (message) => {
    notice.hidden = false;
    notice.textContent = message;
    if (run) return;
    parts.hidden = true;
    // A page has a heading, also where there is no run to show.
    head.replaceChildren(element("p", { class: "crumbs" }, element("a", { href: "#/runs" }, "Runs")), element("h1", {}, element("bdi", {}, id || "No run")));
  };
  const stop = makeStop({ id, fail: (message) => fail(message), announce });
  const showHead = () => {
    const { manifest, title, difference } = run;
    const spec = element("details", { class: "spec" }, element("summary", {}, "Spec"), element("pre", { tabindex: 0 }, run.spec));
    stop.show(manifest.status);
    head.replaceChildren(
      element("p", { class: "crumbs" }, element("a", { href: "#/runs" }, "Runs"), " / ", element("bdi", {}, id)),
      element("h1", {}, element("bdi", {}, title || id), element("span", { class: `status ${manifest.status}` }, manifest.status)),
      element("p", { class: "lead" }, [
        difference, `seed ${manifest.seed}`, `${short(manifest.steps_done)} of ${short(manifest.steps)} steps`,
        `${manifest.parameters.toLocaleString("en")} parameters`, run.seconds ? `${Math.round(run.seconds)} s` : "",
      ].filter(Boolean).join(" · ")),
      ...(manifest.failure ? [element("p", { class: "notice" }, manifest.failure)] : []), stop.element, spec);
  };
  const load = async () => {
    try {
      const next = await ask(`/api/run?${new URLSearchParams({ run: id })}`);
      if (ended) return;
      const grew = run && next.probe_steps.length !== run.probe_steps.length;
      const first = !run;
      run = next;
      stamp = next.stamp;
      notice.hidden = true;
      parts.hidden = false;
      showHead();
      curves.show(run);
      own.show(run);
      const evaluated = Object.values(run.curves.scores).map((curve) => curve.steps).sort((a, b) => a.length - b.length)[0] || [];
      time.setSteps(run.probe_steps.length ? run.probe_steps : evaluated, first ? begin() : undefined);
      isPlaced = true;
      if (first || grew) {
        example.show(run);
        words.show(run);
      }
    } catch (error) {
      if (!ended) fail(error.message);
    }
  };
  // The step of the address, or that of the greatest change; the last one while the run goes on.
  function begin() {
    return state.step ?? (run.manifest.status === "running" ? undefined : greatestChange(run.curves.scores) ?? undefined);
  }
  load();
  leave = follow("runs", {
    runs: ({ runs, gone = [], whole = false }) => {
      const isGone = gone.includes(id) || (whole && run && !runs.some((each) => each.id === id));
      if (isGone) return fail(`${id} is no longer in the folder. The page shows its last state.`);
      const own = runs.find((each) => each.id === id);
      if (own?.error) fail(own.error);
      else if (own && stamp !== null && own.stamp !== stamp) load();
    },
    failure: ({ error }) => fail(error),
  });
  // The arrow keys move the time cursor unless the focused control uses them.
  const keys = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, textarea, summary, [contenteditable]")) return;
    if (event.key === " " && event.target.closest?.("button, a")) return;
    if (curves.key(event.key) || time.key(event.key)) event.preventDefault();
  };
  document.addEventListener("keydown", keys);
  return {
    update(next) {
      Object.assign(state, read(next.query));
      if (!run) return;
      curves.show(run);
      time.setSteps(time.steps(), begin() ?? time.last());
      example.restore();
      words.restore();
    },
    leave() {
      ended = true;
      leave();
      time.stop();
      document.removeEventListener("keydown", keys);
    },
  };
}

function read(query) {
  const number = (key) => (/^\d+$/.test(query.get(key) || "") ? Number(query.get(key)) : null);
  return {
    step: number("step"),
    split: (query.get("split") ?? query.get("part")) === "training" ? "training" : "validation",
    place: query.get("place"),
    example: number("example"),
    probe: ["alpha", "beta", "delta"].includes(query.get("probe")) ? query.get("probe") : "alpha",
    word: query.get("word"),
    scale: query.get("scale") === "log" ? "log" : "linear",
    values: query.get("values") === "log" ? "log" : "linear",
    ...part(number("from"), number("to")),
  };
}

// A part of the axis, or the whole of it.
function part(from, to) {
  return from !== null && to !== null && from < to ? { from, to } : { from: null, to: null };
}

function written(state) {
  return {
    step: state.step,
    split: state.split === "training" ? "training" : null,
    place: state.place,
    example: state.example,
    probe: state.probe === "alpha" ? null : state.probe,
    word: state.word,
    scale: state.scale === "log" ? "log" : null,
    values: state.values === "log" ? "log" : null,
    from: state.from,
    to: state.to,
  };
}
