//! The results of a study, as plain data.

use serde::Serialize;

use crate::agreement::{Baseline, CurvePoint, Interval, Measure, Reached};
use crate::align::ScoredWay;
use crate::proxy::{PairProxyFacts, ProxyFacts};

/// A comparison of two attribution records: A(first, second).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pair {
    /// Gold α against β of the uniform run.
    AlphaUniform,
    /// β of the uniform run against the bag of embeddings.
    UniformEmbeddings,
    /// β of the uniform run against the weights of the logistic regression.
    UniformRegression,
    /// Gold Δ against β of the uniform run.
    DeltaUniform,
    /// Gold α against β of comparison runs.
    AlphaBeta,
    /// β of the uniform run against first-order co-occurrence (ours).
    UniformFirstOrder,
    /// Gold α against the bag of embeddings (ours).
    AlphaEmbeddings,
    /// Gold α against the logistic regression (ours).
    AlphaRegression,
    /// Gold α against first-order co-occurrence (ours).
    AlphaFirstOrder,
}

impl Pair {
    /// The comparisons of the paper.
    pub const PAPER: [Self; 5] = [
        Self::AlphaUniform,
        Self::UniformEmbeddings,
        Self::UniformRegression,
        Self::DeltaUniform,
        Self::AlphaBeta,
    ];

    /// Whether the paper has this comparison.
    pub fn is_of_paper(self) -> bool {
        Self::PAPER.contains(&self)
    }

    /// The symbols of the two records, as in figures and on the terminal.
    pub fn symbols(self) -> [&'static str; 2] {
        match self {
            Self::AlphaUniform => ["α", "β^uf"],
            Self::UniformEmbeddings => ["β^uf", "β^px"],
            Self::UniformRegression => ["β^uf", "β^lr"],
            Self::DeltaUniform => ["Δ", "β^uf"],
            Self::AlphaBeta => ["α", "β"],
            Self::UniformFirstOrder => ["β^uf", "β^co"],
            Self::AlphaEmbeddings => ["α", "β^px"],
            Self::AlphaRegression => ["α", "β^lr"],
            Self::AlphaFirstOrder => ["α", "β^co"],
        }
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b] = self.symbols();
        write!(formatter, "A({a}, {b})")
    }
}

/// An agreement with its confidence intervals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// A.
    pub value: f64,
    /// A over the texts of each label, none where it is undefined on all of them; empty if there are no labels.
    pub by_label: Vec<Option<f64>>,
    /// Its 95 % confidence interval over texts or sentence pairs.
    pub over_texts: Option<Interval>,
    /// Its 95 % confidence interval over seeds, if there are several; Student's interval for fewer than 30.
    pub over_seeds: Option<Interval>,
    /// The number of seeds.
    pub seeds: usize,
    /// The checkpoint at which it is largest (for the best seed); `None` if there is only one value.
    pub step: Option<u64>,
    /// Rows in which one of the two records is missing; they are excluded.
    pub absent: usize,
    /// Rows on which the measure is undefined; they are excluded.
    pub undefined: usize,
    /// Rows in which the first record has several largest entries; the first of them counts.
    pub tied: usize,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The two records.
    pub pair: Pair,
    /// A; `None` if it is undefined on every row, or if a run is missing.
    pub agreement: Option<Estimate>,
    /// ξ and its step; `None` if the attention of the comparison runs does not agree better by their last common
    /// checkpoint.
    pub reached: Option<Reached>,
}

/// Mean agreement and score of the runs over training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The checkpoints that all comparison runs have, with their means.
    pub comparison: Vec<CurvePoint>,
    /// For each comparison run, its seed and the agreement of its α with gold α at each of these checkpoints.
    pub by_seed: Vec<(u64, Vec<f64>)>,
    /// Mean agreement of gold α with the comparison runs' own β, at the same checkpoints.
    pub own_beta: Vec<f64>,
    /// Agreement of gold α with β of the uniform run, and that run's score, at its checkpoints.
    pub uniform: Vec<CurvePoint>,
}

