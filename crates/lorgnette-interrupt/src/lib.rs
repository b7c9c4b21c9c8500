//! Stopping long work: the handle that asks for it, and how the work says that it stopped.
//!
//! - [`Cancel`]: cancels and pauses, from any thread
//! - [`Interrupted`]: why work ended before its end

mod cancel;
mod interrupted;

pub use cancel::Cancel;
pub use interrupted::{Interrupted, unless_cancelled};
