//! Figures as data, and as files: SVG, PDF and CSV.
//!
//! [`Curves`] and [`Matrix`] say what is drawn. [`plot()`] and [`Matrix::sheet`] turn them into a [`Sheet`] of lines and texts with
//! the look of the pages, and [`svg()`] and [`pdf()`] write that. The pages draw the same data themselves, so that it can be
//! pointed at (`charts/` of this crate). [`names_of`] and [`figure_of`] are the figures that recorded runs have.

mod curves;
mod error;
mod matrix;
mod named;
mod pdf;
mod plot;
mod scale;
mod scatter;
mod sheet;
mod svg;
mod symbols;

pub use curves::{Curves, Role};
pub use error::FigureError;
pub use matrix::Matrix;
pub(super) use named::is_share;
pub use named::{At, Figure, figure_of, names_of};
pub use pdf::pdf;
pub use plot::plot;
pub use scatter::Scatter;
pub use sheet::Sheet;
pub use svg::svg;
pub(super) use symbols::pieces;
