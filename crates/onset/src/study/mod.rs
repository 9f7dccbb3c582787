//! Studies: the runs that an experiment of the paper needs, and their joint analysis.
//!
//! A [`RunRecord`] is one recorded run; [`Collected`] has the runs of some folders, each once. [`CopyingPlan`] and
//! [`StudyPlan`] list the runs of an experiment.
//! [`MultiheadPlan`] lists runs that depend on the results of others. A [`StudySize`] selects the paper's sizes or
//! small ones. [`conduct`] trains the runs of studies and computes their proxies; [`analyse_texts`] and
//! [`analyse_pairs`] turn the runs of a study into a [`Study`].

mod analysis;
mod branches;
mod causes;
mod collect;
mod compare;
mod conduct;
mod copying;
mod drops;
mod error;
mod findings;
mod hand_aligned;
mod head_courses;
mod induction;
mod lexicon;
mod meta;
mod multihead;
mod phase;
mod plan;
mod preset;
mod progress;
mod reference;
mod remarks;
mod rounds;
mod run_record;

pub use analysis::{analyse_pairs, analyse_texts};
pub use branches::{BranchEffect, Branches, branches, branches_called};
pub use causes::{
    Arm, ArmFindings, CausesFindings, CausesPlan, CausesRuns, PairedCurve, PairedEffect, Subject,
    SubjectFindings, causes_findings, causes_sentences, paired_curve, paired_effect,
};
pub use collect::{Collected, Repeated};
pub use conduct::{Conducted, WithProxies, conduct, read_begun};
pub use copying::CopyingPlan;
pub use drops::{
    DropFindings, DropPlan, DropRun, DropRuns, DropSetting, Part, drop_findings, drop_sentences,
};
pub use error::StudyError;
pub use findings::{
    BleuScores, Curve, Estimate, Finding, GoldCheckpoint, Pair, PartStudy, ProxyOrigin, Study, StudyNotices,
};
pub use hand_aligned::HandAligned;
pub use head_courses::HeadCourses;
pub use induction::{
    InductionFindings, InductionPlan, InductionRun, InductionSetting, SettingFindings, induction_findings,
    induction_sentences,
};
pub use lexicon::{Lexicon, LexiconEntry};
pub use meta::{
    GroupGain, HeadShift, LabelGain, MetaFindings, MetaPlan, MetaRun, MetaVariant, VariantFindings,
    meta_findings, meta_overrides, meta_sentences,
};
pub use multihead::{
    BAD_BELOW, BodyOutcome, Combination, Comparison, EmergenceQuartiles, Kind, KindOutcome, MultiheadPlan,
    MultiheadSettings, Pools, Quartiles, Selection, Trial, draw_combinations, multihead_sentences,
};
pub use phase::{PhaseCell, PhaseFindings, PhaseGrid, PhaseRun, PhaseScore, phase_findings};
pub use plan::{ClassificationPlan, StudyPlan, StudyRuns, StudySeeds, TranslationPlan};
pub use preset::{MultiheadPreset, StudyPreset, StudySize};
pub use progress::LayerTimes;
pub(crate) use progress::markov_progress;
pub(crate) use reference::Reference;
pub use rounds::{
    AttentionFindings, AttentionScore, Distribution, DistributionError, Distributions, HeadScore, Heads,
    KindScores, ProgramError, RoundFindings, RoundPlan, RoundRun, RoundRuns, SetScores, TEXT_THEORIES,
    THEORIES, TextQuestion, TextTheory, Theory, TheoryQuestion, measured_of, round_findings, round_sentences,
};
pub use run_record::RunRecord;
