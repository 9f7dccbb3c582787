#!/usr/bin/env python3
"""Draws the distributions of copying in held-out/, held-out-1/ to held-out-5/, held-out-permutations/ and calibration/ at random, and writes out those in
initial-weights/.

    experiments/draw.py held-out       prints them
    experiments/draw.py --check        compares the files with what is drawn

The files were written once, before anything was trained on them. held-out-1/ to held-out-5/ came first: what their
rounds showed has since been put into the theory, and held-out/ took their place. calibration/ also has distributions that were set by hand, named hand-….
"""

import math
import random
import sys
import textwrap
import tomllib
from pathlib import Path

# How many of each kind.
FIRST = {"plain": 5, "permutation": 5, "noise": 5, "zipf": 3, "repetition": 3, "zipf-repetition": 3, "mixed": 4, "sgd": 3, "sgd-mixed": 2, "heads": 3}
THIRD = {"plain": 4, "permutation": 10, "noise": 4, "zipf": 3, "repetition": 3, "zipf-repetition": 3, "mixed": 4, "sgd": 4, "sgd-mixed": 5, "heads": 4}

# The seed and the counts of each file.
SETS = {
    "held-out": (20261204, THIRD),
    "held-out-permutations": (20261205, {"permutation": 40}),
    "held-out-1": (20261127, FIRST),
    "held-out-2": (20261129, FIRST),
    "held-out-3": (20261201, THIRD),
    "held-out-4": (20261202, THIRD),
    "held-out-5": (20261203, THIRD),
    "calibration": (
        1,
        {"plain": 14, "permutation": 20, "noise": 14, "zipf": 8, "repetition": 8, "zipf-repetition": 10, "mixed": 14, "sgd": 10, "sgd-mixed": 6, "heads": 8},
    ),
}

# Length, width, batch and rate of the settings of initial-weights.
WEIGHTS = [(9, 64, 32, 0.00078), (12, 64, 64, 0.001), (13, 48, 64, 0.0014), (15, 64, 256, 0.0011), (16, 96, 64, 0.001), (24, 128, 64, 0.001)]


def log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def mixture(rng):
    """At least two of noise, Zipf frequencies, repetition and reversed order."""
    while True:
        task = {}
        if rng.random() < 0.6:
            task["noise"] = round(rng.uniform(0.05, 0.35), 2)
        if rng.random() < 0.5:
            task["zipf"] = round(rng.uniform(0.3, 1.3), 1)
        if rng.random() < 0.5:
            task["repetition"] = True
        if rng.random() < 0.3:
            task["reversed"] = True
        if len(task) >= 2:
            return task


def draw(rng, kind):
    """Keys of the spec of one distribution."""
    sgd = kind.startswith("sgd")
    while True:
        length = round(log_uniform(rng, 8, 32))
        width = rng.choice([32, 48, 64, 96, 128, 192, 256])
        batch = rng.choice([16, 32, 64, 128, 256])
        rate = float(f"{log_uniform(rng, 0.4, 1.6) if sgd else log_uniform(rng, 3e-4, 3e-3):.2g}")
        # Adam moves a score by about rate · width in a step; the second bound is on the time that training takes.
        if not sgd and not 0.03 <= rate * width <= 0.26:
            continue
        if width * width * batch * length > (12e6 if sgd else 84e6):
            continue
        task = {}
        ratio = 1.0 if kind == "permutation" else log_uniform(rng, 1.1, 3.2)
        if kind == "noise":
            task["noise"] = round(rng.uniform(0.05, 0.45), 2)
            ratio = 1.0 if rng.random() < 0.15 else ratio
        if kind == "zipf":
            task["zipf"] = round(rng.uniform(0.3, 1.5), 1)
        if kind == "repetition":
            task["repetition"] = True
            ratio = log_uniform(rng, 0.8, 2.5)
        if kind == "zipf-repetition":
            task["repetition"] = True
            task["zipf"] = round(rng.uniform(0.3, 1.5), 1)
            ratio = log_uniform(rng, 0.8, 2.5)
        if kind in ("mixed", "sgd-mixed"):
            task = mixture(rng)
        if kind == "sgd" and rng.random() < 0.25:
            ratio = 1.0
        if kind == "heads":
            task["heads"] = rng.choice([2, 4, 8])
            ratio = 1.0 if rng.random() < 0.4 else ratio
        if kind in ("plain", "permutation", "noise", "heads") and rng.random() < 0.2:
            task["reversed"] = True
        vocabulary = max(round(length * ratio), 4 if task.get("repetition") else length)
        if kind in ("plain", "zipf") and vocabulary == length:
            vocabulary = length + 1
        return keys(vocabulary, length, width, batch, rate, task, sgd)


def keys(vocabulary, length, width, batch, rate, task, sgd):
    found = [f"task.vocabulary={vocabulary}", f"task.length={length}"]
    if task.get("repetition"):
        found.append("task.repetition=true")
    if "zipf" in task:
        found.append('task.frequencies="zipf"')
        if task["zipf"] != 1:
            found.append(f"task.zipf_exponent={task['zipf']}")
    if task.get("reversed"):
        found.append('task.order="reversed"')
    if "noise" in task:
        found.append(f"task.noise={task['noise']}")
    found += [f"model.hidden={width}", f"model.embedding={width}"]
    if "heads" in task:
        found.append(f"model.heads={task['heads']}")
    found += [f"train.batch={batch}", f"train.learning_rate={rate}"]
    if sgd:
        return found + ['train.optimizer="sgd"', f"train.steps={int(round(6000 / rate, -2))}", "record.every=10"]
    steps = int(min(4000, round(200 / (rate * width), -2)))
    return found + [f"train.steps={steps}", f"record.every={5 if rate * width > 0.1 else 10}"]


def drawn(name):
    if name == "initial-weights":
        return same_weights()
    seed, counts = SETS[name]
    rng = random.Random(seed)
    return [(f"{kind}-{place}", kind, draw(rng, kind)) for kind, count in counts.items() for place in range(1, count + 1)]


def same_weights():
    """Settings of permutations, each with some initial weights; what differs between the seeds of one is data."""
    found = []
    for length, width, batch, rate in WEIGHTS:
        for seed in range(100, 105):
            own = keys(length, length, width, batch, rate, {}, False)
            found.append((f"length-{length}-weights-{seed}", f"length-{length}", own + [f"model.body_seed={seed}", f"model.head_seeds=[{seed}]"]))
    return found


def check():
    for name in [*SETS, "initial-weights"]:
        path = Path(__file__).parent / name / "distributions.toml"
        written = tomllib.loads(path.read_text())["distribution"]
        own = [(each["name"], each["kind"], each["set"]) for each in written if not each["name"].startswith("hand-")]
        if own != drawn(name):
            sys.exit(f"{path}: it is not what {Path(__file__).name} draws; restore it, or give a new file a new seed")


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    if len(sys.argv) != 2 or sys.argv[1] not in [*SETS, "initial-weights"]:
        sys.exit(__doc__)
    for name, kind, found in drawn(sys.argv[1]):
        lines = textwrap.wrap(", ".join(f"'{key}'" for key in found) + ",", 112, break_long_words=False, break_on_hyphens=False)
        print(f'\n[[distribution]]\nname = "{name}"\nkind = "{kind}"\nset = [')
        print("".join(f"    {line}\n" for line in lines) + "]")


if __name__ == "__main__":
    main()
