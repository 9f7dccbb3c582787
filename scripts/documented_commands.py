#!/usr/bin/env python3
"""Run every command that README.md and docs/*.md document, with small budgets and without a network.

    cargo build -p onset-cli -p onset --bins --examples
    scripts/documented_commands.py [--bin-dir target/debug] [--list] [PAGE ...]

Commands are the lines of fenced `sh` blocks. Each block runs in a folder of its own, which holds small copies of the files
that the pages name (messages.tsv, train.de, data/sms_spam, ...). `cargo run --release --` stands for the built `onset`,
`cargo run ... --example NAME --` for a built example. BUDGETS adds what makes a command small; NOT_RUN lists the commands that cannot run
here, with the reason. A whole block is left out by a comment in the line before it:

    <!-- not run: needs a GPU -->

A command that is in neither list is a failure, as is one that ends with another code than 0: whoever documents a command says here
how it is run.
"""

import argparse
import gzip
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Longest run of one command in seconds; all are over in a moment where nothing is wrong.
LONGEST = 240


def sets(*assignments):
    return [word for assignment in assignments for word in ("--set", assignment)]


COPYING = sets(
    "data.vocabulary=8", "data.length=6", "model.hidden=12", "model.embedding=10", "train.batch=4",
    "train.steps=30", "record.every=10", "record.checkpoints=[0, 20]",
)
TEXTS = sets(
    "model.hidden=6", "model.embedding=8", "model.attention_hidden=5", "train.batch=8", "train.steps=12",
    "data.min_count=1", "record.checkpoints=[0, 4, 12]",
)
PAIRS = sets(
    "model.hidden=8", "model.embedding=8", "data.vocabulary=24", "train.batch=4", "train.steps=12",
    "record.checkpoints=[0, 12]", "record.influence=3",
)
PHASE = sets("model.hidden=12", "model.embedding=12", "train.batch=8", "train.steps=20")
SEQUENCES = sets("data.vocabulary=6", "data.length=5", "model.width=8", "train.batch=4", "train.steps=20")
IN_CONTEXT = sets(
    "model.width=8", "model.heads=2", "model.mlp=8", "task.sequences=8", "train.batch=4", "train.steps=20", "record.every=10",
)
CORPUS = IN_CONTEXT + sets("task.length=16")
COPIER = sets(
    "data.vocabulary=8", "data.length=6", "model.width=8", "model.heads=2", "model.mlp=8", "train.batch=4", "train.steps=12",
    "record.every=6", "record.checkpoints=[0, 12]",
)
ENCODER = sets(
    "model.width=8", "model.heads=2", "model.mlp=8", "train.batch=8", "train.steps=12", "data.min_count=1",
    "record.checkpoints=[0, 12]", "record.probes=2", "record.influence=2",
)
PRETRAINED = sets("train.steps=4", "train.batch=4", "record.probes=2")
BOTH = sets(
    "model.layers=1", "model.encoder_layers=1", "model.heads=2", "model.width=8", "model.mlp=8", "data.vocabulary=24", "train.batch=4",
    "train.steps=12", "train.warmup=0", "record.every=6", "record.influence=2",
)
DESCRIBED = sets("train.steps=4", "train.warmup=1", "train.batch=4", "task.length=150", "task.evaluation=2", "record.checkpoints=[0]", "record.probes=2")
MULTIHEAD = sets("data.vocabulary=6", "data.length=5", "model.hidden=8", "model.embedding=8", "train.batch=4", "train.steps=20")

# Small copies of sets of the collection, with the labels that it describes.
SETS = {
    "trec": ["abbreviation", "description", "entity", "human", "location", "number"],
    "customer_reviews": ["negative", "positive"],
    "cola": ["unacceptable", "acceptable"],
}

