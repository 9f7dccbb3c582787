"""Load the model in PyTorch and compare it with what Onset computed.

    python load.py                  compares logits, with ONNX Runtime too where it is installed
# <texts>
    python load.py "some text"      predicts a label
# </texts>

It needs PyTorch and safetensors: pip install torch safetensors
"""

# <texts>
import json
# </texts>
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from classifier import Classifier
# <texts>
from texts import tokenize
# </texts>

FOLDER = Path(__file__).resolve().parent
# Of the largest logit.
TOLERANCE = 1e-5


def load():
    """The trained model."""
    model = Classifier()
    model.load_state_dict(load_file(FOLDER / "model.safetensors"))
    return model.eval()


# <texts>
def classify(model, text):
    """The probability of each label, and each token of the text with its alpha; nothing for a text without tokens."""
    words = json.loads((FOLDER / "vocabulary.json").read_text(encoding="utf-8"))["words"]
    labels = json.loads((FOLDER / "data.json").read_text(encoding="utf-8"))["label_names"]
    ids = {word: number for number, word in enumerate(words)}
    tokens = tokenize(text)[:1000]
    if not tokens:
        return {}, []
    # 0 stands for a word that is not known, 1 for the beginning of a text, 2 for its end.
    source = torch.tensor([[1, *(ids.get(token, 0) for token in tokens), 2]])
    with torch.no_grad():
        logits, alpha, _ = model(source, torch.tensor([source.shape[1]]))
    if len(labels) == 2:
        second = logits[0].double().sigmoid().item()
        probabilities = [1 - second, second]
    else:
        probabilities = logits[0].double().softmax(-1).tolist()
    return dict(zip(labels, probabilities)), list(zip(["<bos>", *tokens, "<eos>"], alpha[0].tolist()))


# </texts>
def compare(model):
    """Whether the logits of PyTorch, and of ONNX Runtime where it is installed, are those of Onset."""
    inputs = load_file(FOLDER / "example.safetensors")
    expected, predicted = inputs.pop("logits"), inputs.pop("predicted")
    with torch.no_grad():
        outputs = {"PyTorch": model(**inputs)[0]}
    graph = FOLDER / "model.onnx"
    if graph.exists():
        try:
            import onnxruntime
        except ImportError:
            print("ONNX Runtime is not installed: model.onnx is not compared")
        else:
            session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
            logits = session.run(["logits"], {name: tensor.numpy() for name, tensor in inputs.items()})[0]
            outputs["ONNX Runtime"] = torch.from_numpy(logits)
    agree = True
    for name, logits in outputs.items():
        difference = ((logits - expected)[predicted].abs().max() / expected[predicted].abs().max()).item()
        print(f"{name}: {expected[predicted].numel()} logits, largest difference {difference:.1e} of the largest logit")
        # Written so that NaN fails.
        agree = agree and difference <= TOLERANCE
    return agree


def main():
    model = load()
# <texts>
    if len(sys.argv) > 1:
        probabilities, tokens = classify(model, " ".join(sys.argv[1:]))
        if not probabilities:
            sys.exit("the text has no words")
        label = max(probabilities, key=probabilities.get)
        print(f"{label}\t{probabilities[label]:.4f}")
        for token, alpha in tokens:
            print(f"  {alpha:.3f}  {token}")
        return
# </texts>
    sys.exit(0 if compare(model) else "the logits differ: please report it")


if __name__ == "__main__":
    main()
