//! Tensors of a checkpoint, ready to compute with.

mod bytes;
mod on_device;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Shape, Tensor};
use half::{bf16, f16};
use lorgnette_gguf::quantise::f8_e4m3;
use lorgnette_gguf::{BlockFormat, NumberFormat, StoredTensor};
use lorgnette_kernels::Precision;
use lorgnette_kernels::quant::{Level, QuantMatrix};

pub use self::bytes::LoadMode;
use self::bytes::{Bytes, Files};
pub(crate) use self::on_device::device_bytes;
use self::on_device::{candle_dtype, in_q8_0};

use crate::checkpoint::{Checkpoint, Part};
use crate::error::LoadError;
use crate::ops;

/// How a network gets into memory and what computes with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// What multiplies quantised matrices on a CPU; `None`: the fastest there is.
    pub kernels: Option<Kernels>,
    /// How quantised matrices get into memory.
    pub mode: LoadMode,
    /// Factors of products with half-precision matrices, and of attention, stay f32, to compare with
    /// the reference. Otherwise they are rounded to what the kernels multiply quickest
    /// ([`Precision::at`]); a cache of f32 keeps the decoder's attention in f32.
    pub exact: bool,
}

impl LoadOptions {
    /// What tells these options from others in the fingerprint of a network. Files of encoded
    /// pictures and of keys and values carry it, so the words do not change with the fields.
    pub(crate) fn fingerprint(&self) -> String {
        let Self { kernels, mode, exact } = self;
        format!("LoadOptions {{ kernels: {kernels:?}, mode: {mode:?}, exact: {exact} }}")
    }
}

/// What multiplies quantised matrices on a CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernels {
    /// Ours, at a level.
    Own(Level),
    /// Candle's, which keep each matrix twice on x86.
    Candle,
}

impl Kernels {
    /// Ours where they are written for the processor at hand, and wherever candle's cannot run.
    pub fn best() -> Self {
        match Level::best() {
            Level::Scalar if Self::Candle.is_supported() => Self::Candle,
            level => Self::Own(level),
        }
    }

    /// What factors of other products are rounded to beside them, on a CPU.
    fn precision(self, exact: bool) -> Precision {
        match self {
            _ if exact => Precision::F32,
            Self::Own(level) => Precision::at(level),
            Self::Candle => Precision::best(),
        }
    }

    /// Whether the processor at hand can run them.
    pub fn is_supported(self) -> bool {
        match self {
            Self::Own(level) => level.is_supported(),
            // On ARM candle runs `sdot` without asking whether the processor has it.
            Self::Candle => cfg!(not(target_arch = "aarch64")) || Level::NeonDotprod.is_supported(),
        }
    }
}

impl fmt::Display for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(level) => level.fmt(f),
            Self::Candle => f.write_str("candle"),
        }
    }
}

impl FromStr for Kernels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "candle" { Ok(Self::Candle) } else { text.parse().map(Self::Own) }
    }
}

/// Reads the parts of a checkpoint onto devices, counting bytes.
pub(crate) struct Loader<'a> {
    pub(crate) checkpoint: &'a Checkpoint,
    /// What the next parts go to.
    pub(crate) device: Device,
    kernels: Kernels,
    /// What factors are rounded to on a CPU.
    pub(crate) precision: Precision,
    files: Files,
    n_bytes_read: u64,
    /// Told the bytes read so far.
    on_progress: &'a mut dyn FnMut(u64),
}

impl<'a> Loader<'a> {
    pub(crate) fn new(
        checkpoint: &'a Checkpoint,
        options: &LoadOptions,
        on_progress: &'a mut dyn FnMut(u64),
    ) -> Self {
        let kernels = options.kernels.unwrap_or_else(Kernels::best);
        let files = Files::new(options.mode, checkpoint.n_bytes());
        // Parts on another device are multiplied there, and its tensors know it.
        let precision = kernels.precision(options.exact);
        let device = Device::Cpu;
        Self { checkpoint, device, kernels, precision, files, n_bytes_read: 0, on_progress }
    }
}

