//! The report's part on translation.

use maud::{Markup, html};
use serde::Serialize;

use super::figure::Curves;
use super::groups::Group;
use super::html::{FigureData, figure, verdict};
use super::run_page::standing;
use super::summary::summarize_pair_group;
use super::verdict::of_pairs;
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
    let bleu = match spec.data.bleu {
        true => Some(Curves::new("BLEU of greedy translations", "BLEU", None).with_seeds(group, "bleu")?),
        false => None,
    };
    Ok(html! {
        header {
            h1 { "Translation: " (group.name) }
            @if let Some(summary) = summarize_pair_group(group)? {
                (verdict(&of_pairs(&summary, facts.vocabulary, group)?))
            }
            p class="lead" {
                "The paper's model, trained on " (facts.train) " sentence pairs and looked at on "
                (facts.validation) " held-out ones; " (facts.vocabulary) " subwords."
            }
            ul { @for sentence in facts.notices.sentences() { li { (sentence) } } }
            (standing(&group.standing()))
        }
        h2 { "Through training" }
        div class="panels" {
            (figure(&accuracy, html! {})) (figure(&loss, html! {}))
            @if let Some(bleu) = &bleu { (figure(bleu, html! {})) }
        }
        p class="caption" {
            "On held-out pairs, at the recorded steps, the words before each given. A loss of x nats is a \
             perplexity of e^x."
        }
        h2 { "Which word each word comes from" }
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
    let probe = |key, name, title| Probe { key, name, title };
    let drawn = Alignments {
        kind: "alignments",
        probes: [
            probe("alpha", "α", "α, attention"),
            probe("beta", "e^β", "e^β, from this word alone"),
            probe("delta", "Δ", "Δ, influence"),
        ],
        runs: aligned_runs,
    };
    Ok(figure(
        &drawn,
        html! {
            "Rows are target tokens, columns source tokens; a struck-through token is not the model's most likely one. α is the attention weight; e^β the probability of the right \
             word, were the context the state of that source word alone; Δ how much the source word supports the \
             right word (blue) or opposes it (orange). Shades grow with the square root."
        },
    ))
}

impl Aligned {
    fn add(&mut self, pair: RecordedPair) {
        self.text = pair.text();
        let thousandths = |x: f32| (x * 1000.0).round() as u16;
        self.alpha.push(pair.alpha.concat().into_iter().map(thousandths).collect());
        self.beta.push(pair.beta.concat().into_iter().map(|beta| thousandths(beta.exp())).collect());
        self.delta.push(pair.delta.concat().into_iter().map(|d| (d * 100.0).round() as i32).collect());
        self.predicted.push(pair.predicted);
        (self.source, self.target) = (pair.source, pair.target);
    }
}
