//! The results of a study in sentences.

use super::findings::{Pair, PartStudy, Study};
use crate::agreement::Measure;

impl Study {
    /// The findings in a few sentences, then the caveats.
    pub fn remarks(&self) -> Vec<String> {
        let part = self.part("validation", Measure::Top);
        let mut sentences =
            vec![self.beta_first(part), self.on_each_label(part), agreement_with_counts(part)];
        sentences.extend(movement(part));
        sentences.extend(self.cautions());
        sentences.retain(|sentence| !sentence.is_empty());
        sentences
    }

    /// The word for rows: texts or target positions.
    fn rows_are(&self) -> &'static str {
        if self.label_names.is_some() { "texts" } else { "target words" }
    }

    /// Whether β ranks the word first before α does.
    fn beta_first(&self, part: &PartStudy) -> String {
        let bleu = self.bleu.as_ref().map_or(String::new(), |bleu| format!(", BLEU {:.1}", bleu.gold));
        let gold = format!(
            "The gold run (seed {}) is best at step {}, with a score of {:.3}{bleu} (ξ*).",
            self.gold.seed, self.gold.step, self.gold.score
        );
        let Some(finding) = part.finding(Pair::AlphaUniform) else { return gold };
        let Some(agreement) = &finding.agreement else { return gold };
        let known = format!(
            "β of the run that never learned to attend ranks the place of its largest attention among the top \
             5 % in {:.0} % of {}{}.",
            100.0 * agreement.value,
            self.rows_are(),
            part.baseline.map_or(String::new(), |chance| format!(" (chance: {:.0} %)", 100.0 * chance.mean))
        );
        let follows = match finding.reached {
            Some(reached) => format!(
                "Attention of other seeds agrees better than that only from step {} on, at a score of {:.3}{} (ξ).",
                reached.step,
                reached.score,
                self.bleu_at(finding).map_or(String::new(), |bleu| format!(", BLEU {bleu:.1}"))
            ),
            None if self.comparisons.is_empty() => String::new(),
            None => "Attention of other seeds never agrees better than that, so ξ is not reached.".into(),
        };
        [gold, known, follows].join(" ").trim_end().into()
    }

    /// Whether the agreement is that of some labels: texts without a salient word are attended to by habit, at a
    /// place that each seed chooses for itself.
    fn on_each_label(&self, part: &PartStudy) -> String {
        let by_label = part.agreement(Pair::AlphaUniform).map(|agreement| &agreement.by_label);
        let (Some(by_label), Some(names)) = (by_label, &self.label_names) else { return String::new() };
        let mut known: Vec<(f64, &String)> =
            by_label.iter().zip(names).filter_map(|(value, name)| Some(((*value)?, name))).collect();
        match &known[..] {
            [(first, a), (second, b)] => {
                format!("A(α, β^uf) is {first:.2} on texts labelled {a} and {second:.2} on {b}.")
            }
            [_, _, _, ..] => {
                known.sort_by(|a, b| a.0.total_cmp(&b.0));
                let ((low, least), (high, most)) = (known[0], known[known.len() - 1]);
                format!(
                    "A(α, β^uf) is lowest on texts labelled {least} ({low:.2}) and highest on {most} \
                     ({high:.2})."
                )
            }
            _ => String::new(),
        }
    }

    /// Omissions, missing records, and other limits of the results.
    fn cautions(&self) -> Vec<String> {
        let notices = &self.notices;
        let mut sentences: Vec<String> = notices.data.iter().map(|sentence| format!("{sentence}.")).collect();
        if notices.only_unknown_words > 0 {
            let count = notices.only_unknown_words;
            sentences
                .push(format!("{count} held-out texts have no known words; the proxies see only <unk>."));
        }
        if let Some(label) = &notices.one_label {
            sentences.push(format!(
                "All held-out texts are labelled {label}, so their accuracy says little, and nothing about \
                 other labels."
            ));
        }
        let undefined = |part: &PartStudy| {
            let all = part.findings.iter().filter_map(|finding| finding.agreement.as_ref());
            all.map(|agreement| agreement.undefined).max().unwrap_or(0)
        };
        for part in self.parts.iter().filter(|part| undefined(part) > 0) {
            sentences.push(format!(
                "{} is undefined (a constant row) on up to {} of {} {} {}, which are left out.",
                part.measure.name(),
                undefined(part),
                part.rows,
                part.part,
                self.rows_are()
            ));
        }
        for part in self.parts.iter().filter(|part| part.measure == Measure::Top) {
            let absent = part.agreement(Pair::DeltaUniform).map_or(0, |agreement| agreement.absent);
            if absent > 0 {
                sentences.push(format!(
                    "Δ was recorded for {} of {} {} {}; A(Δ, β^uf) is over these.",
                    part.rows - absent,
                    part.rows,
                    part.part,
                    self.rows_are()
                ));
            }
        }
        sentences.extend(notices.unfinished.iter().map(|run| format!("Not finished: {run}.")));
        if let Some((run, step)) = notices.missing.first() {
            let count = notices.missing.len();
            sentences.push(format!(
                "{count} checkpoints have scores but no attribution records and are left out (the first: \
                 {run}, step {step})."
            ));
        }
        sentences
    }
}

/// Whether co-occurrence alone predicts gold attention.
fn agreement_with_counts(part: &PartStudy) -> String {
    let agreements: Vec<String> = [
        (Pair::AlphaEmbeddings, "bag of embeddings"),
        (Pair::AlphaRegression, "logistic regression"),
        (Pair::AlphaFirstOrder, "first-order co-occurrence"),
    ]
    .into_iter()
    .filter_map(|(pair, name)| Some(format!("{name} {:.2}", part.agreement(pair)?.value)))
    .collect();
    if agreements.is_empty() {
        return String::new();
    }
    format!("Agreement of gold attention with models of word counts alone: {}.", agreements.join(", "))
}

/// How much the attention of one seed changes between checkpoints, and how far seeds differ.
fn movement(part: &PartStudy) -> Option<String> {
    let seeds: Vec<&Vec<f64>> = part.curve.by_seed.iter().map(|(_, values)| values).collect();
    // In the first half of training, attention moves because it is still being learned.
    let settled = |values: &&Vec<f64>| values.iter().skip(values.len() / 2).copied().collect::<Vec<f64>>();
    let settled: Vec<Vec<f64>> = seeds.iter().map(settled).collect();
    let moves: Vec<f64> = settled
        .iter()
        .flat_map(|values| values.windows(2).map(|pair| (pair[1] - pair[0]).abs()))
        .filter(|change| change.is_finite())
        .collect();
    if moves.is_empty() {
        return None;
    }
    let last: Vec<f64> = seeds.iter().filter_map(|values| values.last().copied()).collect();
    let (low, high) = last.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (x.min(low), x.max(high)));
    let at_the_end = match seeds.len() {
        1 => format!("it is {low:.2}"),
        _ => format!("seeds lie between {low:.2} and {high:.2}"),
    };
    Some(format!(
        "In the second half of training, a seed's agreement with gold attention changes by {:.2} per \
         checkpoint on average; at the end {at_the_end}.",
        moves.iter().sum::<f64>() / moves.len() as f64
    ))
}
