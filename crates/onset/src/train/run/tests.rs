//! Where a run is stopped does not matter.

use std::sync::atomic::AtomicBool;

use super::*;

const SPEC: &str = "task = 'copying'\n[data]\nvocabulary = 6\nlength = 4\n[model]\nhidden = 8\nembedding = 8\n[train]\n\
                    steps = 3\nbatch = 4\n[record]\nevery = 1";

#[test]
fn a_run_that_is_stopped_at_any_record_continues_to_the_same_tables() {
    let folder = tempfile::tempdir().unwrap();
    let spec = Spec::parse(SPEC, "", &[]).unwrap();
    let data = Prepared::load(&spec).unwrap();
    let cancel = AtomicBool::new(false);
    let mut tables = Vec::new();
    for stop in [None, Some(0), Some(1), Some(2), Some(3)] {
        let path = folder.path().join(format!("{stop:?}"));
        let go = |start, stop: Option<u64>| {
            let options = RunOptions { start, threads: 1, cancel: &cancel };
            run(&spec, &data, &path, options, &mut |event| match event {
                Event::Recorded { step, .. } if Some(step) == stop => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
            .unwrap()
        };
        go(Start::New, stop);
        assert_eq!(go(Start::Resume, None).status, Status::Finished);
        tables.push(
            ["evaluation.parquet", "training.parquet"].map(|name| std::fs::read(path.join(name)).unwrap()),
        );
    }
    assert!(tables.iter().all(|each| *each == tables[0]));
}
