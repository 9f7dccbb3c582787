"""Agreement of two attribution records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onset import _onset
from onset.errors import DataError


@dataclass(frozen=True)
class Agreement:
    """How similarly two records rank the positions of each row.

    Attributes:
        mean: the mean over the rows where the measure is defined; ``None`` if there are none.
        low, high: the 95 % confidence interval of the mean.
        rows: the value of each row; NaN where the measure is undefined (a constant row, or a NaN).
        undefined: the number of such rows.
        tied: rows of ``a`` in which the largest value occurs more than once.
        chance: mean and standard deviation over shuffles of ``b``, where shuffles were asked for.
    """

    mean: float | None
    low: float | None
    high: float | None
    undefined: int
    tied: int
    chance: tuple[float, float] | None
    rows: NDArray[np.float64] = field(repr=False)

    def __float__(self) -> float:
        return float("nan") if self.mean is None else self.mean


def agreement(
    a: Any,
    b: Any,
    measure: str = "kendall",
    *,
    clusters: Sequence[int] | None = None,
    shuffles: int = 0,
    seed: int = 0,
) -> Agreement:
    """The agreement of two attribution records (paper, "Agreement").

    Args:
        a, b: rows of numbers of any lengths, equal in both: a list of lists or arrays, a 2-dimensional array, an Arrow list
            array or chunked array, or a pair ``(values, offsets)`` of numpy arrays.
        measure: ``"kendall"`` (τ-b), ``"spearman"`` (ρ), or ``"top"``: the share of rows whose largest position of ``a`` is among
            the top 5 % of ``b``.
        clusters: for each row, the number of the text that it comes from; rows of one text are resampled together.
        shuffles: how often ``b`` is shuffled to find the agreement by chance.
        seed: of resampling and shuffling.

    >>> onset.agreement([[1, 2, 3], [3, 1, 2]], [[1, 2, 3], [3, 2, 1]], measure="spearman").rows
    array([1. , 0.5])
    """
    found = _onset.agreement(ragged(a, "a"), ragged(b, "b"), measure, clusters, shuffles, seed)
    return Agreement(**found)


def ragged(rows: Any, name: str) -> _onset.Ragged:
    """Rows as values and offsets: row i is ``values[offsets[i]:offsets[i + 1]]``."""
    if isinstance(rows, tuple) and len(rows) == 2 and all(isinstance(part, np.ndarray) for part in rows):
        values, offsets = rows
        return np.ascontiguousarray(values, dtype=np.float32), np.ascontiguousarray(offsets, dtype=np.int64)
    if isinstance(rows, np.ndarray) and rows.ndim == 2:
        values = np.ascontiguousarray(rows, dtype=np.float32).reshape(-1)
        return values, np.arange(0, values.size + 1, rows.shape[1], dtype=np.int64)
    if hasattr(rows, "__arrow_c_array__") or hasattr(rows, "__arrow_c_stream__"):
        return _from_arrow(rows)
    try:
        arrays = [np.asarray(row, dtype=np.float32) for row in rows]
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: expected rows of numbers ({error})", place=name) from error
    if any(row.ndim != 1 for row in arrays):
        raise DataError(f"{name}: expected rows of numbers, each with one dimension", place=name)
    offsets = np.zeros(len(arrays) + 1, dtype=np.int64)
    np.cumsum([row.size for row in arrays], out=offsets[1:])
    return (np.concatenate(arrays) if arrays else np.zeros(0, np.float32)), offsets


def _from_arrow(rows: Any) -> _onset.Ragged:
    try:
        import pyarrow
    except ImportError as error:
        raise DataError("reading Arrow lists needs pyarrow", remedy="pip install pyarrow") from error
    array = pyarrow.chunked_array(rows) if hasattr(rows, "__arrow_c_stream__") else pyarrow.array(rows)
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.chunk(0)
    offsets = np.asarray(array.offsets.to_numpy(zero_copy_only=False), dtype=np.int64)
    values = np.asarray(array.values.to_numpy(zero_copy_only=False), dtype=np.float32)
    return values, offsets
