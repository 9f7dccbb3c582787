"""Write `optimizers.json`: parameters after a few steps of PyTorch's AdamW and SGD, and clipped gradients.

Every number, settings included, is a float32 written so that reading it as a double gives exactly
that float32. PyTorch computes in float64 and its results are rounded once. The script also takes
the steps by the formulas, and fails where PyTorch is further from them than rounding.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).resolve().parent
SEED = 61
STEPS = 6
SHAPES = [12, 5]
TOLERANCE = 1e-12


def main():
    random = np.random.default_rng(SEED)
    adamw = {"rule": "adamw", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    sgd = {"rule": "sgd", "rate": 0.1}
    both, none = [True, True], [False, False]
    cases = [
        steps(random, "adamw", {**adamw, "rate": 1e-2, "weight_decay": 1e-2}, both),
        steps(random, "adamw_decay_of_one", {**adamw, "rate": 3e-2, "weight_decay": 0.5}, [True, False]),
        steps(random, "adamw_clipped", {**adamw, "rate": 1e-2, "weight_decay": 0.1, "max_norm": 1.0}, both),
        steps(random, "sgd", {**sgd, "momentum": 0.0}, none),
        steps(random, "sgd_momentum", {**sgd, "momentum": 0.9}, none),
        steps(random, "sgd_momentum_clipped", {**sgd, "momentum": 0.5, "max_norm": 2.0}, none),
    ]
    clips = [
        clip(random, "clipped", 1.0, 2.0),
        clip(random, "within", 100.0, 2.0),
        clip(random, "tiny", 1e-6, 1e-6),
    ]
    path = FOLDER / "optimizers.json"
    parts = {"steps": cases, "clips": clips}
    lines = [f'"{name}":[\n' + ",\n".join(map(dump, part)) + "\n]" for name, part in parts.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{path.name}: PyTorch {torch.__version__}, {path.stat().st_size} bytes")


def dump(case):
    return json.dumps(case, separators=(",", ":"), allow_nan=False)


def rounded(numbers):
    return np.asarray(numbers, dtype=np.float32).astype(np.float64).tolist()


def steps(random, name, settings, decays):
    settings = {
        key: value if isinstance(value, str) else float(np.float32(value)) for key, value in settings.items()
    }
    start = [rounded(random.normal(size=size)) for size in SHAPES]
    gradients = [[rounded(random.normal(size=size)) for size in SHAPES] for _ in range(STEPS)]
    parameters = [torch.tensor(values, dtype=torch.float64, requires_grad=True) for values in start]
    optimizer = optimizer_of(settings, parameters, decays)
    after = []
    for grads in gradients:
        for parameter, grad in zip(parameters, grads):
            parameter.grad = torch.tensor(grad, dtype=torch.float64)
        if "max_norm" in settings:
            torch.nn.utils.clip_grad_norm_(parameters, settings["max_norm"])
        optimizer.step()
        after.append([parameter.detach().numpy().copy() for parameter in parameters])
    check(name, after[-1], by_formula(settings, decays, start, gradients))
    after = [[rounded(values) for values in step] for step in after]
    numbers = {"start": start, "gradients": gradients, "after": after}
    return {"name": name, **settings, "decays": decays, **numbers}


def optimizer_of(settings, parameters, decays):
    if settings["rule"] == "sgd":
        return torch.optim.SGD(parameters, lr=settings["rate"], momentum=settings["momentum"])
    decay = settings["weight_decay"]
    groups = [{"params": [p], "weight_decay": decay if d else 0.0} for p, d in zip(parameters, decays)]
    betas = (settings["beta1"], settings["beta2"])
    return torch.optim.AdamW(groups, lr=settings["rate"], betas=betas, eps=settings["epsilon"])


def by_formula(settings, decays, start, gradients):
    rate, values = settings["rate"], [np.array(v) for v in start]
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    for t, grads in enumerate(gradients, 1):
        grads = clipped([np.array(g) for g in grads], settings.get("max_norm", math.inf))[1]
        for i, g in enumerate(grads):
            if settings["rule"] == "sgd":
                first[i] = settings["momentum"] * first[i] + g
                values[i] = values[i] - rate * first[i]
                continue
            if decays[i]:
                values[i] = values[i] * (1 - rate * settings["weight_decay"])
            beta1, beta2 = settings["beta1"], settings["beta2"]
            first[i] = beta1 * first[i] + (1 - beta1) * g
            second[i] = beta2 * second[i] + (1 - beta2) * g * g
            m, v = first[i] / (1 - beta1**t), second[i] / (1 - beta2**t)
            values[i] = values[i] - rate * m / (np.sqrt(v) + settings["epsilon"])
    return values


def clipped(grads, max_norm):
    norm = math.sqrt(sum(float((g * g).sum()) for g in grads))
    factor = min(1.0, max_norm / (norm + 1e-6))
    return norm, [g * factor for g in grads]


def clip(random, name, max_norm, scale):
    max_norm = float(np.float32(max_norm))
    grads = [rounded(scale * random.normal(size=size)) for size in SHAPES]
    parameters = [torch.zeros(size, dtype=torch.float64, requires_grad=True) for size in SHAPES]
    for parameter, grad in zip(parameters, grads):
        parameter.grad = torch.tensor(grad, dtype=torch.float64)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm).item()
    after = [parameter.grad.numpy() for parameter in parameters]
    check(name, after, clipped([np.array(g) for g in grads], max_norm)[1])
    after = [rounded(values) for values in after]
    numbers = {"gradients": grads, "norm": rounded([norm])[0], "after": after}
    return {"name": name, "max_norm": max_norm, **numbers}


def check(name, found, expected):
    for a, b in zip(found, expected):
        error = float(np.abs(np.asarray(a) - np.asarray(b)).max())
        assert error < TOLERANCE, f"{name}: PyTorch is {error} from the formula"


if __name__ == "__main__":
    main()
