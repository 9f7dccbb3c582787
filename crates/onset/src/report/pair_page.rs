//! The report's part on translation.

use maud::{Markup, html};
use serde::Serialize;

use super::figure::Curves;
use super::groups::Group;
use super::html::{FigureData, figure, verdict};
use super::run_page::standing;
use super::summary::summarize_pair_group;
use super::verdict::of_pairs;
use crate::measures::{WordAttention, Words};
use crate::record::{PAIR_COLUMNS, RecordedPair, recorded_pairs};
use crate::spec::TranslationSpec;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::Split;
use crate::task::pairs::PairFacts;

/// Sentences that are shown, and the most subwords of a side that fit a page.
const SHOWN: usize = 12;
const WIDEST: usize = 28;

/// Runs whose sentences are shown.
const SHOWN_RUNS: usize = 3;

/// What `alignments.js` draws.
#[derive(Debug, Serialize)]
struct Alignments {
    kind: &'static str,
    probes: [Probe; 3],
    runs: Vec<AlignedRun>,
}

impl FigureData for Alignments {}

#[derive(Debug, Serialize)]
struct Probe {
    key: &'static str,
    name: &'static str,
    title: &'static str,
}

#[derive(Debug, Serialize)]
struct AlignedRun {
    name: String,
    steps: Vec<u64>,
    pairs: Vec<Aligned>,
}

#[derive(Debug, Default, Serialize)]
struct Aligned {
    text: String,
    #[serde(flatten)]
    tokens: Matrices,
    /// The same by word; none if the tokens are not subwords.
    words: Option<Matrices>,
}

/// The tokens or words of a pair, and what belongs to each cell.
#[derive(Debug, Default, Serialize)]
struct Matrices {
    source: Vec<String>,
    target: Vec<String>,
    /// By step: the predicted token at each target position.
    predicted: Vec<Vec<String>>,
    /// By step: α in thousandths, row by row.
    alpha: Vec<Vec<u16>>,
    /// By step: e^β in thousandths.
    beta: Vec<Vec<u16>>,
    /// By step: Δ in hundredths; empty where it was not asked for.
    delta: Vec<Vec<i32>>,
}

/// Everything on the translation runs of one group, which differ by their seed.
pub(super) fn section(group: &Group<'_>) -> Result<Markup, StoreError> {
    let Some(spec) = TranslationSpec::of(&group[0].spec) else { return Ok(html! {}) };
    let facts: PairFacts = group[0].directory.read_json("data.json")?;
    let accuracy =
        Curves::new("token accuracy", "accuracy", Some([0.0, 1.0])).with_seeds(group, "accuracy")?;
    let loss = Curves::new("loss", "cross-entropy (nats)", None).with_seeds(group, "loss")?;
    let bleu = match spec.data.bleu.score() {
        Some((score, title)) => Some(Curves::new(title, "BLEU", None).with_seeds(group, score)?),
        None => None,
    };
    Ok(html! {
        header {
            h1 { "Translation: " (group.name) }
            @if let Some(summary) = summarize_pair_group(group)? {
                (verdict(&of_pairs(&summary, facts.vocabulary, group)?))
            }
            p class="lead" {
                "The paper's model, trained on " (facts.train) " sentence pairs and evaluated on "
                (facts.validation) " held-out ones; " (facts.vocabulary) " subwords."
            }
            ul { @for sentence in facts.notices.sentences() { li { (sentence) } } }
            (standing(&group.standing()))
        }
        h2 { "Scores during training" }
        div class="panels" {
            (figure(&accuracy, html! {})) (figure(&loss, html! {}))
            @if let Some(bleu) = &bleu { (figure(bleu, html! {})) }
        }
        p class="caption" {
            "On held-out pairs, given the preceding target words. A loss of x nats is a perplexity of e^x."
        }
        h2 { "Word alignments" }
        (alignments(group.iter().take(SHOWN_RUNS).map(|run| (run.seed_label(), *run)))?)
    })
}

/// Held-out pairs as matrices of target by source, for `runs` under their names, through their checkpoints.
pub(super) fn alignments<'a>(
    runs: impl IntoIterator<Item = (String, &'a RunRecord)>,
) -> Result<Markup, StoreError> {
    let mut aligned_runs = Vec::new();
    for (name, run) in runs {
        let mut aligned = AlignedRun { name, steps: Vec::new(), pairs: Vec::new() };
        for step in run.directory.probe_steps() {
            let fits = |pair: &RecordedPair| pair.source.len().max(pair.target.len()) <= WIDEST;
            let pairs = recorded_pairs(&run.probe_columns(step, PAIR_COLUMNS)?, Split::Validation)?;
            let shown = pairs.into_iter().filter(fits).take(SHOWN);
            aligned.steps.push(step);
            for (place, pair) in shown.enumerate() {
                if aligned.pairs.len() == place {
                    aligned.pairs.push(Aligned::default());
                }
                aligned.pairs[place].add(pair);
            }
        }
        if !aligned.pairs.is_empty() {
            aligned_runs.push(aligned);
        }
    }
    Ok(drawn(aligned_runs))
}

/// One sequence through the checkpoints, for its run's `name`: the pairs are its records at each of `steps`.
pub(super) fn alignment(name: String, steps: Vec<u64>, pairs: Vec<RecordedPair>) -> Markup {
    let mut aligned = Aligned::default();
    pairs.into_iter().for_each(|pair| aligned.add(pair));
    drawn(vec![AlignedRun { name, steps, pairs: vec![aligned] }])
}

