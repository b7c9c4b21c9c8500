//! The plan of a model: which bytes of a source file become which rows of a target file.
//!
//! A recipe knows neither networks nor tokenizers: whoever makes it has decided all that. It can be
//! carried out in any order of the sources and from any chunk on, because each row has its place in
//! its target from the start.

use std::ops::Range;
use std::path::PathBuf;

use half::{bf16, f16};
use lorgnette_gguf::quantise::{f8_e4m3, quantise};
use lorgnette_gguf::safetensors::Dtype;
use lorgnette_gguf::{GgufError, NumberFormat};
use rayon::prelude::*;

use crate::checksum::{Checksum, Hash};
use crate::error::WeightsError;
use crate::fetch::RemoteFile;
use crate::hub::{FileName, Hub, HubFile, Repository};

/// Everything that is needed to make a model's files.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The files to make.
    pub targets: Vec<Target>,
    /// The files to make them of, in the order in which they are taken.
    pub sources: Vec<Source>,
}

/// A file to make.
#[derive(Debug, Clone)]
pub struct Target {
    /// Name in the model's folder.
    pub name: FileName,
    /// First bytes of the file; empty when they come from a source.
    pub header: Vec<u8>,
    /// Size in bytes, header included.
    pub n_bytes: u64,
}

/// A file to take bytes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name in its repository or folder.
    pub name: FileName,
    /// Size in bytes.
    pub n_bytes: u64,
    /// The published hash; `None` where there is none.
    pub checksum: Option<Checksum>,
    /// The ranges that become something, in order; bytes between them are only hashed.
    pub pieces: Vec<Piece>,
    /// Path of a copy on this machine, which is tried first.
    pub(crate) local: Option<PathBuf>,
    pub(crate) remote: Option<RemoteFile>,
}

/// A range of a source, and its use.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Bytes of the source.
    pub bytes: Range<u64>,
    /// The use of these bytes.
    pub becomes: Becomes,
}

/// The use of a range of a source.
#[derive(Debug, Clone)]
pub enum Becomes {
    /// The bytes go to a target as they are.
    Copy {
        /// Index of the target.
        target: usize,
        /// Byte of the target at which they begin.
        offset: u64,
    },
    /// The bytes are rows of numbers, which go to targets in other formats.
    Rows {
        /// Number format of the source.
        dtype: Dtype,
        /// Factor of each number: 1, except for FP8.
        scale: f32,
        /// Length of a row in numbers.
        row_len: usize,
        /// The places that rows go to.
        outputs: Vec<Output>,
    },
}

/// A place for rows.
#[derive(Debug, Clone)]
pub struct Output {
    /// Index of the target.
    pub target: usize,
    /// Byte of the target at which the tensor begins.
    pub offset: u64,
    /// Number format of the target.
    pub dtype: NumberFormat,
    /// The rows that go there, and their order.
    pub rows: Rows,
}

/// The rows of a checkpoint's tensor that a GGUF file has, and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// All rows in order.
    All,
    /// All rows, with the two halves of each head interleaved.
    ///
    /// Formula: transformers' `permute_for_rope` turned around, which llama.cpp calls
    /// `LlamaModel.permute`: in each head, row `2 i + half` was row `half * head_dim / 2 + i`.
    Interleaved {
        /// Number of heads.
        n_heads: usize,
    },
    /// The row with this index alone.
    One(usize),
}

impl Rows {
    /// The row of the checkpoint that stands at `row` of `n_rows` in the file.
    pub fn source_row(self, row: usize, n_rows: usize) -> usize {
        match self {
            Self::All => row,
            Self::One(only) => only,
            Self::Interleaved { n_heads } => {
                let head_dim = n_rows / n_heads;
                let (head, in_head) = (row / head_dim, row % head_dim);
                head * head_dim + in_head % 2 * (head_dim / 2) + in_head / 2
            }
        }
    }
}

/// A part of a source that is converted at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) bytes: Range<u64>,
    /// Index of the piece that it is of; `None` for bytes that are only hashed.
    pub(crate) piece_idx: Option<usize>,
}

