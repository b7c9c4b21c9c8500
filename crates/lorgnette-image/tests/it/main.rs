//! The crate's public face.

mod bad_input;
mod decoding;
mod documents;
mod formats;
mod golden;
mod grid;
mod make;
mod pages;
mod pixels;
mod whole;
