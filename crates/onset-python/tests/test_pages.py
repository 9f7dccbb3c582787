"""The Python code of the pages runs, block after block, with fewer steps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[3]


def blocks(page: str) -> list[tuple[int, str]]:
    text = (PAGES / page).read_text()
    found = re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [(text[: match.start()].count("\n") + 2, match.group(1)) for match in found]


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_python_code_of_a_page_runs(page: str, folder: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    texts = [("good day", "yes"), ("bad day", "no"), ("good film", "yes"), ("bad film", "no")] * 30
    (folder / "messages.tsv").write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in texts))
    names: dict[str, object] = {"__name__": "page"}
    found = blocks(page)
    assert found, "a page with code in Python"
    for line, code in found:
        # What is spread over a page is one program; its line numbers are the page's.
        small = re.sub(r"(steps\W{1,3})\d{3,}", r"\g<1>20", code)
        exec(compile("\n" * (line - 1) + small, str(PAGES / page), "exec"), names)
