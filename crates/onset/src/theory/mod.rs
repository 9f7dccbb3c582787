//! The two-stage theory as running code: what training will do, from the data alone.
//!
//! Derivations are in `docs/theory.md`.

mod bag_flow;
mod co_occurrence;
mod copying;
mod pair_co_occurrence;
mod stage_two;
mod toy;

pub use bag_flow::{BagFlow, BagPace};
pub use co_occurrence::first_order;
pub use copying::{
    Beginning, COPIED, Calibration, CopyingFlow, CopyingPoint, Emerged, Outlook, OutlookPoint, Pace,
    beginning, beyond, fit, gaps, outlook, outlook_until,
};
pub use pair_co_occurrence::CoOccurrence;
pub use stage_two::attend;
pub use toy::{ToyPoint, ToyRun, ToyStart, integrate_toy};
