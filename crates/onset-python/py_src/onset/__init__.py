"""Onset: a laboratory for how attention learns.

``train`` trains a small attention model on texts, sentence pairs or a task, and records what attention does on the way; ``open``
reads what is on record; ``predict`` says what training will do, without training; ``Recorder`` records a PyTorch model of your own.

>>> import onset
>>> onset.agreement([[0.1, 0.7, 0.2]], [[0.2, 0.5, 0.3]], measure="kendall").mean
1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onset._onset import __version__
from onset.errors import (
    DataError,
    Error,
    ForecastError,
    RecordError,
    SpecError,
    StoreError,
    TargetError,
    TrainError,
)

if TYPE_CHECKING:
    from onset.agreements import Agreement, agreement
    from onset.classifiers import Classified, Classifier
    from onset.counts import Counts, count
    from onset.frame import Frame
    from onset.labs import Lab, lab
    from onset.prediction import Prediction, predict
    from onset.recorder import Recorder, record_checkpoints
    from onset.runs import Run, Runs, merge, open
    from onset.sweeps import sweep
    from onset.training import train

# Where each name lives; modules are imported when a name of theirs is first used.
_HOMES = {
    "Agreement": "agreements",
    "agreement": "agreements",
    "Classified": "classifiers",
    "Classifier": "classifiers",
    "Counts": "counts",
    "count": "counts",
    "Frame": "frame",
    "Lab": "labs",
    "lab": "labs",
    "Prediction": "prediction",
    "predict": "prediction",
    "Recorder": "recorder",
    "record_checkpoints": "recorder",
    "Run": "runs",
    "Runs": "runs",
    "merge": "runs",
    "open": "runs",
    "sweep": "sweeps",
    "train": "training",
}

__all__ = [
    "Agreement",
    "Classified",
    "Classifier",
    "Counts",
    "DataError",
    "Error",
    "ForecastError",
    "Frame",
    "Lab",
    "Prediction",
    "RecordError",
    "Recorder",
    "Run",
    "Runs",
    "SpecError",
    "StoreError",
    "TargetError",
    "TrainError",
    "__version__",
    "agreement",
    "count",
    "lab",
    "merge",
    "open",
    "predict",
    "record_checkpoints",
    "sweep",
    "train",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'onset' has no attribute {name!r}")
    import importlib

    try:
        value = getattr(importlib.import_module(f"onset.{home}"), name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(f"onset.{name} needs PyTorch: pip install 'onset-attention[torch]'", name="torch") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
