// What scores are called, and the axes that belong to them.

const names = {
  accuracy: "accuracy", loss: "loss", training_loss: "loss of each training step", bleu: "BLEU",
  attention_accuracy: "attention accuracy", attention_accuracy_before: "attention one word early",
  attention_accuracy_after: "attention one word late", attention_entropy: "attention entropy (nats)",
  attention_peak: "largest attention weight", score_gap: "KTIW gap w", logit_gap: "attention gap a",
  accuracy_negative: "accuracy, negative label", accuracy_positive: "accuracy, positive label", perplexity: "perplexity",
};

export function nameOfScore(score) {
  return names[score] || score.replaceAll("_", " ");
}

export function isShare(score) {
  return score.includes("accuracy") || score === "attention_peak";
}

// The range of its axis; null for that of the data.
export function rangeOfScore(score) {
  return isShare(score) ? [0, 1] : null;
}
