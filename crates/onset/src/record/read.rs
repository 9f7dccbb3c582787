//! Reading attribution records of any version.

use std::path::PathBuf;

use super::earlier::Form;
use crate::store::{RunDirectory, StoreError, Table};

/// The attribution records of a run.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    directory: &'a RunDirectory,
}

impl<'a> Records<'a> {
    /// The records in `directory`.
    pub fn of(directory: &'a RunDirectory) -> Self {
        Self { directory }
    }

    /// The steps after which attribution was recorded, in order.
    pub fn steps(&self) -> Vec<u64> {
        self.directory.probe_steps()
    }

    /// Some columns after `step` steps, under today's names, whatever version wrote them.
    pub fn columns(&self, step: u64, columns: &[&str]) -> Result<Table, StoreError> {
        let limit = self.directory.read_limit();
        self.read(step, columns, |path, columns| Table::read_columns_within(path, columns, limit))
    }

    /// As [`Records::columns`], of some rows alone (in order, without doubles). Rows of earlier versions must be all
    /// those of their examples.
    pub fn rows(&self, step: u64, columns: &[&str], rows: &[usize]) -> Result<Table, StoreError> {
        let limit = self.directory.read_limit();
        self.read(step, columns, |path, columns| Table::read_rows_within(path, columns, rows, limit))
    }

    fn read(
        &self,
        step: u64,
        columns: &[&str],
        read: impl Fn(&PathBuf, &[&str]) -> Result<Table, StoreError>,
    ) -> Result<Table, StoreError> {
        let path = self.directory.probe_path(step);
        let form = Form::of(&Table::column_names(&path)?);
        let Some(form) = form else { return read(&path, columns) };
        let table = read(&path, &form.columns(columns))?;
        form.modernise(&table, columns, self.directory)
    }
}
