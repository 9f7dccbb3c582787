"""Predictions without training."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from onset import _onset
from onset.data import target_of
from onset.progress import log
from onset.training import options_of


class Prediction(Mapping[str, Any]):
    """What training is predicted to do, as plain data: of texts ``words`` (with ``attention``, ``signal``, ``label``), of drawn
    tasks levels and times with their intervals."""

    def __init__(self, found: dict[str, Any], others: list[dict[str, Any]]) -> None:
        self._found = found
        self.by_seed = [Prediction(other, []) for other in others] if others else [self]

    def __getitem__(self, key: str) -> Any:
        return self._found[key]

    def __iter__(self) -> Any:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def kind(self) -> str:
        """``words``, ``copying`` or ``levels``."""
        return str(self._found["kind"])

    def to_pandas(self) -> Any:
        """The predicted words, or levels, as a ``pandas.DataFrame``."""
        import pandas

        rows = self._found.get("words") or self._found.get("levels") or [self._found]
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        if self.kind == "words":
            words = self._found["words"][:8]
            lines = [
                f"  {each['word']:<16} {each['attention']:.2f} × uniform" + (f"  {each['label']}" if each.get("label") else "")
                for each in words
            ]
            return "\n".join([f"Prediction from {self._found['seen']} examples; most attention goes to", *lines])
        if self.kind == "levels":
            lines = [f"  {each['name']:<10} {each['loss']:.3f}  {each['meaning']}" for each in self._found["levels"]]
            return "\n".join(["Prediction of the levels of the loss, in nats", *lines])
        outcome = self._found["outcome"]
        low, median, high = (f"after {outcome['horizon']:.0f}" if at is None else f"{at:.0f}" for at in outcome["emergence"])
        return (
            f"Prediction of copying, seed {self._found['seed']}: learned within {outcome['budget']} steps with a chance of "
            f"{outcome['chance']:.2f}; step {median} (80 % interval {low} to {high})"
        )


def predict(
    data: Any = "keyword",
    *,
    seeds: Sequence[int] | None = None,
    set: Mapping[str, Any] | None = None,
    labels: Sequence[str] | None = None,
    positive: Sequence[str] | str = (),
    text_column: str | None = None,
    label_column: str | None = None,
    source_column: str | None = None,
    target_column: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    from_: str | os.PathLike[str] | None = None,
) -> Prediction:
    """What training will do; nothing is trained.

    The arguments are those of :func:`onset.train`.

    >>> onset.predict({"text": ["a b", "b c", "a c", "c d"] * 20, "label": ["x", "y", "x", "y"] * 20}).kind
    'words'
    """
    columns = (text_column, label_column, source_column, target_column)
    with target_of(data, folder=None, name=None, columns=columns) as target:
        options = options_of(
            keys=set or {},
            labels=labels,
            positive=positive,
            text_column=text_column,
            label_column=label_column,
            source_column=source_column,
            target_column=target_column,
            separator=separator,
            header=header,
            encoding=encoding,
            from_=from_,
        )
        found, notices = _onset.predict(target, options, None if seeds is None else list(seeds))
    for notice in notices:
        log.info("%s", notice)
    predictions = json.loads(found)
    return Prediction(predictions[0], predictions[1:] and predictions)
