//! The vision encoder and the projector: pixels to rows that the decoder reads like embeddings.

use candle_core::{DType, Device, Result, Tensor};
use lorgnette_image::Pixels;

use crate::block::{Block, BlockSizes, RmsNorm};
use crate::checkpoint::Part;
use crate::config::{TextConfig, VisionConfig};
use crate::error::LoadError;
use crate::features::ImageFeatures;
use crate::rope::Rope;
use crate::watch::{self, Watch, Watched};
use crate::weights::{Loader, Matrix};

/// Patches worked on between two looks at the watcher: some tenths of a second on two cores.
pub(crate) const STEP_ROWS: usize = 1024;

/// Pixtral's encoder: full attention inside one picture, positions by row and column.
#[derive(Debug)]
pub(crate) struct VisionEncoder {
    /// The patch convolution as a matrix, `(hidden, 3 * patch * patch)`.
    patch_embedding: Tensor,
    pre_norm: RmsNorm,
    blocks: Vec<Block>,
    projector: Projector,
    config: VisionConfig,
    rope: Rope,
    device: Device,
}

impl VisionEncoder {
    pub(crate) fn load(
        loader: &mut Loader<'_>,
        config: &VisionConfig,
        text: &TextConfig,
    ) -> std::result::Result<Self, LoadError> {
        let (hidden, patch) = (config.hidden_size, config.patch_size);
        let eps = VisionConfig::RMS_NORM_EPS;
        let sizes = BlockSizes {
            hidden,
            intermediate: config.intermediate_size,
            n_heads: config.n_heads,
            n_kv_heads: config.n_heads,
            head_dim: config.head_dim,
            eps,
            qk_norm: false,
        };
        let patch_embedding = loader.dense_f32(Part::PatchConv, &[hidden, 3, patch, patch])?;
        Ok(Self {
            patch_embedding: patch_embedding.reshape((hidden, 3 * patch * patch))?,
            pre_norm: RmsNorm::load(loader, Part::VisionPreNorm, hidden, eps)?,
            blocks: (0..config.n_layers)
                .map(|i| Block::load(loader, |part| Part::Vision(i, part), sizes))
                .collect::<std::result::Result<_, _>>()?,
            projector: Projector::load(loader, config, text)?,
            config: config.clone(),
            rope: Rope::new(
                &config.rope,
                config.head_dim,
                loader.checkpoint.naming().rope_layout(),
            ),
            device: loader.device.clone(),
        })
    }

    /// Encodes one picture. The watcher is asked several times a layer.
    pub(crate) fn encode(&self, pixels: &Pixels, watch: &mut Watch<'_>) -> Watched<ImageFeatures> {
        let patch = self.config.patch_size;
        let n_rows = pixels.height() as usize / patch;
        let n_cols = pixels.width() as usize / patch;
        let n = n_rows * n_cols;
        let n_slices = n.div_ceil(STEP_ROWS);
        let n_steps = self.blocks.len() * (1 + 2 * n_slices) + 1;
        let mut n_done = 0;
        let mut step = || -> Watched<()> {
            // A device works behind our back: what was done is what it has finished.
            self.device.synchronize()?;
            n_done += 1;
            watch::tell(watch, n_done, n_steps)
        };

        // A convolution whose stride is its size: each patch, channel by channel, times a matrix.
        let x = Tensor::from_slice(pixels.data(), (3, n_rows, patch, n_cols, patch), &self.device)?;
        let x = x.permute((1, 3, 0, 2, 4))?.reshape((n, 3 * patch * patch))?;
        let mut x = self.pre_norm.forward(&x.matmul(&self.patch_embedding.t()?)?)?;

        let rotation = self.rope.of_patches((n_rows, n_cols), &self.device)?;
        for block in &self.blocks {
            let (q, k, v) = block.qkv(&x)?;
            let (q, k, v) = (rotation.apply(&q)?, rotation.apply(&k)?, v.contiguous()?);
            step()?;
            let mut slices = Vec::new();
            for first in (0..n).step_by(STEP_ROWS) {
                let n_slice = STEP_ROWS.min(n - first);
                let q = q.narrow(1, first, n_slice)?;
                let found = block.attention(&q, &k, &v, None)?;
                let x = block.add_attention(&x.narrow(0, first, n_slice)?, &found)?;
                step()?;
                slices.push(block.add_mlp(&x)?);
                step()?;
            }
            x = Tensor::cat(&slices, 0)?;
        }
        let rows = self.projector.forward(&x, (n_rows, n_cols))?;
        let features = ImageFeatures::on_cpu(&rows, &x)?;
        step()?;
        Ok(features)
    }

