//! The attention-only Transformer outside Onset.

use onset_engine::AttentionMode;

use crate::batch::Signature;
use crate::model::AttentionOnlySettings;
use crate::model::twin::{Twin, python_bool};
use crate::onnx::{Graph, Size, Weights};

/// Its twin in PyTorch. Tokens and positions are decided by the task, which the parameters tell.
pub(super) fn twin(model: &AttentionOnlySettings, weights: &Weights<'_>) -> Twin {
    let vocabulary = weights.rows("embedding.weight");
    let longest = weights.rows("position.weight");
    Twin {
        signature: Signature::Sequence { vocabulary, longest },
        module: "attention_only",
        source: include_str!("../../../pytorch/attention_only.py"),
        class: "AttentionOnly",
        arguments: vec![
            ("vocabulary", vocabulary.to_string()),
            ("width", model.width.to_string()),
            ("longest", longest.to_string()),
            ("uniform", python_bool(model.attention == AttentionMode::Uniform)),
        ],
    }
}

/// Its graph: `logits` and `alpha` from `tokens`, in the shapes of the twin.
pub(super) fn graph(model: &AttentionOnlySettings, weights: &Weights<'_>) -> Graph {
    let mut graph = Graph::default();
    let (batch, steps) = (Size::Free("batch"), Size::Free("steps"));
    let tokens = graph.input("tokens", &[batch, steps]);
    let embedded = graph.embedding(weights, "embedding", &tokens);
    let steps_read = graph.positions(&tokens, 1);
    let positions = graph.embedding(weights, "position", &steps_read);
    let inputs = graph.apply("Add", &[&embedded, &positions]);
    let [queries, keys] = ["query", "key"].map(|name| graph.linear(weights, name, &inputs));
    let keys = graph.transpose(&keys, &[0, 2, 1]);
    let products = graph.apply("MatMul", &[&queries, &keys]);
    let root = graph.float((model.width as f32).sqrt());
    let mut scores = graph.apply("Div", &[&products, &root]);
    if model.attention == AttentionMode::Uniform {
        scores = graph.zeroed(&scores);
    }
    let earlier = graph.earlier(&tokens);
    let alpha = graph.attention(Some(&scores), &earlier);
    let values = graph.linear(weights, "value", &inputs);
    let attended = graph.apply("MatMul", &[&alpha, &values]);
    let projected = graph.linear(weights, "projection", &attended);
    let states = graph.apply("Add", &[&inputs, &projected]);
    let logits = graph.linear(weights, "output", &states);
    let vocabulary = Size::Fixed(weights.rows("embedding.weight"));
    graph.output("alpha", &alpha, &[batch, steps, steps]);
    graph.output("logits", &logits, &[batch, steps, vocabulary]);
    graph
}
