//! How well links agree with gold, also by step of training.

use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;

use super::{AlignmentScore, Attributed, Links, TrainedAligner};
use crate::inference::InterpreterError;
use crate::watch::Watch;

/// The agreement of one way to find links with gold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoredWay {
    /// What the run is called whose model finds them; none where none does, or where there is one run alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The way.
    pub by: &'static str,
    /// The steps that the model was trained for; none without a model.
    pub step: Option<u64>,
    /// The agreement.
    pub score: AlignmentScore,
}

impl ScoredWay {
    /// Of links that were found without a model.
    pub fn untrained(by: &'static str, links: &[Links], gold: &[Links]) -> Self {
        Self { run: None, by, step: None, score: AlignmentScore::of(links, gold) }
    }
}

/// How well the links of `pairs` by the model of the run in `path` agree with `gold` after each of `steps`, by each of `ways`. Unless
/// `watch` cancels.
///
/// # Errors
/// As [`TrainedAligner::open`].
pub fn scores_by_step(
    path: &Path,
    steps: &[u64],
    (pairs, gold): (&[[String; 2]], &[Links]),
    ways: &[Attributed],
    watch: &mut Watch<'_>,
) -> Result<ControlFlow<(), Vec<ScoredWay>>, InterpreterError> {
    let mut scored = Vec::new();
    for &step in steps {
        let mut model = TrainedAligner::open(path, Some(step))?;
        let influence = ways.contains(&Attributed::Delta);
        let ControlFlow::Continue(links) = model.align(pairs, influence, watch) else {
            return Ok(ControlFlow::Break(()));
        };
        let wanted = Attributed::ALL.into_iter().zip(links).filter(|(way, _)| ways.contains(way));
        scored.extend(wanted.map(|(way, links)| ScoredWay {
            run: None,
            by: way.name(),
            step: Some(model.step()),
            score: AlignmentScore::of(&links, gold),
        }));
    }
    Ok(ControlFlow::Continue(scored))
}
