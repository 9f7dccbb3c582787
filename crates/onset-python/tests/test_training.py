"""Training from Python, and what it leaves."""

from __future__ import annotations

import _thread
import logging
import multiprocessing
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onset

SMALL = {"task": {"kind": "induction", "vocabulary": 5, "length": 4}, "model": {"width": 8}, "train": {"steps": 12, "batch": 4}}
TEXTS = {"text": ["good day", "bad day", "good film", "bad film"] * 20, "label": ["yes", "no", "yes", "no"] * 20}


def rows() -> list[tuple[str, str]]:
    return list(zip(TEXTS["text"], TEXTS["label"]))


def test_a_spec_a_name_a_file_a_frame_and_lists_are_data(folder: Path) -> None:
    pandas = pytest.importorskip("pandas")
    table = folder / "messages.tsv"
    table.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows()))
    kinds: dict[str, Any] = {
        "dict": TEXTS,
        "list": rows(),
        "pandas": pandas.DataFrame(TEXTS),
        "file": table,
    }
    losses = {}
    for name, data in kinds.items():
        runs = onset.train(data, steps=3, out=folder / name)
        assert runs[0].status == "finished"
        losses[name] = runs[0].losses()["loss"].tolist()
    assert losses["dict"] == losses["list"] == losses["pandas"] == losses["file"]
    assert onset.train(SMALL, out=folder / "spec")[0].info["task"] == "induction"
    assert onset.train("induction", steps=2, out=folder / "name")[0].status == "finished"


def test_polars_and_numbers_as_labels(folder: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"text": TEXTS["text"], "label": [1, 0] * 40})
    run = onset.train(frame, steps=2, out=folder)[0]
    assert set(run.attention(0)["target"]) == {"0", "1"}
    named = onset.train(frame, steps=2, out=folder / "named", label_names={0: "ham", 1: "spam"})[0]
    assert set(named.attention(0)["target"]) == {"ham", "spam"}


def test_the_bytes_are_those_of_the_command_line(folder: Path) -> None:
    onset.train(SMALL, out=folder / "python", name="x")
    spec = folder / "spec.toml"
    spec.write_text((folder / "python/x/seed-0/spec.toml").read_text())
    words = ["onset", "train", str(spec), "--out", str(folder / "command"), "--name", "x"]
    subprocess.run(words, check=True, capture_output=True)
    one, other = folder / "python/x/seed-0", folder / "command/x/seed-0"
    names = sorted(str(path.relative_to(one)) for path in one.rglob("*.parquet"))
    assert names
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_a_callback_stops_a_run_which_is_then_continued(folder: Path) -> None:
    events: list[str] = []

    def stop(event: dict[str, Any]) -> bool:
        events.append(event["event"])
        return event["event"] == "recorded" and event["step"] >= 5

    spec = {**SMALL, "record": {"every": 5}}
    run = onset.train(spec, out=folder, callback=stop)[0]
    assert (run.status, run.info["step"]) == ("interrupted", 5)
    assert {"started", "recorded"} <= set(events)
    resumed = onset.train(spec, out=folder, resume=True)[0]
    assert resumed.status == "finished"
    whole = onset.train(spec, out=folder / "whole")[0]
    assert np.array_equal(resumed.losses()["loss"], whole.losses()["loss"])


def test_an_error_in_a_callback_stops_the_run_and_is_raised(folder: Path) -> None:
    def fail(event: dict[str, Any]) -> None:
        raise ZeroDivisionError("of the callback")

    with pytest.raises(ZeroDivisionError, match="of the callback"):
        onset.train({**SMALL, "train": {"steps": 100_000}}, out=folder, callback=fail)
    assert onset.open(folder)[0].status == "interrupted"


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    # Where the tests were started in the background of a shell, Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_stops_and_leaves_a_run_to_resume(folder: Path) -> None:
    def interrupt() -> None:
        while not (folder / "copying/seed-0/manifest.json").exists():
            time.sleep(0.05)
        _thread.interrupt_main()

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        onset.train("copying", steps=1_000_000, set={"model.hidden": 16, "train.batch": 8}, out=folder)
    # Of a million steps, which would take hours.
    run = onset.open(folder)[0]
    assert run.status == "interrupted" and run.info["step"] < 1_000_000


