"""Load an Onset checkpoint into the PyTorch model and compare logits.

    python load_checkpoint.py RUN_DIR LOGITS.safetensors

RUN_DIR holds `spec.toml` and `checkpoints/step-*.safetensors`, of which the latest is loaded.
LOGITS.safetensors is what Onset computed with that checkpoint: `source`, `logits`, and
`decoder_input` (copying), `source_length` (classification) or both and `target_length` (translation,
zeros behind the end of a sentence). Of an attention-only model it is `tokens` and `logits`, those of
the predictions alone. The exit code is 1 when the largest difference exceeds 1e-4 of the largest
logit.
"""

import argparse
import sys
import tomllib
from pathlib import Path

import torch
from safetensors.torch import load_file

from attention_only import AttentionOnly
from classifier import Classifier
from copier import Copier, real
from multihead import Multihead
from translator import Translator

TOLERANCE = 1e-4


def main():
    parser = argparse.ArgumentParser(description="Compare Onset's logits with PyTorch's, same checkpoint.")
    parser.add_argument("run", type=Path, help="run directory")
    parser.add_argument("logits", type=Path, help="inputs and logits as Onset wrote them")
    arguments = parser.parse_args()

    spec = tomllib.loads((arguments.run / "spec.toml").read_text())
    checkpoints = list((arguments.run / "checkpoints").glob("step-*.safetensors"))
    if not checkpoints:
        sys.exit(f"{arguments.run}/checkpoints holds no step-*.safetensors; train the run first")
    latest = max(checkpoints, key=lambda path: int(path.stem.removeprefix("step-")))
    parameters = load_file(latest)

    model = build(spec, parameters)
    model.load_state_dict(parameters, strict=True)
    given = load_file(arguments.logits)
    with torch.no_grad():
        ours = logits(model, given, spec)

    theirs = given["logits"]
    if ours.shape != theirs.shape:
        sys.exit(f"logits are {list(theirs.shape)} in {arguments.logits}, but PyTorch gives {list(ours.shape)}")
    difference = (ours - theirs).abs().max().item()
    relative = difference / ours.abs().max().item()
    print(f"{latest}: {len(parameters)} tensors loaded, {ours.numel()} logits compared")
    print(f"largest difference {difference:.3e}, relative to the largest logit {relative:.3e}")
    # Written so that NaN fails.
    sys.exit(0 if relative <= TOLERANCE else 1)


def build(spec, parameters):
    """The PyTorch model that a resolved spec describes."""
    task, data = task_of(spec)
    sizes = spec["model"]
    uniform = sizes["attention"] == "uniform"
    if sizes.get("kind") == "attention-only":
        return AttentionOnly(
            vocabulary=parameters["embedding.weight"].shape[0],
            width=sizes["width"],
            longest=parameters["position.weight"].shape[0],
            uniform=uniform,
        )
    if task == "copying" and sizes.get("cell") == "gru":
        if uniform or not sizes["context"] or sizes.get("shared_embedding", True):
            sys.exit("the PyTorch model with GRUs is that of the multi-head experiment: separate embeddings, no variants")
        return Multihead(
            vocabulary=data["vocabulary"],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            heads=sizes.get("heads", 1),
            bidirectional=sizes["bidirectional"],
        )
    if task == "copying":
        if sizes.get("heads", 1) > 1 or not sizes.get("shared_embedding", True):
            sys.exit("the PyTorch model with LSTMs has one head and one embedding")
        return Copier(
            vocabulary=data["vocabulary"],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            bidirectional=sizes["bidirectional"],
            uniform=uniform,
            no_context=not sizes["context"],
        )
    if task == "classification":
        # Which words there are is decided by the data, so the spec does not say how many.
        return Classifier(
            vocabulary=parameters["embedding.weight"].shape[0],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            attention_hidden=sizes["attention_hidden"],
            labels=max(2, parameters["beta.weight"].shape[0]),
            uniform=uniform,
        )
    if task == "translation":
        return Translator(
            vocabulary=parameters["embedding.weight"].shape[0],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            layers=sizes["layers"],
            uniform=uniform,
        )
    sys.exit(f'spec.toml: no PyTorch model for task "{task}"; expected a model of kind "attention-only", or task '
             '"copying", "classification" or "translation"')


def task_of(spec):
    """The task's name and its settings: `[task] kind = ...`, or `task = ...` with `[data]` in older runs."""
    task = spec["task"]
    return (task["kind"], task) if isinstance(task, dict) else (task, spec.get("data", {}))


def first_prediction(spec):
    """The position of a single sequence from which on the next token is predicted, in every sequence alike."""
    task, data = task_of(spec)
    if task == "induction":
        return data["length"] - 1
    if task == "copying":
        # A source and its end; then the target's beginning, which is given.
        return data["length"] + 1
    sys.exit(f'spec.toml: where predictions begin is known of task "induction" and "copying", but not of "{task}"')


def logits(model, given, spec):
    """The model's logits for the inputs that Onset used."""
    if isinstance(model, AttentionOnly):
        return model(given["tokens"].long()[:, :-1])[0][:, first_prediction(spec) :]
    source = given["source"].long()
    if isinstance(model, (Copier, Multihead)):
        return model(source, given["decoder_input"].long())[0]
    if isinstance(model, Translator):
        fed = given["decoder_input"].long()
        said = model(source, fed, given["source_length"].long())[0]
        return said * real(fed, given["target_length"].long())[:, :, None]
    return model(source, given["source_length"].long())[0]


if __name__ == "__main__":
    main()
