//! Files that are there whole or not at all, and the time.

use std::time::{SystemTime, UNIX_EPOCH};

pub use lorgnette_models::whole_file::write as write_whole;

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
