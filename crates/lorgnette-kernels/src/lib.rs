//! The arithmetic of the network on the CPU, on plain slices: no tensors, no models, no text.
//!
//! Every kernel is portable Rust that the compiler turns into vector code for the processor at
//! hand: [`pulp`] compiles each loop for several instruction sets and picks one when the program
//! starts, and [`gemm`] does the same for the products.
//!
//! - [`attention`]: softmax(q·kᵀ)·v in tiles, never the whole score matrix
//! - [`half_matmul`]: f32 rows by a matrix that stays f16 or bf16 in memory
//! - [`elementwise`]: the gated activation, and the exponential under it
//! - [`quant`]: f32 rows by a matrix that stays in the blocks of GGUF
//! - [`peaks`]: what the processor could do at best, to compare with
//! - [`calibrate`]: how fast it computes the layers of such a network, before a network is there
//! - [`element`]: the number formats that weights and the cache are kept in
//! - [`kv`]: keys and values as a cache has them, also in blocks of 8 bits
//! - `few`: products of few rows, each as it would be alone
//! - [`precision`]: what factors are rounded to
#![warn(missing_docs)]

pub mod attention;
#[cfg(target_arch = "x86_64")]
mod bf16;
pub mod calibrate;
pub mod element;
pub mod elementwise;
mod few;
pub mod half_matmul;
#[cfg(target_arch = "x86_64")]
mod int16;
pub mod kv;
pub mod peaks;
pub mod precision;
pub mod quant;
#[cfg(target_arch = "x86_64")]
mod vectors;

pub use precision::Precision;
