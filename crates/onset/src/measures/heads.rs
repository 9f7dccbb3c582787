//! What a head of a decoder does, by its attention on a sequence (Olsson et al. 2022, "In-context Learning and Induction Heads").
//!
//! α is given as one row for each position from the first on, over the positions that it sees: row t has t + 1 weights.

use crate::batch::Rows;

/// The mean attention of each position but the first to the one before it: 1 for a perfect previous-token head. None for sequences
/// of fewer than two positions.
pub fn previous_token(alpha: &Rows) -> Option<f64> {
    let rows = (1..alpha.len()).map(|step| f64::from(alpha.row(step)[step - 1]));
    mean(rows)
}

/// The mean attention of positions whose token has occurred before to all positions right behind these occurrences together: 1 for a
/// perfect induction head. None if no token occurs twice, the last one apart.
pub fn prefix_matching(alpha: &Rows, tokens: &[u32]) -> Option<f64> {
    let of_step = |step: usize| {
        let behind = (1..=step).filter(|&position| tokens[position - 1] == tokens[step]);
        let mut weights = behind.map(|position| f64::from(alpha.row(step)[position])).peekable();
        weights.peek()?;
        Some(weights.sum::<f64>())
    };
    mean((1..alpha.len()).filter_map(of_step))
}

/// The mean over predictions of how much larger β is at the right positions than at the others that are seen, in nats: what a head
/// would gain by attending to the right ones. `rows` has β and the right positions of each prediction. None if no prediction sees both.
pub fn beta_gap<'a>(rows: impl IntoIterator<Item = (&'a [f32], &'a [u32])>) -> Option<f64> {
    let of_row = |(beta, right): (&[f32], &[u32])| {
        let others = beta.len().checked_sub(right.len()).filter(|&others| others > 0 && !right.is_empty())?;
        let all: f64 = beta.iter().map(|&beta| f64::from(beta)).sum();
        let at_right: f64 = right.iter().map(|&position| f64::from(beta[position as usize])).sum();
        Some(at_right / right.len() as f64 - (all - at_right) / others as f64)
    };
    mean(rows.into_iter().filter_map(of_row))
}

/// The mean entropy of rows of α, in nats; none without rows.
pub fn entropy<'a>(alpha: impl IntoIterator<Item = &'a [f32]>) -> Option<f64> {
    let of_row = |row: &[f32]| {
        let weights = row.iter().map(|&weight| f64::from(weight)).filter(|&weight| weight > 0.0);
        -weights.map(|weight| weight * weight.ln()).sum::<f64>()
    };
    mean(alpha.into_iter().map(of_row))
}

/// How much the direct path of a head raises the token that it attends to, of everything that it raises: `raised` has for each
/// attended token the change of all scores. The scores of each token minus their mean, where above 0, are summed; the share of the
/// attended one is scaled from −1 (never raised) to 1 (alone raised). None without tokens.
pub fn copying<'a>(raised: impl IntoIterator<Item = (u32, &'a [f32])>) -> Option<f64> {
    let share = |(token, scores): (u32, &[f32])| {
        let average = scores.iter().map(|&score| f64::from(score)).sum::<f64>() / scores.len() as f64;
        let above = |score: f32| (f64::from(score) - average).max(0.0);
        let all: f64 = scores.iter().map(|&score| above(score)).sum();
        if all > 0.0 { 2.0 * above(scores[token as usize]) / all - 1.0 } else { 0.0 }
    };
    mean(raised.into_iter().map(share))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// α of a head that puts all its weight where `target` says.
    fn pattern(length: usize, target: impl Fn(usize) -> usize) -> Rows {
        (0..length)
            .map(|step| (0..=step).map(|at| f32::from(u8::from(at == target(step)))).collect::<Vec<_>>())
            .collect()
    }

    fn uniform(length: usize) -> Rows {
        (0..length).map(|step| vec![1.0 / (step + 1) as f32; step + 1]).collect()
    }

    const TOKENS: [u32; 8] = [4, 7, 1, 9, 4, 7, 1, 9];

    #[test]
    fn a_perfect_previous_token_head_scores_one() {
        assert_eq!(previous_token(&pattern(6, |step| step.saturating_sub(1))), Some(1.0));
        assert_eq!(previous_token(&pattern(6, |step| step)), Some(0.0));
        // 1/2, 1/3, 1/4.
        assert!((previous_token(&uniform(4)).unwrap() - 13.0 / 36.0).abs() < 1e-7);
        assert_eq!(previous_token(&uniform(1)), None);
    }

    #[test]
    fn a_perfect_induction_head_scores_one() {
        let head = pattern(8, |step| if step >= 4 { step - 3 } else { 0 });
        assert_eq!(prefix_matching(&head, &TOKENS), Some(1.0));
        // One that attends to the occurrence itself does not match.
        assert_eq!(prefix_matching(&pattern(8, |step| step.saturating_sub(4)), &TOKENS), Some(0.0));
        let expected = (1.0 / 5.0 + 1.0 / 6.0 + 1.0 / 7.0 + 1.0 / 8.0) / 4.0;
        assert!((prefix_matching(&uniform(8), &TOKENS).unwrap() - expected).abs() < 1e-7);
        assert_eq!(prefix_matching(&uniform(4), &TOKENS[..4]), None);
    }

    #[test]
    fn several_earlier_occurrences_count_together() {
        // The last token has occurred twice before; the positions behind are 1 and 3.
        let expected = (1.0 / 3.0 + 2.0 / 5.0) / 2.0;
        assert!((prefix_matching(&uniform(5), &[2, 5, 2, 6, 2]).unwrap() - expected).abs() < 1e-7);
    }

    #[test]
    fn the_gap_of_beta_is_between_right_positions_and_others() {
        let rows: [(&[f32], &[u32]); 3] =
            [(&[-1.0, -3.0, -5.0], &[0]), (&[-2.0, -2.0], &[]), (&[-1.0], &[0])];
        assert_eq!(beta_gap(rows), Some(3.0));
        assert_eq!(beta_gap(rows[1..].iter().copied()), None);
    }

    #[test]
    fn entropy_is_that_of_the_weights() {
        assert_eq!(entropy([&[0.0, 1.0][..]]), Some(0.0));
        assert!((entropy([&[0.25; 4][..], &[1.0][..]]).unwrap() - 4f64.ln() / 2.0).abs() < 1e-7);
        assert_eq!(entropy([]), None);
    }

    #[test]
    fn a_head_that_raises_what_it_attends_to_copies() {
        assert_eq!(copying([(1, &[0.0, 3.0, 0.0][..])]), Some(1.0));
        assert_eq!(copying([(0, &[0.0, 3.0, 0.0][..])]), Some(-1.0));
        assert_eq!(copying([(0, &[1.0, 1.0][..])]), Some(0.0));
        assert_eq!(copying([(0, &[2.0, 2.0, 0.0, 0.0][..])]), Some(0.0));
        assert_eq!(copying([]), None);
    }
}