# What the words of a command begin with, and what is added to make it small. The first that fits counts.
# A budget may be a function of the words. `None` means that nothing need be added.
BUDGETS = [
    (["onset", "train"], lambda words: by_target(words, "keyword")),
    (["onset", "forecast"], lambda words: by_target(words, "keyword")),
    (["onset", "predict"], lambda words: by_target(words, "copying", training=False)),
    (["onset", "reproduce", "copying"], ["--seeds", "2", "--vocabulary", "8,6"] + COPYING[2:]),
    (["onset", "reproduce", "classification"], ["--seeds", "13"] + TEXTS),
    (["onset", "reproduce", "translation"], ["--seeds", "13"] + PAIRS),
    (
        ["onset", "reproduce", "phase"],
        # With --quick it is two seeds already.
        lambda words: ([] if "--quick" in words else ["--seeds", "2"]) + ["--lengths", "4,6", "--ratios", "1,2"] + PHASE,
    ),
    (
        ["onset", "reproduce", "multihead"],
        ["--bodies", "1", "--heads", "2", "--pool", "2", "--repeats", "1", "--draws", "6"] + MULTIHEAD,
    ),
    (
        ["onset", "reproduce", "induction"],
        lambda words: ([] if "--quick" in words else ["--seeds", "1"]) + sets("train.steps=4", "train.batch=4", "record.every=2"),
    ),
    (
        ["onset", "reproduce", "forecasts"],
        lambda words: ([] if "--quick" in words or "--seeds" in words else ["--seeds", "1"])
        + sets("train.steps=4", "train.batch=2", "record.every=2"),
    ),
    (
        ["onset", "reproduce", "causes"],
        # The steps of the changes are those of the study; the model is small.
        lambda words: ([] if "--subjects" in words else ["--subjects", "copying"]) + ([] if "--quick" in words else ["--seeds", "1"])
        + sets("task.vocabulary=6", "task.length=4", "model.hidden=8", "model.embedding=8", "train.batch=2", "record.every=100"),
    ),
    (
        ["onset", "reproduce", "drops"],
        # The law is of one batch size; the rest is small.
        sets("train.steps=4", "task.sequences=4", "record.every=2"),
    ),
    (["onset", "align"], None),
    (["onset", "branch"], None),
    (["onset", "model", "list"], None),
    (["onset", "meta", "check"], None),
    (["onset", "meta", "train"], DESCRIBED),
    (["onset", "reproduce", "meta-tuning"], DESCRIBED + ["--no-ablations"]),
    (["onset", "reproduce", "toy"], None),
    (["onset", "runs"], None),
    (["onset", "merge"], None),
    (["onset", "report"], None),
    (["onset", "figure"], None),
    (["onset", "probe"], None),
    (["onset", "classify"], None),
    (["onset", "export"], None),
    (["onset", "translate"], None),
    (["onset", "data", "list"], None),
    (["onset", "data", "inspect"], None),
    (["onset", "audit"], None),
    # As if the files had been fetched elsewhere: no network.
    (["onset", "data", "fetch"], ["--from", "copies", "--out", "fetched"]),
    (["onset", "lab"], None),
    (["onset", "keys"], None),
    (["onset", "completions"], None),
    (["onset", "man"], None),
    (["example-given_attention"], None),
    (["example-audit_shuffles"], None),
    (["example-stage_one_times"], ["model.hidden=6", "model.embedding=8", "model.attention_hidden=5", "task.min_count=1"]),
]

# What a command begins with, and why it is not run.
NOT_RUN = [
    ("cargo test", "scripts/check runs it"),
    ("scripts/check", "it runs these commands"),
    ("scripts/soak", "scripts/check runs it"),
    ("cargo run --release -p onset-fuzz", "takes minutes; cargo test tries some thousand inputs"),
    ("cargo +nightly fuzz", "needs a nightly compiler"),
    ("cargo +nightly miri", "scripts/check runs it where Miri is installed"),
    ("python -m venv", "downloads PyTorch"),
    ("pip install", "scripts/check-python installs the wheel"),
    ("scripts/check-python", "scripts/check runs it"),
    ("cargo run --release -p onset-bench", "compares with PyTorch, for many minutes"),
    ("onset model fetch", "needs the network"),
    ("onset data fetch multi30k", "needs the network: its files are verified by their published checksums"),
]

# Words that stand for something of the reader's.
STANDS_FOR = {"DIR": "copies", "RUN": "runs/copying-40/seed-0"}


