//! The extension module of the Python package: it converts arguments, calls the library with the interpreter released, and converts
//! results. What people see is written in Python, in `py_src/onset`.

mod agreement;
mod classifier;
mod command;
mod counts;
mod errors;
mod forked;
mod held;
mod lab;
mod prediction;
mod ragged;
mod recording;
mod request;
mod runs;
mod table;
mod training;

use pyo3::prelude::*;

/// The compiled part of `onset`.
#[pymodule(gil_used = false)]
fn _onset(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<table::Table>()?;
    module.add_class::<recording::Recording>()?;
    module.add_class::<held::HeldRows>()?;
    module.add_class::<counts::Counts>()?;
    module.add_class::<lab::Lab>()?;
    module.add_class::<classifier::Classifier>()?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    module.add_function(wrap_pyfunction!(training::train, module)?)?;
    module.add_function(wrap_pyfunction!(training::plan, module)?)?;
    module.add_function(wrap_pyfunction!(prediction::predict, module)?)?;
    module.add_function(wrap_pyfunction!(agreement::agreement, module)?)?;
    module.add_function(wrap_pyfunction!(recording::repeated_tokens, module)?)?;
    module.add_function(wrap_pyfunction!(held::held_rows, module)?)?;
    module.add_function(wrap_pyfunction!(held::head_scores, module)?)?;
    module.add_function(wrap_pyfunction!(held::entropy, module)?)?;
    module.add_function(wrap_pyfunction!(runs::list_runs, module)?)?;
    module.add_function(wrap_pyfunction!(runs::scores, module)?)?;
    module.add_function(wrap_pyfunction!(runs::training_losses, module)?)?;
    module.add_function(wrap_pyfunction!(runs::attention, module)?)?;
    module.add_function(wrap_pyfunction!(runs::heads, module)?)?;
    module.add_function(wrap_pyfunction!(runs::compare, module)?)?;
    module.add_function(wrap_pyfunction!(runs::probe_steps, module)?)?;
    module.add_function(wrap_pyfunction!(runs::example_page, module)?)?;
    module.add_function(wrap_pyfunction!(runs::figure, module)?)?;
    module.add_function(wrap_pyfunction!(runs::figure_names, module)?)?;
    module.add_function(wrap_pyfunction!(runs::write_report, module)?)?;
    module.add_function(wrap_pyfunction!(runs::merge, module)?)?;
    module.add_function(wrap_pyfunction!(table::write_rows, module)?)
}
