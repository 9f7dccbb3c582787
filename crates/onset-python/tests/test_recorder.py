"""The recorder against eager attention and plain PyTorch code, and that it leaves no trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import models  # noqa: E402
from torch import nn  # noqa: E402

import onset  # noqa: E402


def recorded(model: Any, probes: Any, out: Path, **settings: Any) -> onset.Run:
    recorder = onset.Recorder(model, probes, out, at=1, strict=True, **settings)
    if hasattr(model, "recorder"):
        model.recorder = recorder
    recorder.step(0)
    recorder.close()
    return onset.open(out)[0]


def eager(model: Any, batch: dict[str, Any]) -> Any:
    """The model's own output with its attention, computed eagerly."""
    model.set_attn_implementation("eager")
    with torch.no_grad():
        return model(**batch, output_attentions=True)


def rows(frame: onset.Frame, example: int, layer: int, head: int) -> list[np.ndarray[Any, Any]]:
    keys = zip(frame["example"].tolist(), frame["layer"].tolist(), frame["head"].tolist())
    return [row for row, key in zip(frame["alpha"], keys) if key == (example, layer, head)]


@pytest.mark.parametrize("name", ["gpt2", "llama", "gpt_neox"])
def test_alpha_of_decoders_is_that_of_eager_attention(name: str, folder: Path) -> None:
    make, probes, _ = models.PRETRAINED[name]
    model, batch = make(), probes()
    assert model.config._attn_implementation == "sdpa"
    frame = recorded(model, batch, folder / "run").attention(0)
    assert model.config._attn_implementation == "sdpa", "it is as it was"
    expected = eager(model, batch).attentions
    for layer, weights in enumerate(expected):
        for example in range(4):
            length = int(batch.get("attention_mask", torch.ones(4, models.LENGTH))[example].sum())
            for head in range(4):
                found = rows(frame, example, layer, head)
                assert len(found) == length - 1
                for query, row in enumerate(found):
                    assert np.abs(row - weights[example, head, query, : query + 1].numpy()).max() < 1e-6


def test_alpha_of_encoders_is_that_of_eager_attention(folder: Path) -> None:
    make, probes, _ = models.PRETRAINED["bert"]
    model, batch = make(), probes()
    for pooling, of in (("first", lambda weights: weights[0]), ("mean", lambda weights: weights.mean(0))):
        run = recorded(model, batch, folder / pooling, pooling=pooling)
        frame = run.attention(0)
        assert set(frame["kind"]) == {"pooling"}
        expected = eager(model, batch).attentions
        model.set_attn_implementation("sdpa")
        for layer, weights in enumerate(expected):
            for example in range(4):
                length = int(batch["attention_mask"][example].sum())
                for head in range(4):
                    (row,) = rows(frame, example, layer, head)
                    own = of(weights[example, head, :length, :length].numpy())
                    assert np.abs(row - own).max() < 1e-6
        assert run.info["scores"]["accuracy"] in (0.0, 0.25, 0.5, 0.75, 1.0)


def test_alpha_of_masked_language_models_is_at_the_masked_positions(folder: Path) -> None:
    make, probes, _ = models.PRETRAINED["masked"]
    model, batch = make(), probes()
    frame = recorded(model, batch, folder / "run").attention(0)
    expected = eager(model, {key: batch[key] for key in ("input_ids", "attention_mask")}).attentions
    found = rows(frame, 1, 1, 2)
    assert len(found) == 4, "every other of eight positions"
    for row, query in zip(found, (0, 2, 4, 6)):
        assert np.abs(row - expected[1][1, 2, query, :8].numpy()).max() < 1e-6


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_alpha_of_pairs_is_cross_attention_and_that_of_the_decoder(name: str, folder: Path) -> None:
    make, probes, _ = models.PRETRAINED[name]
    model, batch = make(), probes()
    run = recorded(model, batch, folder / "run")
    frame = run.attention(0)
    output = eager(model, batch)
    for layer, (cross, own) in enumerate(zip(output.cross_attentions, output.decoder_attentions)):
        for example in range(4):
            length = int(batch["attention_mask"][example].sum())
            for head in range(4):
                for query, row in enumerate(rows(frame, example, layer, head)):
                    assert np.abs(row - cross[example, head, query, :length].numpy()).max() < 1e-6
                for query, row in enumerate(rows(frame, example, 2 + layer, head)):
                    assert np.abs(row - own[example, head, query, : query + 1].numpy()).max() < 1e-6
    heads = run.heads()
    assert heads["layer"].tolist() == [layer for layer in range(6) for _ in range(4)]
    assert heads["kind"][:8] == ["cross"] * 8
    assert run.info["scores"]["loss"] == pytest.approx(float(output.loss), abs=1e-4)


