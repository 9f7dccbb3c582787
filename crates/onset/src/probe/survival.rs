//! How many seeds still wait after so many steps (Kaplan & Meier 1958): runs that were ended before they learned count
//! as long as they were watched, and are never taken for runs that cannot learn.

/// The share of runs that have not learned, after each step at which one did: (step, share, standard error by
/// Greenwood's formula). `runs` has the step at which each learned, or none, and how long it was watched.
pub fn kaplan_meier(runs: &[(Option<u64>, u64)]) -> Vec<(u64, f64, f64)> {
    let mut steps: Vec<u64> = runs.iter().filter_map(|(learned, _)| *learned).collect();
    steps.sort_unstable();
    steps.dedup();
    let (mut share, mut spread) = (1.0, 0.0);
    steps
        .into_iter()
        .map(|step| {
            let end = |&(learned, watched): &(Option<u64>, u64)| learned.unwrap_or(watched);
            let waiting = runs.iter().filter(|run| end(run) >= step).count() as f64;
            let learned = runs.iter().filter(|run| run.0 == Some(step)).count() as f64;
            share *= 1.0 - learned / waiting;
            if waiting > learned {
                spread += learned / (waiting * (waiting - learned));
            }
            (step, share, share * f64::sqrt(spread))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_were_ended_leave_the_waiting_without_counting_as_learned() {
        // By hand: at 10 of 5 waiting one learns (4/5), at 20 of 3 one (4/5 · 2/3), at 30 the last one.
        let runs = [(Some(10), 10), (None, 15), (Some(20), 20), (None, 25), (Some(30), 30)];
        let curve = kaplan_meier(&runs);
        let shares: Vec<(u64, f64)> = curve.iter().map(|&(step, share, _)| (step, share)).collect();
        assert_eq!(shares[0], (10, 0.8));
        assert!((shares[1].1 - 0.8 * 2.0 / 3.0).abs() < 1e-12 && shares[2] == (30, 0.0));
        assert!((curve[0].2 - (0.8f64 * 0.2 / 5.0).sqrt()).abs() < 1e-12);
        assert!(kaplan_meier(&[(None, 200)]).is_empty());
    }
}
