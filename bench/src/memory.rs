//! Peak memory of reading many texts, in a separate process.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use onset::task::text::{TextData, TextSource};
use onset_engine::{Random, Stream};

/// The number of texts.
pub const TEXTS: usize = 1_000_000;

/// Words in each text.
const WORDS: usize = 80;

/// Distinct words; the frequency of the r-th most frequent word is proportional to 1/r, as in natural text.
const VOCABULARY: usize = 200_000;

/// Writes `texts` texts to a temporary file and reads them in another process, which prints its peak memory.
pub fn all(texts: usize) {
    let file = std::env::temp_dir().join(format!("onset-bench-{}.csv", std::process::id()));
    write(&file, texts).expect("space for a temporary file");
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    let program = std::env::current_exe().expect("this program has a path");
    let start = Instant::now();
    let output = Command::new(program).arg("--load").arg(&file).output().expect("this program runs again");
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    println!(
        "\n| texts | words of a text | file, MB | read in, s | peak memory, MB |\n|---|---|---|---|---|"
    );
    println!("| {texts} | {WORDS} | {} | {seconds:.0} | **{megabytes}** |", bytes / 1_000_000);
    // Best effort: a file left in the temporary directory does no harm.
    let _ = std::fs::remove_file(file);
}

/// Reads the texts of `file` and prints the peak memory of this process in MB.
pub fn load(file: &str) {
    let source = TextSource { file: Some(file.into()), ..TextSource::default() };
    let data = TextData::load(&source).expect("texts that load");
    assert!(data.train.len() > data.validation.len());
    println!("{}", crate::process::megabytes("VmHWM"));
}

/// Writes a CSV file of `texts` texts of [`WORDS`] words, with two alternating labels.
fn write(file: &Path, texts: usize) -> std::io::Result<()> {
    let mut random = Random::at(1, Stream::Data, 0);
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "text,label")?;
    for text in 0..texts {
        write!(out, "\"")?;
        for place in 0..WORDS {
            // The inverse of the harmonic distribution: ranks are exponential in a uniform draw.
            let rank = (VOCABULARY as f64).powf(f64::from(random.unit())) as usize;
            write!(out, "{}{}", if place == 0 { "" } else { " " }, word(rank))?;
        }
        writeln!(out, "\",{}", text % 2)?;
    }
    out.flush()
}

/// A word for each rank, with four or more letters, like most words.
fn word(rank: usize) -> String {
    let (mut word, mut rest) = (String::from("w"), rank);
    while word.len() < 4 || rest > 0 {
        word.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    word
}
