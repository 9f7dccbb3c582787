//! The copying model: LSTM encoder and decoder joined by dot-product attention (paper, "Copying").
//!
//! q_t = query(s_t), α_t = softmax_l(q_t·h_l), c_t = context(Σ_l α h_l), o_t = tanh(readout([s_t; c_t])),
//! logits = output(o_t). The maps `context` and the second half of `readout` are composed first.

use onset_engine::{Activation, Attended, Packing, Scores, Tape, Term, Value};

use super::parameters::{Linear, LstmWeights, Parameters};
use crate::spec::{Attention, CopyingModel};
use crate::task::SequencePairs;

/// The copying model's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Copier {
    parameters: Parameters,
    embedding: Value,
    encoder: Vec<LstmWeights>,
    decoder: LstmWeights,
    query: Linear,
    context: Linear,
    readout: Linear,
    output: Linear,
    scores: Scores,
    use_context: bool,
    hidden: usize,
}

/// A forward pass of the copying model.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// Scores of every output word (packed target rows × vocabulary + 2).
    pub logits: Value,
    /// Context vectors and α.
    pub attended: Attended,
    /// Encoder states (packed source rows × width).
    pub encoded: Value,
    /// Decoder states (packed target rows × hidden).
    pub decoded: Value,
    /// The layout of source rows.
    pub source: Packing,
    /// The layout of target rows.
    pub target: Packing,
    /// Mean token cross-entropy in nats (1 × 1).
    pub loss: Value,
}

impl Copier {
    /// Draws the parameters of a model for `vocabulary` words, with EOS and BOS on top.
    pub fn new(tape: &mut Tape, model: &CopyingModel, vocabulary: usize, seed: u64) -> Self {
        let tokens = vocabulary + 2;
        let hidden = model.hidden;
        let states = hidden * if model.bidirectional { 2 } else { 1 };
        let mut parameters = Parameters::new(seed);
        let p = &mut parameters;
        Self {
            embedding: p.embedding(tape, "embedding", tokens, model.embedding),
            encoder: p.lstm(tape, ("encoder", 0), model.embedding, hidden, model.bidirectional),
            decoder: p.lstm(tape, ("decoder", 0), model.embedding, hidden, false)[0],
            query: p.linear(tape, "query", hidden, states),
            context: p.linear(tape, "context", states, hidden),
            readout: p.linear(tape, "readout", 2 * hidden, hidden),
            output: p.linear(tape, "output", hidden, tokens),
            scores: match model.attention {
                Attention::Learned => Scores::Products,
                Attention::Uniform => Scores::Zero,
            },
            use_context: model.context,
            hidden,
            parameters,
        }
    }

    /// The parameters under their names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Reads the sources and predicts every target token given those before it.
    pub fn forward(&self, tape: &mut Tape, batch: &SequencePairs) -> Copied {
        let source = tape.pack(batch.source.lengths());
        let target = tape.pack(batch.target.lengths());
        let source_tokens = tape.pack_numbers(source, |example, step| batch.source.row(example)[step]);
        let input_tokens = tape.pack_numbers(target, |example, step| batch.decoder_input.row(example)[step]);
        let (tokens, [source_rows, input_rows]) = tape.distinct([source_tokens, input_tokens]);
        let embedded = tape.embedding(self.embedding, tokens);

        let forward = self.encoder[0].direction(tape, embedded, None, false);
        let backward = self.encoder.get(1).map(|weights| weights.direction(tape, embedded, None, true));
        let both = [forward, backward.unwrap_or(forward)];
        let directions = &both[..self.encoder.len()];
        let encoded = tape.lstm(source, Some(source_rows), directions);
        let start = (
            tape.fold(encoded.last_hidden, directions.len()),
            tape.fold(encoded.last_cell, directions.len()),
        );
        let decoder = self.decoder.direction(tape, embedded, Some(start), false);
        let decoded = tape.lstm(target, Some(input_rows), &[decoder]).hidden;

        let queries = self.query.apply(tape, decoded, Activation::Identity);
        let attended = tape.attend((queries, target), (encoded.hidden, source), None, self.scores);
        let readout = self.read_out(tape, decoded, attended.context);
        let logits = self.output.apply(tape, readout, Activation::Identity);
        let targets = tape.pack_numbers(target, |example, step| batch.target.row(example)[step]);
        let loss = tape.cross_entropy(logits, targets);
        Copied { logits, attended, encoded: encoded.hidden, decoded, source, target, loss }
    }

    /// What the readout makes of each decoder state and of each encoder state as the whole context (rows × hidden
    /// each); tanh of a sum of two of them is what [`Copier::output_weight`] scores.
    pub fn readout_parts(&self, tape: &mut Tape, copied: Copied) -> [Value; 2] {
        let Linear { weight, bias } = self.readout;
        let (composed, bias) =
            tape.compose(weight, self.hidden, bias, self.context.weight, self.context.bias);
        let of_states = tape.affine(&[Term::new(copied.decoded, weight)], &[bias], Activation::Identity);
        let of_contexts = tape.affine(&[Term::new(copied.encoded, composed)], &[], Activation::Identity);
        [of_states, of_contexts]
    }

    /// The scores of all words (vocabulary + 2 × hidden).
    pub fn output_weight(&self) -> Value {
        self.output.weight
    }

    /// tanh(readout([states; context(contexts)])).
    fn read_out(&self, tape: &mut Tape, states: Value, contexts: Value) -> Value {
        let Linear { weight, bias } = self.readout;
        let (composed, bias) =
            tape.compose(weight, self.hidden, bias, self.context.weight, self.context.bias);
        let terms = [Term::new(states, weight), Term::new(contexts, composed)];
        let used = if self.use_context { &terms[..] } else { &terms[..1] };
        tape.affine(used, &[bias], Activation::Tanh)
    }
}
