//! The lab: recorded runs, attention over training, and interactive training, in a browser on this machine.
//!
//! [`Server`] listens; [`Options`] set the address and the folder of runs. A request first passes the guard (`guard/`:
//! Host, Origin, token, response headers), then a route. Routes have no logic: they call the library and answer in
//! JSON, or as a stream of events. The page is plain ES modules and one style sheet, embedded in the binary
//! (`assets/`).
//!
//! ```text
//! src/routes/mod.rs      the router: one line per subject
//! src/routes/runs.rs     /api/runs, /api/curves       the runs and their scores
//! src/routes/branches.rs /api/branches                which runs left which, and what each change did
//! src/routes/run.rs      /api/run…    one run over its checkpoints
//! src/routes/events.rs   /api/events  what changes in the folder
//! src/routes/train.rs    /api/train…  runs of texts of one's own, begun from a page (`trainings.rs`)
//! src/routes/live.rs     /api/live/…  interactive training
//! src/routes/stream.rs   /api/stream  all events that a browser needs, in one connection
//! src/routes/facts.rs    /api/lab     what the page must know of the lab
//! assets/main.js         the table of views; a view is a module with `mount(place, context)`
//! assets/shell/          what every view uses: routing by hash, theme, saving, requests
//! assets/charts/         curves, heatmaps, files: the charts of reports, which the library has (`onset::report::CHARTS`)
//! assets/runs/           #/runs   list and comparison
//! assets/run/            #/run/…  one run over its checkpoints
//! assets/live/           #/lab    interactive training
//! ```
//!
//! To add a subject on the server, write a file in `routes/` with `pub fn routes() -> Router<Arc<Lab>>` and add a line
//! to `routes/mod.rs`; its state is a field of `Lab` (`lab.rs`). To add it to the page, write a folder in `assets/`
//! whose `view.js` exports `mount`, and add a line to `assets/main.js`.

mod address;
mod assets;
mod error;
mod failure;
mod guard;
mod lab;
mod live;
mod options;
mod permits;
mod reach;
mod routes;
mod run_folder;
mod secret;
mod serve;
mod short_answers;
mod trainings;

pub use error::LabError;
pub use options::{DEFAULT_PAUSE, DEFAULT_PORT, Options};
pub use serve::{Server, serve_until_interrupted};
