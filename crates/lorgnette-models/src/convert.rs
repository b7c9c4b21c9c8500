//! A checkpoint on its way to a GGUF pair.
//!
//! - [`pair`]: what a model is as a GGUF pair
//! - `plan`: which tensors of the checkpoint become which of the pair

pub mod pair;
pub(crate) mod plan;
