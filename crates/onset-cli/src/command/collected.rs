//! Warnings about runs that are not counted.

use onset::study::{Collected, Repeated};

use crate::advice;

/// Prints which runs cannot be read and which repeat another one.
pub fn warn(collected: &Collected) {
    for (path, error) in &collected.unreadable {
        let advice = advice::of(error).map_or_else(String::new, |advice| format!("; {advice}"));
        let (path, error) = (path.display().to_string(), error.to_string());
        let place = if error.contains(&path) { String::new() } else { format!("{path}: ") };
        note!("warning: {place}{error}{advice}");
    }
    for Repeated { path, counted } in &collected.repeated {
        note!(
            "{} is the same run as {} (spec, seed, data and version are the same) and is not counted",
            path.display(),
            counted.display()
        );
    }
}
