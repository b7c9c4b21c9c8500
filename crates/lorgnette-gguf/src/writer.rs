//! GGUF version 3 as a stream of tensors.
//!
//! Source: `ggml/docs/gguf.md`. Candle's own writer needs every tensor in memory at once.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::Path;

use lorgnette_files::PartFile;

use crate::error::GgufError;
use crate::format::NumberFormat;

const MAGIC: [u8; 4] = *b"GGUF";
const VERSION: u32 = 3;
const ALIGNMENT: u64 = 32; // what readers assume when `general.alignment` is absent
const MAX_DIMS: usize = 4; // GGML_MAX_DIMS
const MAX_NAME_BYTES: usize = 63; // GGML_MAX_NAME is 64 with the closing zero

/// A tensor as the header describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct GgufTensor {
    /// The name that llama.cpp gives it.
    pub name: String,
    /// Its sizes, rows first; the file has the opposite order.
    pub shape: Vec<usize>,
    /// The number format of its rows.
    pub dtype: NumberFormat,
}

impl GgufTensor {
    /// Bytes of all rows; `None` when they overflow or a row does not fill its blocks.
    pub fn n_bytes(&self) -> Option<u64> {
        self.dtype.tensor_bytes(&self.shape).ok()
    }
}

/// A metadata value, typed as llama.cpp expects the key to be.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is the kind that it is called")]
pub enum GgufValue {
    U32(u32),
    I32(i32),
    U64(u64),
    F32(f32),
    Bool(bool),
    String(String),
    I32s(Vec<i32>),
    F32s(Vec<f32>),
    Strings(Vec<String>),
}

impl From<&str> for GgufValue {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

/// A header, and with it where each tensor's bytes lie in the file.
#[derive(Debug, Clone)]
pub struct GgufHeader {
    /// The file's first bytes, padded to where the tensors begin.
    pub bytes: Vec<u8>,
    /// First byte of each tensor in the file, in the order of declaration.
    pub offsets: Vec<u64>,
    /// Bytes of the whole file.
    pub n_file_bytes: u64,
}

impl GgufHeader {
    /// Checks what is declared; `path` is what errors call the file.
    ///
    /// # Errors
    /// [`GgufError::Declaration`] for what the format cannot hold.
    pub fn new(
        path: &Path,
        metadata: &[(String, GgufValue)],
        tensors: &[GgufTensor],
    ) -> Result<Self, GgufError> {
        check(path, metadata, tensors)?;
        let mut bytes = Vec::new();
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((tensors.len() as u64).to_le_bytes());
        bytes.extend((metadata.len() as u64).to_le_bytes());
        for (key, value) in metadata {
            put_string(&mut bytes, key);
            put_value(&mut bytes, value);
        }
        let mut offset = 0_u64;
        let mut offsets = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            put_string(&mut bytes, &tensor.name);
            bytes.extend((tensor.shape.len() as u32).to_le_bytes());
            for dim in tensor.shape.iter().rev() {
                bytes.extend((*dim as u64).to_le_bytes());
            }
            bytes.extend(tensor.dtype.type_id().to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            offsets.push(offset);
            // `check` has seen that the sum does not overflow.
            offset += tensor.n_bytes().unwrap_or(0).next_multiple_of(ALIGNMENT);
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT as usize), 0);
        let start = bytes.len() as u64;
        for offset in &mut offsets {
            *offset += start;
        }
        Ok(Self { bytes, offsets, n_file_bytes: start + offset })
    }
}

/// Writes one GGUF file.
#[derive(Debug)]
pub struct GgufWriter {
    file: PartFile,
    tensors: Vec<GgufTensor>,
    /// The tensor whose bytes come next.
    tensor_idx: usize,
    /// Bytes of it that are written.
    n_done: u64,
}

impl GgufWriter {
    /// Checks what is declared and writes the header.
    ///
    /// # Errors
    /// [`GgufError::Declaration`] for what the format cannot hold, [`GgufError::Io`].
    pub fn create(
        path: &Path,
        metadata: &[(String, GgufValue)],
        tensors: Vec<GgufTensor>,
    ) -> Result<Self, GgufError> {
        let header = GgufHeader::new(path, metadata, &tensors)?;
        let mut file = PartFile::create(path)?;
        file.write_all(&header.bytes)?;
        Ok(Self { file, tensors, tensor_idx: 0, n_done: 0 })
    }

