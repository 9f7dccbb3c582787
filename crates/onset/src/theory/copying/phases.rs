//! The phases of the reduced dynamics that belong to the changes of a spec on the way.

use onset_engine::AttentionMode;

use super::flow::Phase;
use crate::settings::{FreezeTarget, Intervene};

/// What moves, and from which step on ([`Phase::from`] is a step here). Errors, with the reason, where the theory has no counterpart
/// of a change.
pub(super) fn phases(changes: &[Intervene]) -> Result<Vec<Phase>, String> {
    let mut phases = vec![Phase::LEARNED];
    for change in changes {
        let mut phase = *phases.last().expect("there is a first phase");
        phase.from = change.at as f64;
        apply(change, &mut phase)?;
        if phases.last().is_some_and(|last| last.from == phase.from) {
            phases.pop();
        }
        phases.push(phase);
    }
    Ok(phases)
}

fn apply(change: &Intervene, phase: &mut Phase) -> Result<(), String> {
    // Every key is named here, so that none that is new is passed over.
    let Intervene {
        at: _,
        attention,
        freeze,
        unfreeze,
        learning_rate,
        batch,
        swap_head,
        transplant,
        task,
        layer,
        head,
        // These belong to others.
        head_seed: _,
        group: _,
        step: _,
    } = change;
    let others = [
        ("learning_rate", learning_rate.is_some()),
        ("batch", batch.is_some()),
        ("swap_head", swap_head.is_some()),
        ("transplant", transplant.is_some()),
        ("task", task.is_some()),
        ("layer", layer.is_some()),
        ("head", head.is_some()),
    ];
    if let Some((key, _)) = others.iter().find(|(_, there)| *there) {
        return Err(format!(
            "the theory does not cover training that is changed on the way by intervene.{key}"
        ));
    }
    if let Some(mode) = *attention {
        if !matches!(mode, AttentionMode::Learned | AttentionMode::Uniform | AttentionMode::Clamped) {
            return Err(format!("the theory has no attention that is {mode} (intervene.attention)"));
        }
        phase.attention = mode;
    }
    for (group, frozen) in [(*unfreeze, false), (*freeze, true)] {
        match group {
            None => {}
            Some(FreezeTarget::Attention) => phase.logits_frozen = frozen,
            Some(FreezeTarget::Rest) => phase.scores_frozen = frozen,
            Some(FreezeTarget::Value | FreezeTarget::Body) => {
                return Err(
                    "the theory knows the score gap as a whole; freeze \"rest\" or \"attention\" (intervene.freeze)"
                        .into(),
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_become_phases_and_those_without_a_counterpart_are_named() {
        let at = |at: u64| Intervene { at, ..Intervene::default() };
        let found = phases(&[
            Intervene { attention: Some(AttentionMode::Uniform), ..at(0) },
            Intervene { freeze: Some(FreezeTarget::Rest), ..at(0) },
            Intervene { attention: Some(AttentionMode::Learned), ..at(40) },
        ])
        .unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].attention, found[0].scores_frozen), (AttentionMode::Uniform, true));
        assert_eq!(
            (found[1].from, found[1].attention, found[1].scores_frozen),
            (40.0, AttentionMode::Learned, true)
        );
        let refused = phases(&[Intervene { batch: Some(3), ..at(1) }]).unwrap_err();
        assert!(refused.contains("intervene.batch"), "{refused}");
        let refused = phases(&[Intervene { task: Some(toml::Table::new()), ..at(1) }]).unwrap_err();
        assert!(refused.contains("intervene.task"), "{refused}");
        let refused = phases(&[Intervene { freeze: Some(FreezeTarget::Body), ..at(1) }]).unwrap_err();
        assert!(refused.contains("intervene.freeze"), "{refused}");
    }
}
