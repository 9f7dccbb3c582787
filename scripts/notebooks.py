"""Makes the notebooks of docs/notebooks from the texts below, and runs them small.

    python scripts/notebooks.py --write     # after a change here
    python scripts/notebooks.py --run       # what scripts/check-python does; needs the package, torch, transformers and nbclient

A notebook is kept without outputs: what it shows comes from running it.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "notebooks"

PAPER = [
    "# The paper in ten minutes",
    "A model learns to copy 40 words. If they are drawn from 60, every seed learns it; if they are a permutation of all 40, some seeds do "
    "not within 200 steps ([Snell et al. 2021](https://arxiv.org/abs/2103.07601)). What differs is whether single words can be learned "
    "while attention is still uniform.",
    "import onset\n\n"
    'spec = {"task": {"kind": "copying", "length": 40}, "train": {"steps": 200}}\n'
    'easy = onset.train(spec, set={"task.vocabulary": 60}, seeds=2, name="easy", progress=True)\n'
    'hard = onset.train(spec, set={"task.vocabulary": 40}, seeds=2, name="hard", progress=True)\n'
    "easy.compare()",
    "Accuracy over steps, a line for each seed.",
    'easy.figure("accuracy")',
    'hard.figure("accuracy")',
    "Attention of one example, with a slider over training. Rows are target tokens, columns source tokens: the right weights are on the "
    "diagonal.",
    "easy.example(0)",
    "The two stages: the attention accuracy follows what single words predict. `beta` is ln p of the target token from one position alone; "
    "it has a gap at the right position before attention does.",
    "import numpy as np\n\n"
    "run = easy[0]\n"
    "for step in run.steps[:: max(len(run.steps) // 8, 1)]:\n"
    "    frame = run.attention(step)\n"
    '    rows = zip(frame["alpha"], frame["beta"], frame["relevant"].tolist())\n'
    "    weights, gaps = zip(*((alpha[at], beta[at] - np.delete(beta, at).mean()) for alpha, beta, at in rows if at >= 0))\n"
    '    print(f"step {step:4}: attention on the right position {np.mean(weights):.2f}, gap of β {np.mean(gaps):.2f} nats")',
    "And said in advance, from the initial weights alone:",
    'onset.predict(spec, set={"task.vocabulary": 40}, seeds=[0, 1]).by_seed',
]

TEXTS = [
    "# Your own texts",
    "Which words will attention go to, and when? Give a frame with the columns `text` and `label`. Here it is a small made one.",
    "import pandas as pd\n\nimport onset\n\n"
    'texts = [f"{a} {b}" for a in ("please call me", "win a free prize", "see you at home", "claim your cash") for b in ("now", "today", "soon")]\n'
    'frame = pd.DataFrame({"text": texts * 30, "label": [["ham", "spam"][at // 3 % 2] for at in range(12)] * 30})\n'
    "frame.head()",
    "Before anything is trained: the words that attention will go to.",
    "onset.predict(frame)",
    "Now train, and look.",
    'runs = onset.train(frame, steps=300, seeds=2, name="texts", progress=True)\nruns.compare()',
    "Words shaded by α, β and Δ, with a slider over training.",
    "runs.example(1)",
    "Did attention go where it was predicted? The agreement of α at the end with β early on, with its interval and what chance gives:",
    "run = runs[0]\n"
    "early, late = run.attention(run.steps[2]), run.attention()\n"
    'onset.agreement(late["alpha"], early["beta"], measure="top", shuffles=20)',
    "A data set that is in parts is counted part by part; counts add up exactly.",
    "parts = [frame[:200], frame[200:]]\nsum(onset.count(part) for part in parts).words()",
]

MODEL = [
    "# A Hugging Face model on record",
    "What do the heads of your own model do while it trains? A recorder runs a few probe examples through it at chosen steps, and leaves the "
    "training as it is. Here a small GPT-2 learns sequences whose second half repeats the first. Does it match tokens, or does it count "
    "positions?",
    "import torch\nfrom transformers import GPT2Config, GPT2LMHeadModel\n\nimport onset\n\n"
    "torch.manual_seed(0)\n"
    "config = GPT2Config(vocab_size=32, n_positions=64, n_embd=64, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0)\n"
    "model = GPT2LMHeadModel(config)\noptimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)\n\n\n"
    "def batch(count):\n    once = torch.randint(1, 32, (count, 16))\n    return torch.cat([once, once], dim=1)",
    'recorder = onset.Recorder(model, {"input_ids": batch(8)}, "runs/gpt2/seed-0", at="log")\n'
    "recorder.step(0)\n"
    "for step in range(1, 601):\n"
    "    tokens = batch(64)\n"
    "    loss = model(tokens, labels=tokens).loss\n"
    "    loss.backward()\n    optimizer.step()\n    optimizer.zero_grad()\n"
    "    recorder.step(step, loss=loss)\n"
    "recorder.close()\nonset.open('runs/gpt2')",
    "The loss has fallen: the second half is predicted. Heads are scored on *other* sequences, random tokens that are repeated at another "
    "distance. A head that matches tokens would score near 1 there.",
    "heads = onset.open('runs/gpt2')[0].heads().to_pandas()\n"
    "heads.pivot_table(index='step', columns=['layer', 'head'], values='prefix_matching').tail()",
    "None does: this model has learned where to look, and not what to look for. One example at the head with the highest "
    "score: see at which distance it looks.",
    "last = heads[heads.step == heads.step.max()]\n"
    "best = last.loc[last.prefix_matching.idxmax()]\n"
    "onset.open('runs/gpt2').example(0, layer=int(best.layer), head=int(best['head']))",
    "Would it appear without a previous-token head below? An intervention holds in the training itself:\n\n"
    "```python\nrecorder.intervene(layer=0, attention=\"uniform\")      # layer 0 cannot attend to the token before\n```\n\n"
    "The published revisions of a model are recorded alike, one checkpoint in memory at a time:\n\n"
    "```python\nonset.record_checkpoints(\"EleutherAI/pythia-14m\", texts, \"runs/pythia\",\n"
    "                         revisions=[f\"step{step}\" for step in (0, 64, 512, 1000, 8000, 143000)])\n```",
]

NOTEBOOKS = {"paper.ipynb": PAPER, "texts.ipynb": TEXTS, "hugging_face.ipynb": MODEL}

CODE = re.compile(r"^(import |from |easy|hard|onset\.|runs|run |spec|recorder|heads|last|parts)")


def notebook(cells):
    """A notebook of version 4 whose cells are text, or code where they begin like it."""

    def cell(number, source):
        common = {"id": f"cell-{number}", "metadata": {}, "source": source.splitlines(keepends=True)}
        if CODE.match(source):
            return {"cell_type": "code", "execution_count": None, "outputs": [], **common}
        return {"cell_type": "markdown", **common}

    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": [cell(*each) for each in enumerate(cells)], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def written(cells):
    return json.dumps(notebook(cells), indent=1, ensure_ascii=False) + "\n"


def smaller(source):
    """The code of a cell with fewer steps and smaller models."""
    source = re.sub(r'("?steps"?[=:] ?)\d{3,}', r"\g<1>12", source)
    source = source.replace("range(1, 601)", "range(1, 13)").replace('"length": 40', '"length": 6')
    return source.replace('"task.vocabulary": 60', '"task.vocabulary": 9').replace('"task.vocabulary": 40', '"task.vocabulary": 6')


def run(name):
    """Runs a notebook as it is kept, with less work."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(FOLDER / name, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.source = smaller(cell.source)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(book, timeout=300, resources={"metadata": {"path": folder}}).execute()
    shown = sum(bool(cell.get("outputs")) for cell in book.cells if cell.cell_type == "code")
    print(f"{name}: {sum(cell.cell_type == 'code' for cell in book.cells)} cells ran, {shown} show something")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the notebooks")
    parser.add_argument("--run", action="store_true", help="run them small")
    arguments = parser.parse_args()
    for name, cells in NOTEBOOKS.items():
        if arguments.write:
            (FOLDER / name).write_text(written(cells), encoding="utf-8")
        elif (FOLDER / name).read_text(encoding="utf-8") != written(cells):
            sys.exit(f"docs/notebooks/{name} is not what scripts/notebooks.py makes; run it with --write")
    if arguments.run:
        for name in NOTEBOOKS:
            run(name)


if __name__ == "__main__":
    main()