/// Bytes for a place in a target.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) target: usize,
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Source {
    /// Takes a file of a repository, from the hub's cache if it is there.
    ///
    /// # Errors
    /// [`WeightsError::Offline`] for one that would have to be fetched.
    pub fn of_hub(
        hub: &Hub,
        repository: &Repository,
        file: &HubFile,
        pieces: Vec<Piece>,
    ) -> Result<Self, WeightsError> {
        let remote = match hub.remote(repository, file) {
            Ok(remote) => Some(remote),
            Err(_) if file.cached.is_some() => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            name: file.name.clone(),
            n_bytes: file.n_bytes,
            checksum: file.checksum.clone(),
            pieces,
            local: file.cached.clone(),
            remote,
        })
    }

    /// Takes a file on this machine, without a published hash.
    pub fn local(name: FileName, path: PathBuf, n_bytes: u64, pieces: Vec<Piece>) -> Self {
        Self { name, n_bytes, checksum: None, pieces, local: Some(path), remote: None }
    }

    /// Whether it has to be fetched.
    pub fn is_remote(&self) -> bool {
        self.local.is_none()
    }

    /// The chunk at a position, which is 0 or the end of another chunk.
    pub(crate) fn chunk_at(&self, position: u64, chunk_bytes: u64) -> Chunk {
        let piece_idx = self.pieces.partition_point(|piece| piece.bytes.end <= position);
        let limit = position + chunk_bytes.max(1);
        let Some(piece) = self.pieces.get(piece_idx) else {
            return Chunk { bytes: position..limit.min(self.n_bytes), piece_idx: None };
        };
        if position < piece.bytes.start {
            return Chunk { bytes: position..limit.min(piece.bytes.start), piece_idx: None };
        }
        let unit = piece.unit_bytes().max(1);
        let end = position + (chunk_bytes / unit).max(1) * unit;
        Chunk { bytes: position..end.min(piece.bytes.end), piece_idx: Some(piece_idx) }
    }

    /// Converts a chunk, on all cores.
    pub(crate) fn convert(&self, chunk: &Chunk, bytes: &[u8]) -> Result<Vec<Written>, GgufError> {
        let Some(piece) = chunk.piece_idx.and_then(|idx| self.pieces.get(idx)) else {
            return Ok(Vec::new());
        };
        let at = chunk.bytes.start - piece.bytes.start;
        match &piece.becomes {
            Becomes::Copy { target, offset } => {
                let bytes = bytes.to_vec();
                Ok(vec![Written { target: *target, offset: offset + at, bytes }])
            }
            Becomes::Rows { dtype, scale, row_len, outputs } => {
                let numbers = numbers(*dtype, *scale, bytes);
                let first = (at / piece.row_bytes()) as usize;
                let n_all = piece.n_rows();
                let rows: Vec<&[f32]> = numbers.chunks_exact(*row_len).collect();
                let written = outputs.iter().filter_map(|output| {
                    output.write(&rows, &numbers, first, n_all, *row_len).transpose()
                });
                written.collect()
            }
        }
    }
}

impl Output {
    /// Converts the rows `first..` of `n_all`; `None` when none of them is wanted.
    fn write(
        &self,
        rows: &[&[f32]],
        numbers: &[f32],
        first: usize,
        n_all: usize,
        row_len: usize,
    ) -> Result<Option<Written>, GgufError> {
        let row_bytes = self.dtype.row_bytes(row_len).unwrap_or(0) as u64;
        let (bytes, offset) = match self.rows {
            Rows::All => (quantise(numbers, row_len, self.dtype)?, first as u64 * row_bytes),
            Rows::One(only) => {
                let Some(row) = only.checked_sub(first).and_then(|i| rows.get(i)) else {
                    return Ok(None);
                };
                (quantise(row, row_len, self.dtype)?, 0)
            }
            // A chunk has whole heads.
            Rows::Interleaved { .. } => {
                let mut ordered = vec![0.0; numbers.len()];
                ordered.par_chunks_exact_mut(row_len).enumerate().for_each(|(i, row)| {
                    row.copy_from_slice(rows[self.rows.source_row(first + i, n_all) - first]);
                });
                (quantise(&ordered, row_len, self.dtype)?, first as u64 * row_bytes)
            }
        };
        Ok(Some(Written { target: self.target, offset: self.offset + offset, bytes }))
    }
}

impl Piece {
    fn row_bytes(&self) -> u64 {
        match &self.becomes {
            Becomes::Copy { .. } => 1,
            Becomes::Rows { dtype, row_len, .. } => (*row_len * dtype.bitsize() / 8) as u64,
        }
    }

    fn n_rows(&self) -> usize {
        ((self.bytes.end - self.bytes.start) / self.row_bytes().max(1)) as usize
    }

    /// Bytes that are converted together: a row, or a head of rows that change places.
    fn unit_bytes(&self) -> u64 {
        let Becomes::Rows { outputs, .. } = &self.becomes else { return 1 };
        let head = outputs.iter().find_map(|output| match output.rows {
            Rows::Interleaved { n_heads } => Some(self.n_rows() / n_heads.max(1)),
            Rows::All | Rows::One(_) => None,
        });
        head.unwrap_or(1) as u64 * self.row_bytes()
    }
}

