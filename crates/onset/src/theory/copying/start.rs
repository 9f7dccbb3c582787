//! The initial condition of the reduced dynamics: w and a, measured from a model's initial weights
//! ([`crate::task::copying::gaps`] has the method). If co-occurrence carries no information (V = L), they are
//! all that the dynamics knows of how copying will be learned, and a rehearsal of the first steps is added.

use onset_engine::Tape;

use super::rehearsal::{SHORT, is_of_use};
use crate::model::{AttentionModes, ModelSettings, Rnn};
use crate::spec::CopyingSpec;
pub use crate::task::copying::InitialCondition;
use crate::task::copying::gaps;

/// Sequences on which the initial condition is measured.
const SEQUENCES: usize = 24;

/// Measures the initial condition of each head of the model that `spec` and its seed initialise, and holds a
/// rehearsal (`theory/copying/rehearsal.rs`) where the branch is not known.
pub fn initial_conditions(spec: &CopyingSpec) -> Vec<InitialCondition> {
    let (mut tape, rnn, modes) = drawn(spec);
    let mut heads = gaps(&mut tape, (&rnn, &modes), &spec.data.without_noise(), spec.seed, SEQUENCES);
    if is_of_use(spec) {
        let rehearsed = SHORT.hold(&mut tape, (&rnn, &modes), spec);
        heads.iter_mut().zip(rehearsed).for_each(|(head, sum)| head.rehearsed = Some(sum));
    }
    heads
}

/// The model that `spec` and its seed initialise.
pub(super) fn drawn(spec: &CopyingSpec) -> (Tape, Rnn, AttentionModes) {
    let mut tape = Tape::new(1);
    let rnn = Rnn::new(&mut tape, &spec.model, spec.data.vocabulary + 2, spec.seed);
    (tape, rnn, AttentionModes::all(spec.model.attention(), spec.model.heads))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn first_head(overrides: &[&str]) -> InitialCondition {
        let sizes = ["data.vocabulary=8", "data.length=6", "model.hidden=16", "model.embedding=16"];
        let overrides: Vec<String> = sizes.iter().chain(overrides).map(|s| s.to_string()).collect();
        let spec = Spec::parse("task = 'copying'", "", &overrides).unwrap();
        initial_conditions(&CopyingSpec::of(&spec).unwrap())[0]
    }

    #[test]
    fn uniform_attention_has_no_logit_gap_and_seeds_differ() {
        let uniform = first_head(&["model.attention='uniform'"]);
        assert!(uniform.logit_gap.abs() < 1e-6 && uniform.score_gap != 0.0);
        let [first, second] = [first_head(&["seed=1"]), first_head(&["seed=2"])];
        assert!(first.logit_gap != second.logit_gap && first.score_gap != second.score_gap);
        assert_eq!(first, first_head(&["seed=1"]));
        assert!(first.score_gap_error > 0.0 && first.logit_gap_error > 0.0);
    }

    #[test]
    fn a_heads_initial_condition_does_not_depend_on_the_other_heads() {
        let of = |heads: &str| {
            let settings = ["data.vocabulary=8", "data.length=6", "model.hidden=16", "model.body_seed=3"];
            let all = [&settings[..], &[heads], &["model.cell='gru'"]].concat();
            let mut all: Vec<String> = all.into_iter().map(String::from).collect();
            all.push(format!("model.heads={}", heads.matches(',').count() + 1));
            let spec = Spec::parse("task = 'copying'", "", &all).unwrap();
            initial_conditions(&CopyingSpec::of(&spec).unwrap())
        };
        let (alone, beside) = (of("model.head_seeds=[5]"), of("model.head_seeds=[9, 5]"));
        assert_eq!((alone.len(), beside.len()), (1, 2));
        assert!((alone[0].logit_gap - beside[1].logit_gap).abs() < 1e-6);
        assert!(beside[0].logit_gap != beside[1].logit_gap);
    }
}
