use std::path::PathBuf;

use super::*;
use crate::batch::Rows;
use crate::model::{Place, PlaceKind};
use crate::recorder::{Attended, sequence_scores};
use crate::study::RunRecord;
use crate::trajectory::{ExampleAt, ExampleCourse, example_course};

fn recorded() -> Recorded {
    let model = RecordedModel { class: "Tiny".into(), framework: "a test".into(), layers: 1, heads: 2 };
    Recorded {
        name: "copying \"by hand\"".into(),
        model,
        parameters: 7,
        probes: "abc".into(),
        ..Recorded::default()
    }
}

fn place(head: usize) -> Place {
    Place { layer: 0, head, kind: PlaceKind::SelfAttention }
}

fn evaluation(loss: f64, weight: f32) -> Evaluation {
    let alpha = Rows::from_iter([vec![1.0], vec![weight, 1.0 - weight]]);
    let attended =
        |head| Attended { place: place(head), alpha: alpha.clone(), beta: Rows::default(), tokens: 0 };
    let words = |words: [&str; 2]| words.map(String::from).to_vec();
    let probe = Probe {
        tokens: vec![words(["a", "b"])],
        target: words(["b", "c"]),
        predicted: words(["b", "b"]),
        log_probability: vec![-0.5, -1.5],
        places: vec![attended(0), attended(1)],
        ..Probe::default()
    };
    let measured = sequence_scores([(&alpha, &[1u32, 1][..])]);
    let head = |head| {
        measured.iter().fold(HeadMeasures::new(place(head)), |all, (name, value)| all.with(name, *value))
    };
    Evaluation { scores: vec![("loss".into(), loss)], probes: vec![probe], heads: vec![head(0), head(1)] }
}

fn begun(resume: bool) -> (tempfile::TempDir, PathBuf, Recording) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let recording = Recording::begin(&path, &recorded(), resume).unwrap();
    (folder, path, recording)
}

#[test]
fn a_recorded_run_is_read_as_any_other() {
    let (_folder, path, mut recording) = begun(false);
    for (step, loss) in [(0, 2.0), (10, 1.0), (25, 0.5)] {
        recording.loss(step + 1, loss);
        recording.step(step, evaluation(loss, 0.25)).unwrap();
    }
    recording.close(Status::Finished, None).unwrap();
    let run = RunRecord::read(&path).unwrap();
    assert!(run.is_finished());
    assert_eq!(run.score("loss").unwrap(), [2.0, 1.0, 0.5]);
    assert_eq!((run.manifest().steps, run.spec.training().steps), (25, 25));
    assert_eq!(crate::spec::describe(&run.spec), "copying \"by hand\", Tiny");
    assert_eq!(run.heads().unwrap().rows(), 6);
    assert_eq!(run.heads().unwrap().floats("previous_token").unwrap()[0], 0.25);
    let course = example_course(&run.directory, ExampleAt::first(Split::Validation, 0)).unwrap().unwrap();
    let ExampleCourse::Matrix(course) = course else { panic!("a sequence") };
    assert_eq!(course.steps, [0, 10, 25]);
    assert!(crate::report::write_report(&[run], &path.join("report.html")).is_ok());
}

#[test]
fn steps_go_forward_unless_a_recording_is_resumed() {
    let (_folder, path, mut recording) = begun(false);
    recording.step(0, evaluation(2.0, 0.5)).unwrap();
    recording.step(10, evaluation(1.0, 0.5)).unwrap();
    let error = recording.step(10, evaluation(1.0, 0.5)).unwrap_err();
    assert!(error.to_string().contains("step 10 was to be recorded after step 10"), "{error}");
    drop(recording);
    let error = Recording::begin(&path, &recorded(), false).unwrap_err();
    assert!(error.to_string().contains("already contains a run"), "{error}");
    let mut resumed = Recording::begin(&path, &recorded(), true).unwrap();
    assert_eq!(resumed.last(), Some(10));
    resumed.step(5, evaluation(1.5, 0.5)).unwrap();
    resumed.close(Status::Finished, None).unwrap();
    let run = RunRecord::read(&path).unwrap();
    assert_eq!(run.steps().unwrap(), [0, 5]);
    assert_eq!(run.directory.probe_steps(), [0, 5]);
}

#[test]
fn the_run_of_another_model_is_not_continued() {
    let (_folder, path, mut recording) = begun(false);
    recording.step(0, evaluation(2.0, 0.5)).unwrap();
    drop(recording);
    let other = Recorded { probes: "abd".into(), ..recorded() };
    let error = Recording::begin(&path, &other, true).unwrap_err();
    assert!(error.to_string().contains("its probes differs"), "{error}");
}

#[test]
fn what_cannot_be_recorded_whole_is_not_recorded() {
    let (_folder, path, mut recording) = begun(false);
    let error = recording.step(0, evaluation(2.0, f32::NAN)).unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
    let mut short = evaluation(2.0, 0.5);
    short.probes[0].predicted.pop();
    let error = recording.step(0, short).unwrap_err();
    assert!(error.to_string().contains("expected 2, found 1"), "{error}");
    assert_eq!(recording.last(), None);
    recording.step(0, evaluation(2.0, 0.5)).unwrap();
    drop(recording);
    let view = RunDirectory::view(&path).unwrap();
    assert_eq!((view.manifest().status, view.probe_steps()), (Status::Interrupted, vec![0]));
}

#[test]
fn scores_that_come_later_are_unknown_before() {
    let one = with_scores(Table::new(), 0, &[("loss".into(), 1.0)]);
    let two = with_scores(one, 5, &[("accuracy".into(), 0.5)]);
    assert_eq!(two.floats("accuracy").unwrap()[1], 0.5);
    assert!(two.floats("accuracy").unwrap()[0].is_nan() && two.floats("loss").unwrap()[1].is_nan());
}
