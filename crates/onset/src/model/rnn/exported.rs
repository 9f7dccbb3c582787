//! The recurrent encoder–decoder outside Onset.

use onset_engine::AttentionMode;

use crate::batch::Signature;
use crate::model::twin::{Twin, python_bool};
use crate::model::{Cell, RnnSettings};
use crate::onnx::{Edge, Graph, Recurrence, RecurrentLayer, Size, Weights};

/// The tables of source and target.
fn tables(model: &RnnSettings) -> [&'static str; 2] {
    if model.shared_embedding { ["embedding"; 2] } else { ["source_embedding", "target_embedding"] }
}

/// Its twin in PyTorch.
pub(super) fn twin(model: &RnnSettings, weights: &Weights<'_>) -> Twin {
    let vocabulary = weights.rows(&format!("{}.weight", tables(model)[0]));
    let cell = match model.cell {
        Cell::Lstm => "\"lstm\"",
        Cell::Gru => "\"gru\"",
    };
    Twin {
        signature: Signature::Pairs { vocabulary, longest: 0 },
        module: "rnn",
        source: include_str!("../../../pytorch/rnn.py"),
        class: "Rnn",
        arguments: vec![
            ("vocabulary", vocabulary.to_string()),
            ("embedding", model.embedding.to_string()),
            ("hidden", model.hidden.to_string()),
            ("heads", model.heads.to_string()),
            ("cell", cell.into()),
            ("bidirectional", python_bool(model.bidirectional)),
            ("shared_embedding", python_bool(model.shared_embedding)),
            ("uniform", python_bool(model.attention == AttentionMode::Uniform)),
            ("use_context", python_bool(model.context)),
        ],
    }
}

/// Its graph: `logits` and `alpha` from `source`, `source_length` and `decoder_input`, in the shapes of the twin.
pub(super) fn graph(model: &RnnSettings, weights: &Weights<'_>) -> Graph {
    let mut graph = Graph::default();
    let [batch, length, steps] = ["batch", "length", "steps"].map(Size::Free);
    let source = graph.input("source", &[batch, length]);
    let lengths = graph.input("source_length", &[batch]);
    let fed = graph.input("decoder_input", &[batch, steps]);
    let [states, decoded] = read(&mut graph, model, weights, [&source, &lengths, &fed]);

    // One matrix of queries for each head: [B,T,N·D] to [B,N,T,D], and [B,1,D,L] of all states.
    let heads = model.heads as i64;
    let queries = graph.linear(weights, "query", &decoded);
    let queries = graph.reshape(&queries, &[0, 0, heads, -1]);
    let queries = graph.transpose(&queries, &[0, 2, 1, 3]);
    let memory = graph.unsqueeze(&states, &[1]);
    let keys = graph.transpose(&memory, &[0, 1, 3, 2]);
    let mut scores = graph.apply("MatMul", &[&queries, &keys]);
    if model.attention == AttentionMode::Uniform {
        scores = graph.zeroed(&scores);
    }
    let real = graph.real(&source, &lengths);
    let real = graph.unsqueeze(&real, &[1, 2]);
    let alpha = graph.attention(Some(&scores), &real);
    let attended = graph.apply("MatMul", &[&alpha, &memory]);
    let context = mean_context(&mut graph, model, weights, &attended);
    let both = graph.concat(&decoded, &context);
    let readout = graph.linear(weights, "readout", &both);
    let readout = graph.apply("Tanh", &[&readout]);
    let logits = graph.linear(weights, "output", &readout);

    let alpha = graph.transpose(&alpha, &[0, 2, 1, 3]);
    graph.output("alpha", &alpha, &[batch, steps, Size::Fixed(model.heads), length]);
    graph.output("logits", &logits, &[batch, steps, Size::Fixed(weights.rows("output.weight"))]);
    graph
}

/// The states of encoder and decoder. The decoder starts from the mean of the directions' last states.
fn read(
    graph: &mut Graph,
    model: &RnnSettings,
    weights: &Weights<'_>,
    [source, lengths, fed]: [&Edge; 3],
) -> [Edge; 2] {
    let [source_table, target_table] = tables(model);
    let cell = match model.cell {
        Cell::Lstm => Recurrence::Lstm,
        Cell::Gru => Recurrence::Gru,
    };
    let layer = RecurrentLayer { cell, name: "encoder", layer: 0, bidirectional: model.bidirectional };
    let embedded = graph.embedding(weights, source_table, source);
    let encoded = layer.add(graph, weights, &embedded, Some(lengths), &[]);
    let start: Vec<Edge> = encoded.last.iter().map(|last| graph.mean(last, 0, true)).collect();
    let layer = RecurrentLayer { name: "decoder", bidirectional: false, ..layer };
    let embedded = graph.embedding(weights, target_table, fed);
    let decoded = layer.add(graph, weights, &embedded, None, &start);
    [encoded.states, decoded.states]
}

/// The mean [B,T,H] over heads of the context maps of what each head has attended to [B,N,T,D].
fn mean_context(graph: &mut Graph, model: &RnnSettings, weights: &Weights<'_>, attended: &Edge) -> Edge {
    let attended = if model.context { attended.clone() } else { graph.zeroed(attended) };
    // The heads' maps [N,H,D] lie below each other; their transposes are a batch of matrices.
    let (heads, hidden) = (model.heads as i64, model.hidden as i64);
    let maps = graph.weight(weights, "context.weight");
    let maps = graph.reshape(&maps, &[heads, hidden, -1]);
    let maps = graph.transpose(&maps, &[0, 2, 1]);
    let biases = graph.weight(weights, "context.bias");
    let biases = graph.reshape(&biases, &[heads, 1, hidden]);
    let mapped = graph.apply("MatMul", &[&attended, &maps]);
    let mapped = graph.apply("Add", &[&mapped, &biases]);
    graph.mean(&mapped, 1, false)
}
