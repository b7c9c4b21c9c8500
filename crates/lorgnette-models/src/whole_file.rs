//! Files that are there whole or not at all.

pub use lorgnette_gguf::{PartFile, write_whole as write};
