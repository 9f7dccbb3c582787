"""Write `auc.json`: scikit-learn's area under the ROC curve for scores of all sorts.

Ties within and between labels, both zeros, scores of all sizes, and one label alone, for which there is no area: null. The
script fails unless counting all pairs of a positive and a negative, ties as half a pair, gives the same.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

FOLDER = Path(__file__).resolve().parent
SEED = 5


def main():
    cases = [case(name, scores, labels) for name, scores, labels in drawn(np.random.default_rng(SEED))]
    path = FOLDER / "auc.json"
    path.write_text(json.dumps(cases, separators=(",", ":"), allow_nan=False) + "\n")
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size} bytes")


def drawn(random):
    """Names, scores and labels."""
    for size in [2, 3, 10, 60]:
        for share in [0.1, 0.5, 0.9]:
            labels = (random.random(size) < share).astype(int)
            yield f"{size} scores, {share} positive", random.normal(labels, 1.0), labels
            yield f"{size} scores of few values, {share} positive", random.integers(0, 4, size) / 4, labels
    labels = np.array([0, 1, 0, 1, 1, 0])
    yield "all scores equal", np.full(6, 0.25), labels
    yield "both zeros", np.array([0.0, -0.0, 0.0, -0.0, -1.0, 1.0]), labels
    yield "of all sizes", np.array([1e-30, 1e30, -1e30, 1e-38, 3e38, -3e38]), labels
    yield "sorted", np.arange(6.0), np.array([0, 0, 0, 1, 1, 1])
    yield "sorted the wrong way", np.arange(6.0), np.array([1, 1, 1, 0, 0, 0])
    yield "one label alone", np.arange(4.0), np.ones(4, dtype=int)
    yield "the other alone", np.arange(4.0), np.zeros(4, dtype=int)


def case(name, scores, labels):
    # What is scored is what is written.
    scores = scores.astype(np.float32)
    if labels.min() == labels.max():
        return {"name": name, "scores": scores.tolist(), "labels": labels.tolist(), "area": None}
    area = float(roc_auc_score(labels, scores))
    positive, negative = scores[labels == 1, None], scores[None, labels == 0]
    assert abs(area - np.mean((positive > negative) + 0.5 * (positive == negative))) < 1e-12, name
    return {"name": name, "scores": scores.tolist(), "labels": labels.tolist(), "area": area}


if __name__ == "__main__":
    main()
