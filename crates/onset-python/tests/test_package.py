"""The package as it is installed."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.metadata import metadata, requires, version

import onset


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_import_loads_nothing_that_is_not_needed() -> None:
    heavy = ("torch", "pandas", "pyarrow", "polars", "tqdm", "ray", "asyncio")
    code = f"import sys, onset; print([name for name in {heavy!r} if name in sys.modules])"
    assert run(sys.executable, "-c", code).stdout.strip() == "[]"


def test_the_command_comes_with_the_package() -> None:
    for words in (["onset"], [sys.executable, "-m", "onset"]):
        shown = run(*words, "--version")
        assert shown.returncode == 0
        assert shown.stdout.strip() == f"onset {onset.__version__}"
    refused = run("onset", "train", "nothing.csv")
    assert refused.returncode != 0
    assert refused.stderr.startswith("error: ")


def test_versions_agree_and_numpy_is_the_only_dependency() -> None:
    assert version("onset-attention") == onset.__version__
    assert [each for each in requires("onset-attention") or [] if "extra ==" not in each] == ["numpy>=1.24"]
    assert {"torch", "plot", "ray", "dask", "slurm"} <= set(metadata("onset-attention").get_all("Provides-Extra") or [])


def test_every_public_name_is_there_and_documented() -> None:
    for name in onset.__all__:
        try:
            value = getattr(onset, name)
        except ImportError as error:
            assert "pip install 'onset-attention[torch]'" in str(error)
            continue
        if name != "__version__":
            assert value.__doc__, name


def test_modules_do_not_hide_functions() -> None:
    import onset.agreements
    import onset.labs
    import onset.training

    assert callable(onset.agreement) and callable(onset.lab) and callable(onset.train)


def test_ctrl_c_in_the_command_ends_it_and_leaves_a_run() -> None:
    words = ["onset", "train", "copying", "--set", "train.steps=100000", "--set", "model.hidden=16"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(400):
        if onset.open(".")[:1] and onset.open(".")[0].info["step"] >= 0:
            break
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(2)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert onset.open("runs")[0].status == "interrupted"