def test_progress_and_notices_go_to_bars_and_the_log(
    folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="onset"):
        onset.train(TEXTS, steps=3, out=folder, progress=True, name="told")
    assert "told, seed 0" in capsys.readouterr().err
    assert any("from step 0 to step 3" in record.message for record in caplog.records)
    assert any("accuracy" in record.message for record in caplog.records)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"data": "keywrod"}, onset.TargetError, "did you mean `keyword`?"),
        ({"data": "nothing.csv"}, onset.DataError, "nothing.csv"),
        ({"data": "induction", "set": {"model.widht": 3}}, onset.SpecError, "widht"),
        ({"data": "induction", "set": {"model.width": object()}}, onset.SpecError, "expected a number"),
        ({"data": "induction", "seeds": "a..b"}, onset.TargetError, "not a whole number"),
        ({"data": "induction", "seeds": 2, "seed": 1}, onset.Error, "contradict"),
        ({"data": "induction", "shard": "5/4"}, onset.TargetError, "not a shard"),
        ({"data": {"text": ["a", None], "label": ["x", "y"]}}, onset.DataError, "row 1: the value is missing"),
        ({"data": {"text": ["a", "b"], "label": ["x", 3]}}, onset.DataError, "str in row 0, int in row 1"),
        ({"data": {"words": ["a"], "label": ["x"]}}, onset.DataError, "the columns are words, label"),
        ({"data": {"text": ["a"], "label": ["x"]}, "text_column": "body"}, onset.DataError, "no column body"),
        ({"data": [("a", "x"), "b"]}, onset.DataError, "row 1"),
        ({"data": []}, onset.DataError, "the data has no rows"),
        ({"data": {"text": [], "label": []}}, onset.DataError, "the data has no rows"),
        ({"data": 3}, onset.DataError, "cannot read texts from a int"),
        ({"data": TEXTS, "tokens": "letters"}, onset.SpecError, "expected \"words\""),
    ],
)
def test_bad_arguments_are_named(folder: Path, arguments: dict[str, Any], kind: type[onset.Error], words: str) -> None:
    with pytest.raises(kind) as caught:
        onset.train(**arguments, out=folder)
    assert words in str(caught.value)
    assert isinstance(caught.value, onset.Error)
    if arguments["data"] in ("keywrod", "nothing.csv"):
        assert caught.value.place == arguments["data"]
    assert caught.value.kind


def test_errors_speak_python_and_survive_pickling(folder: Path) -> None:
    import pickle

    onset.train(SMALL, out=folder)
    with pytest.raises(onset.StoreError) as caught:
        onset.train(SMALL, out=folder)
    error = caught.value
    assert error.remedy is not None and "resume=True" in error.remedy and "--" not in str(error)
    assert error.place == str(folder / "induction/seed-0")
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), back.place, back.kind) == (str(error), error.place, "store")


def test_one_failing_run_does_not_stop_the_others(folder: Path) -> None:
    onset.train(SMALL, out=folder, seed=1)
    with pytest.raises(onset.StoreError) as caught:
        onset.train(SMALL, out=folder, seeds=3)
    assert [run.status for run in caught.value.runs] == ["finished"] * 3  # type: ignore[attr-defined]


def _in_a_child(folder: str, queue: Any) -> None:
    try:
        onset.train(SMALL, out=folder)
        queue.put("trained")
    except onset.Error as error:
        queue.put(str(error))


def test_use_after_a_fork_is_an_error_and_no_deadlock(folder: Path) -> None:
    onset.train(SMALL, out=folder / "parent")
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_a_child, args=(str(folder / "child"), queue))
    child.start()
    assert "forked" in queue.get(timeout=30)
    child.join()
