//! Evaluations that are cancelled: nothing is left of them, and they are made when the run goes on.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use onset::spec::Spec;
use onset::store::Status;
use onset::train::{Event, Outcome, Prepared, RunOptions, Start, probe_run, run};
use onset::watch::Work;

/// A translation whose evaluations have every kind of work.
fn translation(folder: &Path) -> Spec {
    let words = [["ein", "a"], ["Hund", "dog"], ["Kind", "child"], ["sieht", "sees"], ["rote", "red"]];
    for (side, name) in ["a.de", "a.en"].iter().enumerate() {
        let line =
            |i: usize| (0..3 + i % 4).map(|j| words[(i * 3 + j * j) % 5][side]).collect::<Vec<_>>().join(" ");
        fs::write(folder.join(name), (0..90).map(|i| line(i) + "\n").collect::<String>()).unwrap();
    }
    let text = format!(
        "[task]\nkind = 'translation'\nsource = '{0}/a.de'\ntarget = '{0}/a.en'\nvocabulary = 24\nbleu = 'beam'\n\
         validation_fraction = 0.2\n[model]\nhidden = 8\nembedding = 8\n[train]\nsteps = 6\nbatch = 4\n[record]\n\
         checkpoints = [0, 3, 6]\nprobes = 8\ninfluence = 4",
        folder.display()
    );
    Spec::parse(&text, "", &[]).unwrap()
}

/// The files of a run that training writes, by name.
fn records(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut records = BTreeMap::new();
    for part in ["", "probes", "checkpoints"] {
        for entry in fs::read_dir(run.join(part)).into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".parquet") || name.ends_with(".safetensors") {
                records.insert(format!("{part}/{name}"), fs::read(entry.path()).unwrap());
            }
        }
    }
    records
}

/// Trains, and stops at the event with this number among those of evaluations.
fn stopped_at(
    spec: &Spec,
    data: &Prepared,
    path: &Path,
    start: Start,
    stop: usize,
) -> (Outcome, Vec<(u64, Work)>) {
    let cancel = AtomicBool::new(false);
    let mut seen = Vec::new();
    let options = RunOptions { start, threads: 1, cancel: &cancel };
    let outcome = run(spec, data, path, options, &mut |event| {
        if let Event::Evaluating { step, progress } = event {
            assert!(progress.done <= progress.all);
            seen.push((step, progress.work));
            if seen.len() == stop {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    (outcome.unwrap(), seen)
}

#[test]
fn a_run_that_stops_within_an_evaluation_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let spec = translation(folder.path());
    let data = Prepared::load(&spec).unwrap();
    let whole = folder.path().join("whole");
    let (outcome, events) = stopped_at(&spec, &data, &whole, Start::New, usize::MAX);
    assert_eq!((outcome.status, outcome.step), (Status::Finished, 6));
    for work in [Work::Scores, Work::Translations, Work::Attention, Work::Influence] {
        assert!(events.iter().any(|event| event.1 == work), "{work}");
    }
    for stop in (1..=events.len()).step_by(events.len() / 8 + 1).chain([events.len()]) {
        let path = folder.path().join(format!("stopped-{stop}"));
        let (outcome, seen) = stopped_at(&spec, &data, &path, Start::New, stop);
        let step = seen.last().unwrap().0;
        assert_eq!((outcome.status, outcome.step), (Status::Interrupted, step));
        assert!(!path.join(format!("probes/step-{step:06}.parquet")).exists(), "{stop}");
        let (outcome, _) = stopped_at(&spec, &data, &path, Start::Resume, usize::MAX);
        assert_eq!((outcome.status, outcome.step), (Status::Finished, 6));
        let (expected, found) = (records(&whole), records(&path));
        assert!(expected.keys().eq(found.keys()), "{stop}");
        assert!(expected == found, "{stop}: other bytes");
    }
}

#[test]
fn a_flag_that_is_set_cancels_an_evaluation_before_its_next_part() {
    let folder = tempfile::tempdir().unwrap();
    let spec = translation(folder.path());
    let data = Prepared::load(&spec).unwrap();
    let (cancel, mut after) = (AtomicBool::new(false), 0);
    let options = RunOptions { start: Start::New, threads: 1, cancel: &cancel };
    let outcome = run(&spec, &data, &folder.path().join("run"), options, &mut |event| {
        if let Event::Evaluating { .. } = event {
            after += usize::from(cancel.swap(true, Ordering::Relaxed));
        }
        ControlFlow::Continue(())
    });
    assert_eq!((outcome.unwrap().step, after), (0, 0));
}

#[test]
fn probing_that_is_cancelled_writes_nothing_of_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let spec = translation(folder.path());
    let data = Prepared::load(&spec).unwrap();
    let path = folder.path().join("run");
    stopped_at(&spec, &data, &path, Start::New, usize::MAX);
    let before = records(&path);
    let (cancel, mut parts) = (AtomicBool::new(false), 0);
    let mut third = |_| {
        parts += 1;
        cancel.store(parts >= 3, Ordering::Relaxed);
    };
    fs::remove_dir_all(path.join("probes")).unwrap();
    let probed = probe_run(&path, 1, &cancel, &mut third).unwrap();
    assert!(probed.interrupted && probed.steps.is_empty() && parts == 3, "{probed:?} {parts}");
    assert!(!path.join("probes/step-000000.parquet").exists());
    let probed = probe_run(&path, 1, &AtomicBool::new(false), &mut |_| {}).unwrap();
    assert_eq!(probed.steps, [0, 3, 6]);
    assert!(records(&path) == before);
}
