//! Recurrent encoder and decoder joined by dot-product attention: the paper's model for "Copying" and "Multi-head".
//!
//! For each head i: q_t = query_i(s_t), α_t = softmax_l(q_t·h_l), c_t = context_i(Σ_l α h_l). With c_t the mean
//! over heads, o_t = tanh(readout([s_t; c_t])), logits = output(o_t). The maps `context_i`, their mean and the
//! second half of `readout` are composed first. The heads' maps lie below each other in `query` and `context`,
//! so that all queries are one product.

mod exported;
mod settings;

use std::any::Any;

use onset_engine::{Activation, Attended, Indices, Packing, Tape, Term, Value, tanh_all};

pub use self::settings::RnnSettings;
use super::encoder_decoder::{EncoderDecoder, Input};
use super::parameters::{Linear, LinearMaps, ParameterGroup, Parameters, Redrawn};
use super::{AttentionModes, Model, Pass, Place, PlaceKind, PlaceReading, Read, Reading, Want};
use crate::batch::{Batch, Rows, SequencePairs};

/// The model's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Rnn {
    parameters: Parameters,
    places: Vec<Place>,
    /// Of the source and of the target; the same where they share it.
    embeddings: [Value; 2],
    recurrent: EncoderDecoder,
    query: Linear,
    context: Linear,
    readout: Linear,
    output: Linear,
    use_context: bool,
    hidden: usize,
    heads: usize,
}

/// A forward pass.
#[derive(Debug, Clone, Copy)]
pub struct RnnRead {
    /// Scores of every token (target rows × vocabulary).
    pub logits: Value,
    /// Context vectors and α.
    pub attended: Attended,
    /// Encoder states (source rows × width).
    pub encoded: Value,
    /// Decoder states (target rows × hidden).
    pub decoded: Value,
    /// The layout of source rows: one sequence after the other.
    pub source: Packing,
    /// The layout of target rows: one sequence after the other.
    pub target: Packing,
    /// Mean token cross-entropy in nats (1 × 1).
    pub loss: Value,
}

impl Rnn {
    /// Draws the parameters of a model for so many `tokens`. Where the settings have no seeds of their own, `seed`
    /// decides all.
    pub fn new(tape: &mut Tape, model: &RnnSettings, tokens: usize, seed: u64) -> Self {
        let hidden = model.hidden;
        let states = hidden * if model.bidirectional { 2 } else { 1 };
        let heads = LinearMaps { count: model.heads, seeds: &model.head_seeds };
        let mut parameters = Parameters::new(model.body_seed.unwrap_or(seed));
        let p = &mut parameters;
        let embeddings = if model.shared_embedding {
            [p.embedding(tape, "embedding", tokens, model.embedding); 2]
        } else {
            ["source_embedding", "target_embedding"]
                .map(|name| p.embedding(tape, name, tokens, model.embedding))
        };
        let recurrent = EncoderDecoder::new(p, tape, model);
        let query = p.group(ParameterGroup::Attention).linear_maps(tape, "query", hidden, states, heads);
        let context = p.group(ParameterGroup::Value).linear_maps(tape, "context", states, hidden, heads);
        p.group(ParameterGroup::Body);
        Self {
            embeddings,
            recurrent,
            query,
            context,
            readout: p.linear(tape, "readout", 2 * hidden, hidden),
            output: p.linear(tape, "output", hidden, tokens),
            use_context: model.context,
            hidden,
            heads: model.heads,
            places: Place::heads(0, model.heads, PlaceKind::Cross),
            parameters,
        }
    }

