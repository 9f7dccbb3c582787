//! Layers, one file each: the forward pass (a method of [`Tape`](crate::Tape)), the backward pass (a method of the
//! layer's node) and the tests. A new layer is a new file and a line in [`Node`].

mod add;
mod affine;
mod attention;
mod attention_pool;
mod bag_cross_entropy;
mod blocked_attention;
mod compose;
mod cosine;
mod cross_entropy;
mod dropout;
mod embedding;
mod fold;
mod gru;
mod gru_cell;
mod logistic;
mod lstm;
mod lstm_cell;
mod multi_head;
mod norm;
mod recurrence;
mod regroup;
mod relative;
mod rotary;
mod scaled_rows;

pub use affine::{Activation, Term};
pub use attention::Attended;
pub use attention_pool::Pooled;
pub use gru::{GruDirection, GruOutput};
pub use lstm::{Direction, LstmOutput};
pub(crate) use lstm_cell::Gates;
pub use multi_head::{HeadModes, Mask, MultiHead, MultiHeadOutput};
pub use norm::{Norm, NormKind};
pub use rotary::Rotary;

use crate::pool::Pool;
use crate::tape::Tape;

/// Declares [`Node`], with one variant for each layer, and dispatches to the layer's own `backward` and `release`.
macro_rules! nodes {
    ($($variant:ident($node:ty)),+ $(,)?) => {
        /// The data for a layer's backward pass.
        #[derive(Debug)]
        pub(crate) enum Node {
            $($variant($node)),+
        }

        impl Node {
            /// Adds to the gradients of the layer's inputs, given the gradients of its outputs.
            pub(crate) fn backward(self, tape: &mut Tape) {
                match self {
                    $(Self::$variant(node) => node.backward(tape)),+
                }
            }

            /// Returns the buffers of a node whose backward pass is not run.
            pub(crate) fn release(self, pool: &mut Pool) {
                match self {
                    $(Self::$variant(node) => node.release(pool)),+
                }
            }
        }

        $(impl From<$node> for Node {
            fn from(node: $node) -> Self {
                Self::$variant(node)
            }
        })+
    };
}

nodes! {
    Add(add::AddNode),
    Affine(affine::AffineNode),
    Attention(attention::AttentionNode),
    AttentionPool(attention_pool::AttentionPoolNode),
    BlockedAttention(blocked_attention::BlockedAttentionNode),
    Compose(compose::ComposeNode),
    Cosine(cosine::CosineNode),
    CrossEntropy(cross_entropy::CrossEntropyNode),
    Dropout(dropout::DropoutNode),
    Embedding(embedding::EmbeddingNode),
    Fold(fold::FoldNode),
    Gru(gru::GruNode),
    Logistic(logistic::LogisticNode),
    Lstm(lstm::LstmNode),
    MultiHead(multi_head::MultiHeadNode),
    Norm(norm::NormNode),
    Regroup(regroup::RegroupNode),
    Rotary(rotary::RotaryNode),
    ScaledRows(scaled_rows::ScaledRowsNode),
}

#[cfg(test)]
mod check;
