//! The predictions of the study, sealed before the runs begin.

use super::{Arm, Subject};
use crate::forecast::{CopyingPrediction, Forecast, ForecastError, PredictedAttention, Prediction};
use crate::spec::CopyingSpec;
use crate::store::RunDirectory;
use crate::theory::{Calibration, Question, initial_conditions, not_covered, outcome};
use crate::train::Job;

impl Subject {
    /// Seals the prediction for the run of `job`, if it has not begun and there is a theory of it; otherwise does nothing.
    ///
    /// # Errors
    /// If the forecast cannot be written.
    pub fn seal(self, arm: Arm, job: &Job) -> Result<(), ForecastError> {
        let sealed = RunDirectory::exists(&job.path) || Forecast::read(&job.path)?.is_some();
        let spec = CopyingSpec::of(&job.spec).filter(|_| !sealed);
        let Some(prediction) = spec.and_then(|spec| predicted(arm, &spec)) else { return Ok(()) };
        let prediction = Prediction::Copying(prediction);
        Forecast::write(&job.path, &job.spec, &job.data, &(prediction, PredictedAttention::default()))?;
        Ok(())
    }
}

/// The reduced dynamics from the initial weights, with the change. What is put in from the plain run is what the dynamics itself has
/// at that step, as that run has not been trained yet. None where the dynamics does not cover the spec.
fn predicted(arm: Arm, spec: &CopyingSpec) -> Option<CopyingPrediction> {
    // A transplant is a change that the flow does not follow by itself: it is part of the question.
    let plain = CopyingSpec { intervene: without_transplants(spec), ..spec.clone() };
    if not_covered(&plain).is_some() {
        return None;
    }
    let calibration = Calibration::of(spec.train.optimizer)?;
    let initial_conditions = initial_conditions(spec);
    let question =
        Question { counted_from: arm.release(), transplanted: arm.transplanted(), ..Question::default() };
    let outcome = outcome(&plain, &initial_conditions, &calibration, &question);
    // The effects are the dynamics' own: neither its steps nor its interval are the law's.
    Some(CopyingPrediction { seed: spec.seed, initial_conditions, outcome, by: None })
}

fn without_transplants(spec: &CopyingSpec) -> Vec<crate::settings::Intervene> {
    spec.intervene.iter().filter(|change| change.transplant.is_none()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{CausesPlan, CausesRuns};
    use std::path::Path;

    #[test]
    fn knowledge_brings_attention_forward_and_attention_without_knowledge_does_less() {
        let plan = CausesPlan { subjects: vec![(Subject::Copying, vec![3])], from: None };
        let CausesRuns { jobs, parts, .. } = plan.plan(&[], Path::new("x")).unwrap();
        let median = |arm: Arm| {
            let place = parts.iter().position(|part| part.1 == arm).unwrap();
            let spec = CopyingSpec::of(&jobs[place].spec).unwrap();
            predicted(arm, &spec).unwrap().outcome.emergence[1].unwrap_or(f64::INFINITY)
        };
        let plain = median(Arm::Plain);
        assert!(median(Arm::KnowledgeFrom(500)) < 0.7 * plain);
        assert!(median(Arm::AttentionFrom(500)) < plain);
        assert!(median(Arm::ClampedUntil(50)) < plain);
        let delays = [25, 50, 100, 200].map(|step| median(Arm::UniformUntil(step)) - step as f64);
        assert!(delays.windows(2).all(|pair| pair[1] < pair[0]), "{delays:?}");
        assert!(median(Arm::KnowledgeFrozen) > 20.0 * plain);
    }

    #[test]
    fn nothing_is_predicted_where_the_dynamics_does_not_reach() {
        let plan = CausesPlan { subjects: vec![(Subject::Copying, vec![3])], from: None };
        for key in ["train.optimizer=adamw", "train.clip=1.0", "model.attention=uniform"] {
            let CausesRuns { jobs, .. } = plan.plan(&[key.to_owned()], Path::new("x")).unwrap();
            let spec = CopyingSpec::of(&jobs[0].spec).unwrap();
            assert!(predicted(Arm::Plain, &spec).is_none(), "{key}");
        }
    }
}
