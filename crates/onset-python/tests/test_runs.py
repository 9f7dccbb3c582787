"""What is on record, as frames, pictures and figures."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onset

SPEC: dict[str, Any] = {
    "task": {"kind": "induction", "vocabulary": 5, "length": 4},
    "model": {"width": 8},
    "train": {"steps": 10, "batch": 4},
    "record": {"every": 5},
}


@pytest.fixture
def runs(folder: Path) -> onset.Runs:
    return onset.train(SPEC, seeds=2, out=folder)


def test_scores_are_frames_that_others_read(runs: onset.Runs) -> None:
    frame = runs.scores()
    assert frame.columns[-3:] == ["split", "score", "value"]
    assert len(frame) == frame.shape[0] == len(frame["value"])
    assert "Frame of" in repr(frame) and "<table>" in frame._repr_html_()
    with pytest.raises(KeyError, match="the columns are run, name"):
        frame["nothing"]
    try:
        assert frame.to_pandas()["value"].tolist() == frame["value"].tolist()
    except ImportError as error:
        assert "pip install 'onset-attention[plot]'" in str(error)
    polars = pytest.importorskip("polars")
    assert polars.DataFrame(frame)["value"].to_list() == frame["value"].tolist()
    duckdb = pytest.importorskip("duckdb")
    assert duckdb.sql("select count(*) from frame").fetchall() == [(len(frame),)]


def test_attention_is_read_whole_or_in_part(runs: onset.Runs) -> None:
    run = runs[0]
    assert run.steps == [0, 5, 10]
    frame = run.attention(step=5)
    assert all(abs(float(row.sum()) - 1) < 1e-5 for row in frame["alpha"])
    assert [len(row) for row in frame["alpha"]] == [len(row) for row in frame["tokens"]]
    one = run.attention(step=5, example=1)
    assert set(one["example"].tolist()) == {1}
    wanted = frame["example"] == 1
    assert [row.tolist() for row in one["alpha"]] == [
        row.tolist() for row, own in zip(frame["alpha"], wanted.tolist()) if own
    ]
    with pytest.raises(onset.StoreError, match="steps with attention: 0, 5, 10"):
        run.attention(step=7)
    with pytest.raises(onset.TargetError, match="expected example="):
        run.attention(word=3)


def test_runs_are_compared_over_seeds(runs: onset.Runs) -> None:
    table = runs.compare()
    place = table["score"].index("loss")
    last = [run.info["scores"]["loss"] for run in runs]
    assert table["mean"][place] == pytest.approx(np.mean(last))
    assert table["low"][place] < table["mean"][place] < table["high"][place]
    assert table["seeds"][place] == 2


def test_a_folder_is_opened_and_shows_itself(runs: onset.Runs, folder: Path) -> None:
    opened = onset.open(folder)
    assert len(opened) == 2 and opened.paths == runs.paths
    assert "2 runs: 2 finished" in repr(opened) and "seed-1" in repr(opened)
    assert "induction" in repr(opened[0]) or "repeated" in repr(opened[0])
    assert "<td>" in opened._repr_html_()
    with pytest.raises(onset.StoreError, match="cannot list"):
        onset.open(folder / "nothing")
    (folder / "broken").mkdir()
    (folder / "broken/manifest.json").write_text("{")
    assert [run.status for run in onset.open(folder)] == ["unreadable", "finished", "finished"]


def test_a_picture_needs_no_network(runs: onset.Runs, folder: Path) -> None:
    picture = runs.example(1)
    html = picture._repr_html_()
    assert html.startswith("<iframe srcdoc=") and "sandbox" in html
    page = picture.save(folder / "x.html").read_text()
    assert "alignments" in page and "http://" not in page.replace("http://www.w3.org", "") and "src=\"" not in page
    with pytest.raises(onset.StoreError, match="not on record"):
        runs.example(99)


def test_figures_are_saved_by_their_ending(runs: onset.Runs, folder: Path) -> None:
    assert "accuracy" in runs.figures()
    assert runs.figure("curves").save(folder / "x.pdf").read_bytes().startswith(b"%PDF")
    assert runs.figure("loss").save(folder / "x.svg").read_text().startswith("<svg")
    assert "step" in runs.figure("loss").save(folder / "x.csv").read_text()
    assert runs[0].figure("alpha", example=1)._repr_svg_().startswith("<svg")
    with pytest.raises(onset.TargetError, match="expected svg, pdf or csv"):
        runs.figure("loss").save(folder / "x.png")
    with pytest.raises(onset.StoreError, match="there is no run here"):
        onset.Runs([]).figure("loss")
    with pytest.raises(onset.TargetError, match="there is no figure 'speed'"):
        runs.figure("speed")


def test_a_report_is_written(runs: onset.Runs, folder: Path) -> None:
    assert "<!DOCTYPE html>" in runs.report(folder / "report.html").read_text()


def test_the_lab_serves_until_it_is_closed(runs: onset.Runs, folder: Path) -> None:
    with onset.lab(folder) as lab:
        with urllib.request.urlopen(f"{lab.url}api/runs", timeout=10) as answer:
            assert b"seed-1" in answer.read()
        assert lab.url in lab._repr_html_() and lab.url in repr(lab)
    with pytest.raises(OSError):
        urllib.request.urlopen(lab.url, timeout=2)
    with pytest.raises(onset.Error, match="nothing"):
        onset.lab(folder / "nothing")


def test_folders_are_merged(folder: Path) -> None:
    for seed in (0, 1):
        onset.train(SPEC, seed=seed, out=folder / f"node-{seed}")
    merged = onset.merge(folder / "node-0", folder / "node-1", into=folder / "all")
    assert [run.seed for run in merged] == [0, 1]
    onset.train({**SPEC, "model": {"width": 4}}, seed=0, out=folder / "node-2")
    with pytest.raises(onset.StoreError, match="different runs under one path"):
        onset.merge(folder / "node-2", into=folder / "all")


def test_scores_go_to_tensorboard(runs: onset.Runs, folder: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    written = runs.to_tensorboard(folder / "events")
    (events,) = [each for each in written.iterdir() if each.name.endswith("seed-1")]
    read = EventAccumulator(str(events)).Reload()
    losses = read.Scalars("training/loss")
    assert [event.step for event in losses] == list(range(1, 11))
    assert [event.value for event in losses] == pytest.approx(runs[1].losses()["loss"].tolist())


def test_scores_go_to_trackers(runs: onset.Runs) -> None:
    class Tracker:
        logged: list[tuple[int, dict[str, float]]] = []
        named: list[str] = []

        @classmethod
        def init(cls, project: str, name: str, config: dict[str, Any]) -> None:
            cls.named.append(f"{project}/{name}/{config['seed']}")

        @classmethod
        def log(cls, scores: dict[str, float], step: int) -> None:
            cls.logged.append((step, scores))

        @staticmethod
        def finish() -> None:
            pass

    count = runs.to_tracker(Tracker, project="mine")
    assert count == sum(len(scores) for _, scores in Tracker.logged) == len(runs.scores())
    assert [name.split("/")[0] for name in Tracker.named] == ["mine", "mine"]
    with pytest.raises(onset.TargetError, match="expected \"wandb\""):
        runs.to_tracker("mlflow")
