"""A pass over a model that leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def unwrapped(model: nn.Module) -> tuple[nn.Module, str | None]:
    """The module that holds the parameters, and what was around it: ``torch.compile`` or data parallelism."""
    around = None
    while True:
        if hasattr(model, "_orig_mod"):
            model, around = model._orig_mod, "torch.compile"
        elif isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            model, around = model.module, around or type(model).__name__
        else:
            return model, around


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """In it the model is in evaluation mode, without autocast. After it, mode, random numbers and gradients are what they were."""
    modes = [(module, module.training) for module in model.modules()]
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices), torch.autocast(device.type, enabled=False):
            for module, _ in modes:
                # Not `eval()`, which a model may define anew.
                module.training = False
            yield
    finally:
        for module, training in modes:
            module.training = training
