"""What heads do on repeated random tokens, and what they copy (Olsson et al. 2022)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from onset import _onset
from onset.recorder.layout import Layout
from onset.recorder.probes import Probes
from onset.recorder.watching import Watcher

# Sequences, random tokens of each, and how often they are repeated.
_SEQUENCES, _TOKENS, _REPEATS = 10, 25, 4


def repeated(model: nn.Module, probes: Probes, vocabulary: int, begin: int | None) -> Tensor | None:
    """Random tokens that are repeated (sequences × tokens), behind the token ``begin`` if there is one; ``None`` if the model can
    read no sequence that is long enough."""
    config = getattr(model, "config", None)
    longest = next((getattr(config, name) for name in ("max_position_embeddings", "n_positions") if hasattr(config, name)), None)
    if not isinstance(longest, int):
        longest = probes.ids.shape[1] if probes.ids is not None else 0
    longest -= begin is not None
    length, repeats = (min(longest // _REPEATS, _TOKENS), _REPEATS) if longest // _REPEATS >= 2 else (longest // 2, 2)
    if length < 2 or vocabulary < 2:
        return None
    tokens = torch.tensor(_onset.repeated_tokens(_SEQUENCES, length, repeats, vocabulary))
    if begin is not None:
        tokens = torch.cat([torch.full((len(tokens), 1), begin), tokens], dim=1)
    return tokens


def on_repeated(
    model: nn.Module, watcher: Watcher, layout: Layout, probes: Probes, tokens: Tensor
) -> dict[tuple[int, int], list[tuple[str, float]]]:
    """The scores of each head (by layer and head) on sequences of tokens, by name."""
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    moved = tokens.to(device)
    places = {place.key: place for place in layout.places}
    every, listed = [np.arange(tokens.shape[1])] * len(tokens), tokens.tolist()
    found: dict[tuple[int, int], list[tuple[str, float]]] = {}

    def measure(key: str, weights: Tensor) -> None:
        if key in places:
            rows = _onset.held_rows(weights.numpy(), every, every, True)
            for head, own in enumerate(zip(*rows)):
                found[places[key].layer, head] = _onset.head_scores(list(zip(own, listed)))

    with watcher.passing(measure), torch.no_grad():
        if isinstance(probes.arguments, dict):
            name = next(key for key, value in probes.arguments.items() if value is probes.ids)
            more = {key: value for key, value in probes.arguments.items() if not isinstance(value, Tensor)}
            model(**{name: moved}, **more)
        else:
            model(moved)
    return found


def copying(model: Any, key: str, module: Any, tokens: Tensor) -> list[float] | None:
    """How far each head of an attention copies what it attends to: its direct path from embedding to output layer, on random tokens.
    The share of the attended token among all that it raises, from −1 to 1. ``None`` where the parts are not known by name."""
    embedding = getattr(model, "get_input_embeddings", lambda: None)()
    output = getattr(model, "get_output_embeddings", lambda: None)()
    parts = _value_and_output(module)
    if embedding is None or output is None or parts is None:
        return None
    value, projection = parts
    with torch.no_grad():
        states = embedding.weight[tokens.to(embedding.weight.device)]
        norm = _norm_before(model, key)
        states = states if norm is None else norm(states)
        found = []
        for head in range(value.shape[0]):
            scores = (states @ value[head].T @ projection[head].T @ output.weight.T).float()
            above = (scores - scores.mean(dim=-1, keepdim=True)).clamp(min=0)
            own = above.gather(1, tokens.to(above.device).unsqueeze(1)).squeeze(1)
            share = torch.where(above.sum(dim=-1) > 0, 2 * own / above.sum(dim=-1).clamp(min=1e-30) - 1, torch.zeros_like(own))
            found.append(float(share.mean()))
    return found


def _value_and_output(module: Any) -> tuple[Tensor, Tensor] | None:
    """The maps to the values and from them, of each head: heads × width of a head × width, heads × width × width of a head."""
    if hasattr(module, "v_proj") and hasattr(module, "o_proj"):
        width = module.head_dim
        value = module.v_proj.weight.unflatten(0, (-1, width))
        projection = module.o_proj.weight.unflatten(1, (-1, width)).transpose(0, 1)
        return value.repeat_interleave(projection.shape[0] // value.shape[0], dim=0), projection
    if hasattr(module, "c_attn") and hasattr(module, "c_proj") and hasattr(module, "split_size"):
        heads = module.num_heads
        value = module.c_attn.weight[:, 2 * module.split_size :].T.unflatten(0, (heads, -1))
        return value, module.c_proj.weight.unflatten(0, (heads, -1)).transpose(1, 2)
    if hasattr(module, "query_key_value") and hasattr(module, "dense") and hasattr(module, "head_size"):
        width = module.head_size
        value = module.query_key_value.weight.unflatten(0, (-1, 3, width))[:, 2]
        return value, module.dense.weight.unflatten(1, (-1, width)).transpose(0, 1)
    return None


def _norm_before(model: nn.Module, key: str) -> nn.Module | None:
    """The norm before an attention, where its block has it under a name that is usual."""
    parent = key.split("#")[0].rpartition(".")[0]
    block = dict(model.named_modules()).get(parent)
    return next((getattr(block, name) for name in ("ln_1", "input_layernorm") if hasattr(block, name)), None)
