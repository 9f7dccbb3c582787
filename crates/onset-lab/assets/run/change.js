// Where in a run the most happens.

// The scores that are asked, the first that a run has: attention is what a run is looked at for.
const SCORES = ["attention_accuracy", "accuracy", "macro_f1", "loss"];
// Changes over a twentieth of the points, so that the noise of single points does not decide.
const SPAN = 20;

// The step in the middle of the greatest change of a run's scores; null if nothing changes.
export function greatestChange(scores) {
  const score = SCORES.find((name) => scores[name]);
  if (!score) return null;
  const { steps, values } = scores[score], span = Math.max(1, Math.round(values.length / SPAN));
  let most = 0, step = null;
  for (let at = 0; at + span < values.length; at += 1) {
    const size = Math.abs(values[at + span] - values[at]);
    // What is not a number compares as false.
    if (values[at] === null || values[at + span] === null || !(size > most)) continue;
    most = size;
    step = steps[at + Math.ceil(span / 2)];
  }
  return step;
}
