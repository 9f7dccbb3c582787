"""What can go wrong: one hierarchy under ``onset.Error``.

>>> import onset
>>> try:
...     onset.predict("keywrod")
... except onset.TargetError as error:
...     print(error.kind, "did you mean `keyword`?" in str(error))
target True
"""

from __future__ import annotations


class Error(Exception):
    """Any error of Onset.

    Attributes:
        kind: what went wrong, in one word: ``spec``, ``target``, ``data``, ``store``, ``train``, ``forecast`` or ``record``.
        place: the file, folder, key or argument that it is about; ``None`` if there is none.
        remedy: what to do; ``None`` if the message says it.
    """

    kind: str = "error"

    def __init__(self, message: str, *, place: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message if remedy is None else f"{message}; {remedy}")
        self.message = message
        self.place = place
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        # So that it comes back whole from another process.
        return (_rebuilt, (type(self), self.message, self.place, self.remedy))


def _rebuilt(kind: type[Error], message: str, place: str | None, remedy: str | None) -> Error:
    return kind(message, place=place, remedy=remedy)


class SpecError(Error):
    """A spec, or a key or value of it, cannot be."""

    kind = "spec"


class TargetError(Error):
    """A target is not known, or an argument does not fit what is asked of it."""

    kind = "target"


class DataError(Error):
    """A data set, a table of texts or a frame cannot be used."""

    kind = "data"


class StoreError(Error):
    """A run directory or a file of it cannot be read or written."""

    kind = "store"


class TrainError(Error):
    """A run cannot be started or continued, or had to stop."""

    kind = "train"


class ForecastError(Error):
    """There is no prediction."""

    kind = "forecast"


class RecordError(Error):
    """A model cannot be recorded."""

    kind = "record"
