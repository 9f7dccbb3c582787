//! False discoveries of the audit: what it finds where labels are shuffled, so that no word goes with any.
//!
//! ```sh
//! cargo run --release -p onset --example audit_shuffles -- 20 sms.tsv.gz trec.tsv.gz
//! ```
//!
//! The first argument is the number of shuffles, the others are files of texts.

use std::error::Error;

use onset::audit::audit_of_shuffled_labels;
use onset::task::text::TextSource;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let shuffles: u64 = arguments.next().ok_or("usage: audit_shuffles SHUFFLES FILE ...")?.parse()?;
    println!(
        "| file | pairs tested | shuffles with a discovery | false discoveries | leaks |\n|---|--:|--:|--:|--:|"
    );
    for file in arguments {
        let source = TextSource { file: Some(file.clone().into()), ..TextSource::default() };
        let (mut tests, mut with_one, mut found, mut leaks) = (0, 0, 0, 0);
        for seed in 0..shuffles {
            let shuffled = audit_of_shuffled_labels(&source, seed)?;
            tests = shuffled.tests;
            with_one += usize::from(shuffled.associated > 0);
            found += shuffled.associated;
            leaks += shuffled.leaks;
        }
        println!("| {file} | {tests} | {with_one} of {shuffles} | {found} | {leaks} |");
    }
    Ok(())
}
