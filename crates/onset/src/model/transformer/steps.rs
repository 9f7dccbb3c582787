//! The decoder of pairs one step at a time, for many hypotheses side by side.
//!
//! Of each hypothesis, queries, keys and values of its tokens are kept at each layer, so that a step maps one row for each hypothesis.
//! Attention is computed as in training, over all tokens so far, of which the last counts: every kind of position works.

use std::sync::Mutex;

use onset_engine::{
    Activation, AttentionMode, HeadModes, Mask, MultiHead, MultiHeadOutput, Packing, Rotary, Tape, Value,
};

use super::Transformer;
use super::parts::{Attention, Dropout, Sequences};
use crate::batch::Ragged;

/// A source that has been read: keys and values of its positions at each layer of the decoder.
#[derive(Debug, Clone)]
pub struct SourceMemory {
    /// Number of positions.
    pub positions: usize,
    /// Keys and values of each layer (positions × width).
    layers: Vec<[Vec<f32>; 2]>,
}

/// Queries, keys and values of the tokens of one hypothesis, at each layer (tokens × width).
#[derive(Debug, Clone, Default)]
pub struct Cache {
    tokens: usize,
    layers: Vec<[Vec<f32>; 3]>,
}

/// A model of pairs that predicts one token after the other.
pub struct StepDecoder {
    model: Transformer,
    modes: HeadModes,
    /// Tapes with the parameters; one for each thread that asks at the same time.
    tapes: Mutex<Vec<Tape>>,
}

impl StepDecoder {
    /// The decoder of `model`, whose parameters are on `tape`, with uniform or learned attention to the source; none if it is not a
    /// model of pairs.
    pub fn new(model: &Transformer, tape: &Tape, uniform: bool) -> Option<Self> {
        model.encoder.as_ref()?;
        let mode = if uniform { AttentionMode::Uniform } else { AttentionMode::Learned };
        let tapes = Mutex::new(vec![tape.replica(1)]);
        Some(Self { model: model.clone(), modes: HeadModes::all(mode), tapes })
    }

    /// Reads sources.
    pub fn read(&self, sources: &[&[u32]]) -> Vec<SourceMemory> {
        let mut texts = Ragged::default();
        sources.iter().for_each(|source| texts.push(source.iter().copied()));
        self.with_tape(|tape| {
            let source = self.model.encode(tape, &texts, None, &mut Dropout::none());
            let layers: Vec<[Value; 2]> =
                self.model.layers.iter().map(|layer| layer.cross_maps(tape, source.states)).collect();
            let mut first = 0;
            let memory = |source: &&[u32]| {
                let rows = first..first + source.len();
                first = rows.end;
                let of = |value: Value| {
                    let width = tape.shape(value).1;
                    tape.data(value)[rows.start * width..rows.end * width].to_vec()
                };
                SourceMemory {
                    positions: source.len(),
                    layers: layers.iter().map(|maps| maps.map(of)).collect(),
                }
            };
            sources.iter().map(memory).collect()
        })
    }

    /// A hypothesis without tokens.
    pub fn begin(&self) -> Cache {
        Cache { tokens: 0, layers: self.model.layers.iter().map(|_| Default::default()).collect() }
    }

    /// Reads `tokens[i]` into the hypothesis `caches[i]` of a translation of `memories[i]`. Calls `see` with the scores of all tokens
    /// for each hypothesis (rows × vocabulary), and returns α of each in turn: the mean over the heads of the last layer.
    pub fn step(
        &self,
        caches: &mut [Cache],
        tokens: &[u32],
        memories: &[&SourceMemory],
        see: impl FnOnce(&[f32]),
    ) -> Vec<f32> {
        self.with_tape(|tape| {
            let packing = consecutive(tape, tokens.iter().map(|_| 1));
            let steps = tape.indices(caches.iter().map(|cache| cache.tokens as u32));
            let tokens = tape.indices(tokens.iter().copied());
            let sequences = Sequences { packing, tokens, steps, segments: None };
            let mut states = self.model.embedding.apply(tape, sequences, None);
            caches.iter_mut().for_each(|cache| cache.tokens += 1);
            let variant = self.model.variant;
            let mut crossed = None;
            for (number, layer) in self.model.layers.iter().enumerate() {
                let attend =
                    &mut |tape: &mut Tape, attention: &Attention, states: Value, crosses: bool| match crosses
                    {
                        true => self.attend_to_sources(tape, attention, states, (packing, number, memories)),
                        false => {
                            self.attend_to_tokens(tape, attention, states, (sequences, number, &mut *caches))
                        }
                    };
                let output = layer.apply_with(tape, states, variant, &mut Dropout::none(), attend);
                states = output.states;
                crossed = output.attended;
            }
            let states = self.model.last_norm.apply(tape, states);
            let scores = self.model.scores(tape, states);
            see(tape.data(scores));
            let crossed = crossed.expect("a model has layers that attend to the source");
            (0..memories.len()).flat_map(|row| self.mean_alpha(tape, crossed, row)).collect()
        })
    }

