//! Layers that are not trained.

use onset::spec::Spec;
use onset::train::{Prepared, Trainer};

/// Values of every parameter, and whether it is trained, after a step of plain gradient descent.
fn after_one_step(
    target: &str,
    model: &[&str],
    trained: Option<usize>,
) -> Vec<(String, bool, Vec<f32>, Vec<f32>)> {
    let mut keys: Vec<String> =
        ["model.kind='transformer'", "model.layers=3", "model.width=16", "model.heads=2", "model.mlp=24"]
            .iter()
            .chain(model)
            .chain(&["train.optimizer='sgd'", "train.learning_rate=0.1", "train.batch=4", "train.steps=2"])
            .map(|key| (*key).to_owned())
            .collect();
    keys.extend(trained.map(|layers| format!("model.trained_layers={layers}")));
    let spec = Spec::parse(&format!("task = '{target}'"), "test", &keys).unwrap();
    let prepared = Prepared::load(&spec).unwrap();
    let mut trainer = Trainer::new(&spec, &prepared, 1);
    let before: Vec<Vec<f32>> = trainer.values().map(<[f32]>::to_vec).collect();
    trainer.step().unwrap();
    let after = trainer.values().map(<[f32]>::to_vec);
    let names = trainer.parameters().iter().map(|parameter| (parameter.name.clone(), parameter.is_trained));
    names
        .zip(before)
        .zip(after)
        .map(|(((name, is_trained), old), new)| (name, is_trained, old, new))
        .collect()
}

#[test]
fn layers_that_are_not_trained_stay_and_the_others_move_as_they_would() {
    for (target, model) in [
        ("markov", &[][..]),
        ("classification", &["model.pooler=true"]),
        ("copying", &["model.encoder_layers=1", "task.vocabulary=5", "task.length=5"]),
    ] {
        let whole = after_one_step(target, model, None);
        for layers in 0..=3 {
            let part = after_one_step(target, model, Some(layers));
            let mut moved = 0;
            for ((name, is_trained, old, new), (_, _, _, free)) in part.iter().zip(&whole) {
                let fixed = ["tokens.", "positions.", "segments.", "encoder"]
                    .iter()
                    .any(|first| name.starts_with(first))
                    || (0..3 - layers).any(|layer| name.starts_with(&format!("layers.{layer}.")));
                assert_eq!(*is_trained, !fixed, "{target}, {layers} layers: {name}");
                assert_eq!(new, if fixed { old } else { free }, "{target}, {layers} layers: {name}");
                moved += usize::from(new != old);
            }
            assert!(moved > 0 && moved < part.len(), "{target}, {layers} layers");
        }
    }
}
