"""Pictures in notebooks, and figures as files."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from onset import _onset
from onset.errors import TargetError


class Picture:
    """A page that a notebook shows and a browser opens; it needs no network."""

    def __init__(self, page: str, title: str) -> None:
        self.page = page
        self._title = title

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Writes the page and returns its path."""
        path = Path(file)
        path.write_text(self.page, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        # In a frame of its own, so that neither style nor script meets those of the notebook.
        return (
            f'<iframe srcdoc="{escape(self.page, quote=True)}" sandbox="allow-scripts" title="{escape(self._title, quote=True)}" '
            'style="width: 100%; height: 640px; border: 0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Picture of {self._title} (.save(\"x.html\") writes it)"


class Figure:
    """A figure at the width of a column, which can be saved as SVG, PDF or CSV."""

    def __init__(self, paths: list[str], name: str, example: int, step: int | None) -> None:
        self._paths, self._name, self._example, self._step = paths, name, example, step

    def data(self, form: str) -> bytes:
        """The contents of a file of the form ``svg``, ``pdf`` or ``csv``."""
        if form not in ("svg", "pdf", "csv"):
            raise TargetError(f"a figure cannot be saved as {form!r}; expected svg, pdf or csv", place="file")
        return bytes(_onset.figure(self._paths, self._name, self._example, self._step, form))

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Writes the figure in the form of the file's ending, and returns its path.

        >>> run = onset.train("induction", steps=20, out=folder)
        >>> run.figure("curves").save(folder / "x.pdf").stat().st_size > 1000
        True
        """
        path = Path(file)
        path.write_bytes(self.data(path.suffix.removeprefix(".").lower()))
        return path

    def _repr_svg_(self) -> str:
        return self.data("svg").decode()

    def __repr__(self) -> str:
        return f"Figure {self._name!r} (.save(\"x.pdf\") writes it)"
