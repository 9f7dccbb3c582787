//! Parameters of a checkpoint onto a tape.

use onset_engine::Tape;

use crate::model::Parameters;
use crate::store::{Checkpoint, RunDirectory, StoreError};

/// Gives `parameters` on `tape` the values that they have after `step` steps of the run in `directory`. Errors if the
/// checkpoint cannot be read or is of another model.
pub(super) fn restore(
    tape: &mut Tape,
    parameters: &Parameters,
    directory: &RunDirectory,
    step: u64,
) -> Result<(), StoreError> {
    let checkpoint = Checkpoint::read(&directory.checkpoint_path(step))?;
    for (parameter, values) in parameters.iter().zip(checkpoint.into_values(&parameters.layout())?) {
        tape.data_mut(parameter.value).copy_from_slice(&values);
    }
    Ok(())
}
