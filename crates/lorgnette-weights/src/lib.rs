//! Bytes on disk: model files fetched, verified, quantised while they arrive, and written.
//!
//! A model is larger than memory, so everything streams. In reading order:
//! - [`catalogue`]: the models that are known by name
//! - [`hub`]: what a repository holds, and its files as ordered bytes ([`http`] beneath it)
//! - [`recipe`]: which bytes of which source file become which rows of which GGUF file
//! - [`install`]: carries a recipe out, in a work folder that survives being killed
//! - [`store`]: the models folder: who may write to it, what is in it, whether it is whole
//!
//! A file has its final name only when it is complete and on the disk.
#![warn(missing_docs)]

pub mod catalogue;
pub mod checksum;
pub mod http;
pub mod hub;
pub mod install;
pub mod recipe;
pub mod report;
pub mod store;

mod error;
mod failure;
mod fetch;
mod home;
mod journal;

pub use error::WeightsError;
pub use home::{at_home, is_of_other};
pub use hub::{Hub, HubSettings};
pub use report::{InstallEvent, Report};
