//! The loss by position in a window: how much the tokens before a prediction help.

use crate::model::Reading;
use crate::store::Table;
use crate::task::number;

/// The mean loss in nats of the prediction after one token, after two tokens, and so on.
pub(super) fn losses_by_position(readings: &[Reading]) -> Vec<f64> {
    let longest = readings.iter().map(|reading| reading.log_probability.len()).max().unwrap_or(0);
    let mut losses = vec![0.0; longest];
    for reading in readings {
        for (loss, &log) in losses.iter_mut().zip(&reading.log_probability) {
            *loss -= f64::from(log);
        }
    }
    losses.iter_mut().for_each(|loss| *loss /= readings.len() as f64);
    losses
}

/// Adds the in-context learning score, and the loss around positions 1, 2, 4, … of the window: `loss_at_8` is the mean over the
/// predictions after 5 to 8 tokens.
pub(super) fn with_positions(table: Table, losses: &[f64]) -> Table {
    let table = table.with("in_context_score", number(in_context_score(losses)));
    let powers =
        std::iter::successors(Some(1), |read| Some(2 * read)).take_while(|&read| read <= losses.len());
    powers.fold(table, |table, read| {
        table.with(&format!("loss_at_{read}"), number(mean(&losses[read / 2..read])))
    })
}

/// The mean loss over the last tenth of the window less that over its second tenth (after Olsson et al. 2022): below 0 where the
/// model gains from earlier tokens.
fn in_context_score(losses: &[f64]) -> f64 {
    let tenth = (losses.len() / 10).max(1);
    if losses.len() < 2 * tenth {
        return f64::NAN;
    }
    mean(&losses[losses.len() - tenth..]) - mean(&losses[tenth..2 * tenth])
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_averaged_between_powers_of_two() {
        let losses: Vec<f64> = (1..=20).map(f64::from).collect();
        let table = with_positions(Table::new(), &losses);
        for (name, value) in
            [("loss_at_1", 1.0), ("loss_at_2", 2.0), ("loss_at_4", 3.5), ("loss_at_16", 12.5)]
        {
            assert_eq!(table.floats(name).unwrap(), [value], "{name}");
        }
        assert!(table.floats("loss_at_32").is_err());
        assert_eq!(table.floats("in_context_score").unwrap(), [19.5 - 3.5]);
    }

    #[test]
    fn losses_are_averaged_over_windows() {
        let reading = |logs: &[f32]| Reading { log_probability: logs.to_vec(), ..Reading::default() };
        assert_eq!(losses_by_position(&[reading(&[-1.0, -2.0]), reading(&[-3.0, 0.0])]), [2.0, 1.0]);
    }
}