def by_target(words, default, training=True):
    """The budget of the task that a target stands for."""
    is_named = len(words) > 2 and (words[2] == "-" or not words[2].startswith("-"))
    named = words[2] if is_named else default
    if "--pretrained" in words:
        small = PRETRAINED + (sets("task.length=8", "task.sequences=4") if named.endswith(".txt") else [])
    elif ("," in named and "model.kind=transformer" in words) or "multi30k-transformer" in named:
        small = BOTH
    elif named == "induction" or "model.kind=attention-only" in words:
        small = SEQUENCES
    elif named == "corpus.txt":
        small = CORPUS
    elif named in ("markov", "item-label"):
        small = IN_CONTEXT
    elif "model.kind=transformer" in words:
        small = COPIER if named == "copying" else ENCODER
    elif named == "copying" or Path(named).name.startswith("copying"):
        small = COPYING
    elif "multi30k" in named or "," in named:
        small = PAIRS
    else:
        small = TEXTS
    if small is PAIRS and not training:
        return []
    # So many seeds as are named would take long; two show the same.
    return small + (["--seeds", "2"] if "--seeds" in words else [])


class Page:
    """The commands of one page, block by block."""

    def __init__(self, path):
        self.path = path
        self.blocks = []
        lines = path.read_text(encoding="utf-8").splitlines()
        block, reason, before = None, None, ""
        for number, line in enumerate(lines, 1):
            if block is None and line.strip() == "```sh":
                match = re.fullmatch(r"<!--\s*not run:\s*(.+?)\s*-->", before)
                block, reason = [], match and match[1]
            elif block is not None and line.strip() == "```":
                self.blocks.append((reason, joined(block)))
                block = None
            elif block is not None:
                block.append((number, line))
            if line.strip():
                before = line.strip()


def joined(lines):
    """(line number, command) of a block, without comments and with continued lines put together."""
    commands, begun = [], None
    for number, line in lines:
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        if begun:
            number, line = begun[0], f"{begun[1]} {line}"
        begun = (number, line[:-1].strip()) if line.endswith("\\") else None
        if line and not begun:
            commands.append((number, line))
    return commands


def plain(command):
    """The command with the built programs in place of cargo."""
    command = re.sub(r"^cargo run --release -p onset --example (\w+) -- ", r"example-\1 ", command)
    command = re.sub(r"^cargo run --release -- ?", "onset ", command)
    for word, meaning in STANDS_FOR.items():
        command = re.sub(rf"(?<=\s){word}(?=\s|$)", meaning, command)
    return command.strip()


def small(command):
    """The command with its budget; None if nobody has said how it is run."""
    parts = re.split(r"(\s[<>|]\s.*)$", command, maxsplit=1)
    words = shlex.split(parts[0])
    for beginning, budget in BUDGETS:
        if words[: len(beginning)] == beginning:
            added = (budget(words) if callable(budget) else budget) or []
            if "--seeds" in words and "--seeds" in added:
                place = words.index("--seeds")
                del words[place : place + 2]
            rest = parts[1] if len(parts) > 1 else ""
            return shlex.join(words + added) + rest
    return None


