//! Which tensors of a checkpoint make up each parameter of ours.

use super::config::{Architecture, Config};
use super::tensors::Tensor;

/// A part of a parameter: a tensor, and what is taken of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it is.
    Whole(String),
    /// Ours is out × in, theirs in × out.
    Transposed(String),
    /// Third `0`, `1` or `2` of the columns of a map that makes queries, keys and values, which is in × 3·out.
    ThirdOfColumns(String, usize),
    /// That third of a bias.
    ThirdOfBias(String, usize),
    /// Queries (0), keys (1) or values (2) of a map or bias whose rows are, for each of so many heads in turn, its queries, keys and
    /// values.
    OfEachHead(String, usize, usize),
    /// The rows of the tokens that are used.
    TokenRows(String),
    /// As many of the first rows as there are positions; the last position of ours is never read.
    FirstRows(String),
    /// Its first row, added to every row.
    FirstRowEverywhere(String),
    /// The second row minus the first: two scores as the one of a logistic model.
    Difference(String),
    /// Zeros: theirs has no such parameter.
    Nothing,
}

/// The pieces whose sum is the parameter `own`; none for an output layer that the checkpoint does not have. `rows` gives the size of
/// the first dimension of a tensor that there is. With `segments`, ours tells a description and a text apart by parameters of their own.
pub(super) fn pieces_of(
    config: &Config,
    prefix: &str,
    own: &str,
    shape: &[usize],
    segments: bool,
    rows: impl Fn(&str) -> Option<usize>,
) -> Option<Vec<Piece>> {
    let (own, kind) = own.rsplit_once('.').expect("every parameter has a name and a kind");
    let at = |name: &str| format!("{prefix}{name}.{kind}");
    Some(match config.architecture {
        Architecture::Bert => bert(prefix, (own, kind), shape, segments, rows)?,
        Architecture::Gpt2 => vec![gpt2(&at, own, kind)],
        Architecture::GptNeox => vec![neox(&at, own, kind, config.settings.heads)],
    })
}

/// The layer's number and the name within the layer.
fn in_layer(own: &str) -> Option<(&str, &str)> {
    own.strip_prefix("layers.")?.split_once('.')
}

fn third(part: &str) -> usize {
    ["attention.query", "attention.key", "attention.value"].iter().position(|name| *name == part).unwrap_or(0)
}

fn gpt2(at: &dyn Fn(&str) -> String, own: &str, kind: &str) -> Piece {
    let Some((layer, part)) = in_layer(own) else {
        return match own {
            "tokens" => Piece::TokenRows(at("wte")),
            "positions" => Piece::FirstRows(at("wpe")),
            "norm" => Piece::Whole(at("ln_f")),
            _ if kind == "bias" => Piece::Nothing,
            _ => Piece::TokenRows("lm_head.weight".into()),
        };
    };
    let at = |name: &str| at(&format!("h.{layer}.{name}"));
    // Its linear maps are stored in × out.
    let map = |name: &str| if kind == "bias" { Piece::Whole(at(name)) } else { Piece::Transposed(at(name)) };
    match part {
        "attention_norm" => Piece::Whole(at("ln_1")),
        "mlp_norm" => Piece::Whole(at("ln_2")),
        "attention.projection" => map("attn.c_proj"),
        "mlp.up" => map("mlp.c_fc"),
        "mlp.down" => map("mlp.c_proj"),
        _ if kind == "bias" => Piece::ThirdOfBias(at("attn.c_attn"), third(part)),
        _ => Piece::ThirdOfColumns(at("attn.c_attn"), third(part)),
    }
}

