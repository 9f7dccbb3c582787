//! The cost of predictions, without training: the reduced dynamics of copying, and predictions for texts and pairs.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use onset::forecast::{predict, predict_pair_files};
use onset::spec::{CopyingSpec, Spec};
use onset::task::pairs::PairSource;
use onset::theory::{Calibration, initial_conditions};
use onset::train::Prepared;

use crate::data::data_folder;
use crate::{ROUNDS, median};

/// The reduced dynamics is integrated to the paper's budget times this.
const BUDGETS: f64 = 20.0;

/// Runs all measurements; missing data sets are skipped and named.
pub fn all() {
    println!("\n| theory, one core | measured |\n|---|---|");
    reduced_dynamics();
    measured_models();
    let folder = data_folder().join("multi30k");
    let [source, target] = ["train.de.gz", "train.en.gz"].map(|name| folder.join(name));
    let settings = PairSource { source: Some(source.clone()), target: Some(target), ..PairSource::default() };
    on_file(&source, "`predict multi30k`: 29,000 pairs", || {
        black_box(predict_pair_files(&settings).expect("pairs that load"));
    });
    let texts = data_folder().join("sms_spam/sms.tsv.gz");
    on_file(&texts, "`predict sms_spam`", || {
        let file = format!("data.file='{}'", texts.display());
        let spec = Spec::parse("task = 'classification'", "bench", &[file]).expect("a plain spec");
        let data = Prepared::load(&spec).expect("a text set that loads");
        black_box(predict(&spec, &data).expect("a set that the theory covers"));
    });
}

/// The hard and the easy distribution, from the initial weights of a few seeds.
fn reduced_dynamics() {
    for vocabulary in [40, 60] {
        let mut slowest = 0.0_f64;
        for seed in 0..5 {
            let spec = copying(vocabulary, seed);
            let calibration = Calibration::of(spec.train.optimizer).expect("Adam has a calibration");
            let heads: Vec<[f64; 2]> =
                initial_conditions(&spec).iter().map(|head| [head.score_gap, head.logit_gap]).collect();
            let end = BUDGETS * spec.train.steps as f64 / calibration.steps_per_time(&spec);
            let flow = calibration.flow(&spec, &heads);
            slowest = slowest.max(seconds(|| _ = black_box(flow.learned_at(end))));
        }
        println!(
            "| reduced dynamics of V = {vocabulary}, L = 40, up to {BUDGETS} budgets, slowest of five initial conditions | \
             **{:.2} ms** |",
            slowest * 1e3
        );
    }
}

/// Drawing an initial model and measuring it; where every sequence has every word, with a rehearsal of its first steps.
fn measured_models() {
    for (vocabulary, width) in [(60, 64), (40, 64), (40, 256)] {
        let mut spec = copying(vocabulary, 0);
        (spec.model.hidden, spec.model.embedding) = (width, width);
        let time = seconds(|| _ = black_box(initial_conditions(&spec)));
        println!(
            "| initial conditions of V = {vocabulary}, L = 40, width {width}, from the spec | **{:.0} ms** |",
            time * 1e3
        );
    }
}

fn copying(vocabulary: usize, seed: u64) -> CopyingSpec {
    let overrides = [format!("data.vocabulary={vocabulary}"), format!("seed={seed}")];
    let spec = Spec::parse("task = 'copying'", "bench", &overrides).expect("a plain spec");
    CopyingSpec::of(&spec).expect("a copying spec")
}

fn on_file(file: &Path, what: &str, work: impl Fn()) {
    if !file.exists() {
        println!("| skipped: {} is not there | |", file.display());
        return;
    }
    println!("| {what}, from file to prediction | **{:.2} s** |", seconds(work));
}

/// The median time of several calls of `work`.
fn seconds(work: impl Fn()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    });
    median(times.collect())
}
