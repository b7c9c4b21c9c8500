//! Keys and values of the tokens read so far.

use std::fmt;
use std::io::{Read, Write};
use std::str::FromStr;

use candle_core::{DType, Device, Result, Tensor};
use half::{bf16, f16};
use lorgnette_kernels::kv;

use crate::config::TextConfig;
use crate::error::ModelError;

/// Tokens by which a tail grows at least.
const TAIL_TOKENS: usize = 64;

/// The cache's number format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KvFormat {
    /// 2 bytes, 11 bits of precision.
    #[default]
    F16,
    /// 2 bytes, 8 bits of precision, the range of f32.
    Bf16,
    /// 4 bytes; to compare with the reference.
    F32,
    /// 34 bytes for 32 numbers of a head, which share a scale: llama.cpp's `q8_0`. On the CPU alone: a
    /// device has f16 in its place.
    Q8_0,
}

impl KvFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::F16, Self::Bf16, Self::F32, Self::Q8_0];

    /// Bytes of a row of a head.
    pub fn row_bytes(self, head_dim: usize) -> usize {
        self.row_len(head_dim) * self.dtype().size_in_bytes()
    }

    /// Elements of [`Self::dtype`] for a row of a head.
    fn row_len(self, head_dim: usize) -> usize {
        if self == Self::Q8_0 { kv::q8_0_row_bytes(head_dim) } else { head_dim }
    }

    /// What a tensor of it is made of; blocks are bytes.
    fn dtype(self) -> DType {
        match self {
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
            Self::F32 => DType::F32,
            Self::Q8_0 => DType::U8,
        }
    }

    /// What it is on a device, whose operations know no blocks.
    #[must_use]
    pub fn on(self, device: &Device) -> Self {
        if self == Self::Q8_0 && !device.is_cpu() { Self::F16 } else { self }
    }

    fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::Q8_0 => "q8_0",
        }
    }
}

impl fmt::Display for KvFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KvFormat {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let format = Self::ALL.into_iter().find(|format| format.name() == text);
        format.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|format| format.name()).collect();
            format!("keys and values have no format {text}; there are {}", names.join(", "))
        })
    }
}

/// Keys and values of up to `capacity` tokens, allocated once.
#[derive(Debug)]
pub struct KvCache {
    /// Keys and values of each layer, `(n_kv_heads, capacity, row_len)`.
    layers: Vec<(Tensor, Tensor)>,
    format: KvFormat,
    capacity: usize,
    len: usize,
}

impl KvCache {
    /// Each layer's are where the layer is.
    pub(crate) fn new(
        config: &TextConfig,
        capacity: usize,
        format: KvFormat,
        device_of: impl Fn(usize) -> Device,
    ) -> Result<Self> {
        let layers = (0..config.n_layers)
            .map(|layer| {
                let device = device_of(layer);
                let format = format.on(&device);
                let shape = (config.n_kv_heads, capacity, format.row_len(config.head_dim));
                let zeros = || Tensor::zeros(shape, format.dtype(), &device);
                Ok((zeros()?, zeros()?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { layers, format, capacity, len: 0 })
    }

    /// How many tokens it can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many tokens are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets the tokens from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Its number format.
    pub fn format(&self) -> KvFormat {
        self.format
    }

    /// Its number format in four letters, for files.
    pub fn format_name(&self) -> &'static str {
        match self.format {
            KvFormat::F16 => "f16 ",
            KvFormat::Bf16 => "bf16",
            KvFormat::F32 => "f32 ",
            KvFormat::Q8_0 => "q8_0",
        }
    }

    /// Bytes that so many tokens take.
    pub fn bytes_of(&self, len: usize) -> u64 {
        let of_layer = |(k, _): &(Tensor, Tensor)| {
            2 * (k.dims()[0] * len * k.dims()[2] * k.dtype().size_in_bytes()) as u64
        };
        self.layers.iter().map(of_layer).sum()
    }

    /// Writes the keys and values of all tokens, layer by layer, in the machine's byte order of
    /// small-endian machines: [`Self::bytes_of`] them.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_to(&self, to: &mut impl Write) -> std::io::Result<()> {
        for tensor in self.tensors() {
            let used = tensor.narrow(1, 0, self.len).and_then(|used| used.flatten_all());
            let used = used.map_err(std::io::Error::other)?;
            let written = match tensor.dtype() {
                DType::F16 => used.to_vec1::<f16>().map(|x| to.write_all(bytemuck::cast_slice(&x))),
                DType::BF16 => {
                    used.to_vec1::<bf16>().map(|x| to.write_all(bytemuck::cast_slice(&x)))
                }
                DType::U8 => used.to_vec1::<u8>().map(|x| to.write_all(&x)),
                _ => used.to_vec1::<f32>().map(|x| to.write_all(bytemuck::cast_slice(&x))),
            };
            written.map_err(std::io::Error::other)??;
        }
        Ok(())
    }

    /// Replaces what is in it by `len` tokens as [`Self::write_to`] wrote them.
    ///
    /// # Errors
    /// Those of the reader, and more tokens than there is room for; then it is empty.
    pub fn read_from(&mut self, len: usize, from: &mut impl Read) -> std::io::Result<()> {
        self.len = 0;
        if len > self.capacity {
            return Err(std::io::Error::other("more tokens than there is room for"));
        }
        for tensor in self.tensors() {
            let (heads, _, row_len) = tensor.dims3().map_err(std::io::Error::other)?;
            let (shape, n) = ((heads, len, row_len), heads * len * row_len);
            let read = match tensor.dtype() {
                DType::F16 => {
                    let mut numbers = vec![f16::ZERO; n];
                    from.read_exact(bytemuck::cast_slice_mut(&mut numbers))?;
                    Tensor::from_vec(numbers, shape, tensor.device())
                }
                DType::BF16 => {
                    let mut numbers = vec![bf16::ZERO; n];
                    from.read_exact(bytemuck::cast_slice_mut(&mut numbers))?;
                    Tensor::from_vec(numbers, shape, tensor.device())
                }
                DType::U8 => {
                    let mut bytes = vec![0; n];
                    from.read_exact(&mut bytes)?;
                    Tensor::from_vec(bytes, shape, tensor.device())
                }
                _ => {
                    let mut numbers = vec![0_f32; n];
                    from.read_exact(bytemuck::cast_slice_mut(&mut numbers))?;
                    Tensor::from_vec(numbers, shape, tensor.device())
                }
            };
            let set =
                read.and_then(|read| if len == 0 { Ok(()) } else { tensor.slice_set(&read, 1, 0) });
            set.map_err(std::io::Error::other)?;
        }
        self.len = len;
        Ok(())
    }

    fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.layers.iter().flat_map(|(k, v)| [k, v])
    }

