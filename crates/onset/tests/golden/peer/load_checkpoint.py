"""Load an Onset checkpoint into the PyTorch model and compare logits.

    python load_checkpoint.py RUN_DIR LOGITS.safetensors

RUN_DIR holds `spec.toml` and `checkpoints/step-*.safetensors`, of which the latest is loaded.
LOGITS.safetensors is what Onset computed with that checkpoint: `source`, `logits`, and
`decoder_input` (copying), `source_length` (classification) or both and `target_length` (translation,
zeros behind the end of a sentence). The exit code is 1 when the largest
difference exceeds 1e-4 of the largest logit.
"""

import argparse
import sys
import tomllib
from pathlib import Path

import torch
from safetensors.torch import load_file

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
        ours = logits(model, given)

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
    sizes = spec["model"]
    uniform = sizes["attention"] == "uniform"
    if spec["task"] == "copying" and sizes.get("cell") == "gru":
        if uniform or not sizes["context"] or sizes.get("shared_embedding", True):
            sys.exit("the PyTorch model with GRUs is that of the multi-head experiment: separate embeddings, no variants")
        return Multihead(
            vocabulary=spec["data"]["vocabulary"],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            heads=sizes.get("heads", 1),
            bidirectional=sizes["bidirectional"],
        )
    if spec["task"] == "copying":
        if sizes.get("heads", 1) > 1 or not sizes.get("shared_embedding", True):
            sys.exit("the PyTorch model with LSTMs has one head and one embedding")
        return Copier(
            vocabulary=spec["data"]["vocabulary"],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            bidirectional=sizes["bidirectional"],
            uniform=uniform,
            no_context=not sizes["context"],
        )
    if spec["task"] == "classification":
        # Which words there are is decided by the data, so the spec does not say how many.
        return Classifier(
            vocabulary=parameters["embedding.weight"].shape[0],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            attention_hidden=sizes["attention_hidden"],
            uniform=uniform,
        )
    if spec["task"] == "translation":
        return Translator(
            vocabulary=parameters["embedding.weight"].shape[0],
            embedding=sizes["embedding"],
            hidden=sizes["hidden"],
            layers=sizes["layers"],
            uniform=uniform,
        )
    sys.exit(f'spec.toml: task = "{spec["task"]}"; expected "copying", "classification" or "translation"')


def logits(model, given):
    """The model's logits for the inputs that Onset used."""
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
