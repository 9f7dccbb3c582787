//! BLEU against sacreBLEU; the file and the script that made it are in `tests/golden/`.

use std::path::Path;

use onset::score::{Bleu, bleu, tokenize_13a};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    sacrebleu: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    hypotheses: Vec<String>,
    references: Vec<String>,
    words: Vec<String>,
    score: f64,
    precisions: [f64; 4],
    brevity_penalty: f64,
    hypothesis_words: usize,
    reference_words: usize,
    text: String,
}

#[test]
fn awkward_corpora_score_as_sacrebleu_scores_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bleu.json");
    let golden: Golden = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(Bleu::SIGNATURE.ends_with(&format!("version:{}", golden.sacrebleu)));
    for case in golden.cases {
        let name = &case.name;
        for (line, words) in case.hypotheses.iter().zip(&case.words) {
            assert_eq!(tokenize_13a(line).join(" "), *words, "{name}");
        }
        let found = bleu(&case.hypotheses, &case.references);
        assert!((found.score - case.score).abs() < 1e-9, "{name}: {} {}", found.score, case.score);
        for (found, wanted) in found.precisions.iter().zip(case.precisions) {
            assert!((found - wanted).abs() < 1e-9, "{name}: {found} {wanted}");
        }
        assert!((found.brevity_penalty - case.brevity_penalty).abs() < 1e-12, "{name}");
        let lengths = [found.hypothesis_words, found.reference_words];
        assert_eq!(lengths, [case.hypothesis_words, case.reference_words], "{name}");
        assert_eq!(found.to_string(), case.text, "{name}");
    }
}

proptest! {
    #[test]
    fn a_corpus_against_itself_scores_100(lines in prop::collection::vec("[a-d]{1,3}( [a-d]{1,3}){3,9}", 1..9)) {
        prop_assert!((bleu(&lines, &lines).score - 100.0).abs() < 1e-9);
    }

    #[test]
    fn every_corpus_has_a_score_from_0_to_100(pairs in prop::collection::vec((".*", ".*"), 0..6)) {
        let (hypotheses, references): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        let score = bleu(&hypotheses, &references).score;
        prop_assert!((0.0..=100.0 + 1e-9).contains(&score), "{score}");
    }
}
