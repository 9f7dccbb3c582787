"""Write `regression.json`: what scikit-learn's logistic regression finds for a small bag of words.

The features of a text are relative counts: how often each word occurs, over the text's length. A fit
minimises 0.5 * |w|^2 + C * (sum of the log-losses); the intercept is not penalised. The script fails
unless two solvers agree, and the gradient at the coefficients that it writes is near zero.
"""

import json
from pathlib import Path

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

FOLDER = Path(__file__).resolve().parent
SEED = 7
VOCABULARY, TEXTS, LONGEST = 25, 60, 12
# Words that no text has: their coefficients are 0.
ABSENT = [4, 17, 24]
PENALTIES = [1e-5, 1e-2, 1.0, 10**2.5, 1e4]
# Between the solvers, relative to the largest coefficient.
AGREEMENT = 1e-6
# What may be left of the gradient, relative to what it would be if nothing in its sums cancelled.
GRADIENT = 1e-9


def main():
    texts, labels = draw(np.random.default_rng(SEED))
    features = np.stack([np.bincount(text, minlength=VOCABULARY) / len(text) for text in texts])
    fits = [fit(features, labels, c) for c in PENALTIES]
    document = {"vocabulary": VOCABULARY, "texts": texts, "labels": labels.tolist(), "fits": fits}
    path = FOLDER / "regression.json"
    path.write_text(json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n")
    print(f"{path.name}: {len(texts)} texts, {len(fits)} fits, {path.stat().st_size} bytes")


def draw(random):
    """Texts, and labels that lean with the first words of the vocabulary but cannot be separated by them."""
    present = np.setdiff1d(np.arange(VOCABULARY), ABSENT)
    texts = [random.choice(present, size=random.integers(1, LONGEST + 1)) for _ in range(TEXTS)]
    leaning = np.zeros(VOCABULARY)
    leaning[:8] = [6, -6, 4, -4, 0, 3, -3, 5]
    chance = expit([leaning[text].mean() for text in texts])
    labels = (random.random(TEXTS) < chance).astype(int)
    assert 0.25 < labels.mean() < 0.75, "the labels are nearly all the same; take another seed"
    return [text.tolist() for text in texts], labels


def fit(features, labels, c):
    weights, intercept = solve(features, labels, c, "newton-cholesky")
    other, other_intercept = solve(features, labels, c, "newton-cg")
    largest = max(np.abs(weights).max(), abs(intercept))
    apart = max(np.abs(weights - other).max(), abs(intercept - other_intercept)) / largest
    assert apart < AGREEMENT, f"C = {c:g}: the solvers differ by {apart:.1e}"
    # Coefficients shrink with C, the intercept does not: each by its own size as well.
    apart_weights = np.abs(weights - other).max() / np.abs(weights).max()
    assert apart_weights < AGREEMENT, f"C = {c:g}: the solvers' coefficients differ by {apart_weights:.1e}"
    left = gradient(features, labels, c, weights, intercept)
    assert left < GRADIENT, f"C = {c:g}: a gradient of {left:.1e} is left"
    assert not weights[ABSENT].any(), f"C = {c:g}: a word that no text has got a coefficient"
    loss = objective(features, labels, c, weights, intercept)
    print(f"C = {c:<8g} solvers differ by {apart_weights:.0e}, gradient {left:.0e}, objective {loss:.6g}")
    return {"c": c, "coefficients": weights.tolist(), "intercept": intercept, "loss": loss}


def solve(features, labels, c, solver):
    """Coefficients [V] and intercept; scikit-learn's penalty is the squared norm unless told otherwise."""
    model = LogisticRegression(C=c, solver=solver, tol=1e-12, max_iter=100000).fit(features, labels)
    return model.coef_[0] + 0.0, float(model.intercept_[0])


def objective(features, labels, c, weights, intercept):
    scores = features @ weights + intercept
    return float(0.5 * weights @ weights + c * np.logaddexp(0, np.where(labels == 1, -scores, scores)).sum())


def gradient(features, labels, c, weights, intercept):
    """The largest entry of the objective's gradient, relative to the same sums without their signs."""
    wide = np.hstack([features, np.ones((len(features), 1))])
    slopes = c * (expit(wide @ np.append(weights, intercept)) - labels)
    penalty = np.append(weights, 0.0)
    return np.abs(slopes @ wide + penalty).max() / (np.abs(slopes) @ wide + np.abs(penalty)).max()


if __name__ == "__main__":
    main()
