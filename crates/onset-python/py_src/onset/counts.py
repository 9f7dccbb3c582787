"""Counts that add up: a data set that is never in one place is counted part by part."""

from __future__ import annotations

from typing import Any

from onset import _onset
from onset.data import columns_of
from onset.frame import Frame


class Counts:
    """How often words occur in texts of each label. ``a + b`` counts the texts of both, exactly: the same texts give the same counts,
    and the same bytes, whatever the parts and their order.

    >>> one = onset.count([("win a prize", "spam"), ("see you", "ham")])
    >>> both = one + onset.count([("a free prize", "spam"), ("at home", "ham")])
    >>> both.texts, both.words(at_least=2)["word"]
    (4, ['a', 'prize'])
    """

    def __init__(self, counts: _onset.Counts) -> None:
        self._counts = counts

    @property
    def labels(self) -> dict[str, int]:
        """Texts of each label."""
        return dict(self._counts.labels)

    @property
    def texts(self) -> int:
        """The number of texts."""
        return sum(self.labels.values())

    def words(self, at_least: int = 5) -> Frame:
        """The words in at least so many texts, those first that attention will go to: ``word``, ``label`` (the one that it speaks for),
        ``texts``, ``of_label``, ``signal`` (its covariance with the label, in standard errors), ``beta`` (what stage 1 learns of it in
        first order) and ``clear`` (1 where it is in more texts of the label than chance would put there, at a false discovery rate of
        1 % over all words)."""
        return Frame(self._counts.words(at_least))

    def __add__(self, other: object) -> Counts:
        if not isinstance(other, Counts):
            return NotImplemented
        return Counts(self._counts.added(other._counts))

    def __radd__(self, other: object) -> Counts:
        # So that `sum` of counts works.
        return self if other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self._counts.equals(other._counts)

    __hash__ = None  # type: ignore[assignment]

    def to_bytes(self) -> bytes:
        """As bytes, for another process; the same of the same texts."""
        return bytes(self._counts.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> Counts:
        """What :meth:`to_bytes` gave."""
        return cls(_onset.Counts.from_bytes(data))

    def __reduce__(self) -> tuple[object, ...]:
        return (Counts.from_bytes, (self.to_bytes(),))

    def __repr__(self) -> str:
        labels = ", ".join(f"{texts} of {label}" for label, texts in self.labels.items())
        return f"Counts of {self.texts} texts ({labels}), {self._counts.vocabulary} words"


def count(data: Any, *, text_column: str = "text", label_column: str = "label") -> Counts:
    """The counts of labelled texts: a frame, a dict of columns, or a list of (text, label).

    They are all that :meth:`Counts.words` predicts from, so that a set in parts is predicted without ever being in one place:
    ``sum(onset.count(part) for part in parts).words()``.
    """
    columns = dict(columns_of(data, (text_column, label_column)))
    names = list(columns)
    texts = columns.get(text_column, columns[names[0]])
    labels = columns.get(label_column, columns[names[-1]])
    return Counts(_onset.Counts(texts, labels))
