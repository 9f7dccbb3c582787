//! Layers: each file holds one, with its forward pass (a method of [`Tape`](crate::Tape)), its backward
//! pass (a method of its node) and its tests. A new layer is a file and a line in [`Node`].

mod affine;
mod attention;
mod attention_pool;
mod bag_cross_entropy;
mod compose;
mod cross_entropy;
mod dropout;
mod embedding;
mod fold;
mod gru;
mod gru_cell;
mod logistic;
mod lstm;
mod lstm_cell;
mod recurrence;
mod regroup;
mod scaled_rows;

pub use affine::{Activation, Term};
pub use attention::{Attended, Scores};
pub use attention_pool::{Pooled, Weighting};
pub use gru::{GruDirection, GruOutput};
pub use lstm::{Direction, LstmOutput};
pub(crate) use lstm_cell::Gates;

use crate::pool::Pool;
use crate::tape::Tape;

/// Declares [`Node`]: one variant a layer, with dispatch to the layer's own `backward` and `release`.
macro_rules! nodes {
    ($($variant:ident($node:ty)),+ $(,)?) => {
        /// What a layer needs to go backward.
        #[derive(Debug)]
        pub(crate) enum Node {
            $($variant($node)),+
        }

        impl Node {
            /// Adds to the gradients of the layer's inputs, given those of its outputs.
            pub(crate) fn backward(self, tape: &mut Tape) {
                match self {
                    $(Self::$variant(node) => node.backward(tape)),+
                }
            }

            /// Gives back the buffers of a node that is not needed.
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
    Affine(affine::AffineNode),
    Attention(attention::AttentionNode),
    AttentionPool(attention_pool::AttentionPoolNode),
    Compose(compose::ComposeNode),
    CrossEntropy(cross_entropy::CrossEntropyNode),
    Dropout(dropout::DropoutNode),
    Embedding(embedding::EmbeddingNode),
    Fold(fold::FoldNode),
    Gru(gru::GruNode),
    Logistic(logistic::LogisticNode),
    Lstm(lstm::LstmNode),
    Regroup(regroup::RegroupNode),
    ScaledRows(scaled_rows::ScaledRowsNode),
}

#[cfg(test)]
mod check;