    /// What comes behind the encoder, for what came out of it before.
    pub(crate) fn project(
        &self,
        hidden: Vec<f32>,
        (rows, cols): (usize, usize),
    ) -> Result<ImageFeatures> {
        let merge = self.config.spatial_merge_size;
        let patches = (rows * merge, cols * merge);
        let shape = (patches.0 * patches.1, self.config.hidden_size);
        let hidden = Tensor::from_vec(hidden, shape, &self.device)?;
        ImageFeatures::on_cpu(&self.projector.forward(&hidden, patches)?, &hidden)
    }
}

/// What lies between the encoder and the decoder.
#[derive(Debug)]
struct Projector {
    norm: Option<RmsNorm>,
    merger: Option<Matrix>,
    merge: usize,
    first: Linear,
    second: Linear,
}

#[derive(Debug)]
struct Linear {
    matrix: Matrix,
    bias: Option<Tensor>,
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.matrix.forward(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

impl Projector {
    fn load(
        loader: &mut Loader<'_>,
        config: &VisionConfig,
        text: &TextConfig,
    ) -> std::result::Result<Self, LoadError> {
        let (hidden, text_hidden_size) = (config.hidden_size, text.hidden_size);
        let merge = config.spatial_merge_size;
        // This norm has the text model's epsilon. Source: `modeling_mistral3.py`.
        let norm = config
            .projector_norm
            .then(|| RmsNorm::load(loader, Part::ProjectorNorm, hidden, text.rms_norm_eps))
            .transpose()?;
        let merger = (merge > 1)
            .then(|| loader.matrix(Part::PatchMerger, (hidden, hidden * merge * merge)))
            .transpose()?;
        let mut linear = |matrix, bias, n_in| {
            let matrix = loader.matrix(matrix, (text_hidden_size, n_in))?;
            let bias =
                config.projector_bias.then(|| loader.vector(bias, text_hidden_size)).transpose()?;
            Ok::<_, LoadError>(Linear { matrix, bias })
        };
        Ok(Self {
            norm,
            merger,
            merge,
            first: linear(Part::Projector1, Part::Projector1Bias, hidden)?,
            second: linear(Part::Projector2, Part::Projector2Bias, text_hidden_size)?,
        })
    }

    /// Makes rows `(image tokens, text hidden)` of patches `(n_rows * n_cols, vision hidden)`.
    fn forward(&self, x: &Tensor, (n_rows, n_cols): (usize, usize)) -> Result<Tensor> {
        let mut x = x.clone();
        if let Some(norm) = &self.norm {
            x = norm.forward(&x)?;
        }
        if let Some(merger) = &self.merger {
            // `unfold` puts the channel first: index `channel · merge² + row · merge + column`.
            // Source: `modeling_mistral3.py`, `Mistral3PatchMerger`.
            let (m, hidden) = (self.merge, x.dim(1)?);
            let (rows, cols) = (n_rows / m, n_cols / m);
            x = x.reshape((rows, m, cols, m, hidden))?.permute((0, 2, 4, 1, 3))?.contiguous()?;
            x = merger.forward(&x.reshape((rows * cols, hidden * m * m))?)?;
        }
        // GELU by the error function, as `nn.GELU()`.
        self.second.forward(&self.first.forward(&x)?.gelu_erf()?)?.to_dtype(DType::F32)
    }
}
