//! Tensors of a checkpoint, ready to compute with.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};
use half::{bf16, f16};

use crate::checkpoint::{Checkpoint, Part, StoredTensor};
use crate::error::LoadError;
use crate::ops;

/// Reads the parts of a checkpoint onto a device, counting bytes.
pub(crate) struct Loader<'a> {
    pub(crate) checkpoint: &'a Checkpoint,
    pub(crate) device: &'a Device,
    pub(crate) n_bytes_read: u64,
    /// Told the bytes read so far.
    pub(crate) on_progress: &'a mut dyn FnMut(u64),
}

impl Loader<'_> {
    /// A matrix, `(rows, cols)`; quantised ones stay so.
    pub(crate) fn matrix(
        &mut self,
        part: Part,
        (rows, cols): (usize, usize),
    ) -> Result<Matrix, LoadError> {
        let stored = self.checkpoint.find(part, &[rows, cols])?.clone();
        match stored.dtype {
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => {
                Ok(Matrix::dense(self.tensor(&stored)?))
            }
            dtype => {
                // 8-byte words, because candle looks at the bytes as blocks of 2-byte parts.
                let n_bytes = stored.n_bytes as usize;
                let mut words = vec![0_u64; n_bytes.div_ceil(8)];
                let bytes = &mut bytemuck::cast_slice_mut(&mut words)[..n_bytes];
                self.read(&stored, bytes)?;
                let storage = QStorage::from_data((&*bytes).into(), self.device, dtype)?;
                Ok(Matrix::Quantized(Arc::new(QTensor::new(storage, (rows, cols))?)))
            }
        }
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
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => self.tensor(stored),
            dtype => Err(LoadError::UnsupportedDtype {
                file: stored.source.path.to_path_buf(),
                tensor: format!("of shape {:?}", stored.shape),
                dtype: format!("{dtype:?} (only matrices are read quantised)"),
            }),
        }
    }

    fn tensor(&mut self, stored: &StoredTensor) -> Result<Tensor, LoadError> {
        let n: usize = stored.shape.iter().product();
        let shape = stored.shape.as_slice();
        let tensor = match stored.dtype {
            GgmlDType::F16 => {
                let mut values = vec![f16::ZERO; n];
                self.read(stored, bytemuck::cast_slice_mut(&mut values))?;
                Tensor::from_vec(values, shape, self.device)?
            }
            GgmlDType::BF16 => {
                let mut values = vec![bf16::ZERO; n];
                self.read(stored, bytemuck::cast_slice_mut(&mut values))?;
                Tensor::from_vec(values, shape, self.device)?
            }
            _ => {
                let mut values = vec![0_f32; n];
                self.read(stored, bytemuck::cast_slice_mut(&mut values))?;
                Tensor::from_vec(values, shape, self.device)?
            }
        };
        Ok(tensor)
    }

    fn read(&mut self, stored: &StoredTensor, bytes: &mut [u8]) -> Result<(), LoadError> {
        stored.read_into(bytes)?;
        self.n_bytes_read += stored.n_bytes;
        (self.on_progress)(self.n_bytes_read);
        Ok(())
    }
}

/// A matrix in the format it is stored in. Products are in f32.
#[derive(Debug, Clone)]
pub(crate) enum Matrix {
    Quantized(Arc<QTensor>),
    /// f16 or bf16.
    Half(Tensor),
    /// f32.
    Float(Tensor),
}

impl Matrix {
    pub(crate) fn dense(tensor: Tensor) -> Self {
        match tensor.dtype() {
            DType::F16 | DType::BF16 => Self::Half(tensor),
            _ => Self::Float(tensor),
        }
    }

    /// `x · wᵀ`; `x` `(n, cols)` f32, contiguous; the result `(n, rows)` f32.
    pub(crate) fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Quantized(w) => x.apply_op1_no_bwd(w.as_ref()),
            Self::Half(w) => ops::matmul_half(x, w),
            Self::Float(w) => x.matmul(&w.t()?),
        }
    }

    /// The rows of the given numbers, `(ids, cols)` f32.
    pub(crate) fn rows(&self, ids: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Quantized(w) => w.embedding(ids)?.to_dtype(DType::F32),
            Self::Half(w) | Self::Float(w) => w.index_select(ids, 0)?.to_dtype(DType::F32),
        }
    }
}
