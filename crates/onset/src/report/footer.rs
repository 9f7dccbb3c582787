//! The footer of a report: date, version, command, data and spec.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use maud::{Markup, html};

use crate::spec::describe;
use crate::study::RunRecord;

static COMMAND: OnceLock<String> = OnceLock::new();

/// Specs that are printed at most.
const SPECS: usize = 12;

/// Runs that are named at most; of more, only the number is given.
const NAMED: usize = 40;

/// Says by what command this process was started; reports name it. The first call counts.
pub fn name_command(command: String) {
    let _ = COMMAND.set(command);
}

/// The footer of a page on `runs`.
pub(super) fn footer(runs: &[&RunRecord]) -> Markup {
    let versions: BTreeSet<&str> = runs.iter().map(|run| run.manifest().onset.as_str()).collect();
    let own = env!("CARGO_PKG_VERSION");
    let others: Vec<&str> = versions.into_iter().filter(|&version| version != own).collect();
    let (what, date) = date(runs);
    let data = data(runs);
    html! {
        footer {
            dl {
                dt { (what) } dd { time datetime=(date) { (date.replace('T', " ").replace('Z', " UTC")) } }
                dt { "Version" }
                dd {
                    "Onset " (own)
                    @if !others.is_empty() { "; runs begun by " (others.join(", ")) }
                }
                @if let Some(command) = COMMAND.get() { dt { "Command" } dd { code { (command) } } }
                @if !data.is_empty() { dt { "Data" } dd { @for each in &data { div { (each) } } } }
                @if !runs.is_empty() { dt { "Runs" } dd { (seeds(runs)) } }
            }
            (specs(runs))
        }
    }
}

/// When the last of the runs ended or was last heard of; without runs, now. `SOURCE_DATE_EPOCH` decides where it is set, so
/// that a page can be made again with the same bytes.
fn date(runs: &[&RunRecord]) -> (&'static str, String) {
    if let Some(given) = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|given| given.parse().ok()) {
        return ("Written", timestamp(given));
    }
    let times = runs.iter().filter_map(|run| run.directory.journal().last().map(|entry| entry.time));
    match times.max() {
        Some(time) => ("Trained", timestamp(time)),
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            ("Written", timestamp(now))
        }
    }
}

/// Seconds since 1970 as `2026-11-26T04:05Z`; the days by the civil calendar.
fn timestamp(seconds: u64) -> String {
    let (days, minutes) = ((seconds / 86_400) as i64, seconds % 86_400 / 60);
    // Years begin in March, so that a leap day is the last of its year; eras have 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}Z", minutes / 60, minutes % 60)
}

/// The files that were trained on, with the digest of what was read.
fn data(runs: &[&RunRecord]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for run in runs {
        let Some(digest) = &run.manifest().data_digest else { continue };
        let files = run.spec.task().settings().files();
        let names: Vec<String> = files
            .iter()
            .filter_map(|file| file.file_name().map(|name| name.to_string_lossy().into_owned()))
            .collect();
        let line = format!(
            "{}: SHA-256 {digest}",
            if names.is_empty() { "made by the task".into() } else { names.join(", ") }
        );
        if !all.contains(&line) {
            all.push(line);
        }
    }
    all
}

fn seeds(runs: &[&RunRecord]) -> String {
    if runs.len() > NAMED {
        return format!("{} runs", runs.len());
    }
    let names: Vec<String> = runs.iter().map(|run| run.name()).collect();
    names.join(", ")
}

/// The spec of each setting.
fn specs(runs: &[&RunRecord]) -> Markup {
    let mut settings: Vec<&RunRecord> = Vec::new();
    for &run in runs {
        let key = |run: &RunRecord| run.spec.clone().with_seed(0);
        if !settings.iter().any(|known| key(known) == key(run)) {
            settings.push(run);
        }
    }
    let left_out = settings.len().saturating_sub(SPECS);
    html! {
        @for run in settings.iter().take(SPECS) {
            details {
                summary { "Spec: " (describe(&run.spec)) ", as of seed " (run.spec.seed()) }
                pre tabindex="0" { (run.directory.spec_text()) }
            }
        }
        @if left_out > 0 { p { (left_out) " further specs are in the folders of their runs (spec.toml)." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, written) in [
            (0, "1970-01-01T00:00Z"),
            (951_782_399, "2000-02-28T23:59Z"),
            (951_782_400, "2000-02-29T00:00Z"),
            (1_709_251_199, "2024-02-29T23:59Z"),
            (4_107_542_400, "2100-03-01T00:00Z"),
        ] {
            assert_eq!(timestamp(seconds), written);
        }
    }
}
