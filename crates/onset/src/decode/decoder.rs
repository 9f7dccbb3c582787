//! The decoder of a translation model, one step for many hypotheses at once.
//!
//! Products that do not change between steps are computed in advance. A score q·h_l with q = W_q s + b_q is s·k_l +
//! b_q·h_l with the key k_l = W_qᵀ h_l. The context's share of the readout is Σ_l α_l v_l with the value v_l = W_r W_c
//! h_l. The input of the first layer is a row of a table over all subwords. The sums are those of training, in a
//! different order.

use std::sync::{Mutex, MutexGuard};

use onset_engine::{Activation, Mat, PackedLinear, SparseRows, Tape, Term, dot, softmax, step_lstm};

use super::beam::{Step, Steps};
use super::top::Top;

use crate::batch::Ragged;
use crate::model::{LstmWeights, Translator};

/// Sentences encoded at once.
const BATCH: usize = 64;

/// The linear maps of one layer; the first layer has no input map.
struct Layer {
    /// `None` for the first layer, which reads the table.
    input: Option<PackedLinear>,
    recurrent: PackedLinear,
}

/// A decoder with its weights prepared for search.
pub struct Decoder {
    hidden: usize,
    uniform: bool,
    /// The input of each subword to the gates of the first layer, with biases (vocabulary × 4·hidden).
    table: Vec<f32>,
    layers: Vec<Layer>,
    /// The readout's map of the decoder state, with all biases.
    readout: PackedLinear,
    output: PackedLinear,
    /// The maps from source states to keys (`key`) and to values (`value`).
    key: PackedLinear,
    value: PackedLinear,
    query_bias: Vec<f32>,
}

/// An encoded source sentence.
#[derive(Debug, Clone)]
pub struct Memory {
    /// Number of source positions.
    pub positions: usize,
    /// Keys k_l (positions × hidden).
    keys: Vec<f32>,
    /// b_q·h_l (positions).
    offsets: Vec<f32>,
    /// Values v_l (positions × hidden).
    values: Vec<f32>,
    /// Initial hidden and cell state of each layer.
    start: Vec<[Vec<f32>; 2]>,
}

/// Hypotheses side by side: hidden and cell state of each layer (rows × hidden).
#[derive(Debug, Clone, Default)]
pub struct States {
    layers: Vec<[Vec<f32>; 2]>,
}

/// Room for a step; reused.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    gates: Vec<f32>,
    readout: Vec<f32>,
    sparse: SparseRows,
    /// Scores of one piece of the vocabulary.
    scores: Vec<f32>,
}

impl Decoder {
    /// Prepares the decoder of `translator`, whose parameters are on `tape`. Attention is uniform if `uniform`,
    /// otherwise learned. Clears the tape.
    pub fn new(translator: &Translator, tape: &mut Tape, uniform: bool) -> Self {
        let weights = translator.decoder();
        let (first, above) = weights.layers.split_first().expect("a model has layers");
        let hidden = tape.shape(first.recurrent).1;
        let table =
            tape.affine(&[Term::new(weights.embedding, first.input)], &first.biases, Activation::Identity);
        let (composed, bias) = tape.compose(
            (weights.readout.weight, hidden),
            weights.readout.bias,
            weights.context.weight,
            weights.context.bias,
            1,
        );
        let mat = |value| Mat::new(tape.data(value), tape.shape(value).0, tape.shape(value).1);
        let recurrent = |layer: &LstmWeights| PackedLinear::new(mat(layer.recurrent), vec![0.0; 4 * hidden]);
        let biases = |layer: &LstmWeights| {
            let [input, recurrent] = layer.biases.map(|bias| tape.data(bias));
            input.iter().zip(recurrent).map(|(a, b)| a + b).collect()
        };
        let mut layers = vec![Layer { input: None, recurrent: recurrent(first) }];
        layers.extend(above.iter().map(|layer| Layer {
            input: Some(PackedLinear::new(mat(layer.input), biases(layer))),
            recurrent: recurrent(layer),
        }));
        let decoder = Self {
            hidden,
            uniform,
            table: tape.data(table).to_vec(),
            layers,
            readout: PackedLinear::new(
                mat(weights.readout.weight).columns(0, hidden),
                tape.data(bias).to_vec(),
            ),
            output: PackedLinear::new(mat(weights.output.weight), tape.data(weights.output.bias).to_vec()),
            key: PackedLinear::new(mat(weights.query.weight).t(), vec![0.0; hidden]),
            value: PackedLinear::new(mat(composed), vec![0.0; hidden]),
            query_bias: tape.data(weights.query.bias).to_vec(),
        };
        tape.clear();
        decoder
    }

