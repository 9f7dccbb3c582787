//! The run of the built-in texts: short, and recorded where attention is learned, which takes some dozen steps.

use crate::settings::SpecError;
use crate::spec::Spec;

/// Attention has found the keyword long before.
const STEPS: u64 = 100;

/// Examples of each split whose attention is recorded, and whose Δ: enough for tables, and most of the time of such a run.
const RECORDED: [u64; 2] = [800, 200];

/// Keys that come before what is asked for: the budget, how much is recorded, and when if nothing else says so.
pub(super) fn defaults(overrides: &[String]) -> Result<Vec<String>, SpecError> {
    let [probes, influence] = RECORDED;
    let mut keys = vec![
        format!("train.steps={STEPS}"),
        format!("record.probes={probes}"),
        format!("record.influence={influence}"),
    ];
    if overrides.iter().any(|key| key.starts_with("record.checkpoints") || key.starts_with("record.every")) {
        return Ok(keys);
    }
    let all: Vec<String> = keys.iter().chain(overrides).cloned().collect();
    let steps = Spec::parse("task = 'classification'", "keyword", &all)?.training().steps;
    keys.push(format!("record.checkpoints={:?}", dense_early(steps)));
    Ok(keys)
}

/// Ten steps for each power of ten, and all of the first.
fn dense_early(last: u64) -> Vec<u64> {
    const EACH: [u64; 10] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];
    let mut steps = vec![0, 1, 2, 3, 4, 5, 6, 8];
    let mut power = 1;
    while power <= last {
        steps.extend(EACH.map(|each| each * power));
        power *= 10;
    }
    steps.push(last);
    steps.retain(|&step| step <= last);
    steps.sort_unstable();
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_steps_are_dense_where_attention_is_learned() {
        assert_eq!(dense_early(0), [0]);
        assert_eq!(dense_early(9), [0, 1, 2, 3, 4, 5, 6, 8, 9]);
        let all = dense_early(100);
        assert_eq!(all[7..11], [8, 10, 12, 15]);
        assert_eq!(all[all.len() - 3..], [60, 80, 100]);
        assert_eq!(all.len(), 19, "{all:?}");
    }

    #[test]
    fn what_is_asked_for_wins() {
        let of = |overrides: &[&str]| {
            let given: Vec<String> = overrides.iter().map(ToString::to_string).collect();
            let all: Vec<String> = defaults(&given).unwrap().into_iter().chain(given).collect();
            let spec = Spec::parse("task = 'classification'", "keyword", &all).unwrap();
            (spec.training().steps, spec.record().checkpoints.clone().unwrap().len())
        };
        assert_eq!(of(&[]).0, STEPS);
        assert_eq!(of(&["train.steps=7", "record.checkpoints=[0, 3]"]), (7, 3));
        assert_eq!(of(&["train.steps=7"]), (7, 8));
    }
}
