//! The classifier outside Onset.

use onset_engine::AttentionMode;

use crate::batch::{Link, Signature};
use crate::model::ClassifierSettings;
use crate::model::twin::{Twin, python_bool};
use crate::onnx::{Graph, Recurrence, RecurrentLayer, Size, Weights};

/// Its twin in PyTorch. Which words and labels there are is decided by the data, which the parameters tell.
pub(super) fn twin(model: &ClassifierSettings, weights: &Weights<'_>) -> Twin {
    let ClassifierSettings { embedding, hidden, attention_hidden, attention } = *model;
    let vocabulary = weights.rows("embedding.weight");
    let labels = weights.rows("beta.weight").max(2);
    Twin {
        signature: Signature::Labelled { vocabulary, longest: 0, labels },
        module: "classifier",
        source: include_str!("../../../pytorch/classifier.py"),
        class: "Classifier",
        arguments: vec![
            ("vocabulary", vocabulary.to_string()),
            ("embedding", embedding.to_string()),
            ("hidden", hidden.to_string()),
            ("attention_hidden", attention_hidden.to_string()),
            ("labels", labels.to_string()),
            ("uniform", python_bool(attention == AttentionMode::Uniform)),
        ],
    }
}

/// Its graph: `logits`, `alpha` and `beta` from `source` and `source_length`, in the shapes of the twin.
pub(super) fn graph(model: &ClassifierSettings, weights: &Weights<'_>) -> Graph {
    let mut graph = Graph::default();
    let (batch, length) = (Size::Free("batch"), Size::Free("length"));
    let source = graph.input("source", &[batch, length]);
    let lengths = graph.input("source_length", &[batch]);
    let embedded = graph.embedding(weights, "embedding", &source);
    let encoder = RecurrentLayer { cell: Recurrence::Lstm, name: "encoder", layer: 0, bidirectional: true };
    let states = encoder.add(&mut graph, weights, &embedded, Some(&lengths), &[]).states;
    let scores = (model.attention == AttentionMode::Learned).then(|| {
        let hidden = graph.linear(weights, "attention.0", &states);
        let hidden = graph.apply("Relu", &[&hidden]);
        let scores = graph.linear(weights, "attention.2", &hidden);
        graph.squeeze_last(&scores)
    });
    let real = graph.real(&source, &lengths);
    let alpha = graph.attention(scores.as_ref(), &real);
    let beta = graph.linear(weights, "beta", &states);
    // [B,1,L] times [B,L,K].
    let row = graph.unsqueeze(&alpha, &[1]);
    let logits = graph.apply("MatMul", &[&row, &beta]);
    let width = weights.rows("beta.weight");
    let logits = graph.reshape(&logits, if width == Link::Logistic.width() { &[-1] } else { &[0, -1] });
    let mut shape = vec![batch, length];
    let beta = if width == Link::Logistic.width() { graph.squeeze_last(&beta) } else { beta };
    graph.output("alpha", &alpha, &shape);
    if width != Link::Logistic.width() {
        shape.push(Size::Fixed(width));
    }
    graph.output("beta", &beta, &shape);
    shape.remove(1);
    graph.output("logits", &logits, &shape);
    graph
}
