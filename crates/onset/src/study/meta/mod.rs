//! Meta-tuning (Zhong et al. 2021): does a model that was trained to answer Yes or No to descriptions of labels classify sets that it
//! has never seen better than before? Every group of similar sets is held out in turn; other [`MetaVariant`]s change one thing each.

mod findings;
mod heads;
mod plan;
mod sentences;

pub use findings::{GroupGain, LabelGain, MetaFindings, VariantFindings, meta_findings};
pub use heads::HeadShift;
pub use plan::{MetaPlan, MetaRun, MetaVariant, meta_overrides};
pub use sentences::meta_sentences;