    /// The parameters under their names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// How many heads there are.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Reads the sources and predicts every target token given those before it.
    pub fn forward(&self, tape: &mut Tape, batch: &SequencePairs, pass: &Pass<'_>) -> RnnRead {
        let source = tape.pack(batch.source.lengths());
        let target = tape.pack(batch.target.lengths());
        let source_tokens = tape.pack_numbers(source, |example, step| batch.source.row(example)[step]);
        let input_tokens = tape.pack_numbers(target, |example, step| batch.decoder_input.row(example)[step]);
        let [source_input, target_input] = self.embed(tape, (source, source_tokens), (target, input_tokens));
        let read = self.recurrent.read(tape, source_input, target_input);
        // From here on all goes example by example, or does not mind.
        let (encoded, source) = tape.regroup(read[0], source);
        let (decoded, target) = tape.regroup(read[1], target);

        let queries = self.query.apply(tape, decoded, Activation::Identity);
        let mode = pass.modes.common().expect("all heads have one attention mode");
        let weights = pass.cross_weights(tape, batch, self.heads, |steps| 0..steps);
        let attended = tape.attend((queries, target), (encoded, source), None, mode, weights);
        let readout = self.read_out(tape, decoded, attended.context);
        let logits = self.output.apply(tape, readout, Activation::Identity);
        let targets = tape.pack_numbers(target, |example, step| batch.target.row(example)[step]);
        let loss = tape.cross_entropy(logits, targets);
        RnnRead { logits, attended, encoded, decoded, source, target, loss }
    }

    /// What the readout makes of each decoder state, and of each encoder state as the whole context of one head (rows ×
    /// hidden each); tanh of the first and one of the others of every head is what [`Rnn::output_weight`] scores.
    pub fn readout_parts(&self, tape: &mut Tape, copied: RnnRead) -> (Value, Vec<Value>) {
        let Linear { weight, bias } = self.readout;
        let (composed, bias) =
            tape.compose((weight, self.hidden), bias, self.context.weight, self.context.bias, self.heads);
        let of_states = tape.affine(&[Term::new(copied.decoded, weight)], &[bias], Activation::Identity);
        let states = tape.shape(copied.encoded).1;
        let of_contexts = (0..self.heads).map(|head| {
            let term = Term { input: copied.encoded, weight: composed, first_column: head * states };
            tape.affine(&[term], &[], Activation::Identity)
        });
        (of_states, of_contexts.collect())
    }

    /// Scores of every token (rows × vocabulary) of what was read out (rows × hidden, tanh taken).
    pub fn score(&self, tape: &mut Tape, read_out: Value) -> Value {
        self.output.apply(tape, read_out, Activation::Identity)
    }

    /// The output layer's weight (vocabulary × hidden).
    pub fn output_weight(&self) -> Value {
        self.output.weight
    }

    /// The embeddings of both sides' distinct tokens; computed together where they share the table.
    fn embed(
        &self,
        tape: &mut Tape,
        (source, source_tokens): (Packing, Indices),
        (target, target_tokens): (Packing, Indices),
    ) -> [Input; 2] {
        let [source_table, target_table] = self.embeddings;
        if source_table == target_table {
            let (tokens, [source_rows, target_rows]) = tape.distinct([source_tokens, target_tokens]);
            let embedded = tape.embedding(source_table, tokens);
            return [(source, source_rows), (target, target_rows)].map(|(packing, rows)| Input {
                packing,
                rows,
                embedded,
            });
        }
        let sides = [(source, source_tokens, source_table), (target, target_tokens, target_table)];
        sides.map(|(packing, tokens, table)| {
            let (tokens, [rows]) = tape.distinct([tokens]);
            Input { packing, rows, embedded: tape.embedding(table, tokens) }
        })
    }

    /// tanh(readout([states; mean of the heads' context(contexts)])).
    fn read_out(&self, tape: &mut Tape, states: Value, contexts: Value) -> Value {
        let Linear { weight, bias } = self.readout;
        let (composed, bias) =
            tape.compose((weight, self.hidden), bias, self.context.weight, self.context.bias, self.heads);
        let terms = [Term::new(states, weight), Term::new(contexts, composed)];
        let used = if self.use_context { &terms[..] } else { &terms[..1] };
        tape.affine(used, &[bias], Activation::Tanh)
    }
}

