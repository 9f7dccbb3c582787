"""What the recorder costs, what the package's large calls cost, and training from Python beside the command.

    python bench/recorder.py      # in an environment with the package, torch, transformers and pandas
"""

import _thread
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import onset

torch.set_num_threads(1)


class Model(nn.Module):
    """A decoder of 2 layers of width 128 with 4 heads."""

    def __init__(self, vocabulary=64, width=128, length=128):
        super().__init__()
        self.embed, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        layer = nn.TransformerEncoderLayer(width, 4, 4 * width, 0.1, batch_first=True)
        self.stack, self.output = nn.TransformerEncoder(layer, 2), nn.Linear(width, vocabulary)

    def forward(self, ids):
        size = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(size)
        return self.output(self.stack(self.embed(ids) + self.positions(torch.arange(size)), mask=mask, is_causal=True))


def seconds(work, rounds=7):
    """The median of some runs, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def training_of(model, ids):
    """A step of training, which returns its loss."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step():
        loss = nn.functional.cross_entropy(model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return step


def recorder(folder):
    torch.manual_seed(0)
    model, ids = Model(), torch.randint(0, 64, (32, 128))
    record = onset.Recorder(model, ids, folder / "run", at=lambda step: False, strict=True)
    step = training_of(model, ids)
    whole = seconds(step)
    loss = step()
    calls = 10_000
    begin = time.perf_counter()
    for number in range(calls):
        record.step(number, loss=loss)
    between = (time.perf_counter() - begin) / calls

    def forward():
        with torch.no_grad():
            model.eval()
            model(ids)
            model.train()

    one = seconds(forward)
    record._losses.clear()
    numbers = iter(range(calls, 2 * calls))

    def recorded():
        record.record(next(numbers))

    def waiting():
        record._recording.wait()
        begin = time.perf_counter()
        recorded()
        return time.perf_counter() - begin

    recorded()
    # What the training waits for; a thread writes meanwhile.
    until_read = statistics.median(waiting() for _ in range(7))
    at_recorded = seconds(recorded)
    with onset.recorder.preserve.untouched(model), onset.recorder.watching.watching(record._sources, record._watcher):
        passes = seconds(lambda: record._reader.attend(record._reader.layout))
    print(f"| step of the model, batch 32 × 128 | {whole * 1e3:.1f} ms |")
    print(f"| – between recorded steps | {between * 1e6:.1f} µs, **{100 * between / whole:.3f} %** |")
    print(f"| forward pass of 32 probes of 128 tokens | {one * 1e3:.1f} ms |")
    print(f"| – pass that is watched, with α of all 8 heads taken out | {passes * 1e3:.1f} ms, **{passes / one:.2f}** |")
    print(f"| – recorded step: α and head scores, until training goes on | {until_read * 1e3:.1f} ms, **{until_read / one:.2f}** |")
    print(f"| – recorded steps in a row, each waiting until the one before is on disk | {at_recorded * 1e3:.1f} ms, **{at_recorded / one:.2f}** |")
    size = sum(path.stat().st_size for path in (folder / "run/probes").iterdir()) / len(list((folder / "run/probes").iterdir()))
    print(f"| – its file | {size / 1e6:.1f} MB |")


def memory():
    """The peak of a training with recorded steps against the same training without, in a process of its own.

    Its allocator gives back what is freed. Otherwise, the peak is that of what glibc keeps for later, which differs by 100 MB from one run
    to another: it may hide a recorded step in what the training has freed, or count fragments as the recorder's.
    """
    giving_back = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_TOP_PAD_": "0"}
    if not Path("/proc/self/clear_refs").exists():
        print("| peak memory | not measured: there is no /proc/self/clear_refs |")
        return
    subprocess.run([sys.executable, __file__, "memory"], check=True, env={**os.environ, **giving_back})


def measured_memory(folder):
    torch.manual_seed(0)
    model, ids = Model(), torch.randint(0, 64, (32, 128))
    step = training_of(model, ids)

    def resident(name):
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024 / 1e6

    def peak(work):
        Path("/proc/self/clear_refs").write_text("5")
        work()
        return resident("VmHWM")

    def train(record=None, at=0):
        for number in range(8):
            step()
            if record is not None and number % 3 == 0:
                # Its thread writes while the training goes on.
                record.record(at + number)

    # What is needed once, such as the code of the libraries, is no cost of a step; but nothing of the size of the probes is kept.
    small = onset.Recorder(model, ids[:1, :16], folder / "small", at=lambda step: False, strict=True)
    small.record(0)
    small._recording.wait()
    train()
    record = onset.Recorder(model, ids, folder / "run", at=lambda step: False, strict=True)
    without = peak(train)
    recorded = max(peak(lambda: train(record, 10 * begin)) for begin in range(3))
    record._recording.wait()

    def plain():
        model.eval()
        with torch.no_grad():
            model(ids)
        model.train()

    def alone():
        record.record(100)
        record._recording.wait()

    before = resident("VmRSS")
    forward, one = peak(plain) - before, peak(alone) - before
    attention = 2 * 4 * 32 * 128**2 * 4 / 1e6
    print(f"| attention of the probes, 2 layers × 4 heads × 32 × 128 × 128 | {attention:.1f} MB |")
    print(f"| peak memory of the training, without recording, with | {without:.0f} MB, {recorded:.0f} MB, **+{recorded - without:.1f} MB** |")
    print(f"| – growth in a forward pass of the probes, in a recorded step | {forward:.1f} MB, {one:.1f} MB |")


def importing():
    code = "import time; begin = time.perf_counter(); import onset; print(time.perf_counter() - begin)"
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(5)]
    print(f"| import onset | {statistics.median(times) * 1e3:.0f} ms |")


