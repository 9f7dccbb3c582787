// The prediction in words, and where it was wrong.

import { percent } from "./words.js";

// Half of the weight on the right word, or half of the words right.
const HALF = 0.5;
// A predicted step may differ from the measured one by this factor before the page calls it off.
const OFF = 1.3;
// Above this probability, the sentence leaves elimination out.
const CERTAIN = 0.99;

// What was predicted before the first step.
export function predicted(prediction, setup) {
  if (prediction.beyond) return `No prediction: ${prediction.beyond}.`;
  if (prediction.keyword_attention) {
    return `Prediction before training: the keyword gets ${percent(prediction.keyword_attention)} of the attention weight.`;
  }
  if (prediction.chance === undefined) return "";
  const [early, middle, late] = prediction.emergence;
  const when = middle === null ? "" : `, at about step ${Math.round(middle)} (80 % interval: ${Math.round(early)} to ${late === null ? "beyond the last step" : Math.round(late)})`;
  const found = prediction.attends === undefined || prediction.attends > CERTAIN ? ""
    : ` Attention finds the words with a probability of ${percent(prediction.attends)}; otherwise they are copied by elimination.`;
  const wide = prediction.is_outside ? " The law of steps was not fitted on settings like this one, so that the interval is wide." : "";
  return `Prediction from this seed’s initial weights: a probability of ${percent(prediction.chance)} of learning within ${setup.steps} steps${when}.${found}${wide}`;
}

// The step from which on a quantity is at least half; null if there is none.
function half(points, key) {
  let step = null;
  for (let at = points.length - 1; at >= 0 && points[at][key] >= HALF; at -= 1) step = points[at].step;
  return step;
}

// One sentence on the largest failure of the predicted curves so far, and on what the theory leaves out; empty if they hold, or if
// attention was changed on the way, which no prediction knows of.
export function remark({ curve = [] }, points, isChanged) {
  const now = points.at(-1)?.step ?? 0;
  if (!curve.length || !now || isChanged) return "";
  const [said, found] = [half(curve, "attention"), half(points, "attention")];
  const end = curve.findLast(({ step }) => step <= now);
  const last = points.at(-1);
  if (found === null && last.accuracy > HALF && end.accuracy < HALF / 2) {
    return `Accuracy is ${percent(last.accuracy)}, where the theory predicts ${percent(end.accuracy)}: it leaves out that the decoder remembers the `
      + "words that it has already written, which are so eliminated as well.";
  }
  if (said === null || said > now) {
    return found === null ? "" : `Attention has had half of its weight on the right word since step ${found}, which the theory does not predict: it knows the initial weights only through two means.`;
  }
  const far = (found ?? now) / Math.max(said, 1);
  if (far < OFF && far > 1 / OFF) return "";
  const measured = found === null ? `at step ${now} it has not` : `it came at step ${found}`;
  return `The theory predicts half of the attention weight on the right word at step ${Math.round(said)}; ${measured}. It leaves out the `
    + "recurrent states: in the theory each position has attention of its own from the first step, in the model the states must first learn to tell positions apart.";
}
