//! The header of GGUF, llama.cpp's container. Nothing in it is trusted.
//!
//! This reader is our own because the file comes from anywhere: candle's multiplies dimensions
//! unchecked and divides by an alignment that may be 0. Source: `ggml/docs/gguf.md`.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::error::GgufError;
use crate::format::{self, NumberFormat};
use crate::lfs::is_lfs_pointer;
use crate::source::{Source, StoredTensor};

/// The first bytes of a GGUF file.
const MAGIC: [u8; 4] = *b"GGUF";
/// The vocabulary of Pixtral takes 10 MiB; a header beyond this is not one.
const MAX_HEADER_BYTES: u64 = 256 << 20;
const MAX_DIMS: u32 = 4;
const DEFAULT_ALIGNMENT: u64 = 32;

/// A metadata value. Numbers are widened; arrays hold one kind.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is the kind that it is called")]
pub enum Value {
    Int(i64),
    /// Only what does not fit into [`Value::Int`].
    BigInt(u64),
    Float(f64),
    Bool(bool),
    String(String),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Strings(Vec<String>),
}

/// A GGUF file's header.
#[derive(Debug)]
pub struct GgufFile {
    source: Source,
    metadata: BTreeMap<String, Value>,
    tensors: BTreeMap<String, StoredTensor>,
}

impl GgufFile {
    /// Reads the header of `path`.
    ///
    /// # Errors
    /// [`GgufError`] when the file cannot be read, is not GGUF, or contradicts itself or its size.
    pub fn open(path: &Path) -> Result<Self, GgufError> {
        Self::read(&Source::file(path))
    }

    /// As [`open`](Self::open), of a file that may be part of the program.
    ///
    /// # Errors
    /// The same as those of [`open`](Self::open).
    pub fn read(source: &Source) -> Result<Self, GgufError> {
        let (mut file, n_file_bytes) = source.open()?;
        Self::read_header(source, n_file_bytes, &mut file)
    }

    /// As [`open`](Self::open), of a file of `n_file_bytes` that lies elsewhere: `input` gives its
    /// first bytes, of which the header is read and little more.
    ///
    /// # Errors
    /// The same as those of [`open`](Self::open).
    pub fn read_from(
        name: &Path,
        n_file_bytes: u64,
        input: &mut dyn Read,
    ) -> Result<Self, GgufError> {
        Self::read_header(&Source::file(name), n_file_bytes, input)
    }

    fn read_header(
        source: &Source,
        n_file_bytes: u64,
        input: &mut dyn Read,
    ) -> Result<Self, GgufError> {
        let mut reader = HeaderReader {
            source,
            n_file_bytes,
            n_left: n_file_bytes.min(MAX_HEADER_BYTES),
            n_read: 0,
            input: BufReader::new(input),
        };
        reader.header()
    }

    /// The file's path; for one inside the program, its name.
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    /// The tensors by name.
    pub fn tensors(&self) -> &BTreeMap<String, StoredTensor> {
        &self.tensors
    }

    /// Takes in a tensor, and returns whether there was one of that name.
    pub(crate) fn insert(&mut self, name: &str, tensor: StoredTensor) -> bool {
        self.tensors.insert(name.to_owned(), tensor).is_some()
    }

    /// The file, and its tensors by name.
    pub(crate) fn into_tensors(self) -> (Source, BTreeMap<String, StoredTensor>) {
        (self.source, self.tensors)
    }

    /// The metadata value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    /// The metadata value of a key whose value is a string.
    pub fn string(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// `general.architecture`, empty when there is none.
    pub fn architecture(&self) -> &str {
        self.string("general.architecture").unwrap_or_default()
    }
}

struct HeaderReader<'a> {
    source: &'a Source,
    n_file_bytes: u64,
    /// Bytes that the header may still take.
    n_left: u64,
    n_read: u64,
    input: BufReader<&'a mut dyn Read>,
}

