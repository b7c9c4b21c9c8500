//! Keys and values of the tokens read so far.

use std::io::{Read, Write};

use candle_core::{DType, Device, Result, Tensor};
use half::{bf16, f16};

use crate::config::TextConfig;
use crate::error::ModelError;

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
}

impl KvFormat {
    /// Bytes of a number.
    pub(crate) fn n_bytes(self) -> usize {
        self.dtype().size_in_bytes()
    }

    fn dtype(self) -> DType {
        match self {
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
            Self::F32 => DType::F32,
        }
    }
}

/// Keys and values of up to `capacity` tokens, allocated once.
#[derive(Debug)]
pub struct KvCache {
    /// Keys and values of each layer, `(n_kv_heads, capacity, head_dim)`.
    layers: Vec<(Tensor, Tensor)>,
    dtype: DType,
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
        let shape = (config.n_kv_heads, capacity, config.head_dim);
        let dtype = format.dtype();
        let layers = (0..config.n_layers)
            .map(|layer| {
                let device = device_of(layer);
                Ok((Tensor::zeros(shape, dtype, &device)?, Tensor::zeros(shape, dtype, &device)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { layers, dtype, capacity, len: 0 })
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

    /// Its number format in four letters, for files.
    pub fn format_name(&self) -> &'static str {
        match self.dtype {
            DType::F16 => "f16 ",
            DType::BF16 => "bf16",
            _ => "f32 ",
        }
    }

    /// Bytes that so many tokens take.
    pub fn bytes_of(&self, len: usize) -> u64 {
        let of_layer = |(k, _): &(Tensor, Tensor)| 2 * (k.dims()[0] * len * k.dims()[2]) as u64;
        self.layers.iter().map(of_layer).sum::<u64>() * self.dtype.size_in_bytes() as u64
    }

    /// Writes the keys and values of all tokens, layer by layer, in the machine's byte order of
    /// small-endian machines: [`Self::bytes_of`] them.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_to(&self, to: &mut impl Write) -> std::io::Result<()> {
        for tensor in self.layers.iter().flat_map(|(k, v)| [k, v]) {
            let used = tensor.narrow(1, 0, self.len).and_then(|used| used.flatten_all());
            let used = used.map_err(std::io::Error::other)?;
            let written = match self.dtype {
                DType::F16 => used.to_vec1::<f16>().map(|x| to.write_all(bytemuck::cast_slice(&x))),
                DType::BF16 => {
                    used.to_vec1::<bf16>().map(|x| to.write_all(bytemuck::cast_slice(&x)))
                }
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
        for tensor in self.layers.iter().flat_map(|(k, v)| [k, v]) {
            let (heads, _, head_dim) = tensor.dims3().map_err(std::io::Error::other)?;
            let (shape, n) = ((heads, len, head_dim), heads * len * head_dim);
            let read = match self.dtype {
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
        all_k.slice_set(&k.to_dtype(self.dtype)?.contiguous()?, 1, self.len)?;
        all_v.slice_set(&v.to_dtype(self.dtype)?.contiguous()?, 1, self.len)?;
        Ok((all_k.narrow(1, 0, n)?, all_v.narrow(1, 0, n)?))
    }

    pub(crate) fn advance(&mut self, n: usize) {
        self.len += n;
    }
}
