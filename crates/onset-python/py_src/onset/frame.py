"""Tables of records: Arrow for pandas, polars and DuckDB, numpy for everything else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onset._onset import Table

# Rows that a frame shows of itself.
_SHOWN = 10


class Frame:
    """A table by columns, never changed.

    ``pandas.DataFrame``, ``polars.DataFrame`` and DuckDB read it through Arrow without a copy (``polars.DataFrame(frame)``,
    ``frame.to_pandas()``). A column is a numpy array, or a list where it holds texts or lists.

    >>> import onset
    >>> run = onset.train("induction", steps=20, out=folder)
    >>> scores = run.scores()
    >>> scores.columns[:3]
    ['run', 'name', 'seed']
    >>> scores["step"].dtype
    dtype('int64')
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return self._table.columns

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self._table), len(self.columns)

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Any:
        """A column: a numpy array of numbers, a list of texts, a list of lists of texts, or a list of numpy arrays."""
        column = self._table.column(name)
        if isinstance(column, tuple):
            values, offsets = column
            return [values[start:end] for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist())]
        return column

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)

    def to_dict(self) -> dict[str, Any]:
        """All columns by name."""
        return {name: self[name] for name in self.columns}

    def to_pandas(self) -> Any:
        """As a ``pandas.DataFrame``."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError("to_pandas() needs pandas: pip install 'onset-attention[plot]'", name="pandas") from error
        try:
            import pyarrow
        except ImportError:
            return pandas.DataFrame(self.to_dict())
        return pyarrow.table(self).to_pandas()

    def _rows(self) -> list[list[str]]:
        shown = range(min(len(self), _SHOWN))
        columns = [self[name] for name in self.columns]
        return [[_cell(column[row]) for column in columns] for row in shown]

    def __repr__(self) -> str:
        rows, (count, width) = self._rows(), self.shape
        cells = [self.columns, *rows]
        widths = [max((len(row[at]) for row in cells), default=0) for at in range(width)]
        lines = ["  ".join(cell.ljust(widths[at]) for at, cell in enumerate(row)).rstrip() for row in cells]
        more = [f"… {count - len(rows)} more rows"] if count > len(rows) else []
        return "\n".join([f"Frame of {count} rows × {width} columns", *lines, *more])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows())
        more = len(self) - _SHOWN
        note = f"<p>{more} more rows</p>" if more > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _cell(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value) if isinstance(value, str) or not hasattr(value, "__len__") else _listed(value)
    return text if len(text) <= 28 else text[:27] + "…"


def _listed(values: Any) -> str:
    shown = [f"{value:.2g}" if not isinstance(value, str) else value for value in values[:5]]
    return " ".join(shown) + (" …" if len(values) > 5 else "")
