//! Pixtral: a vision encoder that takes pictures at their own shape, and a text decoder.
//!
//! In reading order:
//! - [`Pixtral`]: the whole network, and the three things it does
//! - `vision`, `text`, `block`, `rope`, `ops`: what it computes
//! - [`ImageFeatures`]: what the vision part makes of a picture
//! - [`KvCache`]: keys and values of what was read
//! - [`config`]: the network's sizes
//! - [`checkpoint`], `weights`: files with a network in them, and tensors made of them
//! - [`DeviceChoice`]: what computes
//! - [`Placement`]: which parts are on it, by what they take and what is free
//! - [`Watch`]: seeing how far it is, and stopping it
#![warn(missing_docs)]

mod block;
pub mod checkpoint;
pub mod config;
mod device;
mod error;
mod features;
mod kv_cache;
mod model;
mod ops;
mod placement;
mod rope;
#[cfg(test)]
mod testing;
mod text;
mod vision;
mod watch;
mod weights;

pub use candle_core::{Device, Tensor};
pub use checkpoint::Checkpoint;
pub use config::ModelConfig;
pub use device::{
    ChosenDevice, DeviceChoice, DeviceMemory, FoundDevice, found as found_devices, machine_memory,
};
pub use error::{BLOCK_FP8, LoadError, ModelError};
pub use features::ImageFeatures;
pub use kv_cache::{KvCache, KvFormat, KvTail};
pub use lorgnette_kernels::Precision;
pub use lorgnette_kernels::calibrate::Calibration;
pub use lorgnette_kernels::peaks::Peaks;
pub use lorgnette_kernels::quant::Level;
pub use model::{CHUNK_TOKENS, PictureRows, Pixtral, Prompt, TOGETHER};
pub use placement::{Needs, Placement, Plan, Shortage, activation_bytes};
pub use watch::{Watch, go_on};
pub use weights::{Kernels, LoadMode, LoadOptions};
