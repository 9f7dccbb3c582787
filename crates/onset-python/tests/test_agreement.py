"""Agreement against SciPy's rank correlations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onset

ROW = st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=30)
ROWS = st.lists(ROW, min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(ROWS, st.randoms(use_true_random=False))
def test_it_is_that_of_scipy_on_ragged_rows(rows: list[list[float]], random: object) -> None:
    stats = pytest.importorskip("scipy.stats")
    others = [random.sample(row, len(row)) for row in rows]  # type: ignore[attr-defined]
    for measure, peer in (("kendall", stats.kendalltau), ("spearman", stats.spearmanr)):
        found = onset.agreement(rows, others, measure=measure)
        for row, other, value in zip(rows, others, found.rows):
            constant = len(set(np.float32(row))) == 1
            expected = np.nan if constant else peer(np.float32(row), np.float32(other)).statistic
            assert value == pytest.approx(expected, abs=1e-9, nan_ok=True)


@settings(deadline=None)
@given(ROWS)
def test_a_record_agrees_with_itself_however_it_is_given(rows: list[list[float]]) -> None:
    sizes = [len(row) for row in rows]
    values, offsets = np.concatenate(rows).astype(np.float32), np.cumsum([0, *sizes])
    found = [onset.agreement(form, rows) for form in (rows, [np.asarray(row) for row in rows], (values, offsets))]
    assert all(np.array_equal(each.rows, found[0].rows, equal_nan=True) for each in found)
    assert all(value == pytest.approx(1.0) for value in found[0].rows[~np.isnan(found[0].rows)])


def test_arrow_and_matrices_are_rows_too() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    rows = [[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]
    expected = onset.agreement(rows, [[1, 3, 2], [3, 2, 1]])
    for form in (pyarrow.array(rows), pyarrow.chunked_array([rows[:1], rows[1:]]), np.asarray(rows)):
        assert np.array_equal(onset.agreement(form, [[1, 3, 2], [3, 2, 1]]).rows, expected.rows)


def test_intervals_chance_and_clusters() -> None:
    random = np.random.default_rng(0)
    a, b = random.random((200, 12)), random.random((200, 12))
    found = onset.agreement(a, b, measure="top", shuffles=5, clusters=[row // 10 for row in range(200)])
    assert found.low is not None and found.mean is not None and found.high is not None
    assert found.low < found.mean < found.high
    assert found.chance is not None and abs(found.chance[0] - 1 / 12) < 0.05
    assert float(found) == found.mean


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([[1, 2]], [[1, 2], [2, 1]], "a has 1 rows, b has 2"),
        ([[1, 2]], [[1, 2, 3]], "row 0: a has 2 values, b has 3"),
        ([[]], [[]], "at least 1"),
        ([["a"]], [["b"]], "expected rows of numbers"),
        ((np.zeros(3, np.float32), np.asarray([0, 9])), [[1, 2]], "outside"),
    ],
)
def test_rows_that_do_not_fit_are_named(a: object, b: object, words: str) -> None:
    with pytest.raises((onset.Error, ValueError), match=words):
        onset.agreement(a, b)
    with pytest.raises(onset.Error, match="expected \"kendall\""):
        onset.agreement([[1, 2]], [[1, 2]], measure="pearson")
