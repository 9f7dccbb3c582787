"""Counts add up, whatever the parts, and whatever holds them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onset

ROWS = [(f"{['win a free prize', 'see you at home'][at % 2]} {['now', 'today', 'later'][at % 3]}", ["spam", "ham"][at % 2]) for at in range(60)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(ROWS), min_size=1), st.randoms(use_true_random=False))
def test_the_bytes_are_the_same_whatever_the_partition(rows: list[tuple[str, str]], random: Any) -> None:
    whole = onset.count(rows)
    shuffled = random.sample(rows, len(rows))
    cut = random.randint(1, len(rows))
    parts = [onset.count(part) for part in (shuffled[:cut], shuffled[cut:]) if part]
    assert sum(parts) == whole and sum(parts).to_bytes() == whole.to_bytes()
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_words_are_those_that_a_prediction_from_one_place_names() -> None:
    words = onset.count(ROWS).words()
    clear = [word for word, is_clear in zip(words["word"], words["clear"]) if is_clear]
    assert set(clear) == {"win", "a", "free", "prize", "see", "you", "at", "home"}
    assert set(words["word"][-3:]) == {"now", "today", "later"}
    predicted = onset.predict({"text": [text for text, _ in ROWS * 4], "label": [label for _, label in ROWS * 4]})
    assert {word["word"] for word in predicted["words"] if word.get("clear")} <= set(clear)
    assert "60 texts (30 of ham, 30 of spam)" in repr(onset.count(ROWS))


def test_frames_with_other_names_and_bad_rows() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"body": [text for text, _ in ROWS], "kind": [label for _, label in ROWS]})
    assert onset.count(frame, text_column="body", label_column="kind") == onset.count(ROWS)
    with pytest.raises(onset.DataError, match="no column text"):
        onset.count(frame)
    with pytest.raises(ValueError):
        onset.Counts.from_bytes(b"nothing")


def test_a_dask_bag_in_parts() -> None:
    bag = pytest.importorskip("dask.bag")
    parts = bag.from_sequence(ROWS, npartitions=4)
    counts = parts.map_partitions(lambda part: [onset.count(list(part))]).fold(lambda a, b: a + b)
    assert counts.compute(scheduler="threads") == onset.count(ROWS)


def test_a_ray_data_set_in_parts() -> None:
    ray = pytest.importorskip("ray")
    data = pytest.importorskip("ray.data")
    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False, ignore_reinit_error=True)
    try:
        rows = data.from_items([{"text": text, "label": label} for text, label in ROWS]).repartition(3)
        counted = rows.map_batches(lambda batch: {"counts": [onset.count(batch).to_bytes()]}, batch_size=None)
        counts = sum(onset.Counts.from_bytes(bytes(row["counts"])) for row in counted.take_all())
        assert counts == onset.count(ROWS)
    finally:
        ray.shutdown()
