"""Labels of new texts."""

from __future__ import annotations

from pathlib import Path

import pytest

import onset

SMALL = {
    "model.width": 8, "model.heads": 2, "model.layers": 1, "model.mlp": 8, "train.steps": 6, "train.warmup": 1, "train.batch": 4,
    "task.evaluation": 4, "task.min_count": 1, "record.checkpoints": [0], "record.probes": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sets with two labels each, and a run that was trained on them."""
    folder = tmp_path_factory.mktemp("collection")
    for name, labels in (("animals", ("cat", "dog")), ("tools", ("saw", "axe"))):
        (folder / "sets").mkdir(exist_ok=True)
        described = "".join(f"[[labels]]\nvalue = '{label}'\ndescriptions = ['Does it say {label}?']\n" for label in labels)
        text = f"about = 'a'\nsource = '{name}'\ntrain = 'a.tsv'\ntags = ['{name}']\n{described}"
        (folder / "sets" / f"{name}.toml").write_text(text)
        (folder / name).mkdir()
        rows = "".join(f"here is {labels[i % 2]} for number {i}\t{labels[i % 2]}\n" for i in range(30))
        (folder / name / "a.tsv").write_text("text\tlabel\n" + rows)
    return folder


def test_labels_are_told_apart_by_questions(collection: Path, tmp_path: Path) -> None:
    run = onset.train(collection / "sets", from_=collection, out=tmp_path, progress=False, set=SMALL)[0]
    questions = {"cats": ["Does it say cat?", "Is it about a cat?"], "dogs": "Does it say dog?"}
    model = onset.Classifier(run.path, questions, threads=1)
    assert model.labels == ["cats", "dogs"] and "2 labels" in repr(model)
    found = model.classify(["here is a cat", "", "the dog"], words=True)
    assert found[1].label is None and found[1].probabilities == {}
    assert set(found[0].probabilities) == {"cats", "dogs"}
    assert len(found[0].words) == len(found[0].alpha) == len(found[0].delta) == 4
    assert onset.Classifier(run.path, questions, threads=2).classify(["here is a cat"])[0].probabilities == found[0].probabilities
    file = tmp_path / "labels.toml"
    file.write_text("[[labels]]\nname = 'cats'\ndescriptions = ['Does it say cat?']\n")
    assert onset.Classifier(run.path, file).labels == ["cats"]


def test_questions_that_do_not_fit_are_refused(collection: Path, tmp_path: Path) -> None:
    run = onset.train(collection / "sets", from_=collection, out=tmp_path / "a", progress=False, set=SMALL)[0]
    with pytest.raises(onset.Error, match="there is no label"):
        onset.Classifier(run.path, {})
    with pytest.raises(onset.Error, match="has no `descriptions`"):
        onset.Classifier(run.path, {"cats": []})
    rows = [("win a prize now", "spam"), ("see you at home", "ham")] * 20
    other = onset.train(rows, steps=3, out=tmp_path / "b", progress=False, set={"model.hidden": 4, "task.min_count": 1})[0]
    with pytest.raises(onset.Error, match="onset meta train"):
        onset.Classifier(other.path, {"cats": "Does it say cat?"})
    assert onset.Classifier(other.path).labels == ["ham", "spam"]
