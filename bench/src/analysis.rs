//! The cost of the analysis: attribution records beside an evaluation pass, the co-occurrence table, rank correlations
//! beside SciPy, and seven parallel runs beside the same runs one by one.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use onset::agreement::{Measure, score_rows};
use onset::spec::{Amount, ClassificationSpec};
use onset::task::text::{Bags, TextData, TextExample, TextSource, TextTask};
use onset::theory::first_order;
use onset::train::{Job, Prepared, RunOptions, Start, Trainer, sweep};
use onset_engine::{Random, Stream};

use crate::data::data_folder;
use crate::peer::Peer;
use crate::{ROUNDS, median};

/// Rows in the comparison. SciPy processes a part of them; its time is proportional to the number of rows.
const ROWS: usize = 1_000_000;
const SCIPY_ROWS: usize = 2_000;
const LENGTH: usize = 20;
const SEED: u64 = 1;

/// Runs all measurements; missing data sets are skipped and named.
pub fn all(peer: &Peer) {
    println!("\n| analysis | measured |\n|---|---|");
    agreement(peer);
    let folder = data_folder();
    with_set(&folder.join("sst2/train.tsv.gz"), co_occurrence);
    with_set(&folder.join("sms_spam/sms.tsv.gz"), |data| {
        attributions(&data);
        seven_runs(data);
    });
}

fn with_set(file: &Path, measure: impl FnOnce(Arc<TextData>)) {
    if !file.exists() {
        println!("| skipped: {} is not there | | |", file.display());
        return;
    }
    let source = TextSource { file: Some(file.into()), max_validation: usize::MAX, ..TextSource::default() };
    measure(Arc::new(TextData::load(&source).expect("a text set that loads")));
}

/// τ-b, ρ and top 5 % over a million pairs of rows, against SciPy on the same numbers.
fn agreement(peer: &Peer) {
    let [a, b] = [0, ROWS as u64].map(|skip| rows(skip, ROWS));
    let [few_a, few_b] = [0, SCIPY_ROWS as u64].map(|skip| rows(skip, SCIPY_ROWS));
    let theirs =
        peer.json("scipy_peer.py", &["--rows", &SCIPY_ROWS.to_string(), "--seed", &SEED.to_string()]);
    let measures = [(Measure::Kendall, "kendall"), (Measure::Spearman, "spearman"), (Measure::Top, "top")];
    let (mut ours_sum, mut theirs_sum) = (0.0, 0.0);
    for (place, (measure, key)) in measures.into_iter().enumerate() {
        let mean = score_rows(measure, &few_a, &few_b).mean().expect("rows that are not constant");
        let expected = theirs["means"][place].as_f64().expect("a mean");
        assert!((mean - expected).abs() < 1e-9, "{key}: {mean}, SciPy {expected}");
        let times = (0..ROUNDS).map(|_| seconds(|| score_rows(measure, &a, &b)));
        ours_sum += median(times.collect());
        theirs_sum += theirs[key].as_f64().expect("seconds") * ROWS as f64;
    }
    println!(
        "| τ-b, ρ and top 5 % over 10⁶ pairs of rows of length 20: {ours_sum:.2} s; SciPy {theirs_sum:.0} s \
         (extrapolated from {SCIPY_ROWS} pairs) | **{:.0} times faster** |",
        theirs_sum / ours_sum
    );
}

