"""Scores of runs for other dashboards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onset.errors import TargetError

if TYPE_CHECKING:
    from onset.runs import Runs


def to_tensorboard(runs: Runs, folder: str | os.PathLike[str]) -> Path:
    """Writes the scores as event files that TensorBoard reads: a folder for each run, ``SPLIT/SCORE`` for each score.

    It needs the package ``tensorboard``.
    """
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise ImportError("to_tensorboard() needs tensorboard: pip install tensorboard", name="tensorboard") from error
    root = Path(folder)
    for run in runs:
        writer = EventFileWriter(str(root / _name(run.path)))
        try:
            for step, split, score, value in _rows(run):
                summary = Summary(value=[Summary.Value(tag=f"{split}/{score}", simple_value=value)])
                # The time of a score is not on record; its step is.
                writer.add_event(Event(wall_time=float(step), step=step, summary=summary))
        finally:
            writer.close()
    return root


def to_tracker(runs: Runs, tracker: Any, project: str) -> int:
    """Logs the scores to ``wandb``, ``trackio``, or a module with their ``init``, ``log`` and ``finish``. Returns how many were logged.

    Args:
        tracker: the name of the module, or the module.
        project: the project; a run of the tracker for each run.
    """
    if isinstance(tracker, str):
        import importlib

        if tracker not in ("wandb", "trackio"):
            raise TargetError(f"tracker={tracker!r}: expected \"wandb\", \"trackio\" or a module", place="tracker")
        tracker = importlib.import_module(tracker)
    logged = 0
    for run in runs:
        named = {"name": _name(run.path), "config": {"seed": run.seed, "title": run.info["title"], "path": str(run.path)}}
        tracker.init(project=project, **named)
        by_step: dict[int, dict[str, float]] = {}
        for step, split, score, value in _rows(run):
            by_step.setdefault(step, {})[f"{split}/{score}"] = value
        for step in sorted(by_step):
            tracker.log(by_step[step], step=step)
            logged += len(by_step[step])
        tracker.finish()
    return logged


def _name(path: Path) -> str:
    """The last names of a run's path: its own, and those above that tell it from others."""
    return "-".join(path.parts[-3:] if len(path.parts) > 2 else path.parts).replace("/", "")


def _rows(run: Runs) -> list[tuple[int, str, str, float]]:
    frame = run.scores()
    values = zip(frame["step"].tolist(), frame["split"], frame["score"], frame["value"].tolist())
    return [row for row in values if row[3] == row[3]]