impl Loader<'_> {
    /// A matrix, `(rows, cols)`; quantised ones stay so.
    pub(crate) fn matrix(
        &mut self,
        part: Part,
        (rows, cols): (usize, usize),
    ) -> Result<Matrix, LoadError> {
        let stored = self.checkpoint.find(part, &[rows, cols])?.clone();
        if stored.dtype == NumberFormat::F8E4M3 {
            return self.codes(part, &stored);
        }
        let Some(format) = stored.dtype.blocks() else {
            return Ok(Matrix::dense(self.tensor(&stored)?, self.precision));
        };
        let candle_dtype = candle_dtype(stored.dtype);
        let level = match (self.kernels, candle_dtype) {
            (Kernels::Own(level), _) => Some(level),
            (Kernels::Candle, None) => Some(Level::best()),
            (Kernels::Candle, Some(_)) => None,
        };
        if let Some(level) = level.filter(|_| self.device.is_cpu()) {
            let bytes = self.files.bytes(&stored)?;
            self.count(&stored);
            return Ok(Matrix::Blocks(Arc::new(Blocks { format, rows, cols, bytes, level })));
        }
        // 8-byte words, because candle looks at the bytes as blocks of 2-byte parts.
        let mut n_bytes = stored.n_bytes as usize;
        let mut words = vec![0_u64; n_bytes.div_ceil(8)];
        self.read(&stored, &mut bytemuck::cast_slice_mut(&mut words)[..n_bytes])?;
        if candle_dtype.is_none() {
            let blocks = in_q8_0(&bytemuck::cast_slice(&words)[..n_bytes], cols, stored.dtype)?;
            n_bytes = blocks.len();
            words = vec![0; n_bytes.div_ceil(8)];
            bytemuck::cast_slice_mut(&mut words)[..n_bytes].copy_from_slice(&blocks);
        }
        let bytes = bytemuck::cast_slice(&words)[..n_bytes].into();
        let dtype = candle_dtype.unwrap_or(GgmlDType::Q8_0);
        let storage = QStorage::from_data(bytes, &self.device, dtype)?;
        Ok(Matrix::Quantized(Arc::new(QTensor::new(storage, (rows, cols))?)))
    }

    /// A matrix of FP8 codes. Each of them is a number of bf16, and what they are all multiplied with is
    /// multiplied to the product: so nothing is rounded twice.
    fn codes(&mut self, part: Part, stored: &StoredTensor) -> Result<Matrix, LoadError> {
        let scale = self.checkpoint.scale(part)?;
        let mut codes = vec![0_u8; stored.n_bytes as usize];
        self.read(stored, &mut codes)?;
        let numbers: Vec<bf16> = (0..=255).map(|code| bf16::from_f32(f8_e4m3(code))).collect();
        if codes.iter().any(|code| numbers[usize::from(*code)].is_nan()) {
            let name = self.checkpoint.naming().name(part);
            let reason = format!("tensor {name} has codes that are no numbers");
            return Err(LoadError::malformed(stored.source.path(), reason));
        }
        let values: Vec<bf16> = codes.iter().map(|code| numbers[usize::from(*code)]).collect();
        let w = Tensor::from_vec(values, stored.shape.as_slice(), &self.device)?;
        Ok(Matrix::Scaled { w: Box::new(Matrix::dense(w, self.precision)), scale: scale.into() })
    }

    /// A norm's weight or a bias, as f32.
    pub(crate) fn vector(&mut self, part: Part, len: usize) -> Result<Tensor, LoadError> {
        let stored = self.checkpoint.find(part, &[len])?.clone();
        Ok(self.dequantized(&stored)?.to_dtype(DType::F32)?)
    }

    /// A tensor of any shape, as f32.
    pub(crate) fn dense_f32(&mut self, part: Part, shape: &[usize]) -> Result<Tensor, LoadError> {
        let stored = self.checkpoint.find(part, shape)?.clone();
        Ok(self.dequantized(&stored)?.to_dtype(DType::F32)?)
    }

    fn dequantized(&mut self, stored: &StoredTensor) -> Result<Tensor, LoadError> {
        match stored.dtype {
            NumberFormat::Blocks(_) | NumberFormat::F8E4M3 => Err(LoadError::unsupported_dtype(
                stored.source.path(),
                format!("of shape {:?}", stored.shape),
                format!("{:?} (only matrices are read quantised)", stored.dtype),
            )),
            _ => self.tensor(stored),
        }
    }

    fn tensor(&mut self, stored: &StoredTensor) -> Result<Tensor, LoadError> {
        let n: usize = stored.shape.iter().product();
        let shape = stored.shape.as_slice();
        let tensor = match stored.dtype {
            NumberFormat::F16 => {
                let mut values = vec![f16::ZERO; n];
                self.read(stored, bytemuck::cast_slice_mut(&mut values))?;
                let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?;
                if self.device.is_cpu() {
                    tensor
                } else {
                    // A device's products have the format of the matrix, and what goes through a
                    // network may be beyond the range of f16. The family is published in bf16.
                    tensor.to_dtype(DType::BF16)?.to_device(&self.device)?
                }
            }
            NumberFormat::Bf16 => {
                let mut values = vec![bf16::ZERO; n];
                self.read(stored, bytemuck::cast_slice_mut(&mut values))?;
                Tensor::from_vec(values, shape, &self.device)?
            }
            _ => {
                let mut values = vec![0_f32; n];
                self.read(stored, bytemuck::cast_slice_mut(&mut values))?;
                Tensor::from_vec(values, shape, &self.device)?
            }
        };
        Ok(tensor)
    }

    fn read(&mut self, stored: &StoredTensor, bytes: &mut [u8]) -> Result<(), LoadError> {
        stored.read_into(bytes)?;
        self.count(stored);
        Ok(())
    }

    fn count(&mut self, stored: &StoredTensor) {
        self.n_bytes_read += stored.n_bytes;
        (self.on_progress)(self.n_bytes_read);
    }
}