fn drawn(runs: Vec<AlignedRun>) -> Markup {
    let probe = |key, name, title| Probe { key, name, title };
    let drawn = Alignments {
        kind: "alignments",
        probes: [
            probe("alpha", "α", "attention"),
            probe("beta", "e^β", "probability from this word alone"),
            probe("delta", "Δ", "influence"),
        ],
        runs,
    };
    figure(
        &drawn,
        html! {
            "Rows are target tokens, columns source tokens. A struck-through target token is not the \
             model's most likely prediction. α is the attention weight. e^β is the probability of the \
             target token if the context were the state of this source word alone. Δ is how much the \
             source word supports (blue) or opposes (orange) the target token. Shading follows the square \
             root of the value. For words, α is summed over the source word's subwords and averaged over \
             the target word's; e^β is the mean of the largest values, and Δ the sum."
        },
    )
}

impl Aligned {
    fn add(&mut self, pair: RecordedPair) {
        self.text = pair.text();
        if pair.source.iter().any(|token| token.starts_with('▁')) {
            self.words.get_or_insert_default().add(by_word(&pair));
        }
        self.tokens.add(pair);
    }
}

impl Matrices {
    fn add(&mut self, pair: RecordedPair) {
        let thousandths = |x: f32| (x * 1000.0).round() as u16;
        self.alpha.push(pair.alpha.concat().into_iter().map(thousandths).collect());
        self.beta.push(pair.beta.concat().into_iter().map(|beta| thousandths(beta.exp())).collect());
        self.delta.push(pair.delta.concat().into_iter().map(|d| (d * 100.0).round() as i32).collect());
        self.predicted.push(pair.predicted);
        (self.source, self.target) = (pair.source, pair.target);
    }
}

/// A pair by its words: α is the mean over a target word's subwords of sums over a source word's, e^β the mean of the largest,
/// Δ the sum of sums. The marks at both ends are left out.
fn by_word(pair: &RecordedPair) -> RecordedPair {
    let (source, target) = (Words::of_subwords(&pair.source), Words::of_subwords(&pair.target));
    // For each target word and source word, the subword rows of the one, each cut to the subwords of the other.
    let cut = |row: &Vec<f32>, place: usize| -> Vec<f32> {
        row.iter().zip(&source.of_subword).filter(|(_, own)| **own == Some(place)).map(|(&x, _)| x).collect()
    };
    let cells = |from: &[Vec<f32>]| -> Vec<Vec<Vec<Vec<f32>>>> {
        if from.iter().all(Vec::is_empty) {
            return Vec::new();
        }
        let own = |word: usize| {
            let rows = from.iter().zip(&target.of_subword).filter(move |(_, own)| **own == Some(word));
            rows.map(|(row, _)| row).collect::<Vec<_>>()
        };
        let cell = |word: usize, place: usize| own(word).into_iter().map(|row| cut(row, place)).collect();
        (0..target.len()).map(|word| (0..source.len()).map(|place| cell(word, place)).collect()).collect()
    };
    let rows = |from: &[Vec<f32>], of: fn(&Vec<Vec<f32>>) -> f32| -> Vec<Vec<f32>> {
        cells(from).iter().map(|row| row.iter().map(of).collect()).collect()
    };
    let beta = |cell: &Vec<Vec<f32>>| {
        let largest = |row: &Vec<f32>| row.iter().copied().fold(f32::NEG_INFINITY, f32::max).exp();
        (cell.iter().map(largest).sum::<f32>() / cell.len().max(1) as f32).ln()
    };
    let delta = |cell: &Vec<Vec<f32>>| cell.concat().iter().sum();
    let mut predicted = vec![String::new(); target.len()];
    for (subword, word) in pair.predicted.iter().zip(&target.of_subword) {
        if let Some(word) = *word {
            predicted[word] += subword;
        }
    }
    RecordedPair {
        example: pair.example,
        alpha: WordAttention::of(&pair.alpha, &source, &target).alpha,
        beta: rows(&pair.beta, beta),
        delta: rows(&pair.delta, delta),
        predicted: predicted.iter().map(|word| word.replace('▁', "")).collect(),
        source: source.words,
        target: target.words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_drawn_by_words_and_by_subwords() {
        let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
        let pair = RecordedPair {
            example: 0,
            source: words("<s> ▁Hu nd ▁da </s>"),
            target: words("▁a ▁do g </s>"),
            predicted: words("▁a ▁ca g </s>"),
            alpha: vec![
                vec![0.0, 0.25, 0.25, 0.5, 0.0],
                vec![0.5, 0.25, 0.25, 0.0, 0.0],
                vec![0.0, 0.5, 0.5, 0.0, 0.0],
                vec![0.2; 5],
            ],
            beta: vec![vec![0.5f32.ln(); 5], vec![0.25f32.ln(); 5], vec![0.75f32.ln(); 5], vec![0.0; 5]],
            delta: vec![vec![1.0; 5], vec![], vec![], vec![]],
        };
        let own = by_word(&pair);
        assert_eq!((own.source, own.target), (words("Hund da"), words("a dog")));
        assert_eq!(own.predicted, words("a cag"));
        assert_eq!(own.alpha, [[0.5, 0.5], [0.75, 0.0]]);
        let near = |rows: &[Vec<f32>], expected: &[f32]| {
            rows.concat().iter().zip(expected).all(|(x, y)| (x.exp() - y).abs() < 1e-6)
        };
        assert!(near(&own.beta, &[0.5, 0.5, 0.5, 0.5]), "{:?}", own.beta);
        assert_eq!(own.delta[0], [2.0, 1.0]);
        let mut aligned = Aligned::default();
        aligned.add(pair);
        let drawn = serde_json::to_value(&aligned).unwrap();
        assert_eq!(
            (drawn["source"][1].as_str(), drawn["words"]["source"][0].as_str()),
            (Some("▁Hu"), Some("Hund"))
        );
        assert_eq!(drawn["words"]["alpha"][0], serde_json::json!([500, 500, 750, 0]));
    }
}
