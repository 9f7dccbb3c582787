//! Labelled text, from a file or made on the spot.
