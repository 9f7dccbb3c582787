//! Training steps of Transformers on random tokens, with the product of their sizes that no program can avoid; and the cost of
//! recording what every head attends to.

use std::time::Instant;

use onset::batch::{Batch, CausalBatch, LabelledBatch, Ragged, Signature};
use onset::model::{
    AttentionModes, Model, ModelSettings, Pass, Pooling, Positions, TransformerSettings, Want,
};
use onset::train::Shards;
use onset_engine::{AdamSettings, Optimizer, OptimizerSettings, Random, Stream, Tape};

use crate::limit::{linear, peak};
use crate::peer::Peer;
use crate::{ROUNDS, compare, median};

/// Timed steps in each round, after two untimed ones.
const STEPS: usize = 7;

/// Sequences whose attention is recorded.
const RECORDED: usize = 32;

/// One workload; `bench/transformer_models.py` has the same ones.
struct Workload {
    name: &'static str,
    title: &'static str,
    settings: TransformerSettings,
    vocabulary: usize,
    /// Tokens that are read of each sequence.
    length: usize,
    batch: usize,
    /// Predictions of each sequence; none where a label is predicted.
    predictions: Option<usize>,
}

fn workloads() -> [Workload; 4] {
    let usual = TransformerSettings::default();
    [
        Workload {
            name: "markov",
            title: "Markov chains, 2 layers × 1 head, width 16, relative positions, batch 64 × 100",
            settings: TransformerSettings {
                heads: 1,
                width: 16,
                mlp: 0,
                positions: Positions::Relative,
                dropout: 0.1,
                ..usual.clone()
            },
            vocabulary: 2,
            length: 100,
            batch: 64,
            predictions: Some(100),
        },
        Workload {
            name: "item_label",
            title: "item–label pairs, 2 layers × 8 heads, width 64, rotary positions, batch 32 × 5",
            settings: TransformerSettings { heads: 8, mlp: 0, positions: Positions::Rotary, ..usual.clone() },
            vocabulary: 55,
            length: 5,
            batch: 32,
            predictions: Some(1),
        },
        Workload {
            name: "characters",
            title: "characters, 4 layers × 4 heads, width 128, MLP 512, batch 32 × 128",
            settings: TransformerSettings { layers: 4, heads: 4, width: 128, mlp: 512, ..usual.clone() },
            vocabulary: 64,
            length: 128,
            batch: 32,
            predictions: Some(128),
        },
        Workload {
            name: "encoder",
            title: "encoder of MiniLM's form, 6 layers × 12 heads, width 384, MLP 1,536, batch 16 × 64",
            settings: TransformerSettings {
                layers: 6,
                heads: 12,
                width: 384,
                mlp: 1536,
                norm_place: onset::model::NormPlace::Post,
                pooling: Pooling::Mean,
                ..usual
            },
            vocabulary: 30522,
            length: 64,
            batch: 16,
            predictions: None,
        },
    ]
}

impl Workload {
    /// Operations of a step that no program can avoid, counted as in [`crate::limit`]; under the causal mask half of the products
    /// of positions.
    fn necessary(&self) -> f64 {
        let TransformerSettings { layers, width, mlp, positions, .. } = self.settings;
        let [layers, width, mlp] = [layers, width, mlp].map(|size| size as f64);
        let (rows, length) = ((self.batch * self.length) as f64, self.length as f64);
        let seen = if self.predictions.is_some() { (length + 1.0) / 2.0 } else { length };
        let products = if positions == Positions::Relative { 3.0 } else { 2.0 };
        let layer = 4.0 * linear(rows, width, width)
            + products * linear(rows, width, seen)
            + 2.0 * linear(rows, width, mlp);
        let (predicted, outputs) = match self.predictions {
            Some(each) => (self.batch * each, self.vocabulary),
            None => (self.batch, 1),
        };
        layers * layer + linear(predicted as f64, width, outputs as f64)
    }

    fn signature(&self) -> Signature {
        let (vocabulary, longest) = (self.vocabulary, self.length + 1);
        match self.predictions {
            Some(_) => Signature::Sequence { vocabulary, longest },
            None => Signature::Labelled { vocabulary, longest: self.length, labels: 2 },
        }
    }

    fn batch_of(&self, count: usize) -> Batch {
        let mut random = Random::at(0, Stream::Data, 0);
        let mut rows = Ragged::default();
        let length = self.length + usize::from(self.predictions.is_some());
        for _ in 0..count {
            rows.push((0..length).map(|_| random.below(self.vocabulary as u32)));
        }
        match self.predictions {
            Some(each) => {
                Batch::Causal(CausalBatch { first: vec![(self.length - each) as u32; count], tokens: rows })
            }
            None => Batch::Labelled(LabelledBatch {
                labels: (0..count as u32).map(|text| text % 2).collect(),
                texts: rows,
                ..LabelledBatch::default()
            }),
        }
    }
}

/// A model in training.
pub struct Training {
    tape: Tape,
    model: Box<dyn Model>,
    modes: AttentionModes,
    optimizer: Optimizer,
    shards: Shards<Box<dyn Model>>,
    step: u64,
}

