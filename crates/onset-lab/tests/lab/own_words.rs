//! Words of one's own, read by the model of a saved run.

use std::fs;

use crate::support::browser::Browser;
use crate::support::{RunningLab, json, runs, status};
use serde_json::Value;
use tempfile::tempdir;

fn own(run: &str, step: u64, text: &str) -> String {
    format!("/api/run/own?run={run}&step={step}&text={text}")
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|each| each.as_f64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn models_of_texts_and_translations_read_new_words_at_the_checkpoint_before_a_step() {
    let (folder, files) = (tempdir().unwrap(), tempdir().unwrap());
    runs::keyword(folder.path());
    runs::translation(folder.path(), files.path());
    runs::copying(folder.path(), 1, &[]);
    // The data is not needed.
    drop(files);
    let lab = RunningLab::start(folder.path()).await;
    let read = json(&lab.get(&own("keyword/seed-0", 47, "word1%20keyword%20word2")).await);
    assert_eq!((read["kind"].as_str(), read["step"].as_u64()), (Some("text"), Some(40)), "{read}");
    let words = read["words"].as_array().unwrap().len();
    for key in ["alpha", "beta", "delta"] {
        assert_eq!(numbers(&read[key]).len(), words, "{key}: {read}");
    }
    assert!((numbers(&read["alpha"]).iter().sum::<f64>() - 1.0).abs() < 1e-4);
    assert!((numbers(&read["probabilities"]).iter().sum::<f64>() - 1.0).abs() < 1e-6);
    // Training has moved it.
    let late = json(&lab.get(&own("keyword/seed-0", 60, "word1%20keyword%20word2")).await);
    assert_ne!(late["probabilities"], read["probabilities"]);
    let nothing = json(&lab.get(&own("keyword/seed-0", 60, "")).await);
    assert!(nothing["label"].is_null() && nothing["words"].as_array().unwrap().is_empty(), "{nothing}");
    let said = json(&lab.get(&own("pairs/seed-0", 60, "ein%20Hund")).await);
    assert_eq!(said["kind"], "translation", "{said}");
    let (target, alpha) = (said["target"].as_array().unwrap(), said["alpha"].as_array().unwrap());
    assert_eq!(target.len(), alpha.len());
    assert!(alpha.iter().all(|row| (numbers(row).iter().sum::<f64>() - 1.0).abs() < 1e-4));
    for (run, reads) in [("keyword/seed-0", true), ("pairs/seed-0", true), ("copying/seed-0", false)] {
        assert_eq!(json(&lab.get(&format!("/api/run?run={run}")).await)["reads_own_words"], reads, "{run}");
    }
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_in_plain_words() {
    let folder = tempdir().unwrap();
    runs::keyword(folder.path());
    runs::copying(folder.path(), 1, &[]);
    let lab = RunningLab::start(folder.path()).await;
    let long = "a".repeat(1001);
    for (address, code, part) in [
        (own("keyword/seed-0", 60, &long), 400, "has 1001 characters; at most 1000"),
        (own("copying/seed-0", 60, "a"), 409, "only models of texts with labels"),
        (own("none", 60, "a"), 404, "none"),
        ("/api/run/own?run=keyword/seed-0&step=x&text=a".into(), 400, "step"),
    ] {
        let answer = lab.get(&address).await;
        assert!(status(&answer) == code && answer.contains(part), "{address}: {answer}");
        assert!(!answer.contains(folder.path().to_str().unwrap()), "{answer}");
    }
    let checkpoints = folder.path().join("keyword/seed-0/checkpoints");
    for file in fs::read_dir(&checkpoints).unwrap() {
        fs::write(file.unwrap().path(), "not a checkpoint").unwrap();
    }
    let answer = lab.get(&own("keyword/seed-0", 60, "a")).await;
    assert!(status(&answer) == 422 && answer.contains("checkpoints/step-000060"), "{answer}");
    assert!(!answer.contains(folder.path().to_str().unwrap()), "{answer}");
    fs::remove_dir_all(&checkpoints).unwrap();
    let answer = lab.get(&own("keyword/seed-0", 60, "a")).await;
    assert!(status(&answer) == 404 && answer.contains("kept no parameters"), "{answer}");
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_text_is_read_as_the_cursor_moves_and_compared_with_the_one_that_was_kept() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempdir().unwrap();
    runs::keyword(folder.path());
    runs::copying(folder.path(), 1, &[]);
    let lab = RunningLab::start(folder.path()).await;
    browser.set_size(1400, 900).await;
    browser.open(&format!("{}#/run/keyword/seed-0?step=60", lab.url)).await;
    browser.wait("document.querySelector('.own-words:not([hidden]) textarea')").await;
    browser.run("document.querySelector('.own-words textarea').focus()").await;
    browser.type_text("word1 keyword word2").await;
    browser.wait("document.querySelectorAll('.own-words .shaded .word').length === 5").await;
    let verdict = "document.querySelector('.own-words .verdict').textContent";
    let late = browser.run(&format!("return {verdict}")).await;
    browser.click(".own-words button", "Keep to compare").await;
    browser.run("document.querySelector('.own-words textarea').focus()").await;
    browser.type_text("x").await;
    browser.wait("document.querySelectorAll('.own-words .shaded .differs').length === 1").await;
    browser.wait(&format!("{verdict}.includes('kept: ')")).await;
    // Values by keys, with those of the kept text.
    browser.run("document.querySelector('.own-words .shaded').focus()").await;
    browser.press("ArrowRight").await;
    browser.wait("document.querySelector('.own-words .readout').textContent.includes('(kept: ')").await;
    browser.assert_accessible("words of one's own").await;
    // Another checkpoint.
    browser.open("about:blank").await;
    browser.open(&format!("{}#/run/keyword/seed-0?step=10", lab.url)).await;
    browser.wait("document.querySelector('.own-words:not([hidden]) textarea')").await;
    browser.run("document.querySelector('.own-words textarea').focus()").await;
    browser.type_text("word1 keyword word2").await;
    browser.wait("document.querySelectorAll('.own-words .shaded .word').length === 5").await;
    assert_ne!(browser.run(&format!("return {verdict}")).await, late);
    // A model without words of its own has no such field.
    browser.open("about:blank").await;
    browser.open(&format!("{}#/run/copying/seed-0", lab.url)).await;
    browser.wait("document.querySelector('.heatmap canvas')?.width > 50").await;
    assert_eq!(browser.run("return document.querySelector('.own-words').hidden").await, true);
    browser.close().await;
    lab.end().await;
}