/// A matrix in the format it is stored in. Products are in f32.
#[derive(Debug, Clone)]
pub(crate) enum Matrix {
    /// Quantised, for our kernels.
    Blocks(Arc<Blocks>),
    /// Quantised, for candle's kernels.
    Quantized(Arc<QTensor>),
    /// Numbers of f16 or bf16.
    Half {
        /// The matrix itself, `(rows, cols)`.
        w: Tensor,
        /// What factors are rounded to on a CPU.
        precision: Precision,
    },
    /// Numbers of f32.
    Float(Tensor),
    /// Numbers that are all multiplied with one.
    Scaled {
        /// The matrix before that.
        w: Box<Self>,
        /// What it is multiplied with.
        scale: f64,
    },
}

impl Matrix {
    pub(crate) fn dense(tensor: Tensor, precision: Precision) -> Self {
        match tensor.dtype() {
            DType::F16 | DType::BF16 => Self::Half { w: tensor, precision },
            _ => Self::Float(tensor),
        }
    }

    /// `x · wᵀ`; `x` `(n, cols)` f32, contiguous; the result `(n, rows)` f32.
    pub(crate) fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Blocks(w) => x.apply_op1_no_bwd(w.as_ref()),
            Self::Quantized(w) => x.apply_op1_no_bwd(w.as_ref()),
            Self::Half { w, precision } => ops::matmul_half(x, w, *precision),
            Self::Float(w) => ops::matmul_f32(x, w),
            Self::Scaled { w, scale } => w.forward(x)? * *scale,
        }
    }

    /// The rows of the given numbers, `(ids, cols)` f32.
    pub(crate) fn rows(&self, ids: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Blocks(w) => w.rows(ids),
            Self::Quantized(w) => w.embedding(ids)?.to_dtype(DType::F32),
            Self::Half { w, .. } | Self::Float(w) => w.index_select(ids, 0)?.to_dtype(DType::F32),
            Self::Scaled { w, scale } => w.rows(ids)? * *scale,
        }
    }
}

/// A matrix that stays as the file has it.
#[derive(Debug)]
pub(crate) struct Blocks {
    format: BlockFormat,
    rows: usize,
    cols: usize,
    bytes: Bytes,
    level: Level,
}

impl Blocks {
    fn view(&self) -> QuantMatrix<'_> {
        QuantMatrix::new(self.format, self.rows, self.cols, self.bytes.as_slice())
    }

    fn rows(&self, ids: &Tensor) -> candle_core::Result<Tensor> {
        let ids: Vec<u32> = ids.to_vec1()?;
        let mut numbers = vec![0.0; ids.len() * self.cols];
        for (id, numbers) in ids.iter().zip(numbers.chunks_exact_mut(self.cols)) {
            let row = *id as usize;
            if row >= self.rows {
                candle_core::bail!("row {row} of a matrix of {}", self.rows);
            }
            self.view().dequantise_row(row, numbers);
        }
        Tensor::from_vec(numbers, (ids.len(), self.cols), &Device::Cpu)
    }
}

impl CustomOp1 for Blocks {
    fn name(&self) -> &'static str {
        "quantised-product"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let (m, k) = layout.shape().dims2()?;
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("a quantised product needs contiguous rows");
        };
        if k != self.cols {
            candle_core::bail!("rows of {k} numbers by a matrix of {} columns", self.cols);
        }
        let x = &x.as_slice::<f32>()?[start..end];
        let mut y = vec![0.0; m * self.rows];
        self.view().matmul_quickest(x, &mut y, m, self.level);
        Ok((CpuStorage::F32(y), (m, self.rows).into()))
    }
}

#[cfg(test)]
mod tests;
