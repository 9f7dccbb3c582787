#!/usr/bin/env python3
"""Tests of documented_commands.py, without a built program: `python3 scripts/test_documented_commands.py`."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import documented_commands as documented

PAGE = """# A page

```sh
cargo run --release -- train messages.tsv --seeds 10   # a comment
onset train \\
  copying
```

<!-- not run: needs a GPU -->
```sh
onset conquer
```

```python
onset = 1
```
"""


def page(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.md"
        path.write_text(text, encoding="utf-8")
        listed = subprocess.run(
            [sys.executable, documented.__file__, "--list", str(path)], capture_output=True, text=True, check=False
        )
        return documented.Page(path).blocks, listed


class Documented(unittest.TestCase):
    def test_commands_are_read_without_comments_and_with_continued_lines(self):
        blocks, listed = page(PAGE)
        self.assertEqual(
            blocks,
            [
                (None, [(4, "cargo run --release -- train messages.tsv --seeds 10"), (5, "onset train copying")]),
                ("needs a GPU", [(11, "onset conquer")]),
            ],
        )
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("(needs a GPU)", listed.stdout)

    def test_a_command_that_nobody_knows_how_to_run_is_a_failure(self):
        _, listed = page("```sh\nonset conquer\n```\n")
        self.assertEqual(listed.returncode, 1)
        self.assertIn("onset conquer", listed.stderr)
        self.assertIn("nobody has said how it is run", listed.stderr)

    def test_budgets_come_last_and_before_redirections(self):
        small = documented.small(documented.plain("cargo run --release -- train a.tsv --seeds 0..30 --set train.steps=4000"))
        self.assertTrue(small.endswith("--seeds 2"), small)
        self.assertNotIn("0..30", small)
        self.assertLess(small.index("train.steps=4000"), small.index("train.steps=12"))
        self.assertEqual(documented.small("onset translate runs/a/seed-0 < a.de > b"), "onset translate runs/a/seed-0 < a.de > b")
        self.assertIn("--from copies", documented.small("onset data fetch sms_spam"))
        self.assertEqual(documented.plain("onset predict multi30k --from DIR"), "onset predict multi30k --from copies")


if __name__ == "__main__":
    unittest.main()