def gz(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def make_files(folder):
    """Small copies of everything that the pages name."""
    messages = [("win a free prize", 1), ("see you at home", 0)]
    rows = [(f"{messages[i % 2][0]} {['now', 'today', 'later'][i % 3]}", messages[i % 2][1]) for i in range(40)]
    tsv = "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows)
    (folder / "messages.tsv").write_text(tsv)
    (folder / "new.tsv").write_text("text\nwin a free prize\nsee you at home\n")
    plain_rows = "".join(f"{label},{text}\n" for text, label in rows)
    (folder / "raw.csv").write_text(plain_rows)
    (folder / "semicolons.csv").write_text("label;text\n" + plain_rows.replace(",", ";"))
    (folder / "latin.csv").write_text("label,text\n" + plain_rows.replace("free", "offert à"), encoding="latin-1")
    (folder / "quotes.csv").write_text("label,text\n" + plain_rows.replace("win", '"win', 3))
    titled = "".join(f"{label},{text.replace(' ', ',', 1)}\n" for text, label in rows)
    (folder / "titled.csv").write_text("label,title,body\n" + titled)
    clauses = ["the cat saw the dog", "the dog saw the cat", "nobody came", "then it was late"]
    prose = "".join(f"{clauses[i % 4]} {['and', 'or'][i % 3 % 2]} {clauses[i * i % 3]}.\n" for i in range(300))
    (folder / "corpus.txt").write_text(prose)
    (folder / "other.txt").write_text(prose[:2000])
    signs = [("盒子漂亮今天收到", 1), ("包裹损坏今天退款", 0)]
    (folder / "chinese.tsv").write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in signs * 20))
    labels = ["world", "business", "sport"]
    news = "text,label\n" + "".join(f'"words about {labels[i % 3]}, number {i}",{labels[i % 3]}\n' for i in range(60))
    (folder / "news.csv").write_text(news)
    mail = "".join(
        f'{{"body": "{text}", "text": "{text}", "label": "{["ham", "spam"][label]}"}}\n' for text, label in rows
    )
    (folder / "mail.jsonl").write_text(mail)
    gz(folder / "mail.jsonl.gz", mail)
    gz(folder / "sms.tsv.gz", tsv)

    words = [("ein", "a"), ("Hund", "dog"), ("Kind", "child"), ("sieht", "sees"), ("rote", "red")]
    lines = [[words[(i * 3 + j * j) % 5] for j in range(3 + i % 4)] for i in range(60)]
    sides = ["".join(" ".join(pair[side] for pair in line) + "\n" for line in lines) for side in (0, 1)]
    for name in ("train", "val", "test", "test_2016_flickr"):
        for ending, text in zip(("de", "en"), sides):
            (folder / f"{name}.{ending}").write_text(text)
    (folder / "val.align").write_text("".join(" ".join(f"{j}-{j}" for j in range(len(line))) + "\n" for line in lines))
    for place in ("data", "copies"):
        gz(folder / place / "sms_spam" / "sms.tsv.gz", tsv)
        for name in ("train", "dev"):
            # Texts of its own: one that is held out elsewhere is not trained on.
            gz(folder / place / "sst2" / f"{name}.tsv.gz", tsv.replace("\t", " film\t").replace("text film", "text"))
        for name in ("train", "val", "test_2016_flickr"):
            for ending, text in zip(("de", "en"), sides):
                gz(folder / place / "multi30k" / f"{name}.{ending}.gz", text)
        for name, labels in SETS.items():
            described = "".join(f"here is {labels[i % len(labels)]} for number {i}\t{labels[i % len(labels)]}\n" for i in range(24))
            for part in ("train", "test"):
                gz(folder / place / name / f"{part}.tsv.gz", "text\tlabel\n" + described)
    question = "[[labels]]\nname = '{0}'\ndescriptions = ['Is this {0}?']\n"
    (folder / "labels.toml").write_text("".join(question.format(name) for name in ("spam", "private")))
    (folder / "new.csv").write_text("id,text\n1,win a free prize\n2,see you at home\n")
    shutil.copytree(ROOT / "collections", folder / "collections")
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    for name in ("bert", "gpt2"):
        shutil.copytree(ROOT / "crates/onset/tests/golden/hugging_face" / name, folder / name)
    shutil.copytree(ROOT / "crates/onset/tests/golden/described", folder / "minilm")
    (folder / "crates").symlink_to(ROOT / "crates")


