//! What an experiment is about, in words.

use super::{Optimizer, Spec};

/// What an experiment is about, in a few words: the task, and how optimiser and model differ from the defaults.
pub fn describe(spec: &Spec) -> String {
    let mut words = vec![spec.task().settings().describe()];
    match spec.training().optimizer {
        Optimizer::Adam => {}
        Optimizer::AdamW => words.push("AdamW".into()),
        Optimizer::Sgd => words.push("SGD".into()),
    }
    if spec.model().kind() != spec.task().settings().defaults().model {
        words.push(spec.model().kind().into());
    }
    words.extend(spec.model().settings().differences());
    words.extend(spec.interventions().iter().map(ToString::to_string));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_by_their_file() {
        let text =
            "task = 'classification'\n[data]\nfile = '/far/away/sms.tsv'\n[model]\nattention = 'uniform'";
        assert_eq!(describe(&Spec::parse(text, "test", &[]).unwrap()), "sms.tsv, uniform attention");
    }
}
