//! `onset export`: a model for use outside Onset.

use anyhow::Result;

use crate::Ending;
use crate::args::ExportArguments;

/// Writes the folder and names its files.
pub fn export(arguments: &ExportArguments) -> Result<Ending> {
    let exported = onset::export::export(&arguments.run, arguments.output.as_deref(), arguments.step)?;
    let folder = exported.folder.display();
    for file in &exported.files {
        say!("{folder}/{file}");
    }
    note!("the model of step {} for PyTorch: python {folder}/load.py", exported.step);
    match &exported.without_graph {
        Some(reason) => note!("no ONNX for this model: {reason}"),
        None => note!("and for ONNX runtimes: {folder}/model.onnx"),
    }
    Ok(Ending::Done)
}