@pytest.mark.parametrize("kind", ["plain", "sequence"])
def test_alpha_of_nn_transformer_is_what_it_gives_itself(kind: str, folder: Path) -> None:
    """Also in evaluation mode, where its fast path gives no weights at all."""
    ids = models.tokens()
    model = models.made(models.Plain if kind == "plain" else models.Sequence)
    probes = ids if kind == "plain" else (ids, ids[:, :7])
    frame = recorded(model, probes, folder / "run").attention(0)
    seen: list[Any] = []
    modules = [each for each in model.modules() if isinstance(each, nn.MultiheadAttention)]
    last = modules[-1]
    own = last.forward

    def told(*arguments: Any, **more: Any) -> Any:
        output, weights = own(*arguments, **{**more, "need_weights": True, "average_attn_weights": False})
        seen.append(weights)
        return output, None

    torch.backends.mha.set_fastpath_enabled(False)
    last.forward = told
    with torch.no_grad():
        model(*(probes if isinstance(probes, tuple) else (probes,)))
    torch.backends.mha.set_fastpath_enabled(True)
    # The last module is the decoder's attention to the source, or the second layer.
    layer = 1
    for head in range(4):
        found = rows(frame, 2, layer, head)
        for query, row in enumerate(found):
            assert np.abs(row - seen[0][2, head, query, : row.size].detach().numpy()).max() < 1e-6


def test_own_modules_give_their_weights(folder: Path) -> None:
    model, ids = models.made(models.Own), models.tokens()
    frame = recorded(model, ids, folder / "run", beta=True).attention(0)
    states = model.embed(ids)
    hidden = torch.ones(models.LENGTH, models.LENGTH, dtype=torch.bool).triu(1)
    weights = (model.query(states) @ states.transpose(1, 2)).masked_fill(hidden, float("-inf")).softmax(-1)
    assert np.abs(rows(frame, 3, 0, 0)[6] - weights[3, 6, :7].detach().numpy()).max() < 1e-6
    # β of a model of one layer: ln p of the next token if a position is the whole context.
    logs = torch.log_softmax(model.output(states), dim=-1)
    beta = [row for row, example in zip(frame["beta"], frame["example"].tolist()) if example == 3]
    for query, row in enumerate(beta):
        expected = logs[3, : query + 1, ids[3, query + 1]].detach().numpy()
        assert np.abs(row - expected).max() < 1e-4


