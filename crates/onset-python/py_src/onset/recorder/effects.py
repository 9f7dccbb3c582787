"""β and Δ: what single positions do, measured by running the model again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from onset.errors import RecordError
from onset.recorder.layout import Attending, logits_of
from onset.recorder.probes import Probes
from onset.recorder.reading import Example, Rows, joined, log_odds
from onset.recorder.watching import Edit, Watcher

# Examples that are run at once for β, unless one copy of the probes has more.
_COPIES = 256


def beta(
    model: nn.Module, watcher: Watcher, probes: Probes, examples: Sequence[Example], place: Attending, head: int
) -> list[Rows]:
    """β of one head on each example: ln p of the right output if every query that sees position l had its whole weight there, all
    else as it is; for one label, the log-odds of the true one. A row for each prediction over the positions that it sees.

    It takes a pass for each position, several in one batch.
    """
    count = len(examples)
    positions = sorted({int(position) for example in examples for position in _attended(place, example)})
    copies = max(1, _COPIES // max(count, 1))
    logs: dict[int, NDArray[np.float32]] = {}
    for start in range(0, len(positions), copies):
        some = positions[start : start + copies]
        at = torch.tensor(some).repeat_interleave(count)

        rows = torch.arange(count).repeat(len(some))
        with watcher.passing(edit=_alone(place, head, at)), torch.no_grad():
            logits = logits_of(probes.run(model, rows))
        if logits is None:
            raise RecordError("β needs the model's scores of its outputs, and this model gives none", place="beta")
        for copy, position in enumerate(some):
            logs[position] = _values(logits[copy * count : (copy + 1) * count].float(), examples)
    starts = np.cumsum([0, *(example.truth.size for example in examples)])

    def of_example(number: int, example: Example) -> Rows:
        rows = []
        for at, query in enumerate(example.queries if example.queries.size else [-1]):
            seen = example.seen(place, int(query)) if query >= 0 else example.source
            rows.append(np.asarray([logs[int(position)][starts[number] + at] for position in seen], dtype=np.float32))
        return joined(rows)

    return [of_example(number, example) for number, example in enumerate(examples)]


def _alone(place: Attending, head: int, at: Tensor) -> Edit:
    """Puts the whole weight of one head on position ``at`` of each example, for the queries that see it."""

    def edit(key: str, weights: Tensor, visible: Tensor) -> Tensor:
        if key != place.key:
            return weights
        own = weights[:, head]
        index = at.to(own.device).view(-1, 1, 1).expand(-1, own.shape[1], 1)
        one_hot = torch.zeros_like(own).scatter(2, index, 1.0)
        sees = visible.expand_as(weights)[:, head].gather(2, index)
        edited = weights.clone()
        edited[:, head] = torch.where(sees, one_hot, own)
        return edited

    return edit


def _attended(place: Attending, example: Example) -> NDArray[np.int64]:
    return example.target if place.sequence == 1 else example.source


def _values(logits: Tensor, examples: Sequence[Example]) -> NDArray[np.float32]:
    """ln p of each right output, or the log-odds of each true label; one after the other."""
    values = []
    for number, example in enumerate(examples):
        rows = logits[number]
        rows = rows[torch.as_tensor(example.queries, device=rows.device)] if example.queries.size else rows.reshape(1, -1)
        if rows.shape[-1] == 1:
            rows = torch.cat([torch.zeros_like(rows), rows], dim=-1)
        truth = torch.as_tensor(example.truth, device=rows.device).clamp(min=0)
        if example.queries.size:
            values.append(torch.log_softmax(rows, dim=-1).gather(1, truth.unsqueeze(1)).squeeze(1))
        else:
            values.append(log_odds(rows, truth))
    found: NDArray[np.float32] = torch.cat(values).cpu().numpy()
    return found


def delta(model: nn.Module, probes: Probes, examples: Sequence[Example], embedding: nn.Module) -> list[Rows]:
    """Δ on each example: minus the derivative of the loss of each prediction by a scalar that multiplies the embedding of each token
    of the (source) sequence. It takes a backward pass for each position that is predicted."""
    scales: list[Tensor] = []

    def scaled(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
        # A decoder may embed its target with the same module.
        if scales or output.dim() != 3 or output.shape[0] != len(examples):
            return output
        scale = torch.ones(output.shape[:2], device=output.device, dtype=output.dtype, requires_grad=True)
        scales.append(scale)
        return output * scale.unsqueeze(-1)

    # Modules that share the table stand for it: an encoder and a decoder may each have one.
    tables = [each for each in model.modules() if getattr(each, "weight", None) is getattr(embedding, "weight", embedding)]
    hooks = [each.register_forward_hook(scaled) for each in {embedding, *tables} if not isinstance(each, nn.Linear)]
    try:
        with torch.enable_grad():
            logits = logits_of(probes.run(model))
            if logits is None or not scales:
                raise RecordError(
                    "Δ needs the model's scores of its outputs and the embedding of its tokens",
                    place="delta",
                    remedy="name the module with embedding=",
                )
            return _derivatives(logits, examples, scales[0])
    finally:
        for hook in hooks:
            hook.remove()


def _derivatives(logits: Tensor, examples: Sequence[Example], scale: Tensor) -> list[Rows]:
    most = max((example.truth.size for example in examples), default=0)
    found: list[list[NDArray[np.float32]]] = [[] for _ in examples]
    for at in range(most):
        # One backward pass for the prediction with this number of every example.
        losses = []
        for number, example in enumerate(examples):
            if at < example.truth.size and example.truth[at] >= 0:
                row = logits[number, int(example.queries[at])] if example.queries.size else logits[number].reshape(-1)
                if row.shape[0] == 1:
                    row = torch.cat([torch.zeros_like(row), row])
                losses.append(torch.log_softmax(row.float(), dim=-1)[int(example.truth[at])])
        gradient = torch.zeros_like(scale)
        if losses:
            (gradient,) = torch.autograd.grad(torch.stack(losses).sum(), scale, retain_graph=True)
        rows = gradient.detach().float().cpu().numpy()
        for number, example in enumerate(examples):
            if at < example.truth.size:
                seen = example.source
                if example.causal:
                    seen = seen[seen <= example.queries[at]]
                found[number].append(rows[number][seen])
    return [joined(rows) for rows in found]
