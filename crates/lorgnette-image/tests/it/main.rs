//! The crate's public face.

mod bad_input;
mod decoding;
mod golden;
mod grid;
mod pixels;