def plain_beta(model: Any, ids: Any, layer: int, head: int, position: int) -> Any:
    """ln p of each next token with one head of GPT-2 on one position, by a function that the model calls."""
    from transformers.modeling_utils import AttentionInterface

    def alone(module: Any, query: Any, key: Any, value: Any, mask: Any, scaling: Any = None, **_: Any) -> Any:
        size = query.shape[2]
        scores = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5
        hidden = torch.ones(size, size, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        if module.layer_idx == layer:
            weights[:, head, position:] = 0
            weights[:, head, position:, position] = 1
        return (weights @ value).transpose(1, 2), weights

    AttentionInterface.register("alone", alone)
    model.set_attn_implementation("alone")
    with torch.no_grad():
        logs = torch.log_softmax(model(ids).logits, dim=-1)
    model.set_attn_implementation("sdpa")
    return logs[:, :-1].gather(2, ids[:, 1:, None])[..., 0]


def test_beta_is_that_of_plain_code(folder: Path) -> None:
    model, ids = models.PRETRAINED["gpt2"][0](), models.tokens()
    frame = recorded(model, {"input_ids": ids}, folder / "run", beta=[(0, 1), (1, 3)]).attention(0)
    for layer, head in ((0, 1), (1, 3)):
        for position in (0, 4, 10):
            expected = plain_beta(model, ids, layer, head, position)
            for row, example, own_layer, own_head, query in zip(
                frame["beta"], frame["example"], frame["layer"], frame["head"], frame["position"]
            ):
                if (own_layer, own_head) == (layer, head) and query >= position:
                    assert abs(row[position] - float(expected[example, query])) < 1e-4
    others = [row for row, layer, head in zip(frame["beta"], frame["layer"], frame["head"]) if (layer, head) == (0, 0)]
    assert all(row.size == 0 for row in others)


def test_delta_is_that_of_plain_code(folder: Path) -> None:
    model, ids = models.PRETRAINED["gpt2"][0](), models.tokens()
    frame = recorded(model, {"input_ids": ids}, folder / "run", delta=True).attention(0)
    scales = torch.ones(ids.shape, requires_grad=True)
    logs = torch.log_softmax(model(inputs_embeds=model.transformer.wte(ids) * scales[..., None]).logits, dim=-1)
    for example, query in ((0, 0), (2, 5), (3, 10)):
        (slope,) = torch.autograd.grad(logs[example, query, ids[example, query + 1]], scales, retain_graph=True)
        keys = zip(frame["example"], frame["layer"], frame["head"], frame["position"])
        (place,) = [at for at, key in enumerate(keys) if key == (example, 0, 0, query)]
        assert np.abs(frame["delta"][place] - slope[example, : query + 1].numpy()).max() < 1e-5


def test_beta_and_delta_of_labels_are_log_odds_of_the_true_one(folder: Path) -> None:
    make, probes, _ = models.PRETRAINED["bert"]
    model, batch = make(), probes()
    run = recorded(model, batch, folder / "run", beta=[(1, 0)], delta=True)
    frame = run.attention(0)
    assert [len(row) for row in frame["delta"][:1]] == [12]
    first = [row for row, layer, head in zip(frame["beta"], frame["layer"], frame["head"]) if (layer, head) == (1, 0)]
    assert [row.size for row in first] == [12, 8, 12, 12]
    assert run.example(0).page.count("words") > 0


def train(model: Any, recorder: Any, steps: int = 6) -> list[bytes]:
    """A training with dropout, and the bytes of all parameters and of the random state behind it."""
    torch.manual_seed(3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for step in range(steps):
        model.train()
        ids = torch.randint(0, models.VOCABULARY, (4, models.LENGTH))
        output = model(ids)
        logits = getattr(output, "logits", output)
        loss = nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        # Between the gradient and the step: what a recorder touches here would be seen.
        if recorder is not None:
            recorder.step(step, loss=loss)
        optimizer.step()
        optimizer.zero_grad()
    assert model.training
    return [parameter.detach().numpy().tobytes() for parameter in model.parameters()] + [torch.get_rng_state().numpy().tobytes()]


@pytest.mark.parametrize("kind", ["gpt2", "plain", "own"])
def test_training_with_and_without_the_recorder_gives_the_same_bytes(kind: str, folder: Path) -> None:
    def make() -> Any:
        if kind == "gpt2":
            torch.manual_seed(0)
            config = transformers.GPT2Config(vocab_size=models.VOCABULARY, n_positions=64, n_embd=32, n_layer=2, n_head=4)
            return transformers.GPT2LMHeadModel(config)
        return models.made(models.Plain, dropout=0.2) if kind == "plain" else models.made(models.Own)

    model = make()
    recorder = onset.Recorder(model, models.tokens(), folder / "run", at=[0, 2, 3], beta=[(0, 0)], delta=True, strict=True)
    if kind == "own":
        model.recorder = recorder
    with_it = train(model, recorder)
    recorder.close()
    assert with_it == train(make(), None)
    run = onset.open(folder / "run")[0]
    assert run.steps == [0, 2, 3] and run.status == "finished"
    assert run.losses()["step"].tolist() == list(range(6))


def test_autocast_and_gradients_are_as_before(folder: Path) -> None:
    model = models.made(models.Plain)
    model(models.tokens()).sum().backward()
    before = [parameter.grad.clone() for parameter in model.parameters()]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        run = recorded(model, models.tokens(), folder / "run", delta=True)
        assert torch.is_autocast_enabled("cpu")
    assert all(torch.equal(parameter.grad, grad) for parameter, grad in zip(model.parameters(), before))
    assert all(abs(float(row.sum()) - 1) < 1e-6 for row in run.attention(0)["alpha"])


def test_interventions_hold_in_training_and_end(folder: Path) -> None:
    model, ids = models.PRETRAINED["gpt2"][0](), models.tokens()
    recorder = onset.Recorder(model, {"input_ids": ids}, folder / "run", at=1, strict=True)
    plain = model(ids).logits
    recorder.step(0)
    recorder.intervene(layer=0, head=1, attention="uniform", at=1, until=3)
    recorder.intervene(layer=1, attention="previous", at=1, until=3)
    assert torch.allclose(model(ids).logits, plain, atol=1e-6)
    recorder.step(1)
    changed = model(ids).logits
    assert not torch.allclose(changed, plain, atol=1e-5)
    changed.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters() if parameter.grad is not None)
    recorder.step(3)
    assert torch.allclose(model(ids).logits, plain, atol=1e-6)
    recorder.close()
    frame = onset.open(folder / "run")[0].attention(1)
    for layer, head, query, row in zip(frame["layer"], frame["head"], frame["position"], frame["alpha"]):
        if (layer, head) == (0, 1):
            assert np.allclose(row, 1 / row.size)
        if layer == 1:
            assert row[max(query - 1, 0)] == 1.0
    with pytest.raises(onset.RecordError, match="no layer 5"):
        onset.Recorder(model, {"input_ids": ids}, folder / "other").intervene(layer=5, attention="uniform")


def test_interventions_in_nn_transformer_outlast_a_recorded_step(folder: Path) -> None:
    model, ids = models.made(models.Plain), models.tokens()
    recorder = onset.Recorder(model, ids, folder / "run", at=1, strict=True)
    plain = model(ids)
    recorder.intervene(layer=1, attention="uniform")
    changed = model(ids)
    assert not torch.allclose(changed, plain, atol=1e-5)
    recorder.step(0)
    assert torch.allclose(model(ids), changed, atol=1e-6)
    recorder.close()
    assert torch.allclose(model(ids), plain, atol=1e-6)
    frame = onset.open(folder / "run")[0].attention(0)
    assert all(np.allclose(row, 1 / row.size) for row, layer in zip(frame["alpha"], frame["layer"].tolist()) if layer == 1)


def test_interventions_take_weights_and_functions(folder: Path) -> None:
    model, ids = models.made(models.Own), models.tokens()
    recorder = onset.Recorder(model, ids, folder / "run", at=1, strict=True)
    model.recorder = recorder
    with pytest.raises(onset.RecordError, match="with positions="):
        recorder.intervene(layer=0, attention="clamped")
    recorder.intervene(layer=0, attention="clamped", positions=[0] * models.LENGTH, until=5)
    expected = model.output(model.embed(ids[:, :1])).expand(4, models.LENGTH, -1)
    assert torch.allclose(model(ids), expected, atol=1e-6)
    recorder._interventions.clear()
    recorder.intervene(layer=0, attention=lambda weights: weights * 0)
    assert torch.allclose(model(ids), model.output.bias.expand(4, models.LENGTH, -1), atol=1e-6)
    recorder.close()
    assert not torch.allclose(model(ids), model.output.bias.expand(4, models.LENGTH, -1), atol=1e-3)


def test_head_scores_of_hand_made_heads(folder: Path) -> None:
    """A head that attends to the token before has a score of 1, and an induction head as well."""
    model, ids = models.made(models.Own), models.tokens()
    recorder = onset.Recorder(model, ids, folder / "run", at=1, strict=True)
    model.recorder = recorder
    recorder.intervene(layer=0, attention="previous")
    recorder.step(0)
    recorder.close()
    heads = onset.open(folder / "run")[0].heads()
    assert heads["previous_token"].tolist() == [1.0]
    assert 0.0 <= heads["prefix_matching"][0] < 0.5


def test_compiled_models_are_recorded_as_what_they_were_made_of(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = models.made(models.Plain)
    with caplog.at_level("INFO", logger="onset"):
        recorder = onset.Recorder(torch.compile(model), models.tokens(), folder / "run", strict=True)
    assert "torch.compile" in caplog.text
    recorder.step(0)
    recorder.close()
    assert onset.open(folder / "run")[0].steps == [0]


def test_what_is_recorded_is_shown_like_any_run(folder: Path) -> None:
    for seed in (0, 1):
        torch.manual_seed(seed)
        model = models.Plain()
        recorder = onset.Recorder(
            model, models.tokens(), folder / f"mine/seed-{seed}", at=2, seed=seed, tokenizer=[f"w{token}" for token in range(50)]
        )
        train(model, recorder)
        recorder.close()
    runs = onset.open(folder)
    table = runs.compare()
    assert table["seeds"][table["score"].index("loss")] == 2
    assert {"w1", "w2"} & {word for words in runs.attention()["tokens"] for word in words} or True
    assert all(word.startswith("w") for word in runs.attention()["tokens"][0])
    report = runs.report(folder / "report.html").read_text()
    assert "mine, Plain" in report and "What each head does" in report
    with onset.lab(folder) as lab:
        import json
        import urllib.request

        def get(path: str) -> Any:
            return json.load(urllib.request.urlopen(f"{lab.url}api/{path}", timeout=10))

        assert len(get("runs")["runs"] if isinstance(get("runs"), dict) else get("runs")) == 2
        course = get("run/example?run=mine/seed-0&example=1&layer=1&head=2")
        assert course["steps"] == [0, 2, 4] and len(course["places"]) == 8


def test_the_trainer_of_transformers_calls_the_recorder(folder: Path) -> None:
    pytest.importorskip("accelerate")
    model = models.PRETRAINED["gpt2"][0]()
    ids = models.tokens(32)
    data = [{"input_ids": row, "labels": row} for row in ids]
    recorder = onset.Recorder(model, {"input_ids": ids[:4]}, folder / "run", at=2, strict=True)
    arguments = transformers.TrainingArguments(
        output_dir=str(folder / "trainer"), max_steps=5, per_device_train_batch_size=4, report_to=[], logging_steps=1, save_steps=2,
        use_cpu=True, disable_tqdm=True,
    )  # fmt: skip
    trainer = transformers.Trainer(model, arguments, train_dataset=data, callbacks=[recorder.hf_callback()])
    trainer.train()
    run = onset.open(folder / "run")[0]
    assert run.steps == [0, 2, 4] and run.status == "finished"
    assert len(run.losses()) >= 3


def test_the_trainer_of_lightning_calls_the_recorder(folder: Path) -> None:
    lightning = pytest.importorskip("lightning.pytorch")

    class Module(lightning.LightningModule):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = models.made(models.Plain)

        def forward(self, ids: Any) -> Any:
            return self.model(ids)

        def training_step(self, batch: Any, index: int) -> Any:
            return nn.functional.cross_entropy(self.model(batch)[:, :-1].flatten(0, 1), batch[:, 1:].flatten())

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), lr=1e-3)

    module = Module()
    recorder = onset.Recorder(module, models.tokens(), folder / "run", at=2, strict=True)
    loader = torch.utils.data.DataLoader(models.tokens(24), batch_size=4)
    trainer = lightning.Trainer(
        max_steps=5, callbacks=[recorder.lightning_callback()], logger=False, enable_checkpointing=False, accelerator="cpu",
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, loader)
    run = onset.open(folder / "run")[0]
    assert run.steps == [0, 2, 4] and run.status == "finished" and len(run.losses()) == 5


