//! The model families that there are.

use super::{
    AttentionOnlySettings, ClassifierSettings, ModelSettings, RecordedModel, RnnSettings,
    TransformerSettings, TranslatorSettings,
};
use crate::settings::choices;

choices! {
    /// A model family with its settings.
    ModelSpec: dyn ModelSettings {
        /// Recurrent encoder and decoder joined by dot-product attention with any number of heads.
        Rnn(RnnSettings),
        /// Bidirectional LSTM whose states are pooled by feed-forward attention.
        Classifier(ClassifierSettings),
        /// Stacked LSTM encoder and decoder joined by dot-product attention.
        Translator(TranslatorSettings),
        /// A Transformer of attention alone: one layer, one head, learned positions.
        AttentionOnly(AttentionOnlySettings),
        /// A Transformer with any number of layers and heads: an encoder for texts, a decoder for sequences, both
        /// for pairs.
        Transformer(TransformerSettings),
        /// A model outside Onset, which is only on record.
        Recorded(RecordedModel),
    }
}