    /// Encodes `sources` with `threads` threads; the result has their order. Clears the tape.
    pub fn read(
        &self,
        translator: &Translator,
        tape: &mut Tape,
        sources: &[&[u32]],
        threads: usize,
    ) -> Vec<Memory> {
        // Long sentences first, so that no thread is left with one at the end. Sentences of similar length share a
        // batch.
        let mut order: Vec<usize> = (0..sources.len()).collect();
        order.sort_by_key(|&source| std::cmp::Reverse(sources[source].len()));
        let batches = Mutex::new(order.chunks(BATCH));
        let memories = Mutex::new(vec![None; sources.len()]);
        // A closure, so that the lock is released before a batch is encoded.
        let next = || locked(&batches).next();
        let work = |tape: &mut Tape| {
            while let Some(batch) = next() {
                let texts: Vec<&[u32]> = batch.iter().map(|&source| sources[source]).collect();
                let read = self.read_batch(translator, tape, &texts);
                let mut memories = locked(&memories);
                batch.iter().zip(read).for_each(|(&source, memory)| memories[source] = Some(memory));
            }
        };
        let others = threads.min(order.len().div_ceil(BATCH)).max(1) - 1;
        let mut replicas: Vec<Tape> = (0..others).map(|_| tape.replica(1)).collect();
        std::thread::scope(|scope| {
            for replica in &mut replicas {
                scope.spawn(|| work(replica));
            }
            work(tape);
        });
        let memories = memories.into_inner().expect("no thread panics while it holds this lock");
        memories.into_iter().flatten().collect()
    }

    fn read_batch(&self, translator: &Translator, tape: &mut Tape, sources: &[&[u32]]) -> Vec<Memory> {
        let mut texts = Ragged::default();
        sources.iter().for_each(|source| texts.push(source.iter().copied()));
        let encoded = translator.encode_sources(tape, &texts);
        let width = tape.shape(encoded.states).1;
        let layout = tape.layout(encoded.packing);
        let memory = |place: usize| {
            let rows = layout.rows_of(place).map(|row| &tape.data(encoded.states)[row * width..][..width]);
            let states = rows.collect::<Vec<_>>().concat();
            let own = |value| tape.data(value)[place * self.hidden..][..self.hidden].to_vec();
            let start = encoded.starts.iter().map(|&(h, c)| [own(h), own(c)]).collect();
            self.remember(&states, start)
        };
        let memories = (0..sources.len()).map(memory).collect();
        tape.clear();
        memories
    }

    fn remember(&self, states: &[f32], start: Vec<[Vec<f32>; 2]>) -> Memory {
        let width = self.query_bias.len();
        let positions = states.len() / width;
        let [mut keys, mut values] = [(); 2].map(|()| vec![0.0; positions * self.hidden]);
        self.key.apply(states, &mut keys, positions);
        self.value.apply(states, &mut values, positions);
        let offset = |state: &[f32]| dot(state, &self.query_bias);
        let offsets = states.chunks_exact(width).map(offset).collect();
        Memory { positions, keys, offsets, values, start }
    }
}

impl Steps for Decoder {
    type Memory = Memory;
    type States = States;