/// The rows that `bench/scipy_peer.py` generates, after the first `skip` rows.
fn rows(skip: u64, count: usize) -> Vec<Vec<f32>> {
    let first = skip * LENGTH as u64;
    let number = |index: u64| {
        let mut x = SEED.wrapping_add((first + index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 40) as f32 / (1 << 24) as f32
    };
    (0..count as u64)
        .map(|row| (0..LENGTH as u64).map(|i| number(row * LENGTH as u64 + i)).collect())
        .collect()
}

/// The first-order table of all texts, and its agreement with given rows by all three measures.
fn co_occurrence(data: Arc<TextData>) {
    let texts: Vec<TextExample> = data.train.iter().chain(data.validation.iter()).collect();
    let random = Random::at(SEED, Stream::Data, 0);
    let alpha = attention_like(&texts, random);
    let times = (0..ROUNDS).map(|_| {
        seconds(|| {
            let mut bags = Bags::new(data.vocabulary.len(), 2);
            texts.iter().for_each(|text| bags.push(&text.tokens, text.label));
            let table = first_order(&bags);
            let beta: Vec<Vec<f32>> =
                texts.iter().map(|text| table.along(&text.tokens, text.label)).collect();
            Measure::ALL.map(|measure| score_rows(measure, &alpha, &beta).mean())
        })
    });
    println!(
        "| co-occurrence table of {} texts and its A, τ-b and ρ, 1 thread | **{:.2} s** |",
        texts.len(),
        median(times.collect())
    );
}

/// Rows of random numbers, one for each word of each text.
fn attention_like(texts: &[TextExample], mut random: Random) -> Vec<Vec<f32>> {
    texts.iter().map(|text| text.tokens.iter().map(|_| random.unit()).collect()).collect()
}

/// α, β and Δ of all held-out texts, beside a plain evaluation pass.
fn attributions(data: &Arc<TextData>) {
    let trainer = |kept: bool| {
        let mut spec = ClassificationSpec { seed: 1, ..ClassificationSpec::default() };
        spec.record.probes = Amount::All(kept);
        Trainer::new(&spec.into_spec().expect("a plain spec"), &prepared(data), 1)
    };
    let (mut without, mut with) = (trainer(false), trainer(true));
    let (mut plain, mut recorded) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        plain.push(seconds(|| without.evaluate()));
        // Records include a sample of the training split of the same size, which is read as well.
        recorded.push(seconds(|| with.evaluate()) / 2.0);
    }
    // The first run of each allocates memory, and is excluded.
    let [plain, recorded] = [plain, recorded].map(|times| median(times[1..].to_vec()));
    println!(
        "| α, β and Δ of {} texts {recorded:.2} s, a plain evaluation pass {plain:.2} s | **{:.2}** |",
        data.validation.len(),
        recorded / plain
    );
}

fn prepared(data: &Arc<TextData>) -> Prepared {
    Prepared::of(Arc::new(TextTask::new(&TextSource::default(), Arc::clone(data))))
}

/// Seven runs on two cores, against the sum of their separate times.
fn seven_runs(data: Arc<TextData>) {
    let folder = std::env::temp_dir().join(format!("onset-bench-{}", std::process::id()));
    let jobs = |name: &str| -> Vec<Job> {
        let job = |seed: u64| {
            let mut spec = ClassificationSpec { seed, ..ClassificationSpec::default() };
            spec.train.steps = 100;
            spec.record.parameters = false;
            spec.record.checkpoints = Some(vec![0, 100]);
            let path = folder.join(name).join(seed.to_string());
            Job { data: prepared(&data), spec: spec.into_spec().expect("a plain spec"), path }
        };
        (0..7).map(job).collect()
    };
    let go = |name: &str, parallel: usize| {
        let cancel = AtomicBool::new(false);
        let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
        seconds(|| {
            for result in sweep(&jobs(name), parallel, options, &|_, _| ControlFlow::Continue(())) {
                result.expect("nobody interrupts").expect("short runs do not fail");
            }
        })
    };
    let (mut together, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        together.push(go("together", 2));
        alone.push(go("alone", 1));
        // Best effort: a folder left in the temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&folder);
    }
    let [together, alone] = [together, alone].map(median);
    println!(
        "| seven runs of sms_spam, 100 steps each, on 2 cores {together:.1} s; half of their sum alone {:.1} s | \
         **{:+.0} %** |",
        alone / 2.0,
        100.0 * (2.0 * together / alone - 1.0)
    );
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed().as_secs_f64()
}
