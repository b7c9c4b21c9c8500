//! Files that are there whole or not at all.
//!
//! - [`PartFile`], [`write_whole`]: a file that has its name only when it is whole
//! - [`rename`]: what all renames go through
#![warn(missing_docs)]

mod part_file;
mod rename;

pub use part_file::{PartFile, write_whole};
pub use rename::rename;