impl Training {
    pub fn new(settings: &TransformerSettings, signature: &Signature, threads: usize) -> Self {
        let mut tape = Tape::new(threads);
        let model = settings.build(&mut tape, signature, 0);
        let adam = AdamSettings { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 };
        let rule = OptimizerSettings::AdamW { adam, weight_decay: 0.1 };
        let optimizer = Optimizer::new(rule, &tape).with_clip(Some(1.0));
        let modes = settings.modes(model.places());
        let shards = Shards::new(threads, &tape, || model.clone_boxed());
        Self { tape, model, modes, optimizer, shards, step: 0 }
    }

    /// The seconds of one step on a batch in parts, each with its share.
    pub fn timed(&mut self, parts: &[(Batch, f32)]) -> f64 {
        let start = Instant::now();
        let (count, step, modes) = (parts.len(), self.step, &self.modes);
        let loss = |model: &mut Box<dyn Model>, tape: &mut Tape, part: usize| {
            let mut random = Random::at(0, Stream::Dropout, step * count as u64 + part as u64);
            let pass = Pass { dropout: Some(&mut random), ..Pass::new(modes) };
            let (batch, share) = &parts[part];
            (model.loss(tape, batch, pass), *share)
        };
        self.shards.differentiate(&mut self.model, &mut self.tape, count, &loss);
        self.optimizer.update(&mut self.tape, 5e-4, |_| true);
        self.tape.clear();
        self.step += 1;
        start.elapsed().as_secs_f64()
    }
}

fn times(workload: &Workload, threads: usize) -> Vec<f64> {
    let count = workload.settings.parts(workload.batch * workload.length, workload.batch);
    let part = || (workload.batch_of(workload.batch / count), 1.0 / count as f32);
    let parts: Vec<(Batch, f32)> = (0..count).map(|_| part()).collect();
    let mut training = Training::new(&workload.settings, &workload.signature(), threads);
    (0..2).for_each(|_| _ = training.timed(&parts));
    (0..STEPS).map(|_| training.timed(&parts)).collect()
}

/// Onset's own steps of the workload called `name`, for so many `threads`: for a profiler, or to compare two builds.
pub fn steps(name: &str, threads: usize) {
    let workloads = workloads();
    let Some(workload) = workloads.iter().find(|workload| workload.name == name) else {
        let names: Vec<&str> = workloads.iter().map(|workload| workload.name).collect();
        println!("no workload {name}; there are {}", names.join(", "));
        return;
    };
    let all = (0..ROUNDS).flat_map(|_| times(workload, threads)).collect();
    println!("{}: {:.1} ms", workload.title, median(all) * 1e3);
}

/// Both sides on all workloads, with one thread each.
pub fn all(peer: &Peer) {
    for workload in workloads() {
        let (mut ours, mut theirs, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            peaks.push(peak());
            ours.extend(times(&workload, 1));
            let steps = STEPS.to_string();
            theirs.extend(peer.times(&[
                "transformer",
                "--threads",
                "1",
                "--workload",
                workload.name,
                "--steps",
                &steps,
            ]));
        }
        let least = workload.necessary() / peaks.into_iter().fold(0.0, f64::max) / 1e9;
        let shares = [&ours, &theirs].map(|times| least / median(times.clone()));
        compare(workload.title, ours, theirs);
        println!(
            "| – share of peak rate: {:.3} GFLOP take {:.2} ms at the peak | **{:.2}** | {:.2} | |",
            workload.necessary() / 1e9,
            least * 1e3,
            shares[0],
            shares[1]
        );
    }
    println!("\n| Transformers, Onset alone | measured |\n|---|---|");
    for workload in workloads().iter().filter(|workload| workload.settings.mlp > 0) {
        let (one, two) = (median(times(workload, 1)), median(times(workload, 2)));
        println!(
            "| {}: {:.1} ms on one thread, {:.1} ms on two | **{:.2} times as fast** |",
            workload.title,
            one * 1e3,
            two * 1e3,
            one / two
        );
    }
    recording();
}

/// The time in which all heads of some sequences are read, against a forward pass that keeps nothing.
fn recording() {
    let workload = &workloads()[2];
    let mut training = Training::new(&workload.settings, &workload.signature(), 1);
    let batch = workload.batch_of(RECORDED);
    let (mut forward, mut recorded) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS * STEPS {
        let start = Instant::now();
        training.model.loss(&mut training.tape, &batch, Pass::new(&training.modes));
        training.tape.clear();
        forward.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let pass = Pass::new(&training.modes);
        std::hint::black_box(training.model.read(&mut training.tape, &batch, pass, Want::default()));
        recorded.push(start.elapsed().as_secs_f64());
    }
    let (forward, recorded) = (median(forward), median(recorded));
    println!(
        "| α of all 16 heads of {RECORDED} sequences of 128 characters {:.1} ms, a forward pass {:.1} ms | **{:.2}** |",
        recorded * 1e3,
        forward * 1e3,
        recorded / forward
    );
}
