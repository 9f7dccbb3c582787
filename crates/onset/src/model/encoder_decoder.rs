//! A recurrent encoder and decoder, of either cell: the decoder starts where the encoder ended.

use onset_engine::{Indices, Packing, Tape, Value};
use serde::{Deserialize, Serialize};

use super::RnnSettings;
use super::parameters::{GruWeights, LstmWeights, Parameters};

/// A recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl Cell {
    pub(super) fn is_lstm(&self) -> bool {
        *self == Self::Lstm
    }
}

/// The recurrent layers of both sides.
#[derive(Debug, Clone)]
pub enum EncoderDecoder {
    /// Long short-term memory.
    Lstm {
        /// One or two directions.
        encoder: Vec<LstmWeights>,
        /// One.
        decoder: LstmWeights,
    },
    /// Gated recurrent units.
    Gru {
        /// One or two directions.
        encoder: Vec<GruWeights>,
        /// One.
        decoder: GruWeights,
    },
}

/// What one side reads.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// The layout of its rows.
    pub packing: Packing,
    /// From each packed row to its row of `embedded`.
    pub rows: Indices,
    /// Embeddings of distinct tokens (tokens × embedding).
    pub embedded: Value,
}

impl EncoderDecoder {
    /// Adds the parameters, `encoder.*` and `decoder.*`.
    pub fn new(parameters: &mut Parameters, tape: &mut Tape, model: &RnnSettings) -> Self {
        let RnnSettings { embedding, hidden, bidirectional, .. } = *model;
        match model.cell {
            Cell::Lstm => Self::Lstm {
                encoder: parameters.lstm(tape, ("encoder", 0), embedding, hidden, bidirectional),
                decoder: parameters.lstm(tape, ("decoder", 0), embedding, hidden, false)[0],
            },
            Cell::Gru => Self::Gru {
                encoder: parameters.gru(tape, "encoder", embedding, hidden, bidirectional),
                decoder: parameters.gru(tape, "decoder", embedding, hidden, false)[0],
            },
        }
    }

    /// States of the encoder (packed source rows × directions·hidden) and of the decoder (packed target rows ×
    /// hidden). The decoder starts from the mean of the directions' last states.
    pub fn read(&self, tape: &mut Tape, source: Input, target: Input) -> [Value; 2] {
        match self {
            Self::Lstm { encoder, decoder } => {
                let forward = encoder[0].direction(tape, source.embedded, None, false);
                let backward = encoder.get(1).map(|w| w.direction(tape, source.embedded, None, true));
                let both = [forward, backward.unwrap_or(forward)];
                let directions = &both[..encoder.len()];
                let encoded = tape.lstm(source.packing, Some(source.rows), directions);
                let start = (
                    tape.fold(encoded.last_hidden, directions.len()),
                    tape.fold(encoded.last_cell, directions.len()),
                );
                let decoder = decoder.direction(tape, target.embedded, Some(start), false);
                [encoded.hidden, tape.lstm(target.packing, Some(target.rows), &[decoder]).hidden]
            }
            Self::Gru { encoder, decoder } => {
                let forward = encoder[0].direction(tape, source.embedded, None, false);
                let backward = encoder.get(1).map(|w| w.direction(tape, source.embedded, None, true));
                let both = [forward, backward.unwrap_or(forward)];
                let directions = &both[..encoder.len()];
                let encoded = tape.gru(source.packing, Some(source.rows), directions);
                let start = tape.fold(encoded.last_hidden, directions.len());
                let decoder = decoder.direction(tape, target.embedded, Some(start), false);
                [encoded.hidden, tape.gru(target.packing, Some(target.rows), &[decoder]).hidden]
            }
        }
    }
}
