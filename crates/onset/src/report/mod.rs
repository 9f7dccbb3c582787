//! Tables and figures from what is on record.

mod copying_page;
mod curves;
mod html;
mod reference;
mod run_record;
mod summary;
mod text_page;

pub use html::write_report;
pub use reference::WithoutAttention;
pub use run_record::RunRecord;
pub use summary::{CopyingSummary, TextSummary, median, summarize_copying, summarize_text};
