"""From a pass over the probes to what is recorded: predictions, and α by place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onset import _onset
from onset._onset import HeldRows
from onset.recorder.layout import Attending, Layout
from onset.recorder.probes import Probes

Rows = tuple[NDArray[np.float32], NDArray[np.int64]]
Words = Callable[[Sequence[int]], list[str]]


@dataclass(frozen=True)
class Example:
    """What is predicted in one example.

    Attributes:
        source: the positions of the (source) sequence that are no padding.
        target: those of the target, of encoder–decoder models.
        queries: the positions whose output is predicted; empty where there is one output for the whole example.
        truth: the right outputs, −100 where one is unknown.
        causal: whether a query sees no position behind its own.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    queries: NDArray[np.int64]
    truth: NDArray[np.int64]

    causal: bool = False

    def seen(self, place: Attending, query: int) -> NDArray[np.int64]:
        """The positions that a place may attend to from a query."""
        positions = self.positions(place)
        return positions[positions <= query] if self.sees_before(place) else positions

    def positions(self, place: Attending) -> NDArray[np.int64]:
        """The positions that a place may attend to from some query."""
        return self.target if place.sequence == 1 else self.source

    def sees_before(self, place: Attending) -> bool:
        """Whether a query of a place sees the positions up to its own alone."""
        return place.kind != "cross" and (place.sequence == 1 or self.causal)


def examples_of(layout: Layout, probes: Probes) -> list[Example]:
    """What is predicted in each probe example."""
    return [_example(layout, probes, number) for number in range(probes.count)]


def _real(ids: Tensor | None, mask: Tensor | None, number: int, length: int) -> NDArray[np.int64]:
    if mask is not None:
        return np.asarray(mask[number].nonzero().reshape(-1).cpu(), dtype=np.int64)
    return np.arange(ids.shape[1] if ids is not None else length, dtype=np.int64)


def _example(layout: Layout, probes: Probes, number: int) -> Example:
    source = _real(probes.ids, probes.mask, number, 0)
    target = _real(probes.decoder_ids, probes.decoder_mask, number, 0)
    labels = probes.labels
    unknown = np.full(1, -100, dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    if layout.predicts == "label":
        truth = unknown if labels is None else np.asarray([int(labels[number])], dtype=np.int64)
        return Example(source, none, none, truth)
    if layout.predicts == "next":
        ids = _ids(probes.ids, number)
        return Example(source, none, source[:-1], ids[source[1:]] if ids is not None else np.full(len(source) - 1, -100), True)
    if layout.predicts == "pairs":
        if labels is not None and labels.dim() == 2:
            own = np.asarray(labels[number].cpu(), dtype=np.int64)
            queries = np.flatnonzero(own != -100)
            return Example(source, target, queries, own[queries])
        ids = _ids(probes.decoder_ids, number)
        truth = ids[target[1:]] if ids is not None else np.full(len(target) - 1, -100)
        return Example(source, target, target[:-1], truth)
    if layout.predicts == "tokens" and labels is not None and labels.dim() == 2:
        own = np.asarray(labels[number].cpu(), dtype=np.int64)
        queries = source[own[source] != -100]
        return Example(source, none, queries, own[queries])
    ids = _ids(probes.ids, number) if layout.predicts == "tokens" else None
    truth = ids[source] if ids is not None else np.full(len(source), -100, dtype=np.int64)
    return Example(source, none, source, truth)


def _ids(ids: Tensor | None, number: int) -> NDArray[np.int64] | None:
    return None if ids is None else np.asarray(ids[number].cpu(), dtype=np.int64)


def rows_of_all(
    weights: NDArray[np.float32], place: Attending, examples: Sequence[Example], pooling: str
) -> list[list[HeldRows]] | list[list[Rows]]:
    """α of one attention (examples × heads × queries × positions): by example and head, a row for each prediction."""
    if all(example.queries.size == 0 for example in examples):
        return [[_pooled(head, example.source, pooling) for head in own] for own, example in zip(weights, examples)]
    queries = [example.queries for example in examples]
    positions = [example.positions(place) for example in examples]
    return _onset.held_rows(weights, queries, positions, any(example.sees_before(place) for example in examples))


def _pooled(weights: NDArray[np.float32], source: NDArray[np.int64], pooling: str) -> Rows:
    own = weights[np.ix_(source, source)] if weights.shape[0] == weights.shape[1] else weights[:, source]
    row = own.mean(axis=0) if pooling == "mean" else own[-1 if pooling == "last" else 0]
    return np.ascontiguousarray(row), _offsets(np.asarray([row.size]))


def _joined(rows: Sequence[NDArray[np.float32]]) -> Rows:
    values = np.concatenate(rows) if rows else np.zeros(0, dtype=np.float32)
    return values.astype(np.float32, copy=False), _offsets(np.asarray([row.size for row in rows], dtype=np.int64))


def _offsets(sizes: NDArray[Any]) -> NDArray[np.int64]:
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


joined = _joined


@dataclass
class Predicted:
    """What the model predicts in one example: the likeliest outputs, and ln p of the right ones (NaN where unknown)."""

    outputs: NDArray[np.int64]
    log_probability: NDArray[np.float32]
    logit: float | None = None


def predicted(logits: Tensor | None, examples: Sequence[Example]) -> list[Predicted]:
    """The predictions of each example, from the scores of all outputs."""
    found = []
    for number, example in enumerate(examples):
        count = example.truth.size
        if logits is None:
            found.append(Predicted(np.full(count, -1), np.full(count, np.nan, dtype=np.float32)))
            continue
        rows = logits[number].detach().float()
        rows = rows[torch.as_tensor(example.queries, device=rows.device)] if example.queries.size else rows.reshape(1, -1)
        if rows.shape[-1] == 1:
            # One score of two labels.
            rows = torch.cat([torch.zeros_like(rows), rows], dim=-1)
        truth = torch.as_tensor(example.truth, device=rows.device)
        known = truth >= 0
        logs = torch.log_softmax(rows, dim=-1).gather(1, truth.clamp(min=0).unsqueeze(1)).squeeze(1)
        logs = torch.where(known, logs, torch.full_like(logs, float("nan")))
        best = rows.argmax(dim=-1)
        logit = None
        if example.queries.size == 0 and bool(known.all()):
            logit = float(rows[0, 1] - rows[0, 0]) if rows.shape[-1] == 2 else float(log_odds(rows, truth)[0])
        found.append(Predicted(best.cpu().numpy(), logs.cpu().numpy(), logit))
    return found


def log_odds(rows: Tensor, truth: Tensor) -> Tensor:
    """The log-odds of the right label: its score against the sum of the others."""
    own = rows.gather(1, truth.unsqueeze(1)).squeeze(1)
    others = rows.scatter(1, truth.unsqueeze(1), float("-inf"))
    return own - torch.logsumexp(others, dim=-1)
