//! Named tensors as safetensors files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::StoreError;
use super::file::{read_bytes, write_atomically};

const REMEDY: &str = "use another checkpoint, or train again";

/// A tensor of f32 under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, last dimension fastest.
    pub values: Vec<f32>,
}

/// What a checkpoint file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    path: PathBuf,
    /// Its tensors, by name.
    pub tensors: Vec<NamedTensor>,
    /// Its metadata.
    pub metadata: BTreeMap<String, String>,
}

/// Writes `tensors` (name, shape, numbers) and `metadata`; the same contents give the same bytes.
pub fn write_checkpoint(
    path: &Path,
    tensors: &[(&str, &[usize], &[f32])],
    metadata: &BTreeMap<String, String>,
) -> Result<(), StoreError> {
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, values), bytes)| {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "the shape of {name}");
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes);
        (*name, view.expect("shape and bytes belong together"))
    });
    // safetensors takes metadata as a map without order; one entry has only one order.
    assert!(metadata.len() <= 1, "more metadata would not have a fixed order of bytes");
    let metadata = (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect());
    let serialized = safetensors::serialize(views, metadata).expect("names and shapes are plain");
    write_atomically(path, &serialized)
}

impl Checkpoint {
    /// Reads a checkpoint. Errors if the file is missing, cut, not safetensors or not of f32.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let bytes = read_bytes(path)?;
        let damaged = |found: String| refused(path, found);
        let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
        let mut tensors = Vec::new();
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(damaged(format!("tensor {name} has type {:?}, expected F32", view.dtype())));
            }
            let numbers = view.data().chunks_exact(4);
            let values = numbers.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            tensors.push(NamedTensor { name: name.into(), shape: view.shape().to_vec(), values });
        }
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        Ok(Self { path: path.into(), tensors, metadata })
    }

    /// The step at which it was written.
    pub fn step(&self) -> Result<u64, StoreError> {
        let step = self.metadata.get("step").and_then(|step| step.parse().ok());
        step.ok_or_else(|| refused(&self.path, "its metadata has no step".into()))
    }

    /// The numbers of the `wanted` tensors (name, shape), in that order. Errors, with the first name, if
    /// one is missing or of another shape, or if there are others.
    pub fn into_values(mut self, wanted: &[(&str, &[usize])]) -> Result<Vec<Vec<f32>>, StoreError> {
        let mut values = Vec::with_capacity(wanted.len());
        for (name, shape) in wanted {
            let Ok(place) = self.tensors.binary_search_by(|tensor| tensor.name.as_str().cmp(name)) else {
                return Err(refused(
                    &self.path,
                    format!("tensor {name} is missing; the checkpoint is of another model"),
                ));
            };
            let tensor = &mut self.tensors[place];
            if tensor.shape != *shape {
                let found = format!("tensor {name} has shape {:?}, expected {shape:?}", tensor.shape);
                return Err(refused(&self.path, found));
            }
            values.push(std::mem::take(&mut tensor.values));
        }
        let other = self.tensors.iter().find(|tensor| wanted.iter().all(|(name, _)| *name != tensor.name));
        match other {
            Some(tensor) => {
                Err(refused(&self.path, format!("tensor {} belongs to another model", tensor.name)))
            }
            None => Ok(values),
        }
    }
}

fn refused(path: &Path, found: String) -> StoreError {
    StoreError::Damaged { path: path.into(), expected: "checkpoint", found, remedy: REMEDY }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path) {
        let metadata = BTreeMap::from([("step".to_string(), "7".to_string())]);
        let tensors: [(&str, &[usize], &[f32]); 2] = [("b", &[2, 1], &[1.0, -2.0]), ("a", &[1], &[0.5])];
        write_checkpoint(path, &tensors, &metadata).unwrap();
    }

    #[test]
    fn tensors_come_back_in_the_wanted_order_and_bytes_repeat() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("1"), folder.path().join("2"));
        write(&one);
        write(&two);
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        let checkpoint = Checkpoint::read(&one).unwrap();
        assert_eq!(checkpoint.step().unwrap(), 7);
        let values = checkpoint.into_values(&[("b", &[2, 1]), ("a", &[1])]).unwrap();
        assert_eq!(values, [vec![1.0, -2.0], vec![0.5]]);
    }

    #[test]
    fn other_models_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1");
        write(&path);
        let refuse = |wanted: &[(&str, &[usize])]| {
            Checkpoint::read(&path).unwrap().into_values(wanted).unwrap_err().to_string()
        };
        assert!(refuse(&[("c", &[1])]).contains("tensor c is missing"));
        assert!(refuse(&[("a", &[1])]).contains("tensor b belongs to another model"));
        assert!(refuse(&[("a", &[1]), ("b", &[1, 2])]).contains("shape [2, 1], expected [1, 2]"));
    }

    #[test]
    fn a_cut_or_foreign_file_is_refused_without_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.safetensors");
        write(&path);
        let bytes = std::fs::read(&path).unwrap();
        for contents in (0..bytes.len()).map(|n| &bytes[..n]).chain([&b"PK\x03\x04 not this at all"[..]]) {
            std::fs::write(&path, contents).unwrap();
            let error = Checkpoint::read(&path).unwrap_err().to_string();
            assert!(error.contains("cut.safetensors is not a readable checkpoint"), "{error}");
        }
    }
}
