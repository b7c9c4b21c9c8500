//! Writes a GGUF pair with random weights.

use std::path::{Path, PathBuf};

use anyhow::Result;
use lorgnette_app::models::convert::pair::GgufPair;
use lorgnette_gguf::GgufWriter;

use super::random::RandomWeights;
use super::wanted;

/// Writes the text model and its mmproj. Returns their paths and sizes.
pub fn write(
    dir: &Path,
    pair: GgufPair,
    weights: &mut RandomWeights,
) -> Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for file in std::iter::once(pair.text).chain(pair.vision) {
        let path = dir.join(&file.name);
        let declared = file.tensors.iter().map(|tensor| tensor.declared.clone()).collect();
        let mut writer = GgufWriter::create(&path, &file.metadata, declared)?;
        for tensor in &file.tensors {
            let declared = &tensor.declared;
            let wanted = wanted(tensor.part, &declared.shape, declared.dtype, tensor.rows);
            weights.stream(&wanted, |bytes| Ok(writer.append(&declared.name, bytes)?))?;
        }
        let n_bytes = writer.finish()?;
        files.push((path, n_bytes));
    }
    Ok(files)
}
