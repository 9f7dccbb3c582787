"""What a recorded step adds to the memory of the process."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

# Peak growth is measured in a process of its own, whose allocator gives back what is freed: then what is resident is what is in use,
# and nothing depends on what the tests before have left.
GIVING_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_TOP_PAD_": "0"}

# Beside attention: the encoders of a file, its words, and a layer of the pass itself.
CONSTANT = 8e6

PROGRAM = """
import json, sys
import torch
import onset

torch.set_num_threads(1)
examples, length, layers, heads = 8, 128, 16, 4


class Model(torch.nn.Module):
    def __init__(self, causal):
        super().__init__()
        layer = torch.nn.TransformerEncoderLayer(32, heads, 64, batch_first=True)
        self.embed, self.output, self.causal = torch.nn.Embedding(32, 32), torch.nn.Linear(32, 32), causal
        self.stack = torch.nn.TransformerEncoder(layer, layers)

    def forward(self, ids):
        mask = torch.nn.Transformer.generate_square_subsequent_mask(ids.shape[1]) if self.causal else None
        return self.output(self.stack(self.embed(ids), mask=mask, is_causal=self.causal))


def resident(name):
    line = next(line for line in open("/proc/self/status") if line.startswith(name))
    return int(line.split()[1]) * 1024


def record(recorder, step):
    recorder.record(step)
    # A thread writes.
    recorder._recording.wait()


model, ids = Model(sys.argv[2] == "causal"), torch.randint(0, 32, (examples, length))
# What is needed once, such as the code of the libraries, is no cost of a step: a recording of another size comes first.
small = onset.Recorder(model, ids[:1, :16], sys.argv[1] + "/small", at=lambda step: False, strict=True)
for step in range(2):
    record(small, step)
recorder = onset.Recorder(model, ids, sys.argv[1] + "/run", at=lambda step: False, strict=True)
growth = []
for step in range(3):
    before = resident("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")
    record(recorder, step)
    growth.append(resident("VmHWM") - before)
print(json.dumps([examples * layers * heads * length**2 * 4, growth]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of a process is reset through /proc/self/clear_refs")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator of glibc is told to give back what is freed")
@pytest.mark.parametrize("kind", ["causal", "whole"])
def test_a_recorded_step_takes_little_more_memory_than_its_attention(kind: str, folder: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder), kind]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **GIVING_BACK})
    assert done.returncode == 0, done.stderr
    attention, growth = json.loads(done.stdout)
    # The first recorded step as well, which finds out where the model attends.
    assert max(growth) <= 1.1 * attention + CONSTANT, f"{attention / 1e6:.1f} MB of attention, {growth}"
