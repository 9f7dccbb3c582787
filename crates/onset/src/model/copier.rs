//! The copying model: recurrent encoder and decoder joined by dot-product attention (paper, "Copying" and
//! "Multi-head").
//!
//! For each head i: q_t = query_i(s_t), α_t = softmax_l(q_t·h_l), c_t = context_i(Σ_l α h_l). With c_t the mean
//! over heads, o_t = tanh(readout([s_t; c_t])), logits = output(o_t). The maps `context_i`, their mean and the
//! second half of `readout` are composed first. The heads' maps lie below each other in `query` and `context`,
//! so that all queries are one product.

use onset_engine::{Activation, Attended, Indices, Packing, Scores, Tape, Term, Value};

use super::encoder_decoder::{EncoderDecoder, Input};
use super::parameters::{Linear, LinearMaps, Parameters, Redrawn};
use crate::spec::{Attention, CopyingModel, Order};
use crate::task::SequencePairs;

/// How the copying model's attention weights come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopierRoute {
    /// Softmax of the products of queries and encoder states.
    Learned,
    /// The same weight on every position.
    Uniform,
    /// All weight of every head on the word to be said, which stands in the source in this order; what ends the
    /// source, on what ends the target. Source and target are equally long.
    Right(Order),
}

/// The copying model's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Copier {
    parameters: Parameters,
    /// Of the source and of the target; the same where they share it.
    embeddings: [Value; 2],
    recurrent: EncoderDecoder,
    query: Linear,
    context: Linear,
    readout: Linear,
    output: Linear,
    route: CopierRoute,
    use_context: bool,
    hidden: usize,
    heads: usize,
}

/// A forward pass of the copying model.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// Scores of every output word (target rows × vocabulary + 2).
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

impl Copier {
    /// Draws the parameters of a model for `vocabulary` words, with EOS and BOS on top. Where the model has no
    /// seeds of its own, `seed` decides all.
    pub fn new(tape: &mut Tape, model: &CopyingModel, vocabulary: usize, seed: u64) -> Self {
        let tokens = vocabulary + 2;
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
        Self {
            embeddings,
            recurrent: EncoderDecoder::new(p, tape, model),
            query: p.linear_maps(tape, "query", hidden, states, heads),
            context: p.linear_maps(tape, "context", states, hidden, heads),
            readout: p.linear(tape, "readout", 2 * hidden, hidden),
            output: p.linear(tape, "output", hidden, tokens),
            route: match model.attention {
                Attention::Learned => CopierRoute::Learned,
                Attention::Uniform => CopierRoute::Uniform,
            },
            use_context: model.context,
            hidden,
            heads: model.heads,
            parameters,
        }
    }

    /// The parameters under their names.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Lets attention weights come about otherwise, from the next forward pass on.
    pub fn set_route(&mut self, route: CopierRoute) {
        self.route = route;
    }

    /// How attention weights come about.
    pub fn route(&self) -> CopierRoute {
        self.route
    }

    /// How many heads there are.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// What the query and the context map of `head` would be if `seed` drew them; none if there is no such head.
    pub fn redrawn_head(&self, head: usize, seed: u64) -> Option<Vec<Redrawn>> {
        let maps =
            ["query", "context"].map(|name| self.parameters.redrawn_map(name, (head, self.heads), seed));
        maps.into_iter().collect::<Option<Vec<_>>>().map(|maps| maps.concat())
    }

    /// Reads the sources and predicts every target token given those before it.
    pub fn forward(&self, tape: &mut Tape, batch: &SequencePairs) -> Copied {
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
        let scores = self.scores(tape, batch);
        let attended = tape.attend((queries, target), (encoded, source), None, scores);
        let readout = self.read_out(tape, decoded, attended.context);
        let logits = self.output.apply(tape, readout, Activation::Identity);
        let targets = tape.pack_numbers(target, |example, step| batch.target.row(example)[step]);
        let loss = tape.cross_entropy(logits, targets);
        Copied { logits, attended, encoded, decoded, source, target, loss }
    }

    /// What the readout makes of each decoder state, and of each encoder state as the whole context of one head (rows ×
    /// hidden each); tanh of the first and one of the others of every head is what [`Copier::output_weight`] scores.
    pub fn readout_parts(&self, tape: &mut Tape, copied: Copied) -> (Value, Vec<Value>) {
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

    /// Scores of every output word (rows × vocabulary + 2) of what was read out (rows × hidden, tanh taken).
    pub fn score(&self, tape: &mut Tape, read_out: Value) -> Value {
        self.output.apply(tape, read_out, Activation::Identity)
    }

    /// The scores of all words (vocabulary + 2 × hidden).
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

    /// Where this batch's attention scores come from.
    fn scores(&self, tape: &mut Tape, batch: &SequencePairs) -> Scores {
        let order = match self.route {
            CopierRoute::Learned => return Scores::Products,
            CopierRoute::Uniform => return Scores::Zero,
            CopierRoute::Right(order) => order,
        };
        let lengths = || batch.target.lengths();
        let alpha = tape.filled(1, lengths().map(|length| self.heads * length * length).sum(), 0.0);
        let weights = tape.data_mut(alpha);
        let mut first = 0;
        for length in lengths() {
            for row in 0..length * self.heads {
                let step = row / self.heads;
                let right =
                    if order == Order::Reversed && step + 1 < length { length - 2 - step } else { step };
                weights[first + row * length + right] = 1.0;
            }
            first += length * length * self.heads;
        }
        Scores::Given(alpha)
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
