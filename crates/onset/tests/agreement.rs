//! Agreement, areas under the ROC curve and β^lr against SciPy's and scikit-learn's golden files, and every probe against a
//! planted keyword.

use std::path::Path;

use onset::agreement::{Measure, score_rows};
use onset::measures::auc;
use onset::proxy::{EmbeddingSettings, Proxies, fit};
use onset::record::{TextProbe, TextProbes};
use onset::spec::Spec;
use onset::task::Split;
use onset::task::text::{Bags, TextData, WordTable};
use onset::train::{Prepared, Trainer};
use serde::Deserialize;

fn golden<T: for<'a> Deserialize<'a>>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[derive(Deserialize)]
struct Correlated {
    name: String,
    a: Vec<f32>,
    b: Vec<f32>,
    kendall: Option<f64>,
    spearman: Option<f64>,
}

#[test]
fn rank_correlations_are_those_of_scipy() {
    let cases: Vec<Correlated> = golden("agreement.json");
    assert!(cases.len() > 50);
    for case in &cases {
        for (measure, want) in [(Measure::Kendall, case.kendall), (Measure::Spearman, case.spearman)] {
            let got = score_rows(measure, &[&case.a], &[&case.b]).mean();
            match (got, want) {
                (Some(got), Some(want)) => {
                    assert!((got - want).abs() < 1e-12, "{} {measure:?}: {got}, not {want}", case.name);
                }
                (got, want) => assert_eq!(got, want, "{} {measure:?}", case.name),
            }
        }
    }
}

#[derive(Deserialize)]
struct Ranked {
    name: String,
    scores: Vec<f32>,
    labels: Vec<u32>,
    area: Option<f64>,
}

#[test]
fn areas_under_the_curve_are_those_of_scikit_learn() {
    let cases: Vec<Ranked> = golden("auc.json");
    assert!(cases.len() > 25 && cases.iter().any(|case| case.area.is_none()));
    for case in &cases {
        let of = |wanted: u32| -> Vec<f32> {
            let own = case.scores.iter().zip(&case.labels).filter(|(_, label)| **label == wanted);
            own.map(|(&score, _)| score).collect()
        };
        match (auc(&of(1), &of(0)), case.area) {
            (Some(got), Some(want)) => {
                assert!((got - want).abs() < 1e-12, "{}: {got}, not {want}", case.name)
            }
            (got, want) => assert_eq!(got, want, "{}", case.name),
        }
    }
}

#[derive(Deserialize)]
struct Regression {
    vocabulary: usize,
    texts: Vec<Vec<u32>>,
    labels: Vec<u32>,
    fits: Vec<Fitted>,
}

#[derive(Deserialize)]
struct Fitted {
    c: f64,
    coefficients: Vec<f64>,
    intercept: f64,
}

#[test]
fn logistic_regression_has_the_coefficients_of_scikit_learn() {
    let golden: Regression = golden("regression.json");
    let mut bags = Bags::new(golden.vocabulary, 2);
    golden.texts.iter().zip(&golden.labels).for_each(|(text, &label)| bags.push(text, label));
    for wanted in &golden.fits {
        let found = fit(&bags, wanted.c);
        let scale = wanted.coefficients.iter().fold(0f64, |a, w| a.max(w.abs()));
        for (id, (got, want)) in found.weights.iter().zip(&wanted.coefficients).enumerate() {
            // Shares are kept as f32.
            assert!((got - want).abs() < 1e-4 * scale, "C = {}, word {id}: {got}, not {want}", wanted.c);
        }
        let error = (found.intercepts[0] - wanted.intercept).abs();
        assert!(error < 1e-4 * wanted.intercept.abs().max(1.0), "C = {}: {}", wanted.c, found.intercepts[0]);
    }
}

/// The share of rows whose largest entry stands at the keyword, among texts that hold it.
fn keyword_first(texts: &TextProbes, row: impl Fn(usize, &TextProbe) -> Vec<f32>) -> f64 {
    let (mut first, mut count) = (0, 0);
    for (index, words) in texts.words.iter().enumerate() {
        let Some(place) = words.iter().position(|word| word == "keyword") else { continue };
        let row = row(index, &texts.probes[index]);
        count += 1;
        first += usize::from(row.iter().all(|&x| x <= row[place]));
    }
    first as f64 / f64::from(count)
}

#[test]
fn a_planted_keyword_is_ranked_first_by_every_probe() {
    let overrides = ["model.hidden=24", "model.embedding=24", "model.attention_hidden=16", "train.steps=150"];
    let overrides = overrides.map(String::from);
    let spec = Spec::parse("task = 'classification'", "test", &overrides).unwrap();
    let prepared = Prepared::load(&spec).unwrap();
    let data = prepared.get::<TextData>().expect("a text task");
    let mut trainer = Trainer::new(&spec, &prepared, 1);
    (0..150).for_each(|_| _ = trainer.step().unwrap());
    let texts = TextProbes::from_table(&trainer.evaluate().probes, Split::Validation).unwrap();
    let settings = EmbeddingSettings { width: 16, learning_rate: 1e-2, epochs: 5, ..Default::default() };
    let proxies = Proxies::compute(data, &settings, &|| false).unwrap();
    let along = |table: &WordTable, text: usize| -> Vec<f32> {
        let example = data.validation.example(texts.example[text]);
        // Texts that hold the keyword are positive.
        assert_eq!(example.label, 1);
        table.along(&example.tokens, 1)
    };
    for (name, share) in [
        ("α", keyword_first(&texts, |_, probe| probe.alpha.clone())),
        ("β", keyword_first(&texts, |_, probe| probe.beta.clone())),
        ("Δ", keyword_first(&texts, |_, probe| probe.delta.clone())),
        ("β^px", keyword_first(&texts, |text, _| along(&proxies.embeddings, text))),
        ("β^lr", keyword_first(&texts, |text, _| along(&proxies.regression, text))),
        ("β^co", keyword_first(&texts, |text, _| along(&proxies.first_order, text))),
    ] {
        assert!(share > 0.9, "{name} ranks the keyword first in {share:.3} of the texts that hold it");
    }
}