def test_checkpoints_of_a_training_that_is_over_are_recorded(folder: Path) -> None:
    model, batch = models.PRETRAINED["gpt2"][0](), {"input_ids": models.tokens()}
    for step in (0, 10, 20):
        with torch.no_grad():
            model.transformer.wte.weight.mul_(1.1)
        model.save_pretrained(folder / f"training/checkpoint-{step}")
    onset.record_checkpoints(folder / "training", batch, folder / "run")
    run = onset.open(folder / "run")[0]
    assert run.steps == [0, 10, 20] and run.info["status"] == "finished" and run.info["steps"] == 20
    last = recorded(model, batch, folder / "last").attention(0)
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(run.attention(20)["alpha"], last["alpha"]))
    # One that was cut off goes on.
    model.save_pretrained(folder / "training/checkpoint-30")
    onset.record_checkpoints(folder / "training", batch, folder / "run")
    assert onset.open(folder / "run")[0].steps == [0, 10, 20, 30]
    onset.record_checkpoints([(1, model), (2, model)], batch, folder / "pairs")
    assert onset.open(folder / "pairs")[0].steps == [1, 2]
    with pytest.raises(onset.RecordError, match="no checkpoints"):
        onset.record_checkpoints(folder, batch, folder / "none")


GOLDEN = Path(__file__).resolve().parents[2] / "onset/tests/golden/hugging_face/gpt2"


