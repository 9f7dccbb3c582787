"""Runs on record."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, overload

from onset import _onset
from onset.errors import StoreError, TargetError
from onset.frame import Frame
from onset.picture import Figure, Picture


class Runs(Sequence["Run"]):
    """Runs, in the order of their folders. What a single run has, several have together.

    >>> runs = onset.train("induction", steps=20, seeds=2, out=folder)
    >>> onset.open(folder)
    2 runs: 2 finished
      induction/seed-0  16 of 16 tokens, repeated once  finished 20/20
      induction/seed-1  16 of 16 tokens, repeated once  finished 20/20
    """

    def __init__(self, runs: Sequence[Run], folder: str | os.PathLike[str] | None = None) -> None:
        self._runs = list(runs)
        self.folder = None if folder is None else Path(folder)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> Runs: ...
    def __getitem__(self, index: int | slice) -> Run | Runs:
        if isinstance(index, slice):
            return Runs(self._runs[index], self.folder)
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    @property
    def paths(self) -> list[str]:
        """The run directories."""
        return [str(run.path) for run in self._runs]

    def _first(self) -> Run:
        if not self._runs:
            raise StoreError("there is no run here", place=None if self.folder is None else str(self.folder))
        return self._runs[0]

    def scores(self) -> Frame:
        """All scores, one row for each run, step and score.

        The columns are ``run``, ``name``, ``seed``, ``status``, one for each key in which the runs differ, ``step``, ``split``,
        ``score`` and ``value``.
        """
        return Frame(_onset.scores(self.paths))

    curves = scores

    def compare(self) -> Frame:
        """The last scores of each group of runs that differ in their seed alone: mean and 95 % confidence interval over seeds."""
        return Frame(_onset.compare(self.paths))

    def attention(self, step: int | None = None, **which: int) -> Frame:
        """As :meth:`Run.attention`, of the first run."""
        return self._first().attention(step, **which)

    def heads(self) -> Frame:
        """As :meth:`Run.heads`, of the first run."""
        return self._first().heads()

    def example(self, number: int = 0, *, layer: int = 0, head: int = 0, split: str = "validation") -> Picture:
        """As :meth:`Run.example`, of the first run."""
        return self._first().example(number, layer=layer, head=head, split=split)

    def figures(self) -> dict[str, str]:
        """The names of the figures, with what they show."""
        return dict(_onset.figure_names(self.paths))

    def figure(self, name: str = "curves", *, example: int = 0, step: int | None = None) -> Figure:
        """A figure at the width of a column: a score over steps, or ``alpha``, ``beta`` or ``delta`` of one example.

        ``curves`` is the accuracy where there is one, else the loss; :meth:`figures` lists the others.
        """
        self._first()
        known = self.figures()
        if name == "curves":
            name = "accuracy" if "accuracy" in known else "loss"
        if name not in known:
            raise TargetError(f"there is no figure {name!r}; there are {', '.join(known)}", place="name")
        return Figure(self.paths, name, example, step)

    def report(self, file: str | os.PathLike[str]) -> Path:
        """Writes the HTML report, which opens without a network, and returns its path."""
        _onset.write_report(self.paths, file)
        return Path(file)

    def to_tensorboard(self, folder: str | os.PathLike[str]) -> Path:
        """Writes all scores as event files for TensorBoard, and returns their folder; it needs ``tensorboard``."""
        from onset.export import to_tensorboard

        return to_tensorboard(self, folder)

    def to_tracker(self, tracker: Any, project: str = "onset") -> int:
        """Logs all scores to ``"wandb"``, ``"trackio"``, or a module like them. Returns how many were logged."""
        from onset.export import to_tracker

        return to_tracker(self, tracker, project)

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        rows = []
        for run in self._runs:
            counts[run.status] = counts.get(run.status, 0) + 1
            rows.append(run._row(self.folder))
        words = ", ".join(f"{count} {status}" for status, count in counts.items()) or "none"
        noun = "run" if len(self) == 1 else "runs"
        widths = [max(len(row[at]) for row in rows) for at in range(3)] if rows else []
        lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows[:20]]
        more = [f"  … {len(rows) - 20} more"] if len(rows) > 20 else []
        return "\n".join([f"{len(self)} {noun}: {words}", *lines, *more])

    def _repr_html_(self) -> str:
        cells = ("<td>" + "</td><td>".join(escape(cell) for cell in run._row(self.folder)) + "</td>" for run in self._runs[:100])
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        return f"<table><thead><tr><th>run</th><th>what</th><th>status</th></tr></thead><tbody>{body}</tbody></table>"


class Run(Runs):
    """One run on record: a run directory."""

    def __init__(self, path: str | os.PathLike[str], known: dict[str, Any] | None = None) -> None:
        super().__init__([], None)
        self._runs = [self]
        self.path = Path(path)
        self._known = known

    @property
    def info(self) -> dict[str, Any]:
        """What is known of it: ``title``, ``task``, ``seed``, ``status``, ``step``, ``steps``, ``parameters``, ``scores``, …"""
        if self._known is None or self._known.get("status") == "running":
            found = [run for run in _onset.list_runs(self.path) if Path(run["path"]) == self.path]
            if not found:
                raise StoreError(f"there is no run in {self.path}", place=str(self.path))
            self._known = found[0]
        return self._known

    @property
    def status(self) -> str:
        """``running``, ``interrupted``, ``failed``, ``finished`` or ``unreadable``."""
        return str(self.info["status"])

    @property
    def seed(self) -> int:
        """The seed of initial weights, data and evaluation."""
        return int(self.info["seed"])

    @property
    def steps(self) -> list[int]:
        """The steps with attention on record."""
        return _onset.probe_steps(str(self.path))

    def losses(self) -> Frame:
        """``step`` and ``loss`` of every training step."""
        return Frame(_onset.training_losses(str(self.path)))

    def attention(self, step: int | None = None, **which: int) -> Frame:
        """The attribution records after ``step`` steps (the last if none is given): a row for each prediction at each place.

        The columns are ``tokens``, ``alpha`` (lists over the positions that are attended to), ``beta``, ``delta``, ``target``,
        ``predicted``, ``log_probability``, ``example``, ``layer``, ``head``, ``kind``, ``position`` and others.

        Args:
            step: one of :attr:`steps`.
            **which: ``example=``, ``layer=`` or ``head=``, to read only these.
        """
        unknown = [name for name in which if name not in ("example", "layer", "head")]
        if unknown:
            raise TargetError(f"{unknown[0]}= is not possible: expected example=, layer= or head=", place=unknown[0])
        steps = self.steps
        if not steps:
            raise StoreError(f"{self.path} has no attention on record", place=str(self.path))
        if step is None:
            step = steps[-1]
        if step not in steps:
            listed = ", ".join(map(str, steps[:20])) + (", …" if len(steps) > 20 else "")
            raise StoreError(f"{self.path} has no attention of step {step}; steps with attention: {listed}", place="step")
        return Frame(
            _onset.attention(str(self.path), step, which.get("example"), which.get("layer"), which.get("head"))
        )

    def heads(self) -> Frame:
        """What each head does at every evaluation: ``previous_token``, ``prefix_matching``, ``entropy`` and others, by layer and
        head; NaN where a measure does not apply. No rows where heads were not measured."""
        return Frame(_onset.heads(str(self.path)))

    def example(self, number: int = 0, *, layer: int = 0, head: int = 0, split: str = "validation") -> Picture:
        """One example through training: in a notebook a picture with a slider over the steps; it needs no network."""
        page = _onset.example_page(str(self.path), number, layer, head, split == "training")
        if page is None:
            raise StoreError(f"example {number} at layer {layer}, head {head} is not on record", place=str(self.path))
        return Picture(page, f"example {number} of {self.path}, layer {layer}, head {head}")

    def _row(self, folder: Path | None) -> tuple[str, str, str]:
        path = str(self.path)
        if folder is not None and self.path.is_relative_to(folder):
            path = str(self.path.relative_to(folder))
        info = self.info
        if info["status"] == "unreadable":
            return path, str(info["error"]), "unreadable"
        return path, str(info["title"]), f"{info['status']} {info['step']}/{info['steps']}"

    def __repr__(self) -> str:
        path, title, status = self._row(None)
        scores = self.info.get("scores") or {}
        numbers = ", ".join(f"{name} {scores[name]:.4g}" for name in ("accuracy", "loss") if name in scores)
        return f"Run {path}: {title}, {status}" + (f", {numbers}" if numbers else "")


def open(folder: str | os.PathLike[str] = "runs") -> Runs:
    """Everything on record in and below ``folder``, which may be a run directory itself.

    >>> onset.train("induction", steps=20, out=folder).scores().shape[0] > 20
    True
    >>> onset.open(folder)[0].seed
    0
    """
    found = _onset.list_runs(folder)
    return Runs([Run(run["path"], run) for run in found], folder)


def merge(*folders: str | os.PathLike[str], into: str | os.PathLike[str] = "runs") -> Runs:
    """Joins folders of runs that several machines have filled, and returns all runs of ``into``.

    Of a run that several folders have, the one that came further counts.

    Raises:
        onset.Error: if two folders have different runs under one path; then nothing is copied.

    >>> parts = [onset.train("induction", steps=3, seed=seed, out=folder / f"node-{seed}") for seed in (0, 1)]
    >>> len(onset.merge(folder / "node-0", folder / "node-1", into=folder / "all"))
    2
    """
    _onset.merge(folders, into)
    return open(into)
