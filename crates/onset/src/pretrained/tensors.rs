//! The tensors of a checkpoint: one safetensors file, or several with an index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::PretrainedError;

/// All tensors of a folder, by name.
#[derive(Debug)]
pub(super) struct Tensors {
    folder: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// The file of each tensor.
    places: BTreeMap<String, usize>,
}

/// A tensor in single precision.
#[derive(Debug)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const PICKLE: &str = "pytorch_model.bin";

fn failed(path: &Path, reason: impl ToString) -> PretrainedError {
    PretrainedError::File { path: path.into(), reason: reason.to_string() }
}

impl Tensors {
    /// Reads the files' bytes and their lists of tensors.
    pub fn open(folder: &Path) -> Result<Self, PretrainedError> {
        let index = folder.join(INDEX);
        let names = if index.is_file() {
            let bytes = std::fs::read(&index).map_err(|error| failed(&index, error))?;
            let index: Index = serde_json::from_slice(&bytes).map_err(|error| failed(&index, error))?;
            let mut names: Vec<String> = index.weight_map.into_values().collect();
            names.sort();
            names.dedup();
            names
        } else if !folder.join(SINGLE).is_file() && folder.join(PICKLE).is_file() {
            return Err(PretrainedError::Pickle { folder: folder.into(), found: PICKLE });
        } else {
            vec![SINGLE.to_owned()]
        };
        let mut tensors = Self { folder: folder.into(), files: Vec::new(), places: BTreeMap::new() };
        for name in names {
            let path = folder.join(name);
            let bytes = std::fs::read(&path).map_err(|error| failed(&path, error))?;
            let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| failed(&path, error))?;
            let place = tensors.files.len();
            tensors.places.extend(metadata.tensors().into_keys().map(|name| (name, place)));
            tensors.files.push((path, bytes));
        }
        Ok(tensors)
    }

    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The size of the first dimension of the tensor `name`, if there is one.
    pub fn rows(&self, name: &str) -> Option<usize> {
        let (_, bytes) = &self.files[*self.places.get(name)?];
        SafeTensors::deserialize(bytes).ok()?.tensor(name).ok()?.shape().first().copied()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    pub fn read(&self, name: &str) -> Result<Tensor, PretrainedError> {
        let missing = || PretrainedError::Missing { folder: self.folder.clone(), tensor: name.into() };
        let (path, bytes) = &self.files[*self.places.get(name).ok_or_else(missing)?];
        let file = SafeTensors::deserialize(bytes).map_err(|error| failed(path, error))?;
        let tensor = file.tensor(name).map_err(|error| failed(path, error))?;
        let (halves, bytes) = (tensor.data().chunks_exact(2), tensor.data());
        let half = |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]);
        let data = match tensor.dtype() {
            Dtype::F32 => {
                let word = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
                bytes.chunks_exact(4).map(word).collect()
            }
            Dtype::BF16 => halves.map(|pair| f32::from_bits(u32::from(half(pair)) << 16)).collect(),
            Dtype::F16 => halves.map(|pair| from_half(half(pair))).collect(),
            other => {
                let (folder, dtype) = (self.folder.clone(), format!("{other:?}"));
                return Err(PretrainedError::Type { folder, tensor: name.into(), dtype });
            }
        };
        Ok(Tensor { shape: tensor.shape().to_vec(), data })
    }

    pub fn digest(&self) -> Result<String, PretrainedError> {
        let mut hash = Sha256::new();
        for (path, bytes) in &self.files {
            let file = SafeTensors::deserialize(bytes).map_err(|error| failed(path, error))?;
            let mut names = file.names();
            names.sort();
            for name in names {
                let tensor = file.tensor(name).map_err(|error| failed(path, error))?;
                hash.update(name.as_bytes());
                hash.update(tensor.data());
            }
        }
        Ok(crate::store::hex(&hash.finalize()))
    }
}

/// A number in half precision (IEEE 754 binary16).
fn from_half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_read_as_the_standard_has_it() {
        for (bits, number) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(from_half(bits), number, "{bits:#x}");
        }
        assert!(from_half(0x7e00).is_nan() && from_half(0x8000).is_sign_negative());
    }
}
