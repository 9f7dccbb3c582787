//! The arguments of `onset reproduce`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use onset::runs::Seeds;
use onset::spec::Optimizer;
use onset::study::{MetaVariant, Subject};

use super::{RunningArguments, TextArguments};

/// An experiment of the paper.
#[derive(Debug, Subcommand)]
pub enum Reproduce {
    /// Copying 40 words drawn from 60 (easy to learn) and a permutation of all 40 (hard)
    #[command(after_help = COPYING_EXAMPLES)]
    Copying(CopyingArguments),
    /// Text classification: does β, the model's output for a single word, predict where attention (α) goes, and earlier?
    #[command(after_help = CLASSIFICATION_EXAMPLES)]
    Classification(Box<ClassificationArguments>),
    /// Translation: does β, the model's output for a single word, predict where attention (α) goes, and earlier?
    #[command(after_help = TRANSLATION_EXAMPLES)]
    Translation(Box<TranslationArguments>),
    /// Phase diagram: steps to learn copying, by vocabulary and length, measured and predicted
    #[command(after_help = PHASE_EXAMPLES)]
    Phase(PhaseArguments),
    /// Several heads: is one head with a good initial condition enough for all of them?
    #[command(after_help = MULTIHEAD_EXAMPLES)]
    Multihead(MultiheadArguments),
    /// An induction head appears: Transformers on Markov chains and item–label pairs, with attention learned and clamped
    #[command(after_help = INDUCTION_EXAMPLES)]
    Induction(InductionArguments),
    /// When an induction head appears, said in advance: a law that is fitted on some settings and predicts others
    #[command(after_help = DROPS_EXAMPLES)]
    Drops(DropsArguments),
    /// Is it knowledge that attention waits for? Training is changed on the way, and each effect predicted before
    #[command(after_help = CAUSES_EXAMPLES)]
    Causes(CausesArguments),
    /// When copying is learned: theories, yours too, on distributions that none was fitted on, sealed and scored
    #[command(after_help = FORECASTS_EXAMPLES)]
    Forecasts(ForecastsArguments),
    /// Meta-tuning: does training on descriptions of labels help on data sets that were never seen?
    #[command(after_help = META_EXAMPLES)]
    MetaTuning(MetaTuningArguments),
    /// The toy classifier: its gradient flow from both initialisations of the paper
    #[command(after_help = TOY_EXAMPLES)]
    Toy(ToyArguments),
}

const COPYING_EXAMPLES: &str = "\
Writes the runs to OUT/vV-seed-N and the report to OUT/report.html. Run the same command again to
continue interrupted runs and add missing ones.

Examples:
  onset reproduce copying                            five seeds each; about ten minutes on two cores
  onset reproduce copying --seeds 2 --set train.steps=50
  onset reproduce copying --vocabulary 80,60,40";

const PHASE_EXAMPLES: &str = "\
Writes the runs and OUT/report.html. The calibration is fitted on every other pair of sizes and tested
on the rest. Run the same command again to continue interrupted runs.

Examples:
  onset reproduce phase --quick                      two seeds of each pair
  onset reproduce phase --lengths 10,20 --ratios 1,1.5,2 --optimizers adam";

const CAUSES_EXAMPLES: &str = "\
Holds attention uniform or clamped until a step and then releases it, freezes knowledge of words or
attention, and puts knowledge or attention of a run that is further on into initial weights. Before any run
begins, seals what the reduced dynamics predicts for each change of copying. Writes the runs to
OUT/SUBJECT/CHANGE/seed-N and the report to OUT/report.html. Run the same command again to continue.

Examples:
  onset reproduce causes --quick                     within a quarter of an hour on two cores
  onset reproduce causes --quick --from copies       on SMS Spam and Multi30k too
  onset reproduce causes --subjects copying --seeds 3";

const FORECASTS_EXAMPLES: &str = "\
Every theory predicts when each run of copying learns; the predictions are sealed, the runs trained, and all
theories scored in one table, by kind of distribution. With --from, others predict where attention goes in
sets of labelled texts. Writes the runs to OUT/DISTRIBUTION/seed-N and the report to OUT/report.html. Run the
same command again to continue.