    fn positions(memory: &Memory) -> usize {
        memory.positions
    }

    fn begin(&self, memories: &[&Memory]) -> States {
        let side = |layer: usize, side: usize| {
            memories.iter().map(|memory| &memory.start[layer][side][..]).collect::<Vec<_>>().concat()
        };
        States { layers: (0..self.layers.len()).map(|layer| [side(layer, 0), side(layer, 1)]).collect() }
    }

    fn append(&self, states: &mut States, more: States) {
        let sides = states.layers.iter_mut().flatten().zip(more.layers.into_iter().flatten());
        sides.for_each(|(side, more)| side.extend(more));
    }

    fn choose(&self, states: &mut States, parents: &[usize]) {
        for side in states.layers.iter_mut().flatten() {
            let mut chosen = Vec::with_capacity(parents.len() * self.hidden);
            parents
                .iter()
                .for_each(|&row| chosen.extend_from_slice(&side[row * self.hidden..][..self.hidden]));
            *side = chosen;
        }
    }

    fn step(
        &self,
        states: &mut States,
        (tokens, memories): (&[u32], &[&Memory]),
        count: usize,
        step: &mut Step,
    ) {
        let (rows, hidden) = (tokens.len(), self.hidden);
        let Step { top, alpha, scratch: step } = step;
        step.gates.resize(rows * 4 * hidden, 0.0);
        let mut below: Vec<f32> = Vec::new();
        for (layer, [state, cell]) in self.layers.iter().zip(&mut states.layers) {
            match &layer.input {
                Some(input) => input.apply(&below, &mut step.gates, rows),
                None => {
                    for (gates, &token) in step.gates.chunks_exact_mut(4 * hidden).zip(tokens) {
                        gates.copy_from_slice(&self.table[token as usize * 4 * hidden..][..4 * hidden]);
                    }
                }
            }
            layer.recurrent.add(state, &mut step.gates, rows);
            step_lstm(&mut step.gates, cell, state, hidden);
            below.clear();
            below.extend_from_slice(state);
        }
        step.readout.resize(rows * hidden, 0.0);
        self.readout.apply(&below, &mut step.readout, rows);
        alpha.clear();
        let states_and_readouts = below.chunks_exact(hidden).zip(step.readout.chunks_exact_mut(hidden));
        for ((state, readout), memory) in states_and_readouts.zip(memories) {
            self.attend(memory, state, readout, alpha);
        }
        // After ReLU most entries are 0, and mostly the same ones in hypotheses of one sentence.
        let alike = memories.chunk_by(|a, b| std::ptr::eq(*a, *b)).map(<[_]>::len);
        step.sparse.gather(&step.readout, hidden, alike);
        top.resize_with(rows, Top::default);
        top.iter_mut().for_each(Top::clear);
        self.output.apply_in_pieces(&step.sparse, &mut step.scores, |first, width, scores| {
            for (top, scores) in top.iter_mut().zip(scores) {
                top.see(first, &scores[..width], count);
            }
        });
    }
}

impl Decoder {
    /// Computes α, adds the context's share to `readout`, applies ReLU, and appends α to `alpha`.
    fn attend(&self, memory: &Memory, state: &[f32], readout: &mut [f32], alpha: &mut Vec<f32>) {
        let first = alpha.len();
        if self.uniform {
            alpha.resize(first + memory.positions, 0.0);
        } else {
            let keys = memory.keys.chunks_exact(self.hidden).zip(&memory.offsets);
            alpha.extend(keys.map(|(key, offset)| offset + dot(key, state)));
        }
        softmax(&mut alpha[first..]);
        for (value, &weight) in memory.values.chunks_exact(self.hidden).zip(&alpha[first..]) {
            readout.iter_mut().zip(value).for_each(|(sum, value)| *sum += weight * value);
        }
        readout.iter_mut().for_each(|x| *x = x.max(0.0));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds this lock")
}
