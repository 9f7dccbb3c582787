// The names of scores on the page, and the ranges of their axes.

import { share, short } from "../charts/scale.js";

const names = {
  accuracy: "accuracy", loss: "loss", training_loss: "training loss", bleu: "BLEU", bleu_sample: "BLEU of a sample",
  bleu_beam: "BLEU of beam search",
  attention_accuracy: "attention accuracy", attention_accuracy_before: "attention accuracy, one position early",
  attention_accuracy_after: "attention accuracy, one position late", attention_entropy: "attention entropy (nats)",
  attention_peak: "largest attention weight", score_gap: "score gap w", logit_gap: "logit gap a",
  macro_f1: "macro-averaged F1", accuracy_negative: "accuracy, negative label", accuracy_positive: "accuracy, positive label", perplexity: "perplexity",
};

// The labels that a score may be of, the negative one first, by what they are called where that is known.
const OF_LABEL = ["accuracy_negative", "accuracy_positive"];

export function nameOfScore(score, labels = []) {
  const label = labels.length === 2 ? labels[OF_LABEL.indexOf(score)] : undefined;
  return label !== undefined ? `accuracy on ${label}` : names[score] || score.replaceAll("_", " ");
}

export function isShare(score) {
  return score.includes("accuracy") || score === "macro_f1" || score === "attention_peak";
}

// A value as it is written: shares in per cent.
export function written(score, value) {
  return isShare(score) ? share(value) : short(value);
}

// The range of its axis; null for that of the data.
export function rangeOfScore(score) {
  return isShare(score) ? [0, 1] : null;
}