impl HeaderReader<'_> {
    fn header(&mut self) -> Result<GgufFile, GgufError> {
        if self.n_file_bytes < 4 {
            return Err(self.not_gguf(&[]));
        }
        let magic = self.bytes::<4>()?;
        if magic != MAGIC {
            return Err(self.not_gguf(&magic));
        }
        let version = self.u32()?;
        if !matches!(version, 2 | 3) {
            let what = if matches!(version.swap_bytes(), 1..=3) {
                "big-endian GGUF".to_owned()
            } else {
                format!("GGUF version {version}")
            };
            return Err(GgufError::Unsupported { file: self.source.path().to_owned(), what });
        }
        let n_tensors = self.count(24, "tensors")?; // name length, n_dims, type, offset
        let n_values = self.count(13, "metadata values")?; // key length, kind, one byte
        let mut metadata = BTreeMap::new();
        for _ in 0..n_values {
            let key = self.string()?;
            let kind = self.u32()?;
            let value = self.value(kind)?;
            metadata.insert(key, value);
        }
        let mut infos = Vec::new();
        for _ in 0..n_tensors {
            infos.push(self.tensor_info()?);
        }
        let alignment = match metadata.get("general.alignment") {
            None => DEFAULT_ALIGNMENT,
            Some(Value::Int(n)) if *n >= 8 && n.count_ones() == 1 && *n <= 1 << 20 => {
                n.unsigned_abs()
            }
            Some(_) => return self.fault("general.alignment is no power of two from 8 on"),
        };
        let data_start = self.n_read.next_multiple_of(alignment);
        let tensors = self.place(infos, data_start, alignment)?;
        Ok(GgufFile { source: self.source.clone(), metadata, tensors })
    }

    /// Checks where the tensors lie: aligned, inside the file, none over another.
    fn place(
        &self,
        infos: Vec<(String, StoredTensor)>,
        data_start: u64,
        alignment: u64,
    ) -> Result<BTreeMap<String, StoredTensor>, GgufError> {
        let mut tensors = BTreeMap::new();
        let mut spans = Vec::new();
        for (name, mut tensor) in infos {
            if !tensor.offset.is_multiple_of(alignment) {
                return self.fault(format!("tensor {name} is not aligned to {alignment} bytes"));
            }
            let start = data_start.checked_add(tensor.offset);
            let end = start.and_then(|start| start.checked_add(tensor.n_bytes));
            let (Some(start), Some(end)) = (start, end) else {
                return self.fault(format!("tensor {name} lies outside every file"));
            };
            if end > self.n_file_bytes {
                return Err(GgufError::Truncated {
                    file: self.source.path().to_owned(),
                    needed_bytes: end,
                    found_bytes: self.n_file_bytes,
                });
            }
            tensor.offset = start;
            spans.push((start, end, name.clone()));
            if tensors.insert(name.clone(), tensor).is_some() {
                return self.fault(format!("tensor {name} is there twice"));
            }
        }
        spans.sort();
        for pair in spans.windows(2) {
            if pair[0].1 > pair[1].0 {
                return self.fault(format!("tensors {} and {} overlap", pair[0].2, pair[1].2));
            }
        }
        Ok(tensors)
    }

    fn tensor_info(&mut self) -> Result<(String, StoredTensor), GgufError> {
        let name = self.string()?;
        let n_dims = self.u32()?;
        if n_dims == 0 || n_dims > MAX_DIMS {
            return self.fault(format!("tensor {name} has {n_dims} dimensions"));
        }
        let mut shape = Vec::new();
        for _ in 0..n_dims {
            let n = self.u64()?;
            match usize::try_from(n) {
                Ok(n) if n > 0 => shape.push(n),
                _ => return self.fault(format!("tensor {name} has a dimension of {n}")),
            }
        }
        shape.reverse(); // GGUF puts the innermost dimension first
        let type_id = self.u32()?;
        let offset = self.u64()?;
        let Some(dtype) = NumberFormat::from_type_id(type_id) else {
            return Err(GgufError::UnsupportedDtype {
                file: self.source.path().to_owned(),
                tensor: name,
                dtype: format::type_name(type_id),
            });
        };
        match StoredTensor::new(self.source, dtype, shape, offset) {
            Ok(tensor) => Ok((name, tensor)),
            Err(reason) => self.fault(format!("tensor {name}: {reason}")),
        }
    }

    fn value(&mut self, kind: u32) -> Result<Value, GgufError> {
        const ARRAY: u32 = 9;
        if kind != ARRAY {
            return self.scalar(kind);
        }
        let kind = self.u32()?;
        let (smallest, what) = match kind {
            0..=7 => (1, "numbers"),
            8 => (8, "strings"),
            10..=12 => (8, "numbers"),
            _ => return self.fault(format!("an array of kind {kind}")),
        };
        let n = self.count(smallest, what)?;
        let (mut ints, mut floats, mut strings) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..n {
            match self.scalar(kind)? {
                Value::Int(x) => ints.push(x),
                Value::Bool(x) => ints.push(i64::from(x)),
                Value::Float(x) => floats.push(x),
                Value::String(x) => strings.push(x),
                _ => return self.fault("a number beyond 2^63 in an array"),
            }
        }
        Ok(match kind {
            8 => Value::Strings(strings),
            6 | 12 => Value::Floats(floats),
            _ => Value::Ints(ints),
        })
    }

    fn scalar(&mut self, kind: u32) -> Result<Value, GgufError> {
        Ok(match kind {
            0 => Value::Int(i64::from(u8::from_le_bytes(self.bytes()?))),
            1 => Value::Int(i64::from(i8::from_le_bytes(self.bytes()?))),
            2 => Value::Int(i64::from(u16::from_le_bytes(self.bytes()?))),
            3 => Value::Int(i64::from(i16::from_le_bytes(self.bytes()?))),
            4 => Value::Int(i64::from(self.u32()?)),
            5 => Value::Int(i64::from(i32::from_le_bytes(self.bytes()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.bytes()?))),
            7 => Value::Bool(self.bytes::<1>()? != [0]),
            8 => Value::String(self.string()?),
            10 => {
                let n = self.u64()?;
                i64::try_from(n).map_or(Value::BigInt(n), Value::Int)
            }
            11 => Value::Int(i64::from_le_bytes(self.bytes()?)),
            12 => Value::Float(f64::from_le_bytes(self.bytes()?)),
            _ => return self.fault(format!("a metadata value of kind {kind}")),
        })
    }

    /// A count whose items take at least `smallest` bytes each, so that a false one is found
    /// before anything is made for it.
    fn count(&mut self, smallest: u64, what: &str) -> Result<u64, GgufError> {
        let n = self.u64()?;
        if n.checked_mul(smallest).is_none_or(|needed| needed > self.n_left) {
            return self.fault(format!("{n} {what} do not fit into the file"));
        }
        Ok(n)
    }

    fn string(&mut self) -> Result<String, GgufError> {
        let n = self.count(1, "bytes of text")?;
        let mut text = Vec::new();
        // `take` and not an allocation of `n`: memory grows only with bytes that exist.
        self.input.by_ref().take(n).read_to_end(&mut text)?;
        if text.len() as u64 != n {
            return Err(self.truncated(n));
        }
        self.advance(n);
        String::from_utf8(text).or_else(|_| self.fault("a text that is not UTF-8"))
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        if self.n_left < N as u64 {
            return Err(self.truncated(N as u64));
        }
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.advance(N as u64);
        Ok(bytes)
    }

    fn advance(&mut self, n: u64) {
        self.n_left -= n;
        self.n_read += n;
    }

    fn truncated(&self, n: u64) -> GgufError {
        GgufError::Truncated {
            file: self.source.path().to_owned(),
            needed_bytes: self.n_read.saturating_add(n),
            found_bytes: self.n_file_bytes,
        }
    }

    /// The error for a file that does not begin as it should.
    fn not_gguf(&mut self, magic: &[u8]) -> GgufError {
        let file = self.source.path().to_owned();
        let mut start = magic.to_vec();
        // A start that cannot be read is that of no pointer.
        let _ = self.input.by_ref().take(60).read_to_end(&mut start);
        if is_lfs_pointer(&start) {
            GgufError::LfsPointer { file }
        } else {
            GgufError::NotGguf { file, what: instead(&start) }
        }
    }

    fn fault<T>(&self, reason: impl Into<String>) -> Result<T, GgufError> {
        Err(GgufError::malformed(self.source.path(), reason))
    }
}

/// Returns what often lies where a model should be, by its first bytes.
fn instead(start: &[u8]) -> Option<&'static str> {
    match start.trim_ascii_start() {
        [] => Some("is empty"),
        [b'<', ..] => Some("is a web page"),
        [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Some("is an archive"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
