"""SciPy's side of the agreement benchmark: one JSON line with the seconds per pair of rows.

    python bench/scipy_peer.py --rows 2000 --length 20 --seed 1

It times the loop that a Python user would write over pairs of rows: Kendall's tau-b, Spearman's rho,
and whether the largest entry of a is within the top 5 % of b. "means" is the mean tau, the mean rho
and the share of such rows, to see that another program computed the same from the same numbers.

The numbers: the stream of splitmix64 begun at the seed (the i-th word, from 0, mixes
seed + (i + 1) * 0x9E3779B97F4A7C15), of which the upper 24 bits over 2^24 are exact in float32; they
fill a [rows, length], then b, row by row.
"""

import argparse
import json
import time

import numpy as np
import scipy
from scipy.stats import kendalltau, spearmanr


def main():
    arguments = parse()
    a, b = pair(arguments.rows, arguments.length, arguments.seed)
    line, means = {}, []
    for name, measure in [("kendall", kendall), ("spearman", spearman), ("top", top)]:
        measure(a[0], b[0])
        start = time.perf_counter()
        values = [measure(left, right) for left, right in zip(a, b)]
        line[name] = (time.perf_counter() - start) / arguments.rows
        means.append(float(np.mean(values)))
    print(json.dumps(line | {"means": means, "scipy": scipy.__version__}))


def parse():
    parser = argparse.ArgumentParser(description="Time SciPy on the agreement of pairs of rows.")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def pair(rows, length, seed):
    """Two float32 matrices [rows, length] of numbers from 0 to 1."""
    words = splitmix64(seed, 2 * rows * length)
    numbers = (words >> np.uint64(40)).astype(np.float32) / np.float32(2**24)
    return numbers.reshape(2, rows, length)


def splitmix64(seed, count):
    """The first words of the stream; uint64 arithmetic wraps as the generator wants it."""
    x = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def kendall(a, b):
    return kendalltau(a, b).statistic


def spearman(a, b):
    return spearmanr(a, b).statistic


def top(a, b):
    """Whether fewer than 5 % of b's entries, rounded up, are larger than b where a is largest."""
    k = -(-len(b) // 20)
    return np.count_nonzero(b > b[np.argmax(a)]) < k


if __name__ == "__main__":
    main()