    /// Appends bytes to a tensor, which must be the one whose turn it is.
    ///
    /// # Errors
    /// [`GgufError::OutOfOrder`], [`GgufError::TooLong`], [`GgufError::Io`].
    pub fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), GgufError> {
        let next = self.tensors.get(self.tensor_idx).filter(|tensor| tensor.name == name);
        let Some(tensor) = next else {
            return Err(self.out_of_order(name));
        };
        let declared_bytes = tensor.n_bytes().unwrap_or(0);
        let found_bytes = self.n_done + bytes.len() as u64;
        if found_bytes > declared_bytes {
            return Err(GgufError::TooLong {
                file: self.file.path().to_owned(),
                tensor: name.to_owned(),
                declared_bytes,
                found_bytes,
            });
        }
        self.file.write_all(bytes)?;
        self.n_done = found_bytes;
        if found_bytes == declared_bytes {
            // The last one is padded too, as llama.cpp's reader expects.
            self.file.pad_to(ALIGNMENT)?;
            self.tensor_idx += 1;
            self.n_done = 0;
        }
        Ok(())
    }

    /// Puts the complete file on the disk under its name; returns its bytes.
    ///
    /// # Errors
    /// [`GgufError::Incomplete`] when a tensor lacks bytes, [`GgufError::Io`].
    pub fn finish(self) -> Result<u64, GgufError> {
        if let Some(tensor) = self.tensors.get(self.tensor_idx) {
            return Err(GgufError::Incomplete {
                file: self.file.path().to_owned(),
                tensor: tensor.name.clone(),
                missing_bytes: tensor.n_bytes().unwrap_or(0) - self.n_done,
            });
        }
        let n_bytes = self.file.n_written();
        self.file.finish()?;
        Ok(n_bytes)
    }

    fn out_of_order(&self, found: &str) -> GgufError {
        let expected = self.tensors.get(self.tensor_idx).map_or("nothing", |tensor| &tensor.name);
        GgufError::OutOfOrder {
            file: self.file.path().to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}

fn check(
    path: &Path,
    metadata: &[(String, GgufValue)],
    tensors: &[GgufTensor],
) -> Result<(), GgufError> {
    let fault = |name: &str, reason: String| {
        Err(GgufError::Declaration { file: path.to_owned(), name: name.to_owned(), reason })
    };
    let mut keys = HashSet::new();
    for (key, _) in metadata {
        if !keys.insert(key) {
            return fault(key, "the key is there twice".into());
        }
        if key == "general.alignment" {
            return fault(key, format!("tensors are always aligned to {ALIGNMENT} bytes"));
        }
    }
    let mut names = HashSet::new();
    let mut n_bytes = 0_u64;
    for tensor in tensors {
        let (name, shape) = (&tensor.name, &tensor.shape);
        if !names.insert(name) {
            return fault(name, "the name is there twice".into());
        }
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return fault(name, format!("names have 1 to {MAX_NAME_BYTES} bytes"));
        }
        if shape.is_empty() || shape.len() > MAX_DIMS || shape.contains(&0) {
            return fault(name, format!("{shape:?} is not 1 to {MAX_DIMS} sizes above 0"));
        }
        let end = match tensor.dtype.tensor_bytes(shape) {
            Ok(n) => n.checked_next_multiple_of(ALIGNMENT).and_then(|n| n.checked_add(n_bytes)),
            Err(reason) => return fault(name, reason),
        };
        let Some(end) = end else {
            return fault(name, "the tensors before it and its own overflow".into());
        };
        n_bytes = end;
    }
    Ok(())
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

/// Kind and content. Source: `enum gguf_type`.
fn put_value(out: &mut Vec<u8>, value: &GgufValue) {
    const ARRAY: u32 = 9;
    let (kind, n_items) = match value {
        GgufValue::U32(_) => (4_u32, None),
        GgufValue::I32(_) => (5, None),
        GgufValue::F32(_) => (6, None),
        GgufValue::Bool(_) => (7, None),
        GgufValue::String(_) => (8, None),
        GgufValue::U64(_) => (10, None),
        GgufValue::I32s(items) => (5, Some(items.len())),
        GgufValue::F32s(items) => (6, Some(items.len())),
        GgufValue::Strings(items) => (8, Some(items.len())),
    };
    if let Some(n_items) = n_items {
        out.extend(ARRAY.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend((n_items as u64).to_le_bytes());
    } else {
        out.extend(kind.to_le_bytes());
    }
    match value {
        GgufValue::U32(x) => out.extend(x.to_le_bytes()),
        GgufValue::I32(x) => out.extend(x.to_le_bytes()),
        GgufValue::U64(x) => out.extend(x.to_le_bytes()),
        GgufValue::F32(x) => out.extend(x.to_le_bytes()),
        GgufValue::Bool(x) => out.push(u8::from(*x)),
        GgufValue::String(text) => put_string(out, text),
        GgufValue::I32s(items) => items.iter().for_each(|x| out.extend(x.to_le_bytes())),
        GgufValue::F32s(items) => items.iter().for_each(|x| out.extend(x.to_le_bytes())),
        GgufValue::Strings(items) => items.iter().for_each(|text| put_string(out, text)),
    }
}
