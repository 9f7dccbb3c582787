"""What the recorder refuses, how a training goes on where it cannot record, and how a recording is resumed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import models  # noqa: E402
from torch import nn  # noqa: E402

import onset  # noqa: E402


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: onset.Recorder(nn.Linear(3, 3), torch.zeros(2, 3), folder / "x", strict=True).step(0), "no attention was seen in Linear"),
        (lambda folder: onset.Recorder(nn.Linear(3, 3), {3}, folder / "x"), "probes of the type set"),
        (lambda folder: onset.Recorder(nn.Linear(3, 3), ["a text"], folder / "x"), "need a tokenizer"),
        (lambda folder: onset.Recorder(nn.Linear(3, 3), torch.zeros(2, 3), folder / "x", at="daily"), "expected \"log\""),
        (lambda folder: onset.Recorder(models.made(models.Plain), models.tokens(), folder / "x", beta=[(9, 0)], strict=True).step(0), "no layer and head (9, 0)"),
        (lambda folder: onset.Recorder(models.made(models.Plain), models.tokens(), folder / "x").intervene(layer=0, attention="up"), "expected \"uniform\""),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(make: Any, words: str, folder: Path) -> None:
    with pytest.raises(onset.RecordError) as caught:
        make(folder)
    assert words in str(caught.value)


def test_a_training_goes_on_if_recording_cannot(folder: Path) -> None:
    recorder = onset.Recorder(nn.Linear(3, 3), torch.zeros(2, 3), folder / "x", at=1)
    with pytest.warns(RuntimeWarning, match="nothing will be recorded"):
        assert not recorder.step(0)
    assert not recorder.step(1), "and says so once"
    model = models.made(models.Plain)
    recorder = onset.Recorder(model, models.tokens(), folder / "y", at=1)
    assert recorder.step(0)
    kept = copy.deepcopy(model.state_dict())
    with torch.no_grad():
        model.embed.weight.fill_(float("nan"))
    with pytest.warns(RuntimeWarning, match="not finite"):
        assert not recorder.step(1)
    model.load_state_dict(kept)
    assert recorder.step(2)
    with pytest.warns(RuntimeWarning, match="steps must increase"):
        assert not recorder.step(1)
    recorder.close()
    assert onset.open(folder / "y")[0].steps == [0, 2]


def test_a_folder_is_of_one_run_which_is_resumed(folder: Path) -> None:
    model, ids = models.made(models.Plain), models.tokens()
    first = onset.Recorder(model, ids, folder / "run", at=1, strict=True)
    for step in range(3):
        first.step(step)
    first.close("interrupted")
    with pytest.raises(onset.StoreError, match="already contains a run"):
        onset.Recorder(model, ids, folder / "run", at=1, strict=True).step(0)
    with pytest.raises(onset.RecordError, match="its probes differs"):
        onset.Recorder(model, ids + 1, folder / "run", at=1, strict=True, resume=True).step(3)
    again = onset.Recorder(model, ids, folder / "run", at=1, strict=True, resume=True)
    again.step(2)
    again.step(3)
    again.close()
    assert onset.open(folder / "run")[0].steps == [0, 1, 2, 3]


def test_the_last_step_of_a_training_is_recorded(folder: Path) -> None:
    model = models.made(models.Plain)
    recorder = onset.Recorder(model, models.tokens(), folder / "run", strict=True, steps=5)
    for step in range(6):
        recorder.step(step)
    recorder.close()
    run = onset.open(folder / "run")[0]
    assert run.steps == [0, 1, 2, 3, 4, 5] and run.info["step"] == run.info["steps"] == 5


def test_a_folder_that_cannot_be_written_is_said_once(folder: Path) -> None:
    (folder / "run").write_text("a file")
    recorder = onset.Recorder(models.made(models.Plain), models.tokens(), folder / "run", at=1)
    with pytest.warns(RuntimeWarning, match="nothing will be recorded"):
        assert not recorder.step(0)
    assert not recorder.step(1)
    recorder.close()
