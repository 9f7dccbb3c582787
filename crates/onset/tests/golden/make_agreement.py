"""Write `agreement.json`: SciPy's Kendall's tau-b and Spearman's rho for pairs of rows.

Every number is a float32 written so that reading it as a double gives exactly that float32. A
measure is null where SciPy gives NaN or refuses. Tau-b and rho are also computed here from their
definitions, pair by pair, and the script fails where SciPy is further from them than rounding.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.special import softmax

FOLDER = Path(__file__).resolve().parent
SEED = 20
TOLERANCE = 1e-12


def main():
    lines, nulls = [], 0
    for name, a, b in cases(np.random.default_rng(SEED)):
        a, b = (np.asarray(row, dtype=np.float32).astype(np.float64) for row in (a, b))
        kendall = measure(name, lambda: stats.kendalltau(a, b, variant="b"), kendall_by_definition(a, b))
        spearman = measure(name, lambda: stats.spearmanr(a, b), spearman_by_definition(a, b))
        nulls += kendall is None
        case = {"name": name, "a": a.tolist(), "b": b.tolist(), "kendall": kendall, "spearman": spearman}
        lines.append(json.dumps(case, separators=(",", ":"), allow_nan=False))
    names = [json.loads(line)["name"] for line in lines]
    assert len(set(names)) == len(names), "two cases share a name"
    path = FOLDER / "agreement.json"
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{path.name}: {len(lines)} cases, {nulls} of them null, {path.stat().st_size} bytes")


def cases(random):
    """Names and rows; which ties there are is what the measures differ in."""

    def plain(n):
        return random.permutation(random.random(n, dtype=np.float32))

    def tied(n, values):
        return random.integers(values, size=n)

    def near(a, noise):
        return a + noise * random.standard_normal(len(a))

    for n in [2, 3, 4, 5, 7, 8, 11, 16, 20, 33, 47, 60]:
        yield f"plain {n}", plain(n), plain(n)
    for n in [4, 9, 20, 50]:
        a = plain(n)
        yield f"plain, related {n}", a, near(a, 0.2)
        yield f"plain, opposed {n}", a, near(-a, 0.2)
    for n in [3, 6, 13, 24, 60]:
        yield f"ties in a {n}", tied(n, 3), plain(n)
        yield f"ties in b {n}", plain(n), tied(n, 3)
    for n, values in [(2, 2), (3, 2), (5, 2), (8, 3), (15, 4), (20, 2), (31, 5), (44, 10), (60, 3), (60, 20)]:
        yield f"ties in both {n}, {values} values", tied(n, values), tied(n, values)
    for n, distinct in [(6, 3), (12, 5), (25, 6), (60, 9)]:
        # The same few pairs again and again: ties in a are ties in b.
        drawn = random.integers(distinct, size=n)
        yield f"joint ties {n}, {distinct} pairs", plain(distinct)[drawn], plain(distinct)[drawn]
    for n in [10, 30]:
        a = tied(n, 4)
        yield f"joint ties, related {n}", a, a // 2
    for n in [2, 5, 20]:
        yield f"constant a {n}", np.full(n, 0.3), plain(n)
        yield f"constant b {n}", plain(n), np.full(n, 0.3)
        yield f"constant both {n}", np.full(n, 0.3), np.full(n, -2.0)
    yield "one", [0.5], [0.25]
    yield "one, identical", [1.0], [1.0]
    yield "two, agree", [0.1, 0.9], [3.0, 4.0]
    yield "two, disagree", [0.1, 0.9], [4.0, 3.0]
    for n in [3, 10, 41]:
        a = plain(n)
        yield f"identical {n}", a, a
        yield f"reversed {n}", a, -a
        yield f"ascending, descending {n}", np.arange(n), np.arange(n)[::-1]
        yield f"identical with ties {n}", np.arange(n) // 2, np.arange(n) // 2
        yield f"reversed with ties {n}", np.arange(n) // 2, -(np.arange(n) // 2)
    yield "negative zeros are zeros 4", [0.0, -0.0, 1.0, 2.0], [-0.0, 0.0, 3.0, 1.0]
    zeros = [0.0, -0.0, -1.0, -0.0, 1.0, 0.0, 2.0]
    yield "negative zeros are zeros 7", zeros, [-0.0, 1.0, -0.0, -2.0, 0.0, 3.0, 0.0]
    yield "nothing but zeros 5", [0.0, -0.0, 0.0, -0.0, 0.0], [1.0, 2.0, 0.0, 3.0, 4.0]
    for n in [2, 9, 30]:
        yield f"neighbours {n}", neighbours(random, n), neighbours(random, n)
    yield "neighbours with ties 20", neighbours(random, 20)[tied(20, 8)], neighbours(random, 20)[tied(20, 8)]
    for n in [12, 40]:
        # As attention can be: a few large weights, and zeros where the exponential underflows.
        scores = 60 * random.standard_normal(n)
        yield f"underflow {n}", softmax(scores), softmax(near(scores, 40.0))
    # Subnormal numbers among them.
    yield "far apart 15", *(plain(15) * 10.0 ** random.integers(-42, 38, 15) for _ in range(2))
    a = tied(1000, 300)
    yield "long with ties 1000", a, np.round(near(a, 120.0) / 4)


def neighbours(random, n):
    """Float32 numbers each some 1e-7 larger than the one before, shuffled."""
    return random.permutation(np.float32(1) + np.arange(n, dtype=np.float32) * np.finfo(np.float32).eps)


def measure(name, compute, defined):
    """SciPy's number, or None; `defined` is what the definition gives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = float(compute().statistic)
        except ValueError:
            value = math.nan
    assert math.isnan(value) == math.isnan(defined), f"{name}: {value}, by definition {defined}"
    assert math.isnan(value) or abs(value - defined) < TOLERANCE, f"{name}: {value}, by definition {defined}"
    return None if math.isnan(value) else value


def kendall_by_definition(a, b):
    """Concordant less discordant pairs, over the geometric mean of the pairs untied in each row."""
    signs_a, signs_b = (np.sign(row[:, None] - row[None, :]) for row in (a, b))
    untied = float((signs_a**2).sum()) * float((signs_b**2).sum())
    return float((signs_a * signs_b).sum()) / math.sqrt(untied) if untied > 0 else math.nan


def spearman_by_definition(a, b):
    """Pearson's correlation of the ranks, where tied values share the mean of theirs."""
    below_a, below_b = (np.sign(row[:, None] - row[None, :]).sum(1) for row in (a, b))
    spread = float((below_a**2).sum()) * float((below_b**2).sum())
    return float((below_a * below_b).sum()) / math.sqrt(spread) if spread > 0 else math.nan


if __name__ == "__main__":
    main()
