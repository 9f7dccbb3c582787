//! The Transformer outside Onset.

use onset_engine::AttentionMode;

use super::settings::{MlpActivation, NormChoice, NormPlace, Pooling, Positions, TransformerSettings};
use crate::batch::Signature;
use crate::model::twin::{Twin, python_bool};
use crate::onnx::Weights;

/// What it reads and predicts. What the parameters do not tell (the longest sequence without a table of positions) is left open.
pub(super) fn signature(model: &TransformerSettings, weights: &Weights<'_>) -> Signature {
    let vocabulary = weights.rows("tokens.weight");
    let outputs = weights.rows("output.weight");
    let relative = weights.rows("layers.0.attention.relative.weight");
    // Of texts the label's scores are the outputs; of sequences every token, and a tied output has no tensor of its own.
    let causal = outputs == 0 || outputs == vocabulary;
    let longest = match model.positions {
        Positions::Learned => weights.rows("positions.weight"),
        Positions::Relative if causal => relative,
        Positions::Relative => relative.div_ceil(2),
        Positions::Sinusoidal | Positions::Rotary | Positions::None => 0,
    };
    if weights.rows("segments.weight") > 0 {
        return Signature::Described { vocabulary, longest };
    }
    match causal {
        true if model.encoder_layers > 0 => Signature::Pairs { vocabulary, longest },
        true => Signature::Sequence { vocabulary, longest },
        false => Signature::Labelled { vocabulary, longest, labels: outputs.max(2) },
    }
}

/// Its twin in PyTorch.
pub(super) fn twin(model: &TransformerSettings, weights: &Weights<'_>) -> Twin {
    let signature = signature(model, weights);
    let (vocabulary, longest) = (signature.vocabulary(), signature.longest());
    let causal = signature.labels() == 0;
    let outputs = if causal { vocabulary } else { weights.rows("output.weight") };
    let text = |name: &str| format!("\"{name}\"");
    Twin {
        signature,
        module: "transformer",
        source: include_str!("../../../pytorch/transformer.py"),
        class: "Transformer",
        arguments: vec![
            ("vocabulary", vocabulary.to_string()),
            ("longest", longest.to_string()),
            ("outputs", outputs.to_string()),
            ("causal", python_bool(causal)),
            ("layers", model.layers.to_string()),
            ("encoder_layers", model.encoder_layers.to_string()),
            ("heads", model.heads.to_string()),
            ("width", model.width.to_string()),
            ("mlp", model.mlp.to_string()),
            ("activation", text(activation(model.activation))),
            ("norm", text(norm(model.norm))),
            ("epsilon", model.norm_epsilon.to_string()),
            ("pre", python_bool(model.norm_place == NormPlace::Pre)),
            ("embedding_norm", python_bool(model.embedding_norm)),
            ("parallel", python_bool(model.parallel)),
            ("positions", text(positions(model.positions))),
            ("rotated", if model.positions == Positions::Rotary { model.rotated() } else { 0 }.to_string()),
            ("base", model.rotary_base.to_string()),
            ("tied", python_bool(model.tied && causal)),
            ("pooler", python_bool(model.pooler && !causal)),
            ("pooling", text(if model.pooling == Pooling::Mean { "mean" } else { "first" })),
            ("uniform", python_bool(model.attention == AttentionMode::Uniform)),
        ],
    }
}

fn activation(activation: MlpActivation) -> &'static str {
    match activation {
        MlpActivation::Gelu => "gelu",
        MlpActivation::GeluTanh => "gelu_tanh",
        MlpActivation::Relu => "relu",
    }
}

fn norm(norm: NormChoice) -> &'static str {
    match norm {
        NormChoice::Layer => "layer",
        NormChoice::Rms => "rms",
        NormChoice::None => "none",
    }
}

fn positions(positions: Positions) -> &'static str {
    match positions {
        Positions::Learned => "learned",
        Positions::Sinusoidal => "sinusoidal",
        Positions::Rotary => "rotary",
        Positions::Relative => "relative",
        Positions::None => "none",
    }
}
