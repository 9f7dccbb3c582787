//! The translation model outside Onset.

use onset_engine::AttentionMode;

use crate::batch::Signature;
use crate::model::TranslatorSettings;
use crate::model::twin::{Twin, python_bool};
use crate::onnx::{Edge, Graph, Recurrence, RecurrentLayer, Size, Weights};

/// Its twin in PyTorch.
pub(super) fn twin(model: &TranslatorSettings, weights: &Weights<'_>) -> Twin {
    let TranslatorSettings { embedding, hidden, layers, dropout, attention } = *model;
    let vocabulary = weights.rows("embedding.weight");
    let mut arguments = vec![
        ("vocabulary", vocabulary.to_string()),
        ("embedding", embedding.to_string()),
        ("hidden", hidden.to_string()),
        ("layers", layers.to_string()),
    ];
    if layers > 1 {
        // Between layers; it has no effect outside training.
        arguments.push(("dropout", dropout.to_string()));
    }
    arguments.push(("uniform", python_bool(attention == AttentionMode::Uniform)));
    Twin {
        signature: Signature::Pairs { vocabulary, longest: 0 },
        module: "translator",
        source: include_str!("../../../pytorch/translator.py"),
        class: "Translator",
        arguments,
    }
}

/// Its graph: `logits` and `alpha` from `source`, `source_length` and `decoder_input`, in the shapes of the twin.
pub(super) fn graph(model: &TranslatorSettings, weights: &Weights<'_>) -> Graph {
    let mut graph = Graph::default();
    let [batch, length, steps] = ["batch", "length", "steps"].map(Size::Free);
    let source = graph.input("source", &[batch, length]);
    let lengths = graph.input("source_length", &[batch]);
    let fed = graph.input("decoder_input", &[batch, steps]);
    let [states, decoded] = read(&mut graph, model, weights, [&source, &lengths, &fed]);

    // [B,T,2H] times [B,2H,L].
    let queries = graph.linear(weights, "query", &decoded);
    let keys = graph.transpose(&states, &[0, 2, 1]);
    let mut scores = graph.apply("MatMul", &[&queries, &keys]);
    if model.attention == AttentionMode::Uniform {
        scores = graph.zeroed(&scores);
    }
    let real = graph.real(&source, &lengths);
    let real = graph.unsqueeze(&real, &[1]);
    let alpha = graph.attention(Some(&scores), &real);
    let attended = graph.apply("MatMul", &[&alpha, &states]);
    let context = graph.linear(weights, "context", &attended);
    let both = graph.concat(&decoded, &context);
    let readout = graph.linear(weights, "readout", &both);
    let readout = graph.apply("Relu", &[&readout]);
    let logits = graph.linear(weights, "output", &readout);

    graph.output("alpha", &alpha, &[batch, steps, length]);
    graph.output("logits", &logits, &[batch, steps, Size::Fixed(weights.rows("output.weight"))]);
    graph
}

/// The states of the last layers of encoder and decoder. Each layer of the decoder starts from the mean of the last states
/// of both directions of the same layer of the encoder.
fn read(
    graph: &mut Graph,
    model: &TranslatorSettings,
    weights: &Weights<'_>,
    [source, lengths, fed]: [&Edge; 3],
) -> [Edge; 2] {
    let mut states = graph.embedding(weights, "embedding", source);
    let mut decoded = graph.embedding(weights, "embedding", fed);
    let mut starts = Vec::new();
    for layer in 0..model.layers {
        let encoder = RecurrentLayer { cell: Recurrence::Lstm, name: "encoder", layer, bidirectional: true };
        let read = encoder.add(graph, weights, &states, Some(lengths), &[]);
        states = read.states;
        starts.push(read.last.iter().map(|last| graph.mean(last, 0, true)).collect::<Vec<Edge>>());
    }
    for (layer, start) in starts.iter().enumerate() {
        let decoder = RecurrentLayer { cell: Recurrence::Lstm, name: "decoder", layer, bidirectional: false };
        decoded = decoder.add(graph, weights, &decoded, None, start).states;
    }
    [states, decoded]
}
