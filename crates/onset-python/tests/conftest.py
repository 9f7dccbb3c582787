"""What tests share: folders, small models, and examples in docstrings."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doctest_namespace: dict[str, Any]) -> Iterator[None]:
    """Every test runs in a folder of its own, and examples know it as ``folder``."""
    import onset

    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        doctest_namespace.update(onset=onset, folder=tmp_path, pool=pool)
        yield