fn neox(at: &dyn Fn(&str) -> String, own: &str, kind: &str, heads: usize) -> Piece {
    let Some((layer, part)) = in_layer(own) else {
        return match own {
            "tokens" => Piece::TokenRows(at("embed_in")),
            "norm" => Piece::Whole(at("final_layer_norm")),
            _ if kind == "bias" => Piece::Nothing,
            _ => Piece::TokenRows("embed_out.weight".into()),
        };
    };
    let at = |name: &str| at(&format!("layers.{layer}.{name}"));
    match part {
        "attention_norm" => Piece::Whole(at("input_layernorm")),
        "mlp_norm" => Piece::Whole(at("post_attention_layernorm")),
        "attention.projection" => Piece::Whole(at("attention.dense")),
        "mlp.up" => Piece::Whole(at("mlp.dense_h_to_4h")),
        "mlp.down" => Piece::Whole(at("mlp.dense_4h_to_h")),
        _ => Piece::OfEachHead(at("attention.query_key_value"), third(part), heads),
    }
}

fn bert(
    prefix: &str,
    (own, kind): (&str, &str),
    shape: &[usize],
    segments: bool,
    rows: impl Fn(&str) -> Option<usize>,
) -> Option<Vec<Piece>> {
    let has = |name: &str| rows(name).is_some();
    // Checkpoints of 2018 call gain and bias of a norm gamma and beta.
    let at = |name: &str| {
        let old = if kind == "weight" { "gamma" } else { "beta" };
        let [new, old] = [kind, old].map(|kind| format!("{prefix}{name}.{kind}"));
        if has(&new) || !has(&old) { new } else { old }
    };
    let whole = |name: &str| vec![Piece::Whole(at(name))];
    let Some((layer, part)) = in_layer(own) else {
        return match own {
            "tokens" => Some(vec![Piece::TokenRows(at("embeddings.word_embeddings"))]),
            "positions" if segments => Some(vec![Piece::FirstRows(at("embeddings.position_embeddings"))]),
            "segments" => {
                let kinds = at("embeddings.token_type_embeddings");
                // A model that knows one kind alone reads both as that one.
                let whole = rows(&kinds) != Some(1);
                Some(vec![if whole { Piece::Whole(kinds) } else { Piece::FirstRowEverywhere(kinds) }])
            }
            // A scale and an offset of cosines are in no checkpoint.
            "similarity" => None,
            // A single text is all of the first kind, so that its embedding is part of every position's.
            "positions" => Some(vec![
                Piece::FirstRows(at("embeddings.position_embeddings")),
                Piece::FirstRowEverywhere(at("embeddings.token_type_embeddings")),
            ]),
            "embedding_norm" => Some(whole("embeddings.LayerNorm")),
            "pooler" if !has(&at("pooler.dense")) => None,
            "pooler" => Some(whole("pooler.dense")),
            // The head of a classifier of as many labels; another one says nothing of ours.
            _ => {
                let name = format!("classifier.{kind}");
                match (shape.first(), rows(&name)) {
                    (Some(&1), Some(2)) => Some(vec![Piece::Difference(name)]),
                    (Some(&own), Some(found)) if own == found => Some(vec![Piece::Whole(name)]),
                    _ => None,
                }
            }
        };
    };
    let inner = match part {
        "attention_norm" => "attention.output.LayerNorm",
        "mlp_norm" => "output.LayerNorm",
        "attention.query" => "attention.self.query",
        "attention.key" => "attention.self.key",
        "attention.value" => "attention.self.value",
        "attention.projection" => "attention.output.dense",
        "mlp.up" => "intermediate.dense",
        _ => "output.dense",
    };
    Some(whole(&format!("encoder.layer.{layer}.{inner}")))
}

/// Whether a tensor that no parameter needs is one that such checkpoints have beside the model: buffers, and the heads of other
/// tasks.
pub(super) fn is_known_extra(config: &Config, name: &str) -> bool {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    match config.architecture {
        Architecture::Bert => {
            ["cls.", "classifier."].iter().any(|head| name.starts_with(head))
                || name.contains("pooler.")
                || ends(&["embeddings.position_ids"])
        }
        Architecture::Gpt2 => {
            ends(&["attn.bias", "attn.masked_bias"]) || (config.settings.tied && name == "lm_head.weight")
        }
        Architecture::GptNeox => {
            ends(&["attention.bias", "attention.masked_bias", "rotary_emb.inv_freq"])
                || (config.settings.tied && name == "embed_out.weight")
        }
    }
}

