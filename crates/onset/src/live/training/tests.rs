use super::*;
use crate::live::TaskChoice;
use crate::train::{FreezeTarget, InterventionError};

fn small() -> Setup {
    Setup { vocabulary: 6, length: 4, width: 12, batch: 8, steps: 60, heads: 2, ..Setup::default() }
}

fn texts() -> Setup {
    Setup { task: TaskChoice::Keyword, heads: 1, ..small() }
}

/// Every kind of intervention, at different steps.
fn changes() -> Vec<Applied> {
    [
        (3, Intervention::LearningRate { rate: 0.02 }),
        (5, Intervention::Freeze { group: FreezeTarget::Attention }),
        (9, Intervention::Unfreeze { group: FreezeTarget::Attention }),
        (9, Intervention::SwapHead { head: 1, seed: 77 }),
        (12, Intervention::attention(AttentionMode::Clamped)),
        (20, Intervention::attention(AttentionMode::Uniform)),
        (24, Intervention::attention(AttentionMode::Learned)),
        (26, Intervention::Freeze { group: FreezeTarget::Rest }),
    ]
    .map(|(step, intervention)| Applied { step, intervention })
    .into()
}

fn walk(training: &mut LiveTraining, steps: usize) {
    (0..steps).for_each(|_| training.step().unwrap());
}

#[test]
fn the_same_changes_at_the_same_steps_give_the_same_numbers_and_looking_changes_nothing() {
    for (setup, log) in [
        (small(), changes()),
        (
            texts(),
            changes()
                .into_iter()
                .filter(|c| !matches!(c.intervention, Intervention::SwapHead { .. }))
                .collect(),
        ),
    ] {
        let mut live = LiveTraining::new(&setup).unwrap();
        for change in &log {
            while live.step_count() < change.step {
                live.measure();
                live.view();
                live.step().unwrap();
            }
            assert_eq!(live.intervene(change.intervention).unwrap(), *change);
        }
        walk(&mut live, 4);
        let mut replayed = LiveTraining::replay(&setup, live.log(), 30).unwrap();
        assert_eq!(live.step_count(), 30);
        assert_eq!(replayed.values(), live.values());
        assert_eq!(replayed.log(), live.log());
        assert_eq!(format!("{:?}", replayed.measure()), format!("{:?}", live.measure()));
        assert_eq!(replayed.view(), live.view());
        let unchanged = LiveTraining::replay(&setup, &[], 30).unwrap();
        assert_ne!(unchanged.values(), live.values());
    }
}

#[test]
fn a_planned_intervention_is_the_same_as_one_that_is_made_at_that_step() {
    let frozen = Intervention::attention(AttentionMode::Uniform);
    let learned = Intervention::attention(AttentionMode::Learned);
    let plan = vec![Applied { step: 0, intervention: frozen }, Applied { step: 7, intervention: learned }];
    let mut planned = LiveTraining::new(&Setup { plan: plan.clone(), ..small() }).unwrap();
    assert_eq!(planned.attention(), Some(AttentionMode::Uniform));
    walk(&mut planned, 12);
    let mut by_hand = LiveTraining::new(&small()).unwrap();
    by_hand.intervene(frozen).unwrap();
    walk(&mut by_hand, 7);
    by_hand.intervene(learned).unwrap();
    walk(&mut by_hand, 5);
    assert_eq!(planned.values(), by_hand.values());
    assert_eq!(planned.log(), plan);
    let replayed = LiveTraining::replay(planned.setup(), planned.log(), 12).unwrap();
    assert_eq!(replayed.values(), planned.values());
    // What is not possible is refused before the first step.
    let swap = Applied { step: 5, intervention: Intervention::SwapHead { head: 9, seed: 1 } };
    let refused = LiveTraining::new(&Setup { plan: vec![swap], ..small() });
    assert!(refused.err().unwrap().to_string().contains("which has 2 heads"));
}

#[test]
fn divergence_is_an_error_that_says_what_to_do_and_leaves_the_model() {
    let mut live = LiveTraining::new(&small()).unwrap();
    walk(&mut live, 2);
    live.intervene(Intervention::LearningRate { rate: 1e30 }).unwrap();
    let message = (0..50).find_map(|_| live.step().err()).expect("it diverges").to_string();
    assert!(message.contains("lower it") && message.contains("at step"), "{message}");
    let step = live.step_count();
    assert!(live.step().is_err() && live.step_count() == step);
}

#[test]
fn changes_that_cannot_be_are_refused_and_are_not_on_the_list() {
    let mut live = LiveTraining::new(&small()).unwrap();
    for (intervention, part) in [
        (Intervention::LearningRate { rate: -1.0 }, "positive and finite"),
        (Intervention::LearningRate { rate: f32::NAN }, "positive and finite"),
        (Intervention::SwapHead { head: 2, seed: 0 }, "which has 2 heads"),
    ] {
        let message = live.intervene(intervention).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    assert!(live.log().is_empty());
    let mut live = LiveTraining::new(&texts()).unwrap();
    let swapped = live.intervene(Intervention::SwapHead { head: 0, seed: 0 });
    assert!(matches!(swapped, Err(LiveError::Intervention(InterventionError::NoSuchHead { .. }))));
    let freeze = Intervention::Freeze { group: FreezeTarget::Attention };
    for _ in 0..MOST_CHANGES {
        live.intervene(freeze).unwrap();
    }
    assert!(live.intervene(freeze).unwrap_err().to_string().contains("reset it"));
}

#[test]
fn clamped_attention_lies_on_the_diagonal_of_every_head_and_comes_back_when_released() {
    let mut live = LiveTraining::new(&small()).unwrap();
    walk(&mut live, 3);
    let View::Copying { heads: learned, .. } = live.view() else { panic!("copying") };
    live.intervene(Intervention::attention(AttentionMode::Clamped)).unwrap();
    let View::Copying { heads, .. } = live.view() else { panic!("copying") };
    for head in &heads {
        let diagonal: Vec<f32> = (0..25).map(|i| f32::from(u8::from(i % 6 == 0))).collect();
        assert_eq!(head, &diagonal);
    }
    let point = live.measure();
    assert_eq!((point.attention, point.attention_accuracy, point.logit_gap), (1.0, 1.0, None));
    live.intervene(Intervention::attention(AttentionMode::Learned)).unwrap();
    let View::Copying { heads, .. } = live.view() else { panic!("copying") };
    assert_eq!(heads, learned);
}