def interrupting(folder):
    """From Ctrl-C to the end of `onset.train`."""
    times = []

    def interrupt():
        time.sleep(1)
        times.append(time.perf_counter())
        _thread.interrupt_main()

    threading.Thread(target=interrupt).start()
    try:
        onset.train("copying", steps=1_000_000, out=folder)
    except KeyboardInterrupt:
        times.append(time.perf_counter())
    print(f"| Ctrl-C in a training of the paper's copying model | {times[1] - times[0]:.2f} s |")


def agreement():
    random = np.random.default_rng(0)
    a, b = (random.random((1_000_000, 20), dtype=np.float32) for _ in range(2))
    print(f"| agreement of 10⁶ rows of 20, Kendall, with its interval | {seconds(lambda: onset.agreement(a, b), 3):.2f} s |")


def attention(folder):
    rows = 100_000
    spec = {"task": {"kind": "induction", "vocabulary": 16, "length": 20}, "train": {"steps": 1}, "record": {"probes": rows // 20}}
    run = onset.train(spec, out=folder)[0]
    frame = run.attention(1)
    print(f"| run.attention() of {len(frame):,} rows | {seconds(lambda: run.attention(1), 3):.2f} s |")
    print(f"| – frame to pandas | {seconds(lambda: frame.to_pandas(), 3):.2f} s |")


def training(folder):
    times = {"python": [], "command": []}
    for number in range(5):
        words = ["onset", "train", "copying", "--set", "train.steps=60", "--set", "model.hidden=64", "--out", str(folder / f"c{number}")]
        begin = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        times["command"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        onset.train("copying", steps=60, set={"model.hidden": 64}, out=folder / f"p{number}")
        times["python"].append(time.perf_counter() - begin)
    python, command = (statistics.median(times[side]) for side in ("python", "command"))
    print(f"| training from Python, from the command | {python:.2f} s, {command:.2f} s, **{python / command:.2f}** |")


def directories(folder):
    one = onset.train("induction", steps=2, set={"model.width": 4, "record.probes": 0}, out=folder / "one")[0]
    many = folder / "many"
    files = {path.relative_to(one.path): path.read_bytes() for path in one.path.rglob("*") if path.is_file()}
    for number in range(10_000):
        for name, contents in files.items():
            path = many / f"sweep/seed-{number}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
    begin = time.perf_counter()
    runs = onset.open(many)
    took = time.perf_counter() - begin
    print(f"| list of {len(runs):,} run directories | {took:.2f} s |")


def main():
    if sys.argv[1:] == ["memory"]:
        with tempfile.TemporaryDirectory() as name:
            measured_memory(Path(name))
        return
    print("| what | measured |\n|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        importing()
        interrupting(folder / "interrupted")
        recorder(folder)
        memory()
        agreement()
        attention(folder / "attention")
        training(folder / "training")
        directories(folder / "directories")


if __name__ == "__main__":
    main()
