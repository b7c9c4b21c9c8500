//! Files that are there whole or not at all.

pub use lorgnette_files::{PartFile, rename, write_whole as write};
