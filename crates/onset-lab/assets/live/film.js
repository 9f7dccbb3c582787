// A film of a training: its curves, attention and captions, as the browser records them from a canvas.

import { colour } from "../charts/colours.js";
import { element } from "../charts/element.js";
import { canvasPainter, measure } from "../charts/painter.js";
import { download, pictureOf } from "../charts/save.js";

// What browsers record, the best first: [media type, ending, name].
const FORMATS = [
  ["video/webm;codecs=vp9", "webm", "WebM"], ["video/webm;codecs=vp8", "webm", "WebM"], ["video/webm", "webm", "WebM"], ["video/mp4", "mp4", "MP4"],
];
// In pixels; captions have the room below the figures.
const WIDTH = 1280, HEIGHT = 680, MARGIN = 24, TOP = 56, FOOT = 110, SIDE = 400, LINE = 26;
// Milliseconds for which a frame is seen, and the last one.
const PAUSE = 90, END = 1500;

// What this browser records: { type, ending, name }; null if it records nothing.
export function filmFormat() {
  if (!globalThis.MediaRecorder || !HTMLCanvasElement.prototype.captureStream) return null;
  const known = FORMATS.find(([type]) => MediaRecorder.isTypeSupported(type));
  return known ? { type: known[0], ending: known[1], name: known[2] } : null;
}

// Words in lines of at most so many pixels.
function wrapped(text, size, width) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (measure(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// A picture as large as there is room for it.
function fit(context, image, left, top, width, height) {
  const scale = Math.min(width / image.naturalWidth, height / image.naturalHeight);
  context.drawImage(image, left, top, image.naturalWidth * scale, image.naturalHeight * scale);
}

const wait = (time) => new Promise((done) => setTimeout(done, time));

// Records the frames at `steps` and saves them. `figures(step)` gives the curves and attention as SVG, `caption(step)` what is told there;
// `progress(share)` is called on the way.
export async function saveFilm({ format, name, title, steps, last, figures, caption, progress }) {
  if (steps.length < 2) throw new Error("There is nothing to record before the first step. Press Train, then save.");
  const canvas = element("canvas");
  const painter = canvasPainter(canvas, WIDTH, HEIGHT), context = canvas.getContext("2d");
  const stream = canvas.captureStream(0), [track] = stream.getVideoTracks();
  const recorder = new MediaRecorder(stream, { mimeType: format.type, videoBitsPerSecond: 4e6 });
  const parts = [];
  recorder.ondataavailable = ({ data }) => data.size && parts.push(data);
  const stopped = new Promise((done, failed) => {
    recorder.onstop = done;
    recorder.onerror = ({ error }) => failed(error ?? new Error("the browser has stopped recording"));
  });
  const draw = async (step) => {
    const images = await Promise.all(figures(step).map(pictureOf));
    painter.rect(0, 0, WIDTH, HEIGHT, colour("--panel"));
    painter.text(MARGIN, 36, `${title}: step ${step} of ${last}`, { colour: colour("--ink"), size: 20, bold: true });
    const height = HEIGHT - TOP - FOOT, left = WIDTH - SIDE - MARGIN;
    fit(context, images[0], MARGIN, TOP, left - 2 * MARGIN, height);
    fit(context, images[1], left, TOP, SIDE, height);
    wrapped(caption(step), 18, WIDTH - 2 * MARGIN).slice(0, 3).forEach((line, at) =>
      painter.text(MARGIN, HEIGHT - FOOT + 30 + at * LINE, line, { colour: colour("--ink"), size: 18 }));
    track.requestFrame?.();
  };
  await draw(steps[0]);
  recorder.start();
  try {
    for (const [at, step] of steps.entries()) {
      await draw(step);
      progress(at / steps.length);
      await wait(at === steps.length - 1 ? END : PAUSE);
    }
  } finally {
    recorder.stop();
  }
  await stopped;
  track.stop();
  download(`${name}.${format.ending}`, new Blob(parts, { type: format.type.split(";")[0] }));
}
