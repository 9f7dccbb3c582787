"""PyTorch's side of the benchmarks: one JSON line with the seconds of every timed step.

    python bench/peer.py copying --threads 1 --steps 5
    python bench/peer.py classification --threads 1 --tokens batches.jsonl
    python bench/peer.py matmul

The models are those of the golden files. Adam is PyTorch's fused one: a few per cent faster per copying
step than the plain one where we tried both (0.53 s against 0.55 s; `--plain-adam`).
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "crates/onset/tests/golden/peer"))

import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.nn.utils.rnn import pad_sequence  # noqa: E402

from classifier import Classifier  # noqa: E402
from copier import Copier, token_loss  # noqa: E402


def main():
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    name, times, more = arguments.run(arguments)
    line = {"name": name, "threads": arguments.threads, "median_s": statistics.median(times), "times": times}
    print(json.dumps(line | more))


def parse():
    parser = argparse.ArgumentParser(description="Time PyTorch on the work that Onset is timed on.")
    commands = parser.add_subparsers(required=True)

    def command(run, name, about, steps):
        added = commands.add_parser(name, help=about)
        added.set_defaults(run=run)
        added.add_argument("--threads", type=int, default=1)
        added.add_argument("--steps", type=int, default=steps, help="timed steps (default: %(default)s)")
        added.add_argument("--warmup", type=int, default=2, help="untimed steps before (default: %(default)s)")
        return added

    copying_ = command(copying, "copying", "training step of the paper's copying model", 5)
    copying_.add_argument("--vocabulary", type=int, default=40)
    copying_.add_argument("--length", type=int, default=40)
    copying_.add_argument("--batch", type=int, default=128)
    copying_.add_argument("--plain-adam", action="store_true", help="Adam that is not fused, to compare")
    texts = command(classification, "classification", "training step of the classifier on given batches", None)
    texts.add_argument("--tokens", type=Path, required=True, help="JSON lines: vocabulary, then batches")
    texts.add_argument("--plain-adam", action="store_true", help="Adam that is not fused, to compare")
    command(matmul, "matmul", "torch.mm, 1024 x 1024 x 1024", 50)
    return parser.parse_args()


def copying(arguments):
    """A step from drawing fresh permutations to the end of Adam's update."""
    model = Copier(arguments.vocabulary, embedding=256, hidden=256)
    adam = optimizer(model, arguments)
    end, begin = arguments.vocabulary, arguments.vocabulary + 1

    def step():
        words = torch.rand(arguments.batch, arguments.vocabulary).argsort(1)[:, : arguments.length]
        source = F.pad(words, (0, 1), value=end)
        decoder_input = F.pad(words, (1, 0), value=begin)
        adam.zero_grad(set_to_none=True)
        logits, _ = model(source, decoder_input)
        token_loss(logits, source).backward()
        adam.step()

    return "copying", timed([step] * arguments.warmup, [step] * arguments.steps), {}


def classification(arguments):
    """A step per batch of the file, in its order; making tensors of the token lists is not timed."""
    with arguments.tokens.open() as lines:
        vocabulary = json.loads(next(lines))["vocabulary"]
        batches = [collate(json.loads(line)) for line in lines if line.strip()]
    model = Classifier(vocabulary)
    adam = optimizer(model, arguments)

    def step(source, length, label):
        adam.zero_grad(set_to_none=True)
        logits, _, _ = model(source, length)
        F.binary_cross_entropy_with_logits(logits, label).backward()
        adam.step()

    steps = [lambda batch=batch: step(*batch) for batch in batches]
    return "classification", timed(steps[: arguments.warmup], steps[: arguments.steps]), {}


def collate(batch):
    """Padded tokens [B,L], lengths [B] and labels [B] of one line."""
    tokens = [torch.tensor(words) for words in batch["tokens"]]
    length = torch.tensor([len(words) for words in tokens])
    return pad_sequence(tokens, batch_first=True), length, torch.tensor(batch["labels"], dtype=torch.float32)


def matmul(arguments):
    """What a core can reach: the best of the products, as GFLOP/s."""
    size = 1024
    left, right, product = (torch.rand(size, size) for _ in range(3))

    def step():
        torch.mm(left, right, out=product)

    times = timed([step] * arguments.warmup, [step] * arguments.steps)
    return "matmul", times, {"peak_gflops": 2 * size**3 / min(times) / 1e9}


def optimizer(model, arguments):
    return torch.optim.Adam(model.parameters(), lr=1e-3, fused=not arguments.plain_adam)


def timed(warmup, steps):
    """Seconds of each step, after the warm-up."""
    for step in warmup:
        step()
    times = []
    for step in steps:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()
