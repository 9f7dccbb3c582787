// A training as one HTML file that plays without the lab.

import { download } from "../charts/save.js";
import { embedded, standalone } from "../shell/standalone.js";

// More frames are thinned evenly, so that a page stays within some megabytes.
const MOST_FRAMES = 200;

const STYLES = ["charts/charts.css", "lab.css", "live/live.css"];

// What the page carries of a training.
function carried({ setup, points, prediction, frames, made, now }) {
  return { setup, points, prediction, made, now, frames: frames.thinned(MOST_FRAMES) };
}

// `training` is what is shown, with its `preset`, the `cursor`, the `head` and `other`, training A, if there is one.
export async function savePage(training) {
  await save(training, "", (page) => page);
}

// The same as an element that is pasted into another page or a notebook.
export async function saveSnippet(training) {
  await save(training, "-snippet", (page, title) => embedded({ title, page }));
}

async function save({ preset, cursor, head, notes, other, ...training }, ending, made) {
  if (training.points.length < 2) throw new Error("There is nothing to save before the first step. Press Train, then save.");
  const { title, story } = preset;
  const data = {
    preset: { title, story }, cursor, head, notes, ...carried(training), other: other && carried(other),
  };
  const named = `${title} · Onset`;
  const page = await standalone({ title: named, entry: "live/replay.js", styles: STYLES, data });
  download(`onset-${preset.key}-seed-${training.setup.seed}${ending}.html`, new Blob([made(page, named)], { type: "text/html" }));
}
