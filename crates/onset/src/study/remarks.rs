//! What a classification study says, in sentences.

use super::findings::{ClassificationStudy, Pair, PartStudy};
use crate::agreement::Measure;

impl ClassificationStudy {
    /// The findings in a few sentences, then what to know beside.
    pub fn remarks(&self) -> Vec<String> {
        let part = self.part("validation", Measure::Top);
        let mut sentences =
            vec![self.beta_first(part), self.on_either_label(part), self.what_co_occurrence_says(part)];
        sentences.extend(wander(part));
        sentences.extend(self.cautions());
        sentences.retain(|sentence| !sentence.is_empty());
        sentences
    }

    /// Whether β knows before α follows.
    fn beta_first(&self, part: &PartStudy) -> String {
        let gold = format!(
            "The gold run (seed {}) is best at step {}, with a score of {:.3} (ξ*).",
            self.gold.seed, self.gold.step, self.gold.score
        );
        let finding = part.finding(Pair::AlphaUniform);
        let Some(agreement) = &finding.agreement else { return gold };
        let known = format!(
            "β of the run that never learned to attend ranks the place of its largest attention among the top \
             5 % in {:.0} % of texts{}.",
            100.0 * agreement.value,
            part.baseline.map_or(String::new(), |chance| format!(" (chance: {:.0} %)", 100.0 * chance.mean))
        );
        let follows = match finding.reached {
            Some(reached) => format!(
                "Attention of other seeds agrees better than that only from step {} on, at a score of {:.3} (ξ).",
                reached.step, reached.score
            ),
            None if self.comparisons.is_empty() => String::new(),
            None => "Attention of other seeds never agrees better than that, so ξ is not reached.".into(),
        };
        [gold, known, follows].join(" ").trim_end().into()
    }

    /// Whether the agreement is that of one label: texts without a salient word are attended to by habit, at a
    /// place that each seed chooses for itself.
    fn on_either_label(&self, part: &PartStudy) -> String {
        let by_label = |pair| part.finding(pair).agreement.as_ref().map(|agreement| agreement.by_label);
        let of = |[negative, positive]: [f64; 2]| {
            let [first, second] = &self.label_names;
            format!("{negative:.2} on texts labelled {first} and {positive:.2} on {second}")
        };
        match by_label(Pair::AlphaUniform) {
            Some([Some(negative), Some(positive)]) => {
                format!("A(α, β^uf) is {}.", of([negative, positive]))
            }
            _ => String::new(),
        }
    }

    /// Whether co-occurrence is enough.
    fn what_co_occurrence_says(&self, part: &PartStudy) -> String {
        let value = |pair| part.finding(pair).agreement.as_ref().map(|agreement| agreement.value);
        let pairs = [Pair::AlphaEmbeddings, Pair::AlphaRegression, Pair::AlphaFirstOrder];
        let [Some(embeddings), Some(regression), Some(first_order)] = pairs.map(value) else {
            return String::new();
        };
        format!(
            "What only counts words says of gold attention: bag of embeddings {embeddings:.2}, logistic regression \
             {regression:.2}, first-order co-occurrence {first_order:.2}."
        )
    }

    /// What was left out, is lacking, or bears on how far the figures can be trusted.
    fn cautions(&self) -> Vec<String> {
        let notices = &self.notices;
        let mut sentences: Vec<String> =
            notices.data.sentences().into_iter().map(|sentence| sentence + ".").collect();
        if notices.only_unknown_words > 0 {
            let count = notices.only_unknown_words;
            sentences.push(format!(
                "{count} held-out texts have no known word; the proxies see them as <unk> alone."
            ));
        }
        if let Some(label) = &notices.one_label {
            sentences.push(format!(
                "All held-out texts are labelled {label}: their accuracy says little, and nothing of the other label."
            ));
        }
        let undefined = |part: &PartStudy| {
            let all = part.findings.iter().filter_map(|finding| finding.agreement.as_ref());
            all.map(|agreement| agreement.undefined).max().unwrap_or(0)
        };
        for part in self.parts.iter().filter(|part| undefined(part) > 0) {
            sentences.push(format!(
                "{} is undefined (a constant row) on up to {} of {} {} texts, which are left out.",
                part.measure.name(),
                undefined(part),
                part.texts,
                part.part
            ));
        }
        sentences.extend(notices.unfinished.iter().map(|run| format!("Not finished: {run}.")));
        if let Some((run, step)) = notices.missing.first() {
            let count = notices.missing.len();
            sentences.push(format!(
                "{count} checkpoints have scores but no probes and are left out (the first: {run}, step {step})."
            ));
        }
        sentences
    }
}

/// How much the attention of one seed moves between checkpoints, and how far seeds differ.
fn wander(part: &PartStudy) -> Option<String> {
    let seeds: Vec<&Vec<f64>> = part.curve.by_seed.iter().map(|(_, values)| values).collect();
    // The first checkpoints are learning, not wandering.
    let settled = |values: &&Vec<f64>| values.iter().skip(values.len() / 2).copied().collect::<Vec<f64>>();
    let settled: Vec<Vec<f64>> = seeds.iter().map(settled).collect();
    let moves: Vec<f64> = settled
        .iter()
        .flat_map(|values| values.windows(2).map(|pair| (pair[1] - pair[0]).abs()))
        .filter(|change| change.is_finite())
        .collect();
    if moves.is_empty() || seeds.len() < 2 {
        return None;
    }
    let last: Vec<f64> = seeds.iter().filter_map(|values| values.last().copied()).collect();
    let (low, high) = last.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (x.min(low), x.max(high)));
    Some(format!(
        "In the second half of training a seed's agreement with gold attention moves by {:.2} from one checkpoint \
         to the next, in the mean; at the end seeds lie between {low:.2} and {high:.2}.",
        moves.iter().sum::<f64>() / moves.len() as f64
    ))
}
