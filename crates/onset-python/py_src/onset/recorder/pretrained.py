"""Models of ``transformers``: their attention functions are chosen by name, and ours is one of them.

While a model is not watched it runs with the implementation that it had (SDPA, flash, eager): training is not slowed. Ours is eager
attention, which is what gives weights at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from onset.errors import RecordError
from onset.recorder.watching import Watcher

# Our implementation's name.
NAME = "onset"

# Who watches an attention module, and its name.
_OWNERS: WeakKeyDictionary[nn.Module, tuple[Watcher, str]] = WeakKeyDictionary()


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    position_bias: Tensor | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: Any,
) -> tuple[Tensor, Tensor]:
    """Eager attention whose weights pass through a watcher.

    Args:
        query: batch × heads × queries × width.
        key, value: batch × key heads × positions × width; with fewer heads than the query, each serves several.
        attention_mask: added to the scores (or, of truth values, where it is true is seen).

    Returns:
        The output (batch × queries × heads × width) and the weights (batch × heads × queries × positions).
    """
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    scores = torch.matmul(query, key.transpose(2, 3)) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    if position_bias is not None:
        scores = scores + position_bias
    mask = None
    if attention_mask is not None:
        mask = attention_mask[..., : key.shape[2]]
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min) if mask.dtype == torch.bool else scores + mask
    if s_aux is not None:
        # A learned score of attending to nothing, of each head.
        sinks = s_aux.reshape(1, -1, 1, 1).expand(*scores.shape[:3], 1)
        scores = torch.cat([scores, sinks.to(scores.dtype)], dim=-1)
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    # As large as the weights, and of no more use.
    del scores
    if s_aux is not None:
        weights = weights[..., :-1]
    owner = _OWNERS.get(module)
    if owner is not None:
        watcher, name = owner
        weights = watcher.attend(name, weights, None if mask is None else partial(_visible, mask))
    output = torch.matmul(nn.functional.dropout(weights, p=dropout, training=module.training), value)
    return output.transpose(1, 2).contiguous(), weights


def _visible(mask: Tensor) -> Tensor:
    """Where a mask lets a query see."""
    return mask if mask.dtype == torch.bool else mask > torch.finfo(mask.dtype).min / 2


def _register() -> None:
    from transformers.masking_utils import AttentionMaskInterface, eager_mask
    from transformers.modeling_utils import AttentionInterface

    AttentionInterface.register(NAME, attention)
    # With it, causality and padding come as one mask.
    AttentionMaskInterface.register(NAME, eager_mask)


class Pretrained:
    """A model of ``transformers``, or one within another module."""

    def __init__(self, model: Any, prefix: str) -> None:
        _register()
        if not getattr(model, "_can_set_attn_implementation", lambda: True)():
            raise RecordError(
                f"{type(model).__name__} has an attention of its own that cannot be replaced",
                remedy="pass its weights to recorder.capture(name, weights)",
            )
        self.model = model
        self._prefix = prefix

    @classmethod
    def within(cls, model: nn.Module) -> list[Pretrained]:
        """The outermost models of ``transformers`` in ``model``."""
        modeling = sys.modules.get("transformers.modeling_utils")
        if modeling is None:
            return []
        found: list[Pretrained] = []
        inside: set[nn.Module] = set()
        for name, module in model.named_modules():
            if module not in inside and isinstance(module, modeling.PreTrainedModel):
                found.append(cls(module, f"{name}." if name else ""))
                inside.update(module.modules())
        return found

    def names(self) -> dict[str, nn.Module]:
        return {f"{self._prefix}{name}": module for name, module in self.model.named_modules()}

    @contextmanager
    def watched(self, watcher: Watcher) -> Iterator[None]:
        configs = {id(module.config): module.config for module in self.model.modules() if hasattr(module, "config")}
        before = {key: getattr(config, "_attn_implementation", None) for key, config in configs.items()}
        owned = {name: module for name, module in self.names().items() if module not in _OWNERS}
        for name, module in owned.items():
            _OWNERS[module] = (watcher, name)
        try:
            self.model.set_attn_implementation(NAME)
            yield
        finally:
            for key, config in configs.items():
                if before[key] is not None:
                    # The public setter checks what was valid before, and may fetch kernels.
                    config._attn_implementation_internal = before[key]
            for module in owned.values():
                _OWNERS.pop(module, None)