    pub(crate) fn check_room(&self, n: usize) -> std::result::Result<(), ModelError> {
        let needed = self.len.saturating_add(n);
        if needed > self.capacity {
            return Err(ModelError::CacheFull { needed, capacity: self.capacity });
        }
        Ok(())
    }

    /// Writes `k` and `v`, `(n_kv_heads, n, head_dim)`, behind what is there, and returns all of
    /// the layer up to them. They count only after [`Self::advance`], so that work which stops
    /// half-way leaves nothing behind.
    pub(crate) fn write(&self, layer: usize, k: &Tensor, v: &Tensor) -> Result<(Tensor, Tensor)> {
        let (all_k, all_v) = &self.layers[layer];
        let n = self.len + k.dim(1)?;
        all_k.slice_set(&converted(k, all_k.dtype())?, 1, self.len)?;
        all_v.slice_set(&converted(v, all_v.dtype())?, 1, self.len)?;
        Ok((all_k.narrow(1, 0, n)?, all_v.narrow(1, 0, n)?))
    }

    /// Keys and values of a layer that count.
    pub(crate) fn read(&self, layer: usize) -> Result<(Tensor, Tensor)> {
        let (k, v) = &self.layers[layer];
        Ok((k.narrow(1, 0, self.len)?, v.narrow(1, 0, self.len)?))
    }

    pub(crate) fn advance(&mut self, n: usize) {
        self.len += n;
    }

    /// An empty tail: the keys and values of a sequence that goes on by itself from what is here.
    ///
    /// # Errors
    /// Those of a device without so much memory.
    pub(crate) fn tail(&self) -> Result<KvTail> {
        let mut rest =
            Self { layers: self.layers.clone(), format: self.format, capacity: 0, len: 0 };
        rest.resize(TAIL_TOKENS)?;
        Ok(KvTail { rest, first: self.len })
    }

    /// Takes memory for so many tokens, and keeps those that are there.
    fn resize(&mut self, capacity: usize) -> Result<()> {
        for (k, v) in &mut self.layers {
            for tensor in [k, v] {
                let (heads, _, row_len) = tensor.dims3()?;
                let shape = (heads, capacity, row_len);
                let larger = Tensor::zeros(shape, tensor.dtype(), tensor.device())?;
                if self.len > 0 {
                    larger.slice_set(&tensor.narrow(1, 0, self.len)?.contiguous()?, 1, 0)?;
                }
                *tensor = larger;
            }
        }
        self.capacity = capacity;
        Ok(())
    }
}

/// Numbers of f32 as they are in a cache.
fn converted(numbers: &Tensor, dtype: DType) -> Result<Tensor> {
    if dtype != DType::U8 {
        return numbers.to_dtype(dtype)?.contiguous();
    }
    let (heads, n, head_dim) = numbers.dims3()?;
    let row_bytes = kv::q8_0_row_bytes(head_dim);
    let numbers = numbers.flatten_all()?.to_vec1::<f32>()?;
    let mut bytes = vec![0; heads * n * row_bytes];
    kv::quantise_rows(&numbers, head_dim, &mut bytes);
    Tensor::from_vec(bytes, (heads, n, row_bytes), &Device::Cpu)
}

/// Keys and values of a sequence behind a beginning that it shares with others, which stays in the
/// [`KvCache`] that it is a tail of. It takes memory as it grows.
#[derive(Debug)]
pub struct KvTail {
    /// From the first token behind the beginning on.
    rest: KvCache,
    /// Tokens of the beginning.
    first: usize,
}

impl KvTail {
    /// How many tokens the sequence has, those of its beginning included.
    pub fn len(&self) -> usize {
        self.first + self.rest.len
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it goes on from what is in this cache.
    pub(crate) fn is_of(&self, cache: &KvCache) -> bool {
        self.first == cache.len && self.rest.format == cache.format
    }

    /// Makes room for one more token.
    pub(crate) fn make_room(&mut self) -> Result<()> {
        if self.rest.len == self.rest.capacity {
            self.rest.resize(self.rest.capacity * 3 / 2 + TAIL_TOKENS)?;
        }
        Ok(())
    }

    pub(crate) fn rest(&self) -> &KvCache {
        &self.rest
    }

    pub(crate) fn advance(&mut self) {
        self.rest.advance(1);
    }
}
