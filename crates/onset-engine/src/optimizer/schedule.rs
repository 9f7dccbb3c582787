//! Learning-rate schedules: pure functions from the step to a factor on the learning rate, with the formulas of Hugging
//! Face's `get_*_schedule_with_warmup`.

use std::f64::consts::PI;

/// How the learning rate changes with the step.
///
/// All schedules first rise linearly from 0 over `warmup` steps; 0 means no warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// 1 after the warm-up (`get_constant_schedule_with_warmup`).
    Constant {
        /// Warm-up steps.
        warmup: u64,
    },
    /// Falls linearly to 0 at step `total` (`get_linear_schedule_with_warmup`).
    Linear {
        /// Warm-up steps.
        warmup: u64,
        /// The step at which the factor reaches 0.
        total: u64,
    },
    /// Falls to 0 at step `total` along half a cosine (`get_cosine_schedule_with_warmup`).
    Cosine {
        /// Warm-up steps.
        warmup: u64,
        /// The step at which the factor reaches 0.
        total: u64,
    },
    /// Falls as 1/√step (`get_inverse_sqrt_schedule`).
    InverseRoot {
        /// Warm-up steps.
        warmup: u64,
    },
}

/// The time scale of [`Schedule::InverseRoot`] without warm-up, as in Hugging Face's library.
const TIMESCALE: u64 = 10_000;

impl Schedule {
    /// The factor on the learning rate in the update that follows `step` updates.
    ///
    /// With w = `warmup` and T = `total`, the factor before step w is step/w in all schedules, so with a warm-up the
    /// first update has factor 0. From w on: constant, 1; linear, (T − step)/(T − w); cosine, ½(1 + cos π(step − w)/(T
    /// − w)); inverse root, √(w/step), or 1/√(1 + step/10,000) if w is 0. From T on, linear and cosine are 0.
    pub fn factor(self, step: u64) -> f64 {
        let warmup = self.warmup();
        if step < warmup {
            return step as f64 / warmup as f64;
        }
        match self {
            Self::Constant { .. } => 1.0,
            Self::Linear { total, .. } => remaining(step, warmup, total),
            Self::Cosine { total, .. } => 0.5 * (1.0 + (PI * (1.0 - remaining(step, warmup, total))).cos()),
            Self::InverseRoot { warmup: 0 } => 1.0 / ((step + TIMESCALE) as f64 / TIMESCALE as f64).sqrt(),
            Self::InverseRoot { .. } => 1.0 / (step as f64 / warmup as f64).sqrt(),
        }
    }

    /// The learning rate of the update that follows `step` updates; `rate` is the learning rate at factor 1.
    pub fn rate(self, rate: f32, step: u64) -> f32 {
        (f64::from(rate) * self.factor(step)) as f32
    }

    fn warmup(self) -> u64 {
        match self {
            Self::Constant { warmup }
            | Self::Linear { warmup, .. }
            | Self::Cosine { warmup, .. }
            | Self::InverseRoot { warmup } => warmup,
        }
    }
}

/// The share of the steps from `warmup` to `total` that remain at `step`.
fn remaining(step: u64, warmup: u64, total: u64) -> f64 {
    total.saturating_sub(step) as f64 / total.saturating_sub(warmup).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors<const N: usize>(schedule: Schedule, steps: [u64; N]) -> [f64; N] {
        steps.map(|step| (schedule.factor(step) * 1e6).round() / 1e6)
    }

    #[test]
    fn factors_are_those_of_the_formulas() {
        let constant = Schedule::Constant { warmup: 4 };
        assert_eq!(factors(constant, [0, 1, 3, 4, 5, 1000]), [0.0, 0.25, 0.75, 1.0, 1.0, 1.0]);
        let linear = Schedule::Linear { warmup: 2, total: 10 };
        assert_eq!(factors(linear, [0, 1, 2, 4, 9, 10, 11]), [0.0, 0.5, 1.0, 0.75, 0.125, 0.0, 0.0]);
        let cosine = Schedule::Cosine { warmup: 2, total: 10 };
        let [a, b] = [0.853_553, 0.146_447];
        assert_eq!(factors(cosine, [1, 2, 4, 6, 8, 10, 12]), [0.5, 1.0, a, 0.5, b, 0.0, 0.0]);
        let root = Schedule::InverseRoot { warmup: 4 };
        assert_eq!(factors(root, [0, 2, 4, 16, 100]), [0.0, 0.5, 1.0, 0.5, 0.2]);
    }

    #[test]
    fn without_warm_up_every_schedule_starts_at_the_full_rate() {
        let total = 8;
        for schedule in [
            Schedule::Constant { warmup: 0 },
            Schedule::Linear { warmup: 0, total },
            Schedule::Cosine { warmup: 0, total },
            Schedule::InverseRoot { warmup: 0 },
        ] {
            assert_eq!((schedule.factor(0), schedule.rate(0.1, 0)), (1.0, 0.1));
        }
        assert_eq!(factors(Schedule::InverseRoot { warmup: 0 }, [30_000]), [0.5]);
    }

    #[test]
    fn a_budget_that_ends_within_the_warm_up_divides_by_nothing() {
        assert_eq!(factors(Schedule::Linear { warmup: 4, total: 3 }, [2, 3, 4, 5]), [0.5, 0.75, 0.0, 0.0]);
        assert_eq!(factors(Schedule::Cosine { warmup: 4, total: 4 }, [4, 5]), [0.0, 0.0]);
    }
}