/// Reads numbers from little-endian bytes, on all cores.
fn numbers(dtype: Dtype, scale: f32, bytes: &[u8]) -> Vec<f32> {
    match dtype {
        Dtype::BF16 => bytes
            .par_chunks_exact(2)
            .with_min_len(1 << 14)
            .map(|two| bf16::from_le_bytes([two[0], two[1]]).to_f32())
            .collect(),
        Dtype::F16 => bytes
            .par_chunks_exact(2)
            .with_min_len(1 << 14)
            .map(|two| f16::from_le_bytes([two[0], two[1]]).to_f32())
            .collect(),
        Dtype::F8_E4M3 => {
            let table: Vec<f32> = (0..=255).map(|code| f8_e4m3(code) * scale).collect();
            bytes.par_iter().with_min_len(1 << 14).map(|code| table[usize::from(*code)]).collect()
        }
        // F32; `check` has refused others.
        _ => bytes
            .par_chunks_exact(4)
            .with_min_len(1 << 14)
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect(),
    }
}

impl Recipe {
    /// Refuses a recipe that would write outside its targets, or whose pieces overlap or are empty.
    ///
    /// # Errors
    /// [`WeightsError::Header`], which names the source.
    pub fn check(&self) -> Result<(), WeightsError> {
        for source in &self.sources {
            let mut end = 0;
            for piece in &source.pieces {
                let fault = |reason: String| {
                    Err(WeightsError::Header { file: source.name.to_string(), reason })
                };
                let Range { start, end: piece_end } = piece.bytes;
                if start < end || piece_end <= start || piece_end > source.n_bytes {
                    return fault(format!("a tensor at {:?}", piece.bytes));
                }
                end = piece_end;
                if !self.fits(piece) {
                    return fault(format!("the tensor at {:?} has no place", piece.bytes));
                }
            }
        }
        Ok(())
    }

    fn fits(&self, piece: &Piece) -> bool {
        let n_bytes = piece.bytes.end - piece.bytes.start;
        let in_target = |target: usize, offset: u64, n: u64| {
            let end = offset.checked_add(n);
            self.targets.get(target).is_some_and(|t| end.is_some_and(|end| end <= t.n_bytes))
        };
        match &piece.becomes {
            Becomes::Copy { target, offset } => in_target(*target, *offset, n_bytes),
            Becomes::Rows { dtype, row_len, outputs, .. } => {
                let known = matches!(dtype, Dtype::BF16 | Dtype::F16 | Dtype::F32 | Dtype::F8_E4M3);
                known
                    && *row_len > 0
                    && n_bytes.is_multiple_of(piece.row_bytes())
                    && outputs.iter().all(|output| {
                        let n_rows = match output.rows {
                            Rows::One(only) if only >= piece.n_rows() => return false,
                            Rows::One(_) => 1,
                            Rows::Interleaved { n_heads }
                                if n_heads == 0 || !piece.n_rows().is_multiple_of(2 * n_heads) =>
                            {
                                return false;
                            }
                            Rows::All | Rows::Interleaved { .. } => piece.n_rows(),
                        };
                        output.dtype.row_bytes(*row_len).is_some_and(|row| {
                            in_target(output.target, output.offset, (row * n_rows) as u64)
                        })
                    })
            }
        }
    }

    /// Size of all sources in bytes.
    pub fn n_source_bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.n_bytes).sum()
    }

    /// Size in bytes of the sources that have to be fetched.
    pub fn n_remote_bytes(&self) -> u64 {
        self.sources.iter().filter(|source| source.is_remote()).map(|source| source.n_bytes).sum()
    }

    /// Size of all targets in bytes.
    pub fn n_target_bytes(&self) -> u64 {
        self.targets.iter().map(|target| target.n_bytes).sum()
    }

    /// A hash that is the same for two recipes that make the same files of the same files. Journals
    /// hold it, so that the text it is made of must not change.
    pub(crate) fn fingerprint(&self, chunk_bytes: u64) -> String {
        let mut hash = Hash::begin(None, 0);
        hash.update(env!("CARGO_PKG_VERSION").as_bytes());
        hash.update(&chunk_bytes.to_le_bytes());
        for Target { name, header, n_bytes } in &self.targets {
            hash.update(name.as_str().as_bytes());
            hash.update(&(header.len() as u64).to_le_bytes());
            hash.update(header);
            hash.update(&n_bytes.to_le_bytes());
        }
        for Source { name, n_bytes, checksum, pieces, .. } in &self.sources {
            // Plain data: its debug form says all of it.
            hash.update(format!("{name} {n_bytes} {checksum:?} {pieces:?}").as_bytes());
        }
        hash.finish().text().to_owned()
    }
}

#[cfg(test)]
mod tests;