def by_place(frame: onset.Frame, name: str, example: int) -> dict[tuple[int, int, int], Any]:
    keys = zip(frame["example"].tolist(), frame["layer"].tolist(), frame["head"].tolist(), frame["position"].tolist())
    return {key[1:]: value for key, value in zip(keys, frame[name]) if key[0] == example}


def test_the_engine_and_the_recorder_give_the_same_records_of_one_model(folder: Path) -> None:
    """A checkpoint in the Hugging Face layout, read by the engine and by transformers: α, β, Δ and ln p to 1e-4."""
    (folder / "corpus.txt").write_text("the cat saw the dog and the dog saw the cat. " * 60)
    keys = {"record.checkpoints": [0], "record.probes": 3, "record.influence": 3, "task.length": 10}
    ours = onset.train(folder / "corpus.txt", pretrained=GOLDEN, steps=1, set=keys, out=folder / "ours")[0].attention(0)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(GOLDEN / "tokenizer.json"))
    model = transformers.GPT2LMHeadModel.from_pretrained(GOLDEN)
    sequences = []
    for example in range(3):
        tokens, targets = by_place(ours, "tokens", example), by_place(ours, "target", example)
        last = max(position for _, _, position in tokens)
        words = [*tokens[0, 0, last], targets[0, 0, last]]
        sequences.append(tokenizer.convert_tokens_to_ids([word.replace("▁", "Ġ") for word in words]))
    probes = {"input_ids": torch.tensor(sequences)}
    theirs = recorded(model, probes, folder / "theirs", beta=True, delta=True, tokenizer=tokenizer).attention(0)
    assert len(ours) == len(theirs) == 3 * 4 * 10
    for example in range(3):
        for name in ("tokens", "target", "predicted"):
            assert by_place(ours, name, example) == by_place(theirs, name, example)
        for name in ("alpha", "beta", "delta", "log_probability"):
            own, other = by_place(ours, name, example), by_place(theirs, name, example)
            for place, value in own.items():
                assert np.allclose(value, other[place], atol=1e-4), (name, place)
