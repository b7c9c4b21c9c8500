//! What the person chose: the [`Settings`], and what a description is for, the [`Purpose`].

pub mod purpose;
mod settings;

pub use purpose::Purpose;
pub use settings::*;
