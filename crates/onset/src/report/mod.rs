//! Tables and figures from what is on record.
