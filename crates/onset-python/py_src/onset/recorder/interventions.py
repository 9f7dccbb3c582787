"""Changes of attention that hold while a model is trained: clamps and ablations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Union

import torch
from torch import Tensor

from onset.errors import RecordError
from onset.recorder.layout import Layout

Attention = Union[str, Tensor, Callable[[Tensor], Tensor]]


@dataclass(frozen=True)
class Intervention:
    """What one layer or head attends to, from a step on.

    Attributes:
        layer: the layer's number; see :class:`onset.recorder.layout.Attending`.
        head: the head's number; ``None`` for all heads of the layer.
        attention: ``uniform`` (over what each query sees), ``previous`` (the position before), ``clamped`` (to ``positions``), weights, or
            a function of the weights.
        at: the number of steps after which it begins.
        until: the number of steps after which it ends; ``None`` for never.
        positions: the position that each query is clamped to (queries, or examples × queries).
    """

    layer: int
    head: int | None
    attention: Attention
    at: int
    until: int | None
    positions: Tensor | None = None

    def holds(self, step: int) -> bool:
        """Whether it holds after so many steps."""
        return step >= self.at and (self.until is None or step < self.until)

    def key(self, layout: Layout) -> str:
        """The attention that it changes.

        Raises:
            onset.RecordError: if there is no such layer or head.
        """
        for place in layout.places:
            if place.layer == self.layer:
                if self.head is not None and not 0 <= self.head < place.heads:
                    raise RecordError(f"layer {self.layer} has {place.heads} heads, and no head {self.head}", place="head")
                return place.key
        layers = len(layout.places)
        raise RecordError(f"there is no layer {self.layer}; the model has {layers}, counted from 0", place="layer")

    def apply(self, weights: Tensor, visible: Tensor) -> Tensor:
        """The weights that are used instead of ``weights``."""
        heads = slice(None) if self.head is None else slice(self.head, self.head + 1)
        own, sees = weights[:, heads], visible.expand_as(weights)[:, heads]
        changed = self._changed(own, sees)
        if changed.shape != own.shape:
            changed = changed.to(own).expand_as(own)
        result = weights.clone()
        result[:, heads] = changed.to(own.dtype)
        return result

    def _changed(self, own: Tensor, sees: Tensor) -> Tensor:
        if isinstance(self.attention, Tensor):
            return self.attention
        if callable(self.attention):
            return self.attention(own)
        if self.attention == "uniform":
            return sees.to(own.dtype) / sees.sum(dim=-1, keepdim=True).clamp(min=1)
        if self.attention == "previous":
            before = (torch.arange(own.shape[2], device=own.device) - 1).clamp(min=0)
            return torch.nn.functional.one_hot(before, own.shape[3]).to(own.dtype).expand_as(own)
        if self.attention == "clamped" and self.positions is not None:
            at = self.positions.to(own.device).expand(own.shape[0], own.shape[2])
            return torch.nn.functional.one_hot(at, own.shape[3]).to(own.dtype).unsqueeze(1).expand_as(own)
        raise RecordError(
            f"attention={self.attention!r}: expected \"uniform\", \"previous\", \"clamped\" with positions=, weights or a function of weights",
            place="attention",
        )
