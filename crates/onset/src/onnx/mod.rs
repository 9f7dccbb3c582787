//! ONNX: a [`Graph`] of operators, its layers from [`Weights`] under PyTorch's names, and the bytes of its file.
//!
//! It knows no model family. A family composes its graph from the layers here, and
//! [`export`](crate::export) writes it. A file is operator set 17 of ONNX 1.12, which every runtime since 2022 reads.

mod graph;
mod layers;
mod protobuf;
mod recurrent;
mod weights;

pub use graph::{Attribute, Edge, Element, Graph, Size};
pub use recurrent::{Recurrence, RecurrentLayer, RecurrentStates};
pub use weights::Weights;
