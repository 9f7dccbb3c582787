"""A real checkpoint: MiniLM-L6, a sentence encoder, read, trained on for a few steps and put to use.

`scripts/check-python` gets it and says in ONSET_MINILM where it is.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

import onset

FOLDER = os.environ.get("ONSET_MINILM")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="ONSET_MINILM does not name a folder with the weights of MiniLM-L6")

TEXTS = ["You have won a prize! Call this number now.", "I will be home at seven, shall I cook?", "Thé Straße costs 3.50 €?!"]
QUESTIONS = ["Is this message spam?", "Is this a note to a friend?"]
#: Scale and offset of cosines before training (docs/meta-tuning.md).
SCALE, OFFSET = 20.0, -2.4


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three steps on two small described sets, from the checkpoint."""
    folder = tmp_path_factory.mktemp("minilm")
    (folder / "sets").mkdir()
    for name, labels in (("animals", ("cat", "dog")), ("tools", ("saw", "axe"))):
        described = "".join(f"[[labels]]\nvalue = '{label}'\ndescriptions = ['Is it about a {label}?']\n" for label in labels)
        text = f"about = 'a'\nsource = '{name}'\ntrain = 'a.tsv'\ntags = ['{name}']\n{described}"
        (folder / "sets" / f"{name}.toml").write_text(text)
        (folder / name).mkdir()
        rows = "".join(f"here is the {labels[i % 2]} of neighbour {i}\t{labels[i % 2]}\n" for i in range(20))
        (folder / name / "a.tsv").write_text("text\tlabel\n" + rows)
    small = {
        "train.steps": 3, "train.warmup": 1, "train.batch": 4, "task.length": 32, "task.evaluation": 2, "record.checkpoints": [0, 3],
        "record.probes": 1,
    }  # fmt: skip
    trained = onset.train(folder / "sets", from_=folder, pretrained=FOLDER, out=folder / "runs", progress=False, set=small)
    return Path(trained[0].path)


def test_before_training_the_score_is_the_cosine_of_hugging_faces_embeddings(run: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(FOLDER)
    model = transformers.AutoModel.from_pretrained(FOLDER).eval()

    def embedding(text: str) -> object:
        with torch.no_grad():
            return model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)

    found = onset.Classifier(run, {str(at): question for at, question in enumerate(QUESTIONS)}, step=0).classify(TEXTS)
    for text, classified in zip(TEXTS, found, strict=True):
        for at, question in enumerate(QUESTIONS):
            # The collection lowers texts, and so does the tokenizer.
            cosine = torch.nn.functional.cosine_similarity(embedding(text), embedding(question), dim=0).item()
            expected = 1 / (1 + math.exp(-(SCALE * cosine + OFFSET)))
            assert classified.probabilities[str(at)] == pytest.approx(expected, abs=2e-4)


def test_a_short_training_moves_it(run: Path) -> None:
    questions = {"spam": QUESTIONS[0], "note": QUESTIONS[1]}
    before, after = (onset.Classifier(run, questions, step=step).classify(TEXTS[:1])[0].probabilities for step in (0, 3))
    assert before != after and all(0 < probability < 1 for probability in after.values())
