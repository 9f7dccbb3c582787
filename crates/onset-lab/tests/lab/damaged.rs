//! Runs that are damaged, hostile or oddly named: they are named, take nothing else away, and cost nothing.

use std::fs;

use crate::support::{RunningLab, eventually, json, runs, status};
use tempfile::tempdir;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_checkpoint_takes_away_only_itself_and_is_named() {
    let folder = tempdir().unwrap();
    runs::copying(folder.path(), 1, &["record.checkpoints=[0, 20, 40, 60]"]);
    let probes = folder.path().join("copying-record-checkpoints-[0, 20, 40, 60]/seed-0/probes");
    let run = "run=copying-record-checkpoints-%5B0%2C%2020%2C%2040%2C%2060%5D%2Fseed-0";
    assert!(probes.exists(), "{:?}", fs::read_dir(folder.path()).unwrap().collect::<Vec<_>>());
    let mut steps: Vec<_> = fs::read_dir(&probes).unwrap().map(|entry| entry.unwrap().path()).collect();
    steps.sort();
    assert!(steps.len() > 3, "{steps:?}");
    // One in the middle has a flipped bit in its pages, the last is cut.
    let middle = steps[1].clone();
    let mut bytes = fs::read(&middle).unwrap();
    (4..bytes.len() / 2).for_each(|at| bytes[at] ^= 0x55);
    fs::write(&middle, bytes).unwrap();
    let last = steps.last().unwrap().clone();
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() / 2]).unwrap();
    let lab = RunningLab::start(folder.path()).await;
    assert_eq!(status(&lab.get(&format!("/api/run?{run}")).await), 200);
    let listed = json(&lab.get(&format!("/api/run/examples?{run}")).await);
    assert!(!listed["examples"].as_array().unwrap().is_empty(), "{listed}");
    for address in ["example?example=0&", "words?"] {
        let answer = json(&lab.get(&format!("/api/run/{address}{run}")).await);
        assert_eq!(answer["steps"].as_array().unwrap().len(), steps.len() - 2, "{answer}");
        let named = answer["unreadable"].as_array().unwrap();
        assert_eq!(named.len(), 2, "{answer}");
        for each in named {
            assert!(each["error"].as_str().unwrap().starts_with("probes/step-0000"), "{each}");
        }
    }
    // Where none can be read, that is the answer.
    steps.iter().for_each(|path| fs::write(path, "PAR1").unwrap());
    let lab = RunningLab::start(folder.path()).await;
    let answer = lab.get(&format!("/api/run/example?example=0&{run}")).await;
    assert!(status(&answer) == 422 && answer.contains("is not a readable Parquet table"), "{answer}");
    assert!(!answer.contains(folder.path().to_str().unwrap()), "{answer}");
}

#[tokio::test]
async fn small_files_of_very_many_values_are_refused() {
    use onset::store::{Column, Table};
    let folder = tempdir().unwrap();
    runs::made_up(folder.path(), 0, 20);
    let file = folder.path().join("setting-000/seed-0/evaluation.parquet");
    let rows = 4_000_000;
    let columns = ["a", "b", "c", "d", "e", "f", "g", "h"].into_iter();
    let table = columns.fold(Table::new().with("step", Column::Int(vec![1; rows])), |table, name| {
        table.with(name, Column::Float(vec![0.5; rows]))
    });
    table.write(&file).unwrap();
    drop(table);
    assert!(fs::metadata(&file).unwrap().len() < 1_000_000);
    let lab = RunningLab::start(folder.path()).await;
    let answer = lab.get("/api/run?run=setting-000%2Fseed-0").await;
    assert_eq!(status(&answer), 422, "{answer}");
    assert!(
        json(&answer)["error"].as_str().unwrap().contains("274 MB or more, and 256 MB is the most"),
        "{answer}"
    );
    assert_eq!(status(&lab.get("/api/runs").await), 200);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn pipes_and_devices_in_place_of_files_are_named_and_hold_nothing_up() {
    let folder = tempdir().unwrap();
    for number in 0..4 {
        runs::made_up(folder.path(), number, 20);
    }
    let pipe = |seed: u64, name: &str| {
        let path = folder.path().join(format!("setting-000/seed-{seed}/{name}"));
        let _ = fs::remove_file(&path);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    };
    for (seed, name) in
        [(0, "evaluation.parquet"), (1, "manifest.json"), (2, "journal.jsonl"), (2, "training.parquet")]
    {
        pipe(seed, name);
    }
    let lab = RunningLab::start(folder.path()).await;
    let listed = json(&lab.get("/api/runs").await);
    assert!(listed["runs"][1]["error"].as_str().unwrap().contains("a named pipe"), "{listed}");
    for seed in [0, 2] {
        for _ in 0..20 {
            let answer = lab.get(&format!("/api/run?run=setting-000%2Fseed-{seed}")).await;
            assert!(status(&answer) == 422 && answer.contains("a named pipe"), "{answer}");
        }
    }
    let ids = "%5B%22setting-000/seed-0%22,%22setting-000/seed-3%22%5D";
    let compared = json(&lab.get(&format!("/api/curves?score=loss&runs={ids}")).await);
    assert!(
        compared["failures"]["setting-000/seed-0"].as_str().unwrap().contains("a named pipe"),
        "{compared}"
    );
    lab.end().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_run_whose_name_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempdir().unwrap();
    runs::made_up(folder.path(), 0, 20);
    let lab = RunningLab::start(folder.path()).await;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::rename(folder.path().join("setting-000"), folder.path().join(name)).unwrap();
    eventually("it is listed", async || {
        let listed = json(&lab.get("/api/runs").await);
        let run = &listed["runs"][0];
        run["id"].as_str().unwrap().starts_with("caf")
            && run["error"].as_str().is_some_and(|e| e.contains("not UTF-8"))
    })
    .await;
    lab.end().await;
}
