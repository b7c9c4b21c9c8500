//! GGUF files made of others: cut into parts, in other number formats, with other metadata.
//!
//! It reads and writes bytes by itself, so that tests of our reader and writer do not use them on
//! both sides. Source: `ggml/docs/gguf.md`.

use half::{bf16, f16};

/// ggml's number of `F32`.
pub const F32: u32 = 0;
/// ggml's number of `F16`.
pub const F16: u32 = 1;
/// ggml's number of `BF16`.
pub const BF16: u32 = 30;
/// ggml's number of `Q8_0`.
const Q8_0: u32 = 8;

const ALIGNMENT: usize = 32;

/// A GGUF file taken apart.
#[derive(Debug, Clone)]
pub struct Gguf {
    /// Each key with the bytes of its kind and value, in order.
    metadata: Vec<(String, Vec<u8>)>,
    /// The tensors in order.
    pub tensors: Vec<GgufTensor>,
}

/// A tensor of a GGUF file.
#[derive(Debug, Clone)]
pub struct GgufTensor {
    /// Its name in the file.
    pub name: String,
    /// Its sizes as the file has them, the length of a row first.
    pub dims: Vec<u64>,
    /// ggml's number of its format.
    pub dtype: u32,
    /// Its numbers in that format.
    pub bytes: Vec<u8>,
}

impl Gguf {
    /// Takes a file apart.
    ///
    /// # Panics
    /// When it is no GGUF file.
    pub fn read(file: &[u8]) -> Self {
        let mut reader = Reader { file, at: 8 };
        let (n_tensors, n_values) = (reader.u64(), reader.u64());
        let metadata = (0..n_values).map(|_| {
            let key = reader.string();
            let start = reader.at;
            reader.skip_value();
            (key, file[start..reader.at].to_vec())
        });
        let metadata = metadata.collect();
        let mut tensors = Vec::new();
        let mut offsets = Vec::new();
        for _ in 0..n_tensors {
            let name = reader.string();
            let n_dims = reader.u32();
            let dims = (0..n_dims).map(|_| reader.u64()).collect();
            let dtype = reader.u32();
            offsets.push(reader.u64() as usize);
            tensors.push(GgufTensor { name, dims, dtype, bytes: Vec::new() });
        }
        let start = reader.at.next_multiple_of(ALIGNMENT);
        for (tensor, offset) in tensors.iter_mut().zip(offsets) {
            let end = start + offset + tensor.n_bytes();
            tensor.bytes = file[start + offset..end].to_vec();
        }
        Self { metadata, tensors }
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend((self.tensors.len() as u64).to_le_bytes());
        file.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            put_string(&mut file, key);
            file.extend(value);
        }
        let mut offset = 0;
        for tensor in &self.tensors {
            put_string(&mut file, &tensor.name);
            file.extend((tensor.dims.len() as u32).to_le_bytes());
            tensor.dims.iter().for_each(|dim| file.extend(dim.to_le_bytes()));
            file.extend(tensor.dtype.to_le_bytes());
            file.extend((offset as u64).to_le_bytes());
            offset += tensor.bytes.len().next_multiple_of(ALIGNMENT);
        }
        for tensor in &self.tensors {
            file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
            file.extend(&tensor.bytes);
        }
        file
    }

    /// The files that `llama-gguf-split` makes of it: the metadata in the first, and the tensors cut
    /// into runs of about the same number.
    pub fn parts(&self, n_parts: usize) -> Vec<Vec<u8>> {
        let n_each = self.tensors.len().div_ceil(n_parts);
        let part = |part_idx: usize| {
            let mut part = Self { metadata: Vec::new(), tensors: Vec::new() };
            if part_idx == 0 {
                part.metadata.clone_from(&self.metadata);
            }
            part.set_u32("split.no", part_idx as u32);
            part.set_u32("split.count", n_parts as u32);
            part.set_u32("split.tensors.count", self.tensors.len() as u32);
            let first = (part_idx * n_each).min(self.tensors.len());
            let end = (first + n_each).min(self.tensors.len());
            part.tensors.extend_from_slice(&self.tensors[first..end]);
            part.bytes()
        };
        (0..n_parts).map(part).collect()
    }

    /// Sets a metadata value of kind u32.
    pub fn set_u32(&mut self, key: &str, value: u32) {
        self.set(key, [4_u32.to_le_bytes(), value.to_le_bytes()].concat());
    }

    /// Sets a metadata value that is a text.
    pub fn set_text(&mut self, key: &str, text: &str) {
        let mut value = 8_u32.to_le_bytes().to_vec();
        put_string(&mut value, text);
        self.set(key, value);
    }

    fn set(&mut self, key: &str, value: Vec<u8>) {
        self.metadata.retain(|(other, _)| other != key);
        self.metadata.push((key.to_owned(), value));
    }

    /// The same with its matrices in one of [`F32`], [`F16`] and [`BF16`].
    #[must_use]
    pub fn in_format(&self, dtype: u32) -> Self {
        let mut other = self.clone();
        for tensor in other.tensors.iter_mut().filter(|tensor| tensor.dtype == Q8_0) {
            let numbers = tensor.bytes.chunks_exact(34).flat_map(|block| {
                let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
                block[2..].iter().map(move |code| f32::from(code.cast_signed()) * scale)
            });
            let bytes: Vec<u8> = match dtype {
                F16 => numbers.flat_map(|x| f16::from_f32(x).to_le_bytes()).collect(),
                BF16 => numbers.flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect(),
                _ => numbers.flat_map(f32::to_le_bytes).collect(),
            };
            (tensor.dtype, tensor.bytes) = (dtype, bytes);
        }
        other
    }
}

impl GgufTensor {
    fn n_bytes(&self) -> usize {
        let n: u64 = self.dims.iter().product();
        match self.dtype {
            F16 | BF16 => 2 * n as usize,
            Q8_0 => n as usize / 32 * 34,
            _ => 4 * n as usize,
        }
    }
}

struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let bytes = self.file[self.at..self.at + N].try_into().expect("so many bytes");
        self.at += N;
        bytes
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn string(&mut self) -> String {
        let n_bytes = self.u64() as usize;
        let text = &self.file[self.at..self.at + n_bytes];
        self.at += n_bytes;
        String::from_utf8(text.to_vec()).expect("UTF-8")
    }

    fn skip_value(&mut self) {
        match self.u32() {
            9 => {
                let kind = self.u32();
                for _ in 0..self.u64() {
                    self.skip_scalar(kind);
                }
            }
            kind => self.skip_scalar(kind),
        }
    }

    fn skip_scalar(&mut self, kind: u32) {
        self.at += match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            8 => {
                self.string();
                0
            }
            10..=12 => 8,
            _ => 4,
        };
    }
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_put_together_as_it_was() {
        let file = include_bytes!("../../../models/pocket/mmproj-pocket-q8_0.gguf");
        let gguf = Gguf::read(file);
        let again = Gguf::read(&gguf.bytes());
        assert_eq!(again.tensors.len(), gguf.tensors.len());
        for (a, b) in again.tensors.iter().zip(&gguf.tensors) {
            assert!((&a.name, &a.dims, a.dtype, &a.bytes) == (&b.name, &b.dims, b.dtype, &b.bytes));
        }
        let parts = gguf.parts(3);
        let n_tensors: usize = parts.iter().map(|part| Gguf::read(part).tensors.len()).sum();
        assert_eq!(n_tensors, gguf.tensors.len());
    }
}
