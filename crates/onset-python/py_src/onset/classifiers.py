"""Labels of new texts, by the model of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onset import _onset
from onset.progress import log


@dataclass(frozen=True)
class Classified:
    """A text with what a model makes of it."""

    label: str | None
    """The likeliest label; ``None`` for a text without words."""
    probabilities: dict[str, float]
    """The probability of each label. Those of labels with descriptions are each by itself, and do not sum to 1."""
    words: list[str] = field(default_factory=list, repr=False)
    """The words or tokens that were read."""
    alpha: list[float] = field(default_factory=list, repr=False)
    """The attention weight of each; of several heads, the mean over those of the last layer."""
    delta: list[float] = field(default_factory=list, repr=False)
    """How much the embedding of each supports the label."""


class Classifier:
    """The model of a run of ``onset.train`` on labelled texts, or of ``onset meta train``.

    A model of the second kind classifies by what labels mean: ``labels`` gives each one question, or several, whose answer is Yes for
    its texts. It needs no example of them.

    Args:
        run: the directory of the run, or a ``Run``.
        labels: for a model of descriptions, the questions by label, or the path of a ``.toml`` with ``[[labels]]``.
        step: the step of the checkpoint; the last without.
        threads: threads, for a model of descriptions; results do not depend on it. Without, one for each core.

    Raises:
        onset.TargetError: if ``labels`` do not fit the run.
        onset.StoreError: if the run cannot be read.

    >>> import onset, tempfile
    >>> rows = [("win a prize now", "spam"), ("see you at home", "ham")] * 20
    >>> runs = onset.train(rows, steps=5, out=tempfile.mkdtemp(), progress=False, set={"model.hidden": 4, "task.min_count": 1})
    >>> onset.Classifier(runs[0].path).classify(["win a prize"])[0].label in ("spam", "ham")
    True
    """

    def __init__(
        self,
        run: str | os.PathLike[str],
        labels: Mapping[str, str | Sequence[str]] | str | os.PathLike[str] | None = None,
        *,
        step: int | None = None,
        threads: int | None = None,
    ) -> None:
        questions: list[tuple[str, list[str]]] | None = None
        file: str | None = None
        if isinstance(labels, Mapping):
            questions = [(name, [own] if isinstance(own, str) else list(own)) for name, own in labels.items()]
        elif labels is not None:
            file = os.fspath(labels)
        path = os.fspath(getattr(run, "path", run))
        self._model = _onset.Classifier(path, step, questions, file, threads or os.cpu_count() or 1)
        self._run = path

    @property
    def labels(self) -> list[str]:
        """The names of the labels."""
        return self._model.labels()

    @property
    def step(self) -> int:
        """The steps that the model was trained for."""
        return self._model.step()

    def classify(self, texts: Sequence[str], *, words: bool = False) -> list[Classified]:
        """Labels ``texts``, in their order; with ``words``, the tokens of each with attention and influence."""
        found, notices = self._model.classify([str(text) for text in texts], words)
        for notice in notices:
            log.warning("%s", notice)
        labels = self.labels
        return [
            Classified(
                label=each["label"],
                probabilities=dict(zip(labels, each["probabilities"], strict=False)),
                words=each["words"] if words else [],
                alpha=each["alpha"] if words else [],
                delta=each["delta"] if words else [],
            )
            for each in json.loads(found)
        ]

    def __repr__(self) -> str:
        return f"Classifier({self._run!r}, {len(self.labels)} labels, step {self.step})"
