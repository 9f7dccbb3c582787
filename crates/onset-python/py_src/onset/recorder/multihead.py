"""``nn.MultiheadAttention``, and with it ``nn.Transformer`` and its layers, whose fast path skips hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from onset.errors import RecordError
from onset.recorder.watching import Watcher


class Multihead:
    """The modules ``nn.MultiheadAttention`` in a model."""

    def __init__(self, model: nn.Module, without: set[nn.Module]) -> None:
        self._modules = {
            name: module
            for name, module in model.named_modules()
            if isinstance(module, nn.MultiheadAttention) and module not in without
        }

    def names(self) -> dict[str, nn.Module]:
        return dict(self._modules)

    @contextmanager
    def watched(self, watcher: Watcher) -> Iterator[None]:
        fast = torch.backends.mha.get_fastpath_enabled()
        # Where an intervention holds, they are watched already.
        before = {name: module.__dict__.get("forward") for name, module in self._modules.items()}
        try:
            torch.backends.mha.set_fastpath_enabled(False)
            for name, module in self._modules.items():
                module.forward = _forward(module, watcher, name)
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
            for name, module in self._modules.items():
                own = before[name]
                if own is None:
                    # The class has its own again.
                    module.__dict__.pop("forward", None)
                else:
                    module.__dict__["forward"] = own


def _forward(module: nn.MultiheadAttention, watcher: Watcher, name: str) -> Callable[..., Any]:
    """The module's forward, with weights that pass through the watcher."""

    def forward(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        single = query.dim() == 2
        if single:
            query, key, value = (each.unsqueeze(0) for each in (query, key, value))
        elif not module.batch_first:
            query, key, value = (each.transpose(0, 1) for each in (query, key, value))
        q, k, v = projected(module, query, key, value)
        scores = torch.matmul(q, k.transpose(2, 3)) * q.shape[-1] ** -0.5
        shape = scores.shape
        scores = _masked(scores, attn_mask, key_padding_mask, is_causal)
        weights = torch.softmax(scores, dim=-1)
        # As large as the weights, and of no more use.
        del scores

        def visible() -> Tensor:
            return ~torch.isneginf(_masked(torch.zeros(shape, device=q.device), attn_mask, key_padding_mask, is_causal))

        weights = watcher.attend(name, weights, visible)
        dropped = nn.functional.dropout(weights, p=module.dropout, training=module.training)
        output = torch.matmul(dropped, v).transpose(1, 2).flatten(2)
        output = nn.functional.linear(output, module.out_proj.weight, module.out_proj.bias)
        if single:
            output = output.squeeze(0)
        elif not module.batch_first:
            output = output.transpose(0, 1)
        if not need_weights:
            return output, None
        shown = weights.mean(dim=1) if average_attn_weights else weights
        return output, shown.squeeze(0) if single else shown

    return forward


def projected(module: nn.MultiheadAttention, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
    """Queries, keys and values of each head: batch × heads × positions × width."""
    if module.bias_k is not None or module.add_zero_attn:
        raise RecordError("nn.MultiheadAttention with add_bias_kv or add_zero_attn cannot be recorded")
    weights: tuple[Tensor, ...]
    if module.in_proj_weight is not None:
        weights = tuple(module.in_proj_weight.chunk(3))
    else:
        weights = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
    biases = module.in_proj_bias.chunk(3) if module.in_proj_bias is not None else (None, None, None)
    maps = (nn.functional.linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))
    return [x.unflatten(2, (module.num_heads, module.head_dim)).transpose(1, 2) for x in maps]


def _masked(scores: Tensor, attn_mask: Tensor | None, padding: Tensor | None, is_causal: bool) -> Tensor:
    """Scores with the masks of ``nn.MultiheadAttention``, in which True is hidden."""
    if attn_mask is None and is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
    if attn_mask is not None:
        if attn_mask.dim() == 3:
            attn_mask = attn_mask.view(-1, scores.shape[1], *attn_mask.shape[1:])
        scores = scores.masked_fill(attn_mask, float("-inf")) if attn_mask.dtype == torch.bool else scores + attn_mask
    if padding is not None:
        hidden = padding[:, None, None, :]
        scores = scores.masked_fill(hidden, float("-inf")) if padding.dtype == torch.bool else scores + hidden
    return scores
