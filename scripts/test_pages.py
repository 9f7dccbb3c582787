#!/usr/bin/env python3
"""Tests of figures.py and links.py on small pages: `python3 scripts/test_pages.py`."""

import tempfile
import unittest
from pathlib import Path

import figures
import links

SOURCE = """strict = ["README.md"]
[auc]
page = "docs/results.md"
section = "Forecasts"
row = "area"
column = "value"
"""
RESULTS = "# Results\n\n## Forecasts\n\n| score | value |\n|---|--:|\n| area under the curve | **0.88** |\n"


class Figures(unittest.TestCase):
    def problems(self, readme, results=RESULTS, write=False):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs").mkdir()
            (root / figures.SOURCE).write_text(SOURCE, encoding="utf-8")
            (root / "docs/results.md").write_text(results, encoding="utf-8")
            (root / "README.md").write_text(readme, encoding="utf-8")
            problems = figures.run(root, write)
            self.written = (root / "README.md").read_text(encoding="utf-8")
            return problems

    def test_a_quote_of_the_table_passes(self):
        self.assertEqual(self.problems("The area is <!-- figure: auc -->0.88<!-- /figure -->.\n"), [])

    def test_a_quote_that_the_table_has_left_behind_fails_and_is_mended_by_write(self):
        old = "The area is <!-- figure: auc -->0.94<!-- /figure -->.\n"
        self.assertIn("README.md:1: auc is shown as `0.94` but is `0.88`", self.problems(old)[0])
        self.assertEqual(self.problems(old, write=True), [])
        self.assertIn("0.88", self.written)

    def test_a_measured_number_without_a_marker_fails(self):
        for words in ["an area of 0.94", "97 % of them", "five times as fast", "a quarter to a third", "7 of 10", "in 5 min"]:
            page = f"The area is <!-- figure: auc -->0.88<!-- /figure -->, {words}.\n"
            self.assertIn("looks measured", "".join(self.problems(page)), words)

    def test_code_and_names_of_measures_are_no_figures(self):
        page = "A <!-- figure: auc -->0.88<!-- /figure -->, top 5 % and `0.95`.\n```\n0.94\n```\n"
        self.assertEqual(self.problems(page), [])

    def test_unknown_unused_and_broken_markers_fail(self):
        self.assertIn("no figure `acu`", self.problems("It is <!-- figure: acu -->1<!-- /figure -->.\n")[0])
        self.assertIn("no page quotes `auc`", self.problems("Nothing.\n")[0])
        self.assertIn("not closed", self.problems("It is <!-- figure: auc -->0.88\n")[0])

    def test_a_row_that_is_gone_or_there_twice_is_an_error(self):
        for results in [RESULTS.replace("area", "surface"), RESULTS + "| area | 0.5 |\n"]:
            with self.assertRaisesRegex(ValueError, "rows start with `area`"):
                self.problems("", results)


class Links(unittest.TestCase):
    def test_headings_become_anchors_as_on_github(self):
        text = "# Why is `V` = L hard?\n## A run\n## A run\n```\n# no heading\n```\n"
        self.assertEqual(links.anchors(text), {"why-is-v--l-hard", "a-run", "a-run-1"})

    def test_missing_files_headings_and_sources_are_found(self):
        page = Path(__file__).resolve()
        text = "[a](gone.md) [b](#nowhere) [c](https://example.org/x)\n`[d](gone.md)`\n"
        self.assertEqual(len(list(links.broken_links(page, text))), 2)
        named = "`theory/toy.rs`, `theory/boy.rs`"
        self.assertEqual(len(list(links.missing_sources(named, ["crates/onset/src/theory/toy.rs"]))), 1)


if __name__ == "__main__":
    unittest.main()
