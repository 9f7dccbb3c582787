// The view of a page that was saved: the training that it carries, played through the frames that the lab had received.

import { nearest } from "../charts/scale.js";
import { element } from "../charts/element.js";
import { player } from "../shell/play.js";
import { startTheme } from "../shell/theme.js";
import { evenly, frames } from "./frames.js";
import { sentence } from "./interventions.js";
import { scrub } from "./scrub.js";
import { stage } from "./stage.js";
import { story } from "./story.js";
import { summary } from "./summary.js";

// As many steps are played, at each of which the frame next to it is shown.
const MOST_STEPS = 200;

export function mount(place, data, { announce }) {
  const training = restored(data);
  const last = training.points.at(-1).step;
  let cursor = data.cursor;
  const told = story({ announce });
  const time = scrub({ move: (step) => move(step), back: "End", end: "the last one" });
  const scene = stage({ told, announce, look: (step) => { play.stop(); time.go(step); }, changed: () => show(), headChosen() {}, placeChosen() {} });
  const steps = evenly(training.points.map(({ step }) => step), MOST_STEPS);
  const play = player({
    count: () => steps.length, at: () => nearest(steps, cursor ?? last), go: (at) => move(steps[at]), ended: () => announce(`Step ${last}, the last one`),
  });
  const counter = element("span", { class: "live-counter" });
  const theme = element("button", { type: "button", class: "quiet" });
  const plan = [...training.made, ...training.setup.plan.filter(({ step }) => step > last)];
  place.classList.add("live-replay");
  place.append(
    element("div", { class: "live-head" }, element("h1", {}, data.preset.title), theme),
    element("p", { class: "live-story" }, data.preset.story),
    element("p", { class: "live-note" }, `${summary(training.setup)}.`,
      plan.length ? ` Interventions: ${plan.map(({ step, intervention }) => `step ${step}, ${sentence(intervention, training.setup)}`).join("; ")}.` : ""),
    element("div", { class: "live-bar card", role: "group", "aria-label": "Steps" }, play.button, time.node, counter),
    ...scene.nodes,
    element("p", { class: "live-note" }, "Saved from Onset. Curves in full lines were measured, those in dashes were predicted before training. This file needs neither the lab nor a network."));
  startTheme(theme);
  told.fill([{ key: "saved", ...data.preset, next: [] }]);
  if (data.other) scene.paired.restore(restored(data.other));
  scene.setHead(data.head ?? "mean");

  function move(step) {
    cursor = step === null || step >= last ? null : step;
    show();
  }

  function show() {
    const step = cursor ?? last;
    time.show({ last, cursor });
    counter.textContent = `step ${step} of ${training.setup.steps}`;
    const events = scene.show({ ...training, cursor });
    told.show({ preset: "saved", isSame: true, notes: data.notes, now: step, events: events.filter((each) => each.step <= step), isUntrained: false, isOver: false });
  }

  show();
}

// A training as the stage takes it: the frames can be looked up, and the last one is the present view.
function restored(data) {
  const all = frames();
  for (const [step, view] of data.frames) all.add(step, view);
  return { ...data, frames: all, view: data.frames.at(-1)?.[1] ?? null };
}
