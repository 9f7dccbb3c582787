//! What the law knows of a distribution, and the table of measured runs.

use std::sync::LazyLock;

use serde::Serialize;

use crate::model::Cell;
use crate::settings::Optimizer;
use crate::spec::CopyingSpec;
use crate::task::copying::{Frequencies, Order};

/// One measured run of a distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredCopying {
    /// What the law knows of its distribution.
    pub setting: CopyingSetting,
    /// The seed.
    pub seed: u64,
    /// The middle of the evaluations between which accuracy reached 0.95; the last step if it did not.
    pub step: f64,
    /// Whether attention is on the right position, or one beside it, at the end.
    pub attends: bool,
    /// What a rehearsal from the initial weights says of the head that attends most; none where the branch needs none.
    pub rehearsed: Option<f64>,
}

/// What the law knows of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CopyingSetting {
    /// Whether it is trained by gradient descent instead of Adam.
    pub sgd: bool,
    /// V.
    pub vocabulary: usize,
    /// L.
    pub length: usize,
    /// Width of embeddings and states.
    pub width: usize,
    /// Sequences per step.
    pub batch: usize,
    /// Learning rate.
    pub rate: f64,
    /// ν.
    pub noise: f64,
    /// The exponent of Zipf's law; 0 for words that are all alike.
    pub zipf: f64,
    /// Whether words may occur more than once.
    pub repetition: bool,
    /// Whether the last word comes first.
    pub reversed: bool,
    /// Attention heads.
    pub heads: usize,
}

/// The columns of the table.
const COLUMNS: &str = "optimizer\tvocabulary\tlength\twidth\tbatch\trate\tnoise\tzipf\trepetition\treversed\theads\tseed\tstep\tattends\trehearsed";

impl CopyingSetting {
    /// That of `spec`; errors, with the reason, for a model that the law was not fitted on.
    pub fn of(spec: &CopyingSpec) -> Result<Self, String> {
        let (task, model, train) = (&spec.data, &spec.model, &spec.train);
        let sgd = match train.optimizer {
            Optimizer::Adam => false,
            Optimizer::Sgd => true,
            _ => return Err("the law was fitted for \"adam\" and \"sgd\" (train.optimizer)".into()),
        };
        if model.embedding != model.hidden {
            return Err(
                "the law was fitted on models with embeddings as wide as states (model.embedding)".into()
            );
        }
        if model.bidirectional || model.cell != Cell::Lstm || !model.shared_embedding {
            return Err(
                "the law was fitted on LSTMs that read in one direction, with one embedding (model)".into()
            );
        }
        if let Some(change) = spec.intervene.first() {
            return Err(format!("training is changed on the way ({change})"));
        }
        Ok(Self {
            sgd,
            vocabulary: task.vocabulary,
            length: task.length,
            width: model.hidden,
            batch: train.batch,
            rate: f64::from(train.learning_rate),
            noise: task.noise,
            zipf: if task.frequencies == Frequencies::Zipf { task.zipf_exponent } else { 0.0 },
            repetition: task.repetition,
            reversed: task.order == Order::Reversed,
            heads: model.heads,
        })
    }

    /// Whether every sequence has every word.
    pub fn is_permutation(&self) -> bool {
        self.vocabulary == self.length && !self.repetition
    }

    /// The expected number of other positions that hold the word of a position: (L − 1)·Σp², with the probability p of each word.
    pub(super) fn copies(&self) -> f64 {
        if !self.repetition {
            return 0.0;
        }
        let weights = (1..=self.vocabulary).map(|rank| (rank as f64).powf(-self.zipf));
        let [sum, squares] =
            weights.fold([0.0, 0.0], |[sum, squares], weight| [sum + weight, squares + weight * weight]);
        (self.length - 1) as f64 * squares / (sum * sum)
    }

    /// The keys, and one product of them, that must not be far from what was fitted; noise as 1 − ν.
    pub(super) fn keys(&self) -> [(&'static str, f64); 8] {
        [
            ("task.vocabulary", self.vocabulary as f64),
            ("task.length", self.length as f64),
            ("model.hidden", self.width as f64),
            ("train.batch", self.batch as f64),
            ("train.learning_rate", self.rate),
            // What moves a score in a step: training with a large rate that is stable in a narrow model need not be in a wide one.
            ("train.learning_rate · model.hidden", self.rate * self.width as f64),
            ("1 - task.noise", 1.0 - self.noise),
            ("model.heads", self.heads as f64),
        ]
    }

    /// The cells of the table before the seed.
    pub(super) fn cells(&self) -> String {
        let flag = |holds: bool| u8::from(holds);
        format!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            if self.sgd { "sgd" } else { "adam" },
            self.vocabulary,
            self.length,
            self.width,
            self.batch,
            self.rate as f32,
            self.noise,
            self.zipf,
            flag(self.repetition),
            flag(self.reversed),
            self.heads
        )
    }
}

/// The table of measured runs.
pub fn copying_table(runs: &[MeasuredCopying]) -> String {
    let row = |run: &MeasuredCopying| {
        let rehearsed = run.rehearsed.map_or_else(|| "-".into(), |sum| format!("{sum:.3}"));
        let attends = u8::from(run.attends);
        format!("{}\t{}\t{}\t{attends}\t{rehearsed}\n", run.setting.cells(), run.seed, run.step)
    };
    format!("{COLUMNS}\n") + &runs.iter().map(row).collect::<String>()
}

/// The runs that the shipped law is fitted on.
pub fn measured_copying() -> &'static [MeasuredCopying] {
    static RUNS: LazyLock<Vec<MeasuredCopying>> = LazyLock::new(|| runs_of(MEASURED));
    &RUNS
}

/// `measured.tsv`.
pub(super) const MEASURED: &str = include_str!("../measured.tsv");

fn runs_of(table: &str) -> Vec<MeasuredCopying> {
    let run = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let number = |place: usize| cells[place].parse::<f64>().expect("a table of numbers");
        let size = |place: usize| number(place) as usize;
        let setting = CopyingSetting {
            sgd: cells[0] == "sgd",
            vocabulary: size(1),
            length: size(2),
            width: size(3),
            batch: size(4),
            rate: number(5),
            noise: number(6),
            zipf: number(7),
            repetition: size(8) == 1,
            reversed: size(9) == 1,
            heads: size(10),
        };
        MeasuredCopying {
            setting,
            seed: size(11) as u64,
            step: number(12),
            attends: size(13) == 1,
            rehearsed: cells[14].parse().ok(),
        }
    };
    table.lines().skip(1).map(run).collect()
}
