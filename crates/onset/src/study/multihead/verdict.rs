//! The conclusions of the multi-head experiment in sentences.

use super::{BodyOutcome, Comparison, Kind};

/// A claim, the comparison that tests it on a body, and whether the claim holds there.
type Conclusion = (&'static str, fn(&BodyOutcome) -> Option<&Comparison>, fn(&Comparison) -> bool);

const CONCLUSIONS: [Conclusion; 3] = [
    ("with one good head among bad ones, more runs learn", |body| body.one_good_helps.as_ref(), |c| c.holds),
    (
        "with one good head among bad ones, runs reach a higher final accuracy",
        |body| body.one_good_helps.as_ref(),
        |c| c.further,
    ),
    (
        "several random heads learn more often than a single one",
        |body| body.more_heads_help.as_ref(),
        |c| c.holds,
    ),
];

/// The conclusions for each body, then over all bodies.
pub fn multihead_sentences(bodies: &[BodyOutcome]) -> Vec<String> {
    let mut sentences: Vec<String> = bodies.iter().flat_map(of_body).collect();
    for (what, pair, holds) in CONCLUSIONS {
        let compared: Vec<&Comparison> = bodies.iter().filter_map(pair).collect();
        let holds = compared.iter().filter(|comparison| holds(comparison)).count();
        let not = bodies.len() - compared.len();
        let left_out = if not == 0 { String::new() } else { format!("; {not} could not be compared") };
        let bodies = if compared.len() == 1 { "body" } else { "bodies" };
        sentences
            .push(format!("Claim: {what}. It holds on {holds} of {} {bodies}{left_out}.", compared.len()));
    }
    sentences
}

impl BodyOutcome {
    fn learned(&self, kind: Kind) -> String {
        let outcome = self.kinds.iter().find(|outcome| outcome.kind == kind);
        outcome.map_or("no runs".into(), |o| format!("{} of {} runs with {}", o.learned, o.runs, o.name))
    }
}

fn of_body(outcome: &BodyOutcome) -> Vec<String> {
    let BodyOutcome { body, pools, .. } = outcome;
    let cap = if pools.met_cap { " (the maximum; not enough good or bad heads were found)" } else { "" };
    let mut sentences = vec![format!(
        "Body {body}: {} heads tried{cap}; {} good and {} bad ones selected.",
        pools.drawn,
        pools.good.len(),
        pools.bad.len()
    )];
    sentences.extend(outcome.missing.iter().map(|missing| format!("Body {body}: {missing}.")));
    for comparison in [&outcome.one_good_helps, &outcome.more_heads_help].into_iter().flatten() {
        let Comparison { more, less, difference, p, holds, accuracy_difference, accuracy_p, .. } = comparison;
        let result = match (holds, *difference > 0.0) {
            (true, _) => "more often",
            (false, true) => "more often, but not significantly",
            (false, false) => "not more often",
        };
        sentences.push(format!(
            "Body {body}: {} learned, and {}: {result} (difference of shares {difference:+.2}, Fisher's exact test \
             p = {}).",
            outcome.learned(*more),
            outcome.learned(*less),
            if *p < 0.001 { format!("{p:.0e}") } else { format!("{p:.3}") },
        ));
        sentences.push(format!(
            "Body {body}: the difference in mean final accuracy is {accuracy_difference:+.3} (permutation \
             test p = {accuracy_p:.4})."
        ));
    }
    for kind in &outcome.kinds {
        if kind.ended_early > 0 {
            sentences.push(format!(
                "Body {body}: {} of the {} runs with {} ended before {} steps without reaching 0.95; they \
                 count as not learned, although they might have learned later.",
                kind.ended_early, kind.runs, kind.name, outcome.budget
            ));
        }
        if let (Some(won), true) = (kind.good_won, kind.learned > 0) {
            sentences.push(format!(
                "Body {body}: in {won} of the {} runs with {} that learned, the good head has the best \
                 attention at the end.",
                kind.learned, kind.name
            ));
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::Emergence;
    use crate::study::{EmergenceQuartiles, KindOutcome, Pools, Quartiles};

    fn kind(kind: Kind, learned: usize) -> KindOutcome {
        let none = Quartiles { lower: 0.0, median: 0.0, upper: 0.0 };
        let not = Emergence::NotBy(200.0);
        KindOutcome {
            kind,
            name: kind.describe(8),
            runs: 20,
            learned,
            ended_early: if kind == Kind::Bad { 3 } else { 0 },
            emergence: EmergenceQuartiles { lower: not, median: not, upper: not },
            accuracy: none,
            final_accuracy: (0..20).map(|run| f64::from(u8::from(run < learned))).collect(),
            steps: Vec::new(),
            accuracy_curve: Vec::new(),
            attention_curve: Vec::new(),
            good_won: (kind == Kind::OneGood).then_some(learned),
        }
    }

    #[test]
    fn bodies_are_counted_on_which_a_conclusion_survives() {
        let body = |body, good, missing: &[&str]| {
            let kinds =
                [kind(Kind::Bad, 2), kind(Kind::OneGood, good), kind(Kind::Random, 9), kind(Kind::Single, 8)];
            let pools = Pools { good: vec![1], bad: vec![2], discarded: 0, drawn: 2, met_cap: true };
            let mut outcome = BodyOutcome {
                body,
                heads: 8,
                budget: 200,
                pools,
                one_good_helps: Some(Comparison::new(&kinds[1], &kinds[0])),
                more_heads_help: Some(Comparison::new(&kinds[2], &kinds[3])),
                kinds: kinds.into(),
                missing: missing.iter().map(|&text| text.into()).collect(),
            };
            if !missing.is_empty() {
                outcome.one_good_helps = None;
            }
            outcome
        };
        let text =
            multihead_sentences(&[body(0, 18, &[]), body(1, 3, &[]), body(2, 0, &["no runs"])]).join("\n");
        for part in [
            "Body 0: 2 heads tried (the maximum",
            "18 of 20 runs with 7 bad + 1 good learned, and 2 of 20 runs with 8 bad: more often (difference",
            "in 18 of the 18 runs with 7 bad + 1 good that learned",
            "more runs learn. It holds on 1 of 2 bodies; 1 could not be compared.",
            "higher final accuracy. It holds on 1 of 2 bodies",
            "than a single one. It holds on 0 of 3 bodies.",
            "more often, but not significantly",
            "Body 0: 3 of the 20 runs with 8 bad ended before 200 steps without reaching 0.95",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
