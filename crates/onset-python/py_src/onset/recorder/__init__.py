"""Records of PyTorch models: what attention does while a model of one's own is trained.

``Recorder`` records at chosen steps of a training; ``record_checkpoints`` records a training that is over. Both write a run directory
that reports, the lab and ``onset.open`` show like any other.
"""

from __future__ import annotations

from onset.recorder.checkpoints import record_checkpoints
from onset.recorder.recorder import Recorder

__all__ = ["Recorder", "record_checkpoints"]
