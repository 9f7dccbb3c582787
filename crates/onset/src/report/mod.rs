//! Tables and figures from what is on record.

mod agreement_tables;
mod audit_page;
mod audit_words;
mod branches_part;
mod causes_page;
mod charts;
mod classification_page;
mod classified_page;
mod copying_page;
mod drops_page;
mod example_page;
mod figure;
mod footer;
mod forecast_part;
mod glossary;
mod grid;
mod groups;
mod heads_part;
mod html;
mod induction_page;
mod label_scores;
mod live;
mod meta_page;
mod multihead_page;
mod pair_page;
mod phase_page;
mod reference;
mod rounds_page;
mod run_page;
mod side_by_side;
mod study_curves;
mod summary;
mod text_page;
mod tidy;
mod toy_page;
mod translation_page;
mod verdict;
mod word_story;

pub use agreement_tables::{agreement_csv, agreement_latex, agreement_markdown, paper_grids, study_grids};
pub use audit_page::write_audit_page;
pub use audit_words::{giveaway_name, leak_sentences, leaks_grid, strong_words_grid};
pub use causes_page::{causes_tables, write_causes_report};
pub use charts::CHARTS;
pub use classification_page::write_classification_report;
pub use classified_page::write_classified_page;
pub use drops_page::{drops_table, write_drops_report};
pub use example_page::example_page;
pub use figure::{At, Curves, Figure, FigureError, Matrix, Role, Sheet, figure_of, names_of, pdf, plot, svg};
pub use footer::name_command;
pub use grid::Grid;
pub use groups::{Group, Standing, Unfinished, groups};
pub use html::write_report;
pub use induction_page::{induction_table, write_induction_report};
pub use live::with_live_report;
pub use meta_page::{meta_grids, meta_labels, write_meta_report};
pub use multihead_page::{multihead_grid, write_multihead_report};
pub use phase_page::{phase_scores, phase_table, write_phase_report};
pub use reference::WithoutAttention;
pub use rounds_page::{round_tables, write_rounds_report};
pub use summary::{
    CopyingSummary, PairSummary, RunSummary, TextSummary, summarize_copying, summarize_others,
    summarize_pairs, summarize_text,
};
pub use tidy::{tidy, write_tidy};
pub use toy_page::{toy_table, write_toy_report};
pub use translation_page::{StudiedPairs, alignment_grid, write_translation_report};
