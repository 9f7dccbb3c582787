"""Predictions from Python."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import onset


def test_words_are_those_of_the_command_line(folder: Path) -> None:
    texts = ["good day here", "bad day there", "good film", "bad film"] * 25
    labels = ["yes", "no", "yes", "no"] * 25
    table = folder / "messages.tsv"
    table.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in zip(texts, labels)))
    words = ["onset", "predict", str(table), "--json"]
    printed = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)[0]
    found = onset.predict({"text": texts, "label": labels})
    assert [word["word"] for word in found["words"]] == [word["word"] for word in printed["words"]]
    assert found["words"][0]["attention"] == pytest.approx(printed["words"][0]["attention"])
    assert "most attention goes to" in repr(found)
    assert not list(folder.glob("*.parquet")), "nothing is left behind"


def test_drawn_tasks_have_levels_and_times() -> None:
    levels = onset.predict("markov", set={"model.kind": "transformer"})
    assert levels.kind == "levels" and "unigram" in repr(levels)
    copying = onset.predict("copying", seeds=[0, 1])
    assert len(copying.by_seed) == 2 and "80 % interval" in repr(copying)
    frame = pytest.importorskip("pandas") and levels.to_pandas()
    assert list(frame["name"])[:2] == ["uniform", "unigram"]


def test_what_is_not_covered_is_an_error() -> None:
    with pytest.raises(onset.ForecastError):
        onset.predict("copying", set={"model.attention": "uniform"})
