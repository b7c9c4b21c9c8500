//! The index of a checkpoint that is cut into several safetensors files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use serde::Deserialize;

use crate::error::GgufError;
use crate::safetensors::json_fault;

/// The index's name. It says which file holds which tensor.
pub const INDEX_NAME: &str = "model.safetensors.index.json";

#[derive(Deserialize)]
struct Index {
    /// File names by the names of tensors.
    weight_map: BTreeMap<String, String>,
}

/// The names of the files that an index in JSON names, each once and in order. `file` is what errors
/// call the index.
///
/// # Errors
/// [`GgufError::Malformed`] for JSON that is no index, and for a name that leads out of the index's
/// folder.
pub fn shard_names(file: &Path, json: &[u8]) -> Result<Vec<String>, GgufError> {
    let index: Index =
        serde_json::from_slice(json).map_err(|error| json_fault(file, "the index", &error))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    if let Some(name) = names.iter().find(|name| !is_plain(name)) {
        return Err(GgufError::malformed(file, format!("the file name {name:?}")));
    }
    Ok(names.into_iter().collect())
}

/// Whether a name stays in its folder on every system.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let is_one =
        matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
    is_one && !name.contains(['/', '\\', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(json: &str) -> Result<Vec<String>, GgufError> {
        shard_names(Path::new(INDEX_NAME), json.as_bytes())
    }

    #[test]
    fn each_file_is_named_once() {
        let json =
            r#"{"metadata":{"total_size":9},"weight_map":{"b":"2.st","a":"1.st","c":"2.st"}}"#;
        assert_eq!(names(json).unwrap(), ["1.st", "2.st"]);
    }

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["../x", "a/b", "/x", "..", ".", "", "a\\\\b", "C:x"] {
            let error = names(&format!(r#"{{"weight_map":{{"a":"{name}"}}}}"#)).unwrap_err();
            assert!(matches!(error, GgufError::Malformed { .. }), "{name}: {error}");
        }
        for json in ["", "[]", "{}", r#"{"weight_map":3}"#] {
            assert!(matches!(names(json), Err(GgufError::Malformed { .. })), "{json}");
        }
    }
}