impl Piece {
    /// The tensor's name.
    pub fn tensor(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Whole(name)
            | Self::Transposed(name)
            | Self::ThirdOfColumns(name, _)
            | Self::ThirdOfBias(name, _)
            | Self::OfEachHead(name, _, _)
            | Self::TokenRows(name)
            | Self::FirstRows(name)
            | Self::FirstRowEverywhere(name)
            | Self::Difference(name) => Some(name),
        }
    }

    /// What it takes of `tensor` for a parameter of this `shape`; otherwise the shape that would fit.
    pub fn cut(&self, tensor: &Tensor, shape: &[usize], rows: Option<&[u32]>) -> Result<Vec<f32>, String> {
        let Tensor { shape: found, data } = tensor;
        let width = found.last().copied().unwrap_or(1).max(1);
        let row = |index: usize| &data[index * width..(index + 1) * width];
        let needs = |expected: &[usize]| match *found == expected {
            true => Ok(()),
            false => Err(format!("{expected:?}")),
        };
        match (self, shape) {
            (Self::Transposed(_), &[outs, ins]) => {
                needs(&[ins, outs])?;
                Ok((0..outs).flat_map(|out| (0..ins).map(move |column| data[column * outs + out])).collect())
            }
            (Self::ThirdOfColumns(_, third), &[outs, ins]) => {
                needs(&[ins, 3 * outs])?;
                let column = |out: usize| third * outs + out;
                Ok((0..outs)
                    .flat_map(|out| (0..ins).map(move |row| data[row * 3 * outs + column(out)]))
                    .collect())
            }
            (Self::ThirdOfBias(_, third), &[outs]) => {
                needs(&[3 * outs])?;
                Ok(data[third * outs..][..outs].to_vec())
            }
            (Self::OfEachHead(_, third, heads), &[outs, ..]) => {
                let mut expected = shape.to_vec();
                expected[0] = 3 * outs;
                needs(&expected)?;
                let (of_head, ins) = (outs / heads, data.len() / (3 * outs));
                let first = |head: usize| (3 * head + third) * of_head * ins;
                Ok((0..*heads).flat_map(|head| &data[first(head)..][..of_head * ins]).copied().collect())
            }
            (Self::TokenRows(_), &[count, own]) => {
                let most = rows.map_or(count, |rows| rows.iter().max().map_or(0, |&row| row as usize + 1));
                if found.len() != 2 || width != own || found[0] < most {
                    return Err(format!("at least {most} rows of {own}"));
                }
                Ok(match rows {
                    Some(rows) => rows.iter().flat_map(|&index| row(index as usize)).copied().collect(),
                    None => data[..count * own].to_vec(),
                })
            }
            (Self::FirstRows(_), &[count, own]) => {
                if found.len() != 2 || width != own || found[0] + 1 < count {
                    return Err(format!("at least {} rows of {own}: the sequences are that long", count - 1));
                }
                let mut values = data[..(count * own).min(data.len())].to_vec();
                values.resize(count * own, 0.0);
                Ok(values)
            }
            (Self::FirstRowEverywhere(_), &[count, own]) => {
                if found.len() != 2 || width != own || found[0] == 0 {
                    return Err(format!("at least 1 row of {own}"));
                }
                Ok((0..count).flat_map(|_| row(0)).copied().collect())
            }
            (Self::Difference(_), _) => {
                let own = shape.get(1).copied().unwrap_or(1);
                let expected = if shape.len() == 2 { vec![2, own] } else { vec![2] };
                needs(&expected)?;
                Ok((0..own).map(|column| data[own + column] - data[column]).collect())
            }
            _ => {
                needs(shape)?;
                Ok(data.clone())
            }
        }
    }
}