impl Model for Rnn {
    fn clone_boxed(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn places(&self) -> &[Place] {
        &self.places
    }

    fn check_modes(&self, modes: &AttentionModes) -> Result<(), String> {
        let common = modes.common().map(|_| ());
        common.ok_or_else(|| {
            "all heads of a recurrent model share one attention mode; change it for all".into()
        })
    }

    fn loss(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Value {
        self.forward(tape, batch.pairs(), &pass).loss
    }

    fn read(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>, want: Want) -> Read {
        let pairs = batch.pairs();
        let read = self.forward(tape, pairs, &pass);
        let loss = tape.data(read.loss)[0];
        let beta = (want.beta && self.use_context).then(|| self.beta(tape, read, pairs));
        let mut beta = beta.into_iter().flatten();
        let readings = (0..pairs.target.len()).map(|example| {
            let mut reading = Reading::default();
            let layout = tape.layout(read.target);
            let rows = layout.rows_of(example);
            reading.predict(tape, read.logits, rows, pairs.target.row(example), want.logits);
            let positions = pairs.source.row(example).len();
            let alpha = || tape.alpha_of(read.attended, example).chunks_exact(positions);
            reading.places = (0..self.heads)
                .map(|head| PlaceReading {
                    alpha: alpha().skip(head).step_by(self.heads).map(|row| row.iter().copied()).collect(),
                    beta: beta.next().unwrap_or_default(),
                })
                .collect();
            reading
        });
        let readings = readings.collect();
        tape.clear();
        Read { loss, readings }
    }

    fn redrawn_head(&self, head: usize, seed: u64) -> Option<Vec<Redrawn>> {
        let maps =
            ["query", "context"].map(|name| self.parameters.redrawn_map(name, (head, self.heads), seed));
        maps.into_iter().collect::<Option<Vec<_>>>().map(|maps| maps.concat())
    }
}

impl Rnn {
    /// β of each head of each example in turn. The readout's argument is a sum of what the decoder state and each
    /// head's context add to it; the head in question adds what one encoder state alone would.
    fn beta(&self, tape: &mut Tape, read: RnnRead, pairs: &SequencePairs) -> Vec<Rows> {
        let (of_states, of_contexts) = self.readout_parts(tape, read);
        let own = tape.data(of_states).to_vec();
        let parts: Vec<Vec<f32>> = of_contexts.iter().map(|&part| tape.data(part).to_vec()).collect();
        let width = self.hidden;
        let mut betas = Vec::new();
        for example in 0..pairs.target.len() {
            let targets = pairs.target.row(example);
            let positions = pairs.source.row(example).len();
            let alpha = tape.alpha_of(read.attended, example).to_vec();
            let [first, memory] =
                [read.target, read.source].map(|packing| tape.layout(packing).row(0, example));
            for head in 0..self.heads {
                // The argument without this head, for each step.
                let mut without = own[first * width..][..targets.len() * width].to_vec();
                for other in (0..self.heads).filter(|&other| other != head) {
                    for (step, sum) in without.chunks_exact_mut(width).enumerate() {
                        let weights = &alpha[(step * self.heads + other) * positions..][..positions];
                        let states = parts[other][memory * width..].chunks_exact(width);
                        for (&weight, state) in weights.iter().zip(states) {
                            sum.iter_mut().zip(state).for_each(|(sum, x)| *sum += weight * x);
                        }
                    }
                }
                let rows: Vec<u32> =
                    targets.iter().flat_map(|&target| std::iter::repeat_n(target, positions)).collect();
                let output = (self.output.weight, self.output.bias);
                let beta = tape.log_likelihoods(output, &rows, |row, readout| {
                    let state = &parts[head][(memory + row % positions) * width..][..width];
                    let step = &without[row / positions * width..][..width];
                    readout.iter_mut().zip(step.iter().zip(state)).for_each(|(out, (a, b))| *out = a + b);
                    tanh_all(readout);
                });
                betas.push(beta.chunks_exact(positions).map(|row| row.iter().copied()).collect());
            }
        }
        betas
    }
}