/// The results of one measure on one split of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartStudy {
    /// `validation` or `training`.
    pub part: &'static str,
    /// The measure of agreement.
    pub measure: Measure,
    /// The number of texts or sentence pairs.
    pub texts: usize,
    /// The number of rows: one for each text, or one for each target position.
    pub rows: usize,
    /// The comparisons that the task has, in the order of [`Pair`].
    pub findings: Vec<Finding>,
    /// Â: gold α against shuffled β of the uniform run.
    pub baseline: Option<Baseline>,
    /// Agreement over training.
    pub curve: Curve,
}

impl PartStudy {
    /// The finding for `pair`; `None` if the task has no such comparison.
    pub fn finding(&self, pair: Pair) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.pair == pair)
    }

    /// The agreement for `pair`; `None` if it is undefined.
    pub fn agreement(&self, pair: Pair) -> Option<&Estimate> {
        self.finding(pair)?.agreement.as_ref()
    }
}

/// The gold checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GoldCheckpoint {
    /// Seed of the gold run.
    pub seed: u64,
    /// The first step with the best accuracy on held-out data.
    pub step: u64,
    /// ξ*: that accuracy.
    pub score: f64,
}

/// Omissions and other limits of the results.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StudyNotices {
    /// Rows that loading dropped or truncated, one sentence a kind.
    pub data: Vec<String>,
    /// Held-out texts with no word of the vocabulary.
    pub only_unknown_words: usize,
    /// The label of all held-out texts, if they have only one.
    pub one_label: Option<String>,
    /// Unfinished runs, with their steps.
    pub unfinished: Vec<String>,
    /// Checkpoints at which a run has scores but no attribution records (run, step). They are excluded.
    pub missing: Vec<(String, u64)>,
}

/// The provenance of the proxies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ProxyOrigin {
    /// Proxies of labelled texts.
    Texts(ProxyFacts),
    /// Proxies of sentence pairs.
    Pairs(PairProxyFacts),
}

/// BLEU of greedy translations of the held-out sentences: the second score of translation runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BleuScores {
    /// ξ* in BLEU: BLEU of the gold run at its checkpoint with the best token accuracy.
    pub gold: f64,
    /// The best BLEU of the uniform run.
    pub uniform: f64,
    /// Mean BLEU of the comparison runs, at the checkpoints that all of them have.
    pub comparison: Vec<(u64, f64)>,
    /// BLEU of the uniform run, at its checkpoints.
    pub uniform_curve: Vec<(u64, f64)>,
}

/// The results of all runs on one data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Study {
    /// The name of the data set.
    pub name: String,
    /// The names of the labels; none if the task has none.
    pub label_names: Option<Vec<String>>,
    /// Training texts or pairs.
    pub train: usize,
    /// The number of held-out texts or pairs.
    pub validation: usize,
    /// The gold run's best checkpoint.
    pub gold: GoldCheckpoint,
    /// Seeds of the comparison runs.
    pub comparisons: Vec<u64>,
    /// Seed of the uniform run.
    pub uniform: u64,
    /// The uniform run's best accuracy.
    pub uniform_score: f64,
    /// BLEU, if it was computed.
    pub bleu: Option<BleuScores>,
    /// The results, by split, then by measure.
    pub parts: Vec<PartStudy>,
    /// The provenance of the proxies.
    pub proxies: ProxyOrigin,
    /// How well words are aligned, where links made by hand were given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alignments: Vec<ScoredWay>,
    /// Omissions and limits.
    pub notices: StudyNotices,
}

impl Study {
    /// The results by `measure` on the split named `part`.
    pub fn part(&self, part: &str, measure: Measure) -> &PartStudy {
        let found = self.parts.iter().find(|study| study.part == part && study.measure == measure);
        found.expect("a study has every part and measure")
    }

    /// ξ of `finding` in BLEU: mean BLEU of the comparison runs at the checkpoint where their attention agrees better.
    pub fn bleu_at(&self, finding: &Finding) -> Option<f64> {
        let step = finding.reached?.step;
        let (_, bleu) = self.bleu.as_ref()?.comparison.iter().find(|(each, _)| *each == step)?;
        Some(*bleu)
    }
}