    /// Attention of the last token of each hypothesis to all its tokens.
    fn attend_to_tokens(
        &self,
        tape: &mut Tape,
        attention: &Attention,
        states: Value,
        (sequences, layer, caches): (Sequences, usize, &mut [Cache]),
    ) -> (Value, Option<MultiHeadOutput>) {
        let variant = self.model.variant;
        let Attention { query, key, value, .. } = attention;
        let mut own = [query, key, value].map(|map| map.apply(tape, states, Activation::Identity));
        if let Some(columns) = variant.rotated {
            let rotary = Rotary { heads: variant.heads, columns, base: variant.rotary_base };
            (own[0], own[1]) =
                (tape.rotary(own[0], sequences.steps, rotary), tape.rotary(own[1], sequences.steps, rotary));
        }
        let width = tape.shape(states).1;
        let all = [0, 1, 2].map(|part| {
            for (row, cache) in caches.iter_mut().enumerate() {
                cache.layers[layer][part].extend_from_slice(&tape.data(own[part])[row * width..][..width]);
            }
            let rows: Vec<f32> =
                caches.iter().flat_map(|cache| &cache.layers[layer][part]).copied().collect();
            tape.constant(rows.len() / width, width, &rows)
        });
        let packing = consecutive(tape, caches.iter().map(|cache| cache.tokens));
        let attended = tape.attend_heads(MultiHead {
            queries: all[0],
            keys: all[1],
            values: all[2],
            heads: variant.heads,
            packing,
            memory: None,
            mask: Mask::Causal,
            modes: HeadModes::all(AttentionMode::Learned),
            weights: None,
            relative: attention.relative,
        });
        let ends = caches.iter().scan(0, |end, cache| {
            *end += cache.tokens as u32;
            Some(*end - 1)
        });
        let last: Vec<u32> = ends.collect();
        let last = tape.indices(last);
        let last = tape.embedding(attended.output, last);
        (attention.projection.apply(tape, last, Activation::Identity), Some(attended))
    }

    /// Attention of the last token of each hypothesis to its source.
    fn attend_to_sources(
        &self,
        tape: &mut Tape,
        attention: &Attention,
        states: Value,
        (packing, layer, memories): (Packing, usize, &[&SourceMemory]),
    ) -> (Value, Option<MultiHeadOutput>) {
        let width = tape.shape(states).1;
        let queries = attention.query.apply(tape, states, Activation::Identity);
        let [keys, values] = [0, 1].map(|part| {
            let rows: Vec<f32> =
                memories.iter().flat_map(|memory| &memory.layers[layer][part]).copied().collect();
            tape.constant(rows.len() / width, width, &rows)
        });
        let memory = consecutive(tape, memories.iter().map(|memory| memory.positions));
        let attended = tape.attend_heads(MultiHead {
            queries,
            keys,
            values,
            heads: self.model.variant.heads,
            packing,
            memory: Some(memory),
            mask: Mask::None,
            modes: self.modes,
            weights: None,
            relative: None,
        });
        (attention.projection.apply(tape, attended.output, Activation::Identity), Some(attended))
    }

    /// The mean over all heads of α of one row.
    fn mean_alpha(&self, tape: &Tape, attended: MultiHeadOutput, row: usize) -> Vec<f32> {
        let heads = self.model.variant.heads;
        let mut mean = vec![0.0; tape.alpha_of_head(attended, row, 0).len()];
        for head in 0..heads {
            let alpha = tape.alpha_of_head(attended, row, head);
            mean.iter_mut().zip(alpha).for_each(|(sum, weight)| *sum += weight / heads as f32);
        }
        mean
    }

    /// Calls `work` with a tape of its own, which it may leave uncleared.
    fn with_tape<T>(&self, work: impl FnOnce(&mut Tape) -> T) -> T {
        let locked = || self.tapes.lock().expect("no thread panics while it holds this lock");
        let mut tape = {
            let mut tapes = locked();
            match tapes.len() {
                // The last one is kept to be copied.
                1 => tapes[0].replica(1),
                _ => tapes.pop().expect("there is more than one"),
            }
        };
        let result = tape.forward_only(work);
        tape.clear();
        locked().push(tape);
        result
    }
}

/// Sequences of these lengths, one after the other.
fn consecutive(tape: &mut Tape, lengths: impl Iterator<Item = usize>) -> Packing {
    let packing = tape.pack(lengths);
    tape.consecutive(packing)
}
