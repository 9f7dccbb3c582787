"""Data from Python as a target: frames, columns and lists become a file beside the runs, because a run that is continued needs it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onset import _onset
from onset.errors import DataError, SpecError, TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Columns that are looked for, where none are named.
_TEXTS = ("text", "label")
_PAIRS = ("source", "target")


@contextmanager
def target_of(
    data: Any, *, folder: str | os.PathLike[str] | None, name: str | None, columns: tuple[str | None, ...] = ()
) -> Iterator[str]:
    """A target for the library: a path or a name is one already; a spec as a dict, a frame, columns or a list become a file.

    Args:
        data: the data.
        folder: where the file is kept; ``None`` where it is needed for a moment only.
        name: the name of the file.
        columns: names of the columns that are read, where they are not the usual ones.
    """
    if isinstance(data, (str, os.PathLike)):
        try:
            yield os.fspath(data)
        except (DataError, TargetError) as error:
            # What was named is where it went wrong, if nothing tells more.
            error.place = error.place or os.fspath(data)
            raise
        return
    with tempfile.TemporaryDirectory(prefix="onset-") as passing:
        if isinstance(data, Mapping) and "task" in data:
            path = Path(passing, f"{name or _task_name(data)}.toml")
            path.write_text(_toml(data), encoding="utf-8")
            yield str(path)
            return
        kept = folder if folder is not None else passing
        rows = columns_of(data, columns)
        if not rows[0][1]:
            raise DataError("the data has no rows", remedy="give at least two texts with their labels")
        yield os.fspath(_onset.write_rows(kept, name or "frame", rows))


def _task_name(spec: Mapping[str, Any]) -> str:
    task = spec["task"]
    kind = task.get("kind") if isinstance(task, Mapping) else task
    return str(kind)


def _toml(spec: Mapping[str, Any]) -> str:
    """A spec as TOML: the values of JSON are values of TOML, table by table."""
    lines: list[str] = []
    for key, value in spec.items():
        if not isinstance(value, Mapping):
            lines.append(f"{_key(key)} = {_value(key, value)}")
    for key, value in spec.items():
        if isinstance(value, Mapping):
            lines.append(f"[{_key(key)}]")
            lines.extend(f"{_key(name)} = {_value(f'{key}.{name}', each)}" for name, each in value.items())
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return json.dumps(key)


def _value(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {_value(f'{key}.{name}', each)}" for name, each in value.items())
        return "{" + inner + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(key, each) for each in value) + "]"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (bool, int, float, str)):
        return json.dumps(value)
    raise SpecError(f"{key} = {value!r}: expected a number, a text, a truth value, a list or a dict", place=key)


def override(key: str, value: Any) -> str:
    """A key of the spec with its value, as ``--set`` takes it."""
    return f"{key}={_value(key, value)}"


def columns_of(data: Any, named: tuple[str | None, ...]) -> list[tuple[str, list[str]]]:
    """The columns of ``data`` that a file of rows needs."""
    if isinstance(data, Mapping):
        known = [str(name) for name in data]
        return [(name, _texts(data[name], name)) for name in _wanted(known, named)]
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):
        known = [str(name) for name in data.columns]
        return [(name, _texts(data[name], name)) for name in _wanted(known, named)]
    if isinstance(data, Iterable):
        rows = list(data)
        for index, row in enumerate(rows):
            if not isinstance(row, (tuple, list)) or len(row) != 2:
                raise DataError(f"row {index} is {row!r}: expected a pair of a text and its label", place=f"row {index}")
        return [(name, _texts([row[at] for row in rows], name)) for at, name in enumerate(_TEXTS)]
    raise DataError(
        f"cannot read texts from a {type(data).__name__}",
        remedy="give a path, a frame, a dict of columns, or a list of (text, label)",
    )


def _wanted(known: list[str], named: tuple[str | None, ...]) -> list[str]:
    """The columns to be read: those that are named, else the usual ones, else all."""
    given = [name for column in named if column is not None for name in column.split(",")]
    missing = [name for name in given if name not in known]
    if missing:
        raise DataError(f"there is no column {', '.join(missing)}; the columns are {', '.join(known)}", place=missing[0])
    if given:
        return [name for name in known if name in (*given, *_TEXTS, *_PAIRS)]
    for usual in (_TEXTS, _PAIRS):
        if all(name in known for name in usual):
            return list(usual)
    raise DataError(
        f"there are no columns `text` and `label`, nor `source` and `target`; the columns are {', '.join(known)}",
        remedy="name them: text_column=, label_column=",
    )


def _texts(column: Any, name: str) -> list[str]:
    """A column of texts; labels may be numbers or truth values, all of one type."""
    values = column.tolist() if hasattr(column, "tolist") else list(column)
    kinds: dict[type, int] = {}
    for index, value in enumerate(values):
        if value is None or value != value:
            raise DataError(f"column {name}, row {index}: the value is missing; drop the row or fill it in", place=name)
        if not isinstance(value, (str, int, float, bool)):
            raise DataError(
                f"column {name}, row {index}: found a {type(value).__name__}, expected a text or a label", place=name
            )
        kinds.setdefault(type(value), index)
    if len(kinds) > 1:
        found = ", ".join(f"{kind.__name__} in row {row}" for kind, row in kinds.items())
        raise DataError(f"column {name} has values of several types: {found}; convert them to one type", place=name)
    return [value if isinstance(value, str) else _label(value) for value in values]


def _label(value: float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
