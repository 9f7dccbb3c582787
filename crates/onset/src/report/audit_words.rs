//! What an audit says, in sentences and tables, for the terminal and the page.

use super::Grid;
use crate::audit::{Audit, Giveaway, MarkKind};

/// A share in percent; with a decimal close to the ends.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let near_an_end = percent > 0.0 && !(2.0..=98.0).contains(&percent) && percent < 100.0;
    if near_an_end { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// What a giveaway is called.
pub fn giveaway_name(giveaway: &Giveaway) -> String {
    let word = &giveaway.word;
    match giveaway.kind {
        MarkKind::Word => word.clone(),
        MarkKind::FirstWord => format!("{word} (first word)"),
        MarkKind::LastWord => format!("{word} (last word)"),
        MarkKind::Form => format!("{word} (form)"),
    }
}

/// What was found, in sentences: the leaks, what a bag of words is worth, what to do.
pub fn leak_sentences(name: &str, audit: &Audit) -> Vec<String> {
    let accuracy = &audit.accuracy;
    let worth = format!(
        "A bag of all words labels {} of held-out texts correctly, always the most frequent label {}",
        percent(accuracy.all_words),
        percent(accuracy.majority)
    );
    let Some(first) = audit.leaks.first() else {
        return vec![format!("No word of {name} gives a label away."), format!("{worth}.")];
    };
    let count = match audit.leaks.len() {
        1 => "One word gives a label away".to_owned(),
        count => format!("{count} words give labels away"),
    };
    let mut sentences = vec![format!(
        "{count} in {name}: {} is in {} of the texts labelled {}, and {} of the texts with it are labelled so.",
        giveaway_name(first),
        percent(first.share_of_label),
        first.label,
        percent(first.share_of_word)
    )];
    match accuracy.without_leaks {
        Some(without) => {
            sentences.push(format!("{worth}, a bag of all words but these {}.", percent(without)))
        }
        None => sentences.push(format!("{worth}.")),
    }
    sentences.push("If a new text would not have them, take them out of the texts before training.".into());
    sentences
}

/// The words that give a label away.
pub fn leaks_grid(audit: &Audit) -> Grid {
    grid("Words that give a label away", &audit.leaks, usize::MAX, true)
}

/// The words that go with a label and are no leaks, at most `most`.
pub fn strong_words_grid(audit: &Audit, most: usize) -> Grid {
    grid("Words that go with a label, as words do", &audit.strong_words, most, false)
}

fn grid(title: &str, giveaways: &[Giveaway], most: usize, with_alone: bool) -> Grid {
    let mut header: Vec<String> =
        ["word", "label", "texts", "of its texts", "of the label", "shift", "signal"]
            .map(String::from)
            .to_vec();
    header.extend(with_alone.then(|| "alone".to_owned()));
    let row = |giveaway: &Giveaway| {
        let mut row = vec![
            giveaway_name(giveaway),
            giveaway.label.clone(),
            giveaway.by_label.iter().sum::<u32>().to_string(),
            percent(giveaway.share_of_word),
            percent(giveaway.share_of_label),
            format!("{:+.0}", 100.0 * giveaway.shift),
            format!("{:.1}", giveaway.signal),
        ];
        row.extend(with_alone.then(|| percent(giveaway.alone)));
        row
    };
    Grid { title: title.into(), header, rows: giveaways.iter().take(most).map(row).collect() }
}
