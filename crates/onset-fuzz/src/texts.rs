//! Labelled texts in each form, and sentence pairs in one file or two.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use onset::data::{inspect, inspect_pairs};
use onset::forecast::predict_pair_files;
use onset::target::{TargetOptions, resolve};
use onset::task::pairs::{PairData, PairSource};
use onset::task::text::TextData;

use crate::{Target, outcome, scratch};

/// Texts in each form: the first byte says which.
pub const TEXTS: Target = Target { name: "texts", run: texts, seeds: text_seeds, words: WORDS };

/// Sentence pairs: the first byte says in which form.
pub const PAIRS: Target = Target { name: "pairs", run: pairs, seeds: pair_seeds, words: WORDS };

const WORDS: &[&str] = &[
    "text", "label", "source", "target", "\t", ",", ";", "\"", "\"\"", "\n", "\r\n", "\r", "\u{feff}", "{",
    "}", "null", "\\u0000", "\\ud800", "\u{202e}", "\u{301}", "中文", "ﬁ", "<s>", "</s>", "<unk>", "<eos>",
    "▁", "\u{2028}", "1", "0", "keyed",
];

const FORMS: [&str; 7] = ["a.tsv", "a.csv", "a.jsonl", "a.ndjson", "b.tsv.gz", "b.csv.gz", "a.txt"];

/// The file that the first byte of `bytes` asks for, with the rest in it.
fn form(bytes: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let (first, rest) = bytes.split_first()?;
    let name = FORMS[usize::from(*first) % FORMS.len()];
    // Half of the packed ones are packed here, or hardly any would ever be unpacked.
    if name.ends_with(".gz") && *first >= 128 {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(rest).ok()?;
        return Some((name, packed.finish().ok()?));
    }
    Some((name, rest.to_vec()))
}

fn texts(bytes: &[u8]) -> String {
    let Some((name, content)) = form(bytes) else { return String::new() };
    let path = scratch::file(name, &content);
    let options = TargetOptions { overrides: vec!["task.min_count=1".into()], ..TargetOptions::default() };
    let target = match resolve(&path.display().to_string(), &options) {
        Ok(target) => target,
        Err(error) => return outcome::<(), _>(&Err(error)),
    };
    let Some(source) = target.texts() else { return pairs_of(&path, None) };
    let (loaded, inspected) = (TextData::load(source), inspect(source));
    format!("{name} {} {}", outcome(&loaded), outcome(&inspected))
}

fn pairs(bytes: &[u8]) -> String {
    let Some((first, rest)) = bytes.split_first() else { return String::new() };
    if first.is_multiple_of(2) {
        let middle = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len() / 2);
        let (source, target) = rest.split_at(middle);
        let source = scratch::file("a.de", source);
        let target = scratch::file("a.en", target.strip_prefix(b"\0").unwrap_or(target));
        return pairs_of(&source, Some(&target));
    }
    let Some((name, content)) = form(&bytes[1..]) else { return String::new() };
    pairs_of(&scratch::file(name, &content), None)
}

fn pairs_of(source: &Path, target: Option<&Path>) -> String {
    let settings = PairSource {
        source: Some(source.into()),
        target: target.map(Path::to_owned),
        vocabulary: 40,
        max_subwords: 12,
        ..PairSource::default()
    };
    let loaded = PairData::load(&settings);
    let (predicted, inspected) = (predict_pair_files(&settings), inspect_pairs(&settings));
    format!("{} {} {}", outcome(&loaded), outcome(&predicted), outcome(&inspected))
}

fn text_seeds() -> Vec<Vec<u8>> {
    let table = |form: u8, between: &str| {
        let rows = [
            "text|label",
            "a good day|1",
            "so bad, so bad|0",
            "good \u{fe0f} day|1",
            "it is bad|0",
            "day|1",
            "no|0",
        ];
        [&[form][..], rows.join("\n").replace('|', between).as_bytes()].concat()
    };
    let json = b"\x02{\"text\": \"a good day\", \"label\": 1}\n{\"text\": \"bad\", \"label\": 0}\n{\"label\": true, \"text\": \"x\"}\n";
    let quoted = b"\x01text,label\n\"a \"\"good\"\", day\",1\n\"two\nlines\",0\nplain,1\n";
    let many = (0..40).map(|i| format!("w{} w{} w{}\t{}\n", i % 7, i % 3, i, i % 2)).collect::<String>();
    let many = [&b"\x00text\tlabel\n"[..], many.as_bytes()].concat();
    vec![
        table(0, "\t"),
        table(1, ","),
        json.to_vec(),
        quoted.to_vec(),
        many,
        table(200, "\t"),
        table(201, ","),
        table(6, "\t"),
    ]
}

fn pair_seeds() -> Vec<Vec<u8>> {
    let lines = |words: [&str; 3]| {
        (0..12).map(|i| format!("{} {}\n", words[i % 3], words[i % 2])).collect::<String>()
    };
    let (german, english) = (lines(["ein Hund", "eine Katze", "ja"]), lines(["a dog", "a cat", "yes"]));
    let two = [&b"\x00"[..], german.as_bytes(), b"\0", english.as_bytes()];
    let table = b"\x01\x00source\ttarget\nein Hund\ta dog\nja\tyes\nein Kind\ta child\n";
    let json = b"\x01\x02{\"source\": \"ein Hund\", \"target\": \"a dog\"}\n{\"source\": \"ja\", \"target\": \"yes\"}\n";
    vec![two.concat(), table.to_vec(), json.to_vec()]
}
