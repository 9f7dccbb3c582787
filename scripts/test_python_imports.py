#!/usr/bin/env python3
"""Every name that our Python files import from each other exists: `python3 scripts/test_python_imports.py`.

The files are read, not run, because most need packages that the tests do without.
"""

import ast
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ["bench", "crates/onset/pytorch", "crates/onset/tests/golden", "docs/images", "scripts"]
#: Packages of the registry that these files may use.
PACKAGES = {"matplotlib", "nbclient", "nbformat", "numpy", "onset", "pandas", "sacrebleu", "safetensors", "scipy", "sklearn", "tokenizers", "torch", "onnxruntime", "transformers"}


def names_of(file):
    """The names that a file defines at its top."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return found


def problems_of(file, modules, standard):
    """What `file` imports and is not there."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported = [(alias.name.partition(".")[0], None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [(node.module.partition(".")[0], alias.name) for alias in node.names]
        else:
            continue
        for module, name in imported:
            if module in modules:
                if name is not None and name not in modules[module]:
                    found.append(f"{file}:{node.lineno}: {module} has no {name}")
            elif module not in PACKAGES and module not in standard:
                found.append(f"{file}:{node.lineno}: there is no module {module}")
    return found


class Imports(unittest.TestCase):
    def test_every_import_is_there(self):
        import sys

        files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.py"))]
        self.assertGreater(len(files), 15)
        modules = {file.stem: names_of(file) for file in files}
        problems = [each for file in files for each in problems_of(file, modules, sys.stdlib_module_names)]
        self.assertEqual(problems, [])

    def test_a_missing_module_and_a_missing_name_are_found(self):
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "a.py"
            file.write_text("import json\nfrom gone import x\nfrom rnn import Rnn, Copier\n", encoding="utf-8")
            found = problems_of(file, {"rnn": {"Rnn"}}, {"json"})
        self.assertEqual([line.rpartition(": ")[2] for line in found], ["there is no module gone", "rnn has no Copier"])


if __name__ == "__main__":
    unittest.main()