class Runner:
    def __init__(self, programs):
        self.home = Path(tempfile.mkdtemp(prefix="onset-documented-"))
        shelf = self.home / "bin"
        shelf.mkdir()
        (shelf / "onset").symlink_to(programs / "onset")
        for example in ("audit_shuffles", "given_attention", "stage_one_times"):
            (shelf / f"example-{example}").symlink_to(programs / "examples" / example)
        for program in shelf.iterdir():
            if not program.exists():
                sys.exit(f"{program.resolve()} is not there; build it first: cargo build -p onset-cli -p onset --bins --examples")
        self.environment = {**os.environ, "PATH": f"{shelf}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
        self.blocks = 0

    def folder(self):
        """A new folder for a block."""
        self.blocks += 1
        folder = self.home / f"block-{self.blocks}"
        folder.mkdir()
        make_files(folder)
        return folder

    def run(self, command, folder):
        """The exit code and what was printed."""
        for missing in self.missing_runs(command, folder):
            code, printed = self.run(small(missing), folder)
            if code != 0:
                return code, f"{missing}, which makes the run that it needs:\n{printed}"
        return (self.serve if command.startswith("onset lab") else self.shell)(command, folder)

    def shell(self, command, folder):
        try:
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST, text=True, errors="replace",
            )
        except subprocess.TimeoutExpired:
            return None, f"it was not over after {LONGEST} s"
        return done.returncode, done.stdout

    def missing_runs(self, command, folder):
        """The commands that train the runs which `command` reads and which are not there yet."""
        if command.startswith(("onset train", "onset forecast", "onset reproduce")):
            return
        for name, seed in re.findall(r"\bruns/([\w-]+)(?:/seed-(\d+))?", command):
            there = folder / "runs" / name / (f"seed-{seed}" if seed else "")
            if not there.exists():
                spec = f"experiments/{name}.toml"
                target = spec if (folder / spec).exists() else name
                yield f"onset train {target} --set seed={seed or 0}"
        if command.startswith(("onset runs", "onset lab")) and not (folder / "runs").exists():
            yield "onset train copying"

    def serve(self, command, folder):
        """A server prints its address, and ends by Ctrl-C."""
        words = [word for word in shlex.split(command) if word != "--open"]
        with subprocess.Popen(
            words, cwd=folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as server:
            first = server.stdout.readline()
            server.send_signal(signal.SIGINT)
            try:
                _, error = server.communicate(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                server.kill()
                return None, "Ctrl-C did not end it"
        if not first.startswith("http://"):
            return 1, f"it printed {first!r} and not an address\n{error}"
        return server.returncode, error


def has_torch():
    return subprocess.run([sys.executable, "-c", "import torch, safetensors"], capture_output=True).returncode == 0


def why_not(command, torch):
    """Why a command as documented is not run; None if it is."""
    for beginning, reason in NOT_RUN:
        if command.startswith(beginning) or plain(command).startswith(beginning):
            return reason
    if "load.py" in command and not torch:
        if os.environ.get("ONSET_REQUIRE_TORCH") == "1":
            sys.exit("ONSET_REQUIRE_TORCH is set, but torch and safetensors cannot be imported")
        return "PyTorch is not installed"
    return None


def main():
    parser = argparse.ArgumentParser(description="Run every documented command, small and offline.")
    parser.add_argument("pages", nargs="*", type=Path, help="pages [default: README.md and docs/*.md]")
    parser.add_argument("--bin-dir", type=Path, default=ROOT / "target" / "debug", help="folder of the built programs")
    parser.add_argument("--list", action="store_true", help="only print what would be run")
    arguments = parser.parse_args()
    pages = arguments.pages or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

    began, torch = time.monotonic(), has_torch()
    runner = None if arguments.list else Runner(arguments.bin_dir.resolve())
    failures, ran, left_out = [], 0, 0
    for page in map(Page, pages):
        for reason, commands in page.blocks:
            folder = None
            for number, command in commands:
                place = f"{page.path.name}:{number}: {command}"
                why = reason or why_not(command, torch)
                if why:
                    print(f"left out  {place} ({why})", flush=True)
                    left_out += 1
                    continue
                given = plain(command)
                if "load.py" in given:
                    budgeted = given.replace("python ", f"{shlex.quote(sys.executable)} ", 1)
                else:
                    budgeted = small(given) if given else None
                if budgeted is None:
                    failures.append(f"{place}\n  nobody has said how it is run: add it to BUDGETS or NOT_RUN in {Path(__file__).name}")
                    continue
                if runner is None:
                    print(f"would run {place}\n          {budgeted}")
                    continue
                folder = folder or runner.folder()
                start = time.monotonic()
                code, printed = runner.run(budgeted, folder)
                ran += 1
                print(f"{'ran' if code == 0 else 'FAILED':9} {place} ({time.monotonic() - start:.1f} s)", flush=True)
                if code != 0:
                    failures.append(f"{place}\n  {budgeted}\n  ended with {code}:\n{printed}")
    if runner and not failures:
        shutil.rmtree(runner.home)
    for failure in failures:
        print(f"\n{failure}", file=sys.stderr)
    print(f"{ran} documented commands ran in {time.monotonic() - began:.0f} s, {left_out} were left out, {len(failures)} failed")
    if failures and runner:
        print(f"their folders are kept in {runner.home}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
