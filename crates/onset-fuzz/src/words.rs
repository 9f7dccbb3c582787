//! What is typed: specs with `--set`, and seeds.

use onset::runs::{Seeds, Shard};
use onset::spec::Spec;

use crate::{Target, outcome};

/// A spec, and behind zeros what `--set` is given.
pub const SPEC: Target = Target { name: "spec", run: spec, seeds: spec_seeds, words: SPEC_WORDS };

/// Seeds as `--seeds` is given them.
pub const SEEDS: Target = Target {
    name: "seeds",
    run: |bytes| outcome(&String::from_utf8_lossy(bytes).parse::<Seeds>()),
    seeds: || {
        ["5", "0..5", "1,3,8", "3..18446744073709551615", "1,,2"].map(|text| text.as_bytes().to_vec()).into()
    },
    words: &["..", ",", "-", "18446744073709551615", "18446744073709551616", "0", " ", "٣"],
};

/// A part of many runs as `--shard` is given it.
pub const SHARD: Target = Target {
    name: "shard",
    run: |bytes| outcome(&String::from_utf8_lossy(bytes).parse::<Shard>()),
    seeds: || ["3/64", "1/1", "0/4", "18446744073709551616/2"].map(|text| text.as_bytes().to_vec()).into(),
    words: &["/", "0", "1", "18446744073709551615", " "],
};

const SPEC_WORDS: &[&str] = &[
    "task",
    "model",
    "train",
    "record",
    "data",
    "seed",
    "kind",
    "copying",
    "classification",
    "translation",
    "induction",
    "markov",
    "item-label",
    "corpus",
    "rnn",
    "rnn-classifier",
    "rnn-translator",
    "attention-only",
    "transformer",
    "vocabulary",
    "length",
    "hidden",
    "heads",
    "head_seeds",
    "steps",
    "batch",
    "checkpoints",
    "probes",
    "influence",
    "every",
    "optimizer",
    "adamw",
    "sgd",
    "momentum",
    "schedule",
    "warmup",
    "keyword",
    "file",
    "labels",
    "positive",
    "source",
    "target",
    "true",
    "false",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "0",
    "-1",
    "9223372036854775807",
    "18446744073709551615",
    "1048576",
    "1048577",
    "[",
    "]",
    "=",
    ".",
    "\"",
    "'",
    "\n",
    "[[",
    "{",
    "}",
    "\0",
    "1979-05-27T07:32:00Z",
    "attention",
    "uniform",
    "clamped",
    "given",
    "stop_at_accuracy",
    "data.file",
    "task.kind=",
];

fn spec(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\0');
    let text = parts.next().unwrap_or_default();
    let overrides: Vec<String> = parts.map(String::from).collect();
    let read = Spec::parse(text, "spec.toml", &overrides);
    if let Ok(spec) = &read {
        let again = Spec::parse(&spec.to_toml(), "spec.toml", &[]);
        assert!(
            again.is_ok_and(|again| again == *spec),
            "a spec is read back as another: {}",
            spec.to_toml()
        );
    }
    outcome(&read)
}

fn spec_seeds() -> Vec<Vec<u8>> {
    let all = [
        "seed = 3\n[task]\nkind = \"copying\"\nvocabulary = 40\nlength = 30\nnoise = 0.5\n[model]\nkind = \"rnn\"\nhidden = 64\nheads = 2\n\
         head_seeds = [1, 2]\n[train]\nsteps = 20\noptimizer = \"sgd\"\nmomentum = 0.5\n[record]\nevery = 5\ncheckpoints = [0, 10]\n",
        "task = 'classification'\n[data]\nfile = 'x.tsv'\nlabels = ['a', 'b']\n[train]\nwarmup = 5\nschedule = 'cosine'",
        "task = 'classification'\n[data.keyword]\nexamples = 100\nmin_length = 3\0train.steps=5\0data.keyword.max_length=9",
        "task = 'translation'\n[data]\nsource = 'x.de'\ntarget = 'x.en'\n[record]\nprobes = 5\ninfluence = false\nbleu = false",
        "[task]\nkind = 'induction'\n[model]\nwidth = 8\nattention = 'uniform'\0record.parameters=false\0seed=9",
    ];
    all.map(|text| text.as_bytes().to_vec()).into()
}
