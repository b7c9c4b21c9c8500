//! Files that are there whole or not at all.

pub use lorgnette_gguf::write_whole as write;
