//! How fast something is, and how long it will take, in a few digits.

/// Steps a second, to three digits; slow ones as seconds a step. Nothing before the first step.
pub fn pace(steps: u64, seconds: f64) -> Option<String> {
    let rate = steps as f64 / seconds.max(1e-9);
    Some(match rate {
        _ if steps == 0 => return None,
        rate if rate < 1.0 => format!("{:.1} s/step", 1.0 / rate),
        rate if rate < 10.0 => format!("{rate:.2} steps/s"),
        rate if rate < 100.0 => format!("{rate:.1} steps/s"),
        rate => format!("{rate:.0} steps/s"),
    })
}

/// A time in seconds, minutes or hours.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..100 => format!("{whole} s"),
        100..6000 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, pace};

    #[test]
    fn a_pace_is_rounded_to_what_people_read() {
        let paces = [188.098475019942, 18.8098, 1.88098, 0.12].map(|rate| pace(1, 1.0 / rate).unwrap());
        assert_eq!(paces, ["188 steps/s", "18.8 steps/s", "1.88 steps/s", "8.3 s/step"]);
        assert_eq!(pace(0, 12.0), None);
    }

    #[test]
    fn a_duration_has_the_units_that_people_use() {
        let times = [0.4, 42.0, 125.4, 7500.0].map(duration);
        assert_eq!(times, ["0 s", "42 s", "2 min 5 s", "2 h 5 min"]);
    }
}
