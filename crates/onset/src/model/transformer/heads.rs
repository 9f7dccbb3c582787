//! The path from a token through a single head to the scores.

use onset_engine::{Activation, Tape, Term};

use super::Transformer;

impl Transformer {
    /// The direct path of each place (see [`crate::model::Model::direct_paths`]).
    pub(super) fn direct_path_of_each_head(&self, tape: &mut Tape, tokens: &[u32]) -> Vec<Vec<f32>> {
        let indices = tape.indices(tokens.iter().copied());
        let states = self.embedding.of_tokens(tape, indices);
        let mut paths = Vec::with_capacity(self.places.len());
        for layer in &self.layers {
            for added in layer.direct_paths(tape, states, self.variant) {
                let scores = tape.affine(&[Term::new(added, self.output.0)], &[], Activation::Identity);
                paths.push(tape.data(scores).to_vec());
            }
        }
        tape.clear();
        paths
    }
}

#[cfg(test)]
mod tests {
    use onset_engine::Value;

    use super::*;
    use crate::batch::{Batch, CausalBatch, Ragged, Signature};
    use crate::model::{AttentionModes, Model, ModelSettings, Pass, Positions, TransformerSettings, Want};

    fn settings() -> TransformerSettings {
        TransformerSettings { layers: 1, heads: 2, width: 8, mlp: 0, ..TransformerSettings::default() }
    }

    fn built(settings: &TransformerSettings) -> (Tape, Box<dyn Model>, AttentionModes) {
        let mut tape = Tape::new(1);
        let model = settings.build(&mut tape, &Signature::Sequence { vocabulary: 5, longest: 9 }, 3);
        // Larger than at the start, so that effects are seen.
        for value in values(&*model) {
            tape.data_mut(value).iter_mut().for_each(|number| *number *= 20.0);
        }
        let modes = settings.modes(model.places());
        (tape, model, modes)
    }

    fn values(model: &dyn Model) -> Vec<Value> {
        let chosen = model.parameters().iter().filter(|parameter| parameter.shape.len() == 2);
        chosen.map(|parameter| parameter.value).collect()
    }

    fn sequences(rows: &[&[u32]]) -> Batch {
        let mut tokens = Ragged::default();
        rows.iter().for_each(|row| tokens.push(row.iter().copied()));
        Batch::Causal(CausalBatch { first: vec![0; rows.len()], tokens })
    }

    #[test]
    fn a_head_whose_output_goes_nowhere_is_not_missed() {
        let (mut tape, model, modes) = built(&settings());
        let projection = model.parameters().iter().find(|p| p.name == "layers.0.attention.projection.weight");
        let projection = projection.unwrap().value;
        // Head 1 has the last four columns.
        tape.data_mut(projection)
            .iter_mut()
            .enumerate()
            .filter(|(at, _)| at % 8 >= 4)
            .for_each(|(_, w)| *w = 0.0);
        let batch = sequences(&[&[0, 1, 2, 3, 4, 0], &[3, 3, 1]]);
        let mut loss =
            |removed| model.read_without(&mut tape, &batch, Pass::new(&modes), removed).unwrap().loss;
        let without = [loss(&[true, false]), loss(&[false, true])];
        let whole = model.read(&mut tape, &batch, Pass::new(&modes), Want::default()).loss;
        assert_eq!(without[1], whole);
        assert!((without[0] - whole).abs() > 1e-3, "{without:?} {whole}");
    }

    #[test]
    fn without_its_only_head_a_model_does_not_see_earlier_tokens() {
        let one = TransformerSettings { heads: 1, ..settings() };
        let (mut tape, model, modes) = built(&one);
        // The mean over all rows is the same for both orders, as all tokens have been seen by the last one.
        let loss = |tape: &mut Tape, row: &[u32]| {
            let batch = sequences(&[row]);
            let without = model.read_without(tape, &batch, Pass::new(&modes), &[true]).unwrap().loss;
            let whole = model.read(tape, &batch, Pass::new(&modes), Want::default()).loss;
            (without, whole)
        };
        // A batch of one position: its mean is itself.
        let (ablated, whole) = loss(&mut tape, &[2, 4]);
        assert!((ablated - whole).abs() < 1e-6);
        let (ablated, whole) = loss(&mut tape, &[2, 4, 1, 1]);
        assert!((ablated - whole).abs() > 1e-4, "{ablated} {whole}");
    }

    #[test]
    fn the_direct_paths_of_one_token_are_what_attention_adds_to_its_scores() {
        use crate::model::NormChoice;
        let plain = TransformerSettings { norm: NormChoice::None, positions: Positions::None, ..settings() };
        let (mut tape, model, modes) = built(&plain);
        let tokens = [3, 0, 4];
        let paths = model.direct_paths(&mut tape, &tokens).unwrap();
        assert_eq!(paths.len(), 2);
        let table = |tape: &Tape, name: &str| {
            let parameter = model.parameters().iter().find(|p| p.name == name).unwrap();
            tape.data(parameter.value).to_vec()
        };
        let (embedding, output) = (table(&tape, "tokens.weight"), table(&tape, "output.weight"));
        for (row, &token) in tokens.iter().enumerate() {
            let want = Want { logits: true, ..Want::default() };
            let read = model.read(&mut tape, &sequences(&[&[token, 0]]), Pass::new(&modes), want);
            for (score, found) in read.readings[0].logits.row(0).iter().enumerate() {
                let own: f32 =
                    (0..8).map(|at| embedding[token as usize * 8 + at] * output[score * 8 + at]).sum();
                let added: f32 = paths.iter().map(|path| path[row * 5 + score]).sum();
                assert!((found - own - added).abs() < 1e-4, "{token} {score}: {found} {own} {added}");
            }
        }
    }
}
