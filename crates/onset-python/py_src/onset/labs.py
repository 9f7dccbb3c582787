"""The lab, from Python."""

from __future__ import annotations

import os
import sys
from html import escape
from types import TracebackType

from onset import _onset


class Lab:
    """A lab that serves the runs in a folder until it is closed, or the process ends."""

    def __init__(self, served: _onset.Lab, folder: str) -> None:
        self._served = served
        self._folder = folder

    @property
    def url(self) -> str:
        """The address, on this machine."""
        return self._served.url

    def close(self) -> None:
        """Stops serving."""
        self._served.close()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _repr_html_(self) -> str:
        return (
            f'<p><a href="{escape(self.url, quote=True)}" target="_blank">{escape(self.url)}</a></p>'
            f'<iframe src="{escape(self.url, quote=True)}" title="Onset lab" style="width: 100%; height: 800px; border: 0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Lab of {self._folder} at {self.url}"


def lab(folder: str | os.PathLike[str] = "runs", *, port: int | None = None, open: bool | None = None) -> Lab:
    """Serves the lab: inline in a notebook, in a tab of the browser elsewhere.

    Args:
        folder: the folder of runs.
        port: the port; a free one if it is not given.
        open: whether to open a browser; by default in an interactive session that is no notebook.

    >>> onset.train("induction", steps=20, out=folder).folder.name
    'induction'
    >>> with onset.lab(folder) as lab:
    ...     lab.url.startswith("http://127.0.0.1:")
    True
    """
    served = Lab(_onset.Lab(folder, port), os.fspath(folder))
    if open is None:
        open = hasattr(sys, "ps1") and "ipykernel" not in sys.modules
    if open:
        import webbrowser

        webbrowser.open(served.url)
    return served