A theory of yours is a program. For each line that it reads, a JSON object, it writes a line. Of copying it
gets the spec, the seed, the budget and w and a of the initial weights (and for permutations
what a rehearsal of the first steps makes of them), and says by which step the run has
learned with some probabilities: {\"steps\": [[0.1, 80], [0.5, 120], [0.9, null]]}. Of texts it gets the spec,
the labels and the texts, train and held_out, each with words and label, and says for each held-out text a
number for each word, of which the order counts: {\"attention\": [[0.1, 2.5], ...]}. To either it may say
{\"outside\": \"reason\"}.

Examples:
  onset reproduce forecasts --quick                  two seeds of each distribution
  onset reproduce forecasts --from copies            on sets of texts too
  onset reproduce forecasts --theory 'mine=python mine.py' --out runs/mine
  onset reproduce forecasts --distributions mine.toml --seeds 100..105";

const INDUCTION_EXAMPLES: &str = "\
Trains attention-only Transformers of two layers: on Markov chains of two and three symbols, each from a
chain of its own, and on item–label pairs; then with the first layer clamped to the token before, with the
second clamped to what followed earlier occurrences, and with uniform attention. Writes the runs to
OUT/SETTING/seed-N and the report to OUT/report.html. Run the same command again to continue.

Examples:
  onset reproduce induction --quick                  two seeds of each setting; minutes on two cores
  onset reproduce induction --seeds 10
  onset reproduce induction --quick --set task.length=51 --out runs/short";

const DROPS_EXAMPLES: &str = "\
Transformers on Markov chains. For settings that no law was fitted on (symbols, length, width,
learning rate), seals a forecast of the step at which the loss drops, then trains, scores and
draws. Then it fits the law again on runs of its own. Writes the runs to OUT/PART/SETTING/seed-N,
the report to OUT/report.html, and the runs that were fitted to OUT/measured.tsv. Run the same
command again to continue.

Examples:
  onset reproduce drops --quick                      one seed of each held-out setting; minutes
  onset reproduce drops --seeds 5";

const META_EXAMPLES: &str = "\
Holds out each group of similar data sets in turn, trains on all others, and compares the area under the
ROC curve for every label of the held-out sets before and after training (Zhong et al. 2021). Then it
changes one thing at a time: the other encoder, from nothing, similar sets let in, one description a
label, fewer training sets. Runs are in OUT/VARIANT/GROUP/seed-N, tables and the report in OUT. Run the
same command again to continue.

Examples:
  onset reproduce meta-tuning --pretrained minilm --from copies --quick     small runs, half an hour on two cores
  onset reproduce meta-tuning --pretrained minilm --groups spam,opinion --no-ablations
  onset reproduce meta-tuning --pretrained minilm --quick --variants sets-1,sets-4
  onset reproduce meta-tuning --pretrained minilm --pretrained larger       also from a second checkpoint";

const TOY_EXAMPLES: &str = "\
Writes OUT/report.html and OUT/trajectories.parquet within seconds.

Examples:
  onset reproduce toy
  onset reproduce toy --time 20 --json";

const CLASSIFICATION_EXAMPLES: &str = "\
Examples:
  onset reproduce classification --data sms_spam                 after `onset data fetch sms_spam`
  onset reproduce classification --data sms_spam --from copies   from copies/sms_spam, no network
  onset reproduce classification --data sms_spam --data sst2     several data sets, one table
  onset reproduce classification --data mail.tsv --quick         any text file, a few minutes
  onset reproduce classification --data keyword --quick          the built-in keyword task, no data needed

Run the same command again to continue interrupted runs and add missing ones.";

const TRANSLATION_EXAMPLES: &str = "\
Examples:
  onset reproduce translation --data multi30k                    after `onset data fetch multi30k`
  onset reproduce translation --data multi30k --from copies --quick
                                                                 from copies/multi30k, half an hour on two cores
  onset reproduce translation --data news_commentary_v14/en-nl   one language pair of a data set
  onset reproduce translation --data train.de,train.en --validation val.de,val.en
  onset reproduce translation --data pairs.tsv                   columns `source` and `target`

Run the same command again to continue interrupted runs and add missing ones.";

const MULTIHEAD_EXAMPLES: &str = "\
A body is everything but the heads' query and context maps. On each body, single heads are trained on
the selection seeds: a head is good if accuracy reaches 0.95 on each of them, bad if it ends below 0.6
on each. Then four kinds of model are trained on other data seeds (from 1000 on): bad heads only, bad
heads and a good one, random heads, and a single random head.

Examples:
  onset reproduce multihead --quick                      permutations of 20 words, width 64; minutes
  onset reproduce multihead                              the paper's sizes, a day
  onset reproduce multihead --bodies 5 --repeats 20      does the conclusion hold on other bodies?
  onset reproduce multihead --quick --set train.steps=400

Run the same command again to continue interrupted runs. Another size needs another folder (--out).";

#[derive(Debug, Args)]
pub struct MultiheadArguments {
    /// Small: permutations of 20 words, width 64, two bodies, ten heads of each kind, twenty runs of each kind
    #[arg(long)]
    pub quick: bool,
    /// Seeds of the bodies: a number (5), a range (0..5) or a list (1,3,8) [default: 1; with --quick 2]
    #[arg(long)]
    pub bodies: Option<Seeds>,
    /// Number of heads in a combination
    #[arg(long, default_value_t = 8)]
    pub heads: usize,
    /// Runs per kind of combination [default: 50; with --quick 20]
    #[arg(long)]
    pub repeats: Option<usize>,
    /// Number of good heads to find, and of bad heads [default: 20; with --quick 10]
    #[arg(long)]
    pub pool: Option<usize>,
    /// Number of data seeds on which each head is tried [default: 3; with --quick 2]
    #[arg(long)]
    pub selection_seeds: Option<usize>,
    /// Maximum number of heads to try [default: 400; with --quick 100]
    #[arg(long)]
    pub draws: Option<usize>,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs and the report
    #[arg(long, default_value = "runs/multihead")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct CopyingArguments {
    /// Seeds of each distribution: a number (5), a range (0..5) or a list (1,3,8)
    #[arg(long, default_value = "5")]
    pub seeds: Seeds,
    /// Vocabulary sizes to compare
    #[arg(long, value_delimiter = ',', default_value = "60,40")]
    pub vocabulary: Vec<usize>,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs and the report
    #[arg(long, default_value = "runs/copying")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct ClassificationArguments {
    /// Name of a data set (see `onset data list`), a text file, or `keyword`; may be repeated
    #[arg(long, required = true, value_name = "NAME|FILE")]
    pub data: Vec<String>,
    /// 1,000 steps and two comparison runs instead of the paper's 4,000 and five
    #[arg(long)]
    pub quick: bool,
    #[command(flatten)]
    pub study: StudyArguments,
    #[command(flatten)]
    pub text: TextArguments,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs, tables and the report
    #[arg(long, default_value = "runs/classification")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct TranslationArguments {
    /// Name of a data set (see `onset data list`), one file of pairs, or two files of sentences; may be repeated
    #[arg(long, required = true, value_name = "NAME|FILE|SOURCE,TARGET")]
    pub data: Vec<String>,
    /// Links between the words of the validation file, made by hand: one line a pair, as in 0-0 1-2. α and β of the gold run, β of
    /// the uniform run, β^px and what the theory says untrained are compared with them, by step (with one --data)
    #[arg(long, value_name = "FILE")]
    pub alignments: Option<PathBuf>,
    /// 4,000 steps and 400 validation pairs instead of the paper's 20 epochs of Multi30k and all validation pairs
    #[arg(long)]
    pub quick: bool,
    #[command(flatten)]
    pub study: StudyArguments,
    #[command(flatten)]
    pub text: TextArguments,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs, tables and the report
    #[arg(long, default_value = "runs/translation")]
    pub out: PathBuf,
}

/// Which runs a study is made of.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// Seeds of the comparison runs [default: the paper's: for classification 13..18 or, with --quick, 13,14; for
    /// translation 13]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// Seed of the gold run
    #[arg(long, default_value_t = 20)]
    pub gold: u64,
    /// Seed of the run with uniform attention
    #[arg(long, default_value_t = 12)]
    pub uniform: u64,
}

#[derive(Debug, Args)]
pub struct PhaseArguments {
    /// Lengths L
    #[arg(long, value_delimiter = ',', value_name = "L", default_value = "10,20,30")]
    pub lengths: Vec<usize>,
    /// Ratios of vocabulary size to length, V/L
    #[arg(long, value_delimiter = ',', value_name = "V/L", default_value = "1,1.1,1.25,1.5,2,3")]
    pub ratios: Vec<f64>,
    /// Seeds of each pair: a number (5), a range (0..5) or a list (1,3,8) [default: 5; with --quick 2]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// Optimisers: adam, sgd
    #[arg(long, value_delimiter = ',', default_value = "adam,sgd", value_parser = optimizer)]
    pub optimizers: Vec<Optimizer>,
    /// Two seeds of each pair instead of five
    #[arg(long, conflicts_with = "seeds")]
    pub quick: bool,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs and the report
    #[arg(long, default_value = "runs/phase")]
    pub out: PathBuf,
}

fn optimizer(word: &str) -> Result<Optimizer, String> {
    match word {
        "adam" => Ok(Optimizer::Adam),
        "sgd" => Ok(Optimizer::Sgd),
        _ => Err("expected adam or sgd".into()),
    }
}

#[derive(Debug, Args)]
pub struct InductionArguments {
    /// Seeds of each setting: a number (5), a range (0..5) or a list (1,3,8) [default: 5; with --quick 2]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// Two seeds of each setting instead of five
    #[arg(long, conflicts_with = "seeds")]
    pub quick: bool,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs and the report
    #[arg(long, default_value = "runs/induction")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct CausesArguments {
    /// What is trained: copying, markov, sms_spam, multi30k [default: copying,markov; with --from all]
    #[arg(long, value_name = "SUBJECT,…", value_delimiter = ',', value_parser = subject)]
    pub subjects: Vec<Subject>,
    /// Folder with copies of the data sets of sms_spam and multi30k [default: data, as `onset data fetch` fills it]
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Seeds of each change: a number (5), a range (0..5) or a list (1,3,8) [default: 20; with --quick 10, and 5 of markov and
    /// multi30k]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// Fewer seeds of each change
    #[arg(long, conflicts_with = "seeds")]
    pub quick: bool,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs and the report
    #[arg(long, default_value = "runs/causes")]
    pub out: PathBuf,
}

fn subject(name: &str) -> Result<Subject, String> {
    let names: Vec<&str> = Subject::ALL.iter().map(|subject| subject.name()).collect();
    let found = Subject::ALL.into_iter().find(|subject| subject.name() == name);
    found.ok_or_else(|| format!("there are the subjects {}", names.join(", ")))
}

#[derive(Debug, Args)]
pub struct ForecastsArguments {
    /// File of distributions, with entries [[distribution]] of name, kind and set, and of texts also data [default: the
    /// shipped ones, held out]
    #[arg(long, value_name = "FILE")]
    pub distributions: Option<PathBuf>,
    /// Folder with copies of labelled texts: the shipped sets that are there take part too
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// A program that takes part; may be given several times
    #[arg(long = "theory", value_name = "NAME=COMMAND")]
    pub theories: Vec<String>,
    /// Seeds of each distribution: a number (5), a range (0..5) or a list (1,3,8) [default: 5; with --quick 2]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// Two seeds of each distribution
    #[arg(long, conflicts_with = "seeds")]
    pub quick: bool,
    /// Instead of a round, train what the law is fitted on (324 distributions, unless others are named) and write its table
    #[arg(long, conflicts_with_all = ["theories", "from"])]
    pub calibrate: bool,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs and the report
    #[arg(long, default_value = "runs/forecasts")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct DropsArguments {
    /// Seeds of each held-out setting of two symbols: a number (5), a range (0..5) or a list (1,3,8); half of them of more symbols, where
    /// seeds differ little [default: 3; with --quick 1]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// One seed of each held-out setting, and no runs to fit a law on
    #[arg(long)]
    pub quick: bool,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs and the report
    #[arg(long, default_value = "runs/drops")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct MetaTuningArguments {
    /// Folder of the collection
    #[arg(long, value_name = "DIR", default_value = "collections")]
    pub collection: PathBuf,
    /// Folder of the data sets, as `onset data fetch` fills it or with copies
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub from: PathBuf,
    /// Folder of a pretrained model of BERT's form, as on the Hugging Face hub; more than one compares them
    #[arg(long, value_name = "DIR", required = true)]
    pub pretrained: Vec<PathBuf>,
    /// Groups to hold out, one after the other [default: all whose files are there]
    #[arg(long, value_name = "GROUP,…", value_delimiter = ',')]
    pub groups: Vec<String>,
    /// Seeds of each setting: a number (5), a range (0..5) or a list (1,3,8) [default: 0]
    #[arg(long)]
    pub seeds: Option<Seeds>,
    /// 500 steps of 16 pairs of up to 64 tokens instead of 5,000 of 32 × 128, and one thing at a time changed for one group only
    #[arg(long)]
    pub quick: bool,
    /// Only the main way of training
    #[arg(long, conflicts_with = "variants")]
    pub no_ablations: bool,
    /// Ways of training to compare with the main one, in every group: cross-encoder, bi-encoder, from-nothing, high-rate, last-layer,
    /// similar, one-description, sets-N [default: all, or with --quick all but the last two, for one group]
    #[arg(long, value_name = "WAY,…", value_delimiter = ',', value_parser = MetaVariant::from_str)]
    pub variants: Vec<MetaVariant>,
    #[command(flatten)]
    pub running: RunningArguments,
    /// Folder of the runs, tables and the report
    #[arg(long, default_value = "runs/meta-tuning")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct ToyArguments {
    /// Integrate the flow up to this time
    #[arg(long, default_value_t = 5.0, allow_negative_numbers = true)]
    pub time: f64,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Folder of the trajectories and the report
    #[arg(long, default_value = "runs/toy")]
    pub out: PathBuf,
}
