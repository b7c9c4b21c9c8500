//! Which parts of a network are on a device, by what they take and what is free.
//!
//! A device is filled in the order of computation: the vision part, which is small and slow elsewhere,
//! then the decoder's blocks from the first on, each with its keys and values, then the output
//! matrix. What does not fit stays on the CPU, and so do embeddings, of which a token needs one row.

use std::fmt;

use candle_core::Device;
use lorgnette_gguf::QuantScheme;

use crate::checkpoint::{Checkpoint, Part, inventory};
use crate::config::{ModelConfig, TextConfig, VisionConfig};
use crate::kv_cache::KvFormat;
use crate::model::CHUNK_TOKENS;
use crate::weights::device_bytes;
use crate::{ops, vision};

/// Kept free beside what is counted: workspaces of the device's libraries, its compiled kernels,
/// and the gaps between tensors.
const RESERVE_BYTES: u64 = 512 << 20;
/// A tensor's place is rounded up, and kernels read a little past a matrix.
const TENSOR_SLACK_BYTES: u64 = 1 << 10;

/// What the parts of a network take on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Weights of the vision part; 0 without one.
    vision_bytes: u64,
    /// Weights of each decoder block.
    layer_bytes: Vec<u64>,
    /// The last norm and the output matrix.
    output_bytes: u64,
    /// Numbers in the blocks' and the output's matrices.
    n_text_weights: u64,
    /// Keys and values of one token in one block.
    kv_token_bytes: u64,
    /// Tokens of a chat.
    context: usize,
    /// What computing takes beside weights, keys and values, for a token of the context.
    mask_token_bytes: u64,
    /// What computing takes beside them at the most, whatever the context.
    working_bytes: u64,
}

/// The parts that are on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Whether the vision part is on it.
    pub vision: bool,
    /// So many decoder blocks, from the first on.
    pub n_layers: usize,
    /// The last norm and the output matrix.
    pub output: bool,
}

impl Plan {
    /// Nothing is on the device.
    pub const NOTHING: Self = Self { vision: false, n_layers: 0, output: false };
    /// Everything is on the device.
    pub const EVERYTHING: Self = Self { vision: true, n_layers: usize::MAX, output: true };
}

impl Needs {
    /// What a checkpoint's parts take, with a chat of `context` tokens. A device has no blocks of keys and
    /// values: see [`KvFormat::on`].
    pub fn of(checkpoint: &Checkpoint, context: usize, format: KvFormat) -> Self {
        let config = checkpoint.config();
        let context = context.min(config.text.max_position_embeddings);
        let mut needs = Self::without_weights(config, context, format);
        for (part, shape) in inventory(config) {
            // What is missing is named when it is loaded.
            let Ok(stored) = checkpoint.find(part, &shape) else { continue };
            let n_weights = shape.iter().map(|n| *n as u64).product();
            needs.add(part, config.text.tied_embeddings, device_bytes(stored), n_weights);
        }
        needs
    }

    fn without_weights(config: &ModelConfig, context: usize, format: KvFormat) -> Self {
        let text = &config.text;
        let format = if format == KvFormat::Q8_0 { KvFormat::F16 } else { format };
        Self {
            vision_bytes: 0,
            layer_bytes: vec![0; text.n_layers],
            output_bytes: 0,
            n_text_weights: 0,
            kv_token_bytes: (2 * text.n_kv_heads * format.row_bytes(text.head_dim)) as u64,
            context,
            mask_token_bytes: 4 * CHUNK_TOKENS as u64,
            working_bytes: activation_bytes(config) + ops::SCORES_BYTES,
        }
    }

    fn add(&mut self, part: Part, tied: bool, n_bytes: u64, n_weights: u64) {
        let n_bytes = n_bytes + TENSOR_SLACK_BYTES;
        match part {
            Part::Text(layer, _) => {
                self.layer_bytes[layer] += n_bytes;
                self.n_text_weights += n_weights;
            }
            Part::TokenEmbedding if !tied => {}
            Part::TokenEmbedding | Part::Output | Part::OutputNorm => {
                self.output_bytes += n_bytes;
                self.n_text_weights += n_weights;
            }
            _ => self.vision_bytes += n_bytes,
        }
    }

    /// How many decoder blocks there are.
    pub fn n_layers(&self) -> usize {
        self.layer_bytes.len()
    }

    /// Bytes that everything takes on a device.
    pub fn total_bytes(&self) -> u64 {
        self.bytes(Plan { n_layers: self.n_layers(), ..Plan::EVERYTHING })
    }

    /// Bytes for the parts of a plan, with what computing them takes; 0 for nothing.
    pub fn bytes(&self, plan: Plan) -> u64 {
        if plan == Plan::NOTHING { 0 } else { self.held_bytes(plan) + self.room_bytes() }
    }

    /// Bytes of weights, keys and values of the parts of a plan.
    fn held_bytes(&self, plan: Plan) -> u64 {
        let n_layers = plan.n_layers.min(self.n_layers());
        let layers: u64 = self.layer_bytes[..n_layers].iter().sum();
        let of = |is_there: bool, n_bytes: u64| if is_there { n_bytes } else { 0 };
        layers
            + n_layers as u64 * self.cache_bytes()
            + of(plan.vision, self.vision_bytes)
            + of(plan.output, self.output_bytes)
    }

    /// Keys and values of one block.
    fn cache_bytes(&self) -> u64 {
        self.context as u64 * self.kv_token_bytes
    }

    fn room_bytes(&self) -> u64 {
        RESERVE_BYTES + self.working_bytes + self.context as u64 * self.mask_token_bytes
    }

    /// The most that fits into `free_bytes`.
    pub fn plan(&self, free_bytes: u64) -> Plan {
        let fits = |plan: Plan| self.bytes(plan) <= free_bytes;
        let mut plan = Plan { vision: self.vision_bytes > 0, ..Plan::NOTHING };
        plan.vision &= fits(plan);
        while plan.n_layers < self.n_layers() && fits(Plan { n_layers: plan.n_layers + 1, ..plan })
        {
            plan.n_layers += 1;
        }
        self.with_output(plan, free_bytes)
    }

    /// So many blocks, and what else fits with them.
    ///
    /// # Errors
    /// [`Shortage`] when they do not fit.
    pub fn plan_layers(&self, n_layers: usize, free_bytes: u64) -> Result<Plan, Shortage> {
        let wanted = Plan { n_layers: n_layers.min(self.n_layers()), ..Plan::NOTHING };
        if self.bytes(wanted) > free_bytes {
            return Err(self.shortage(wanted, free_bytes));
        }
        let seeing = Plan { vision: self.vision_bytes > 0, ..wanted };
        let plan = if self.bytes(seeing) <= free_bytes { seeing } else { wanted };
        Ok(self.with_output(plan, free_bytes))
    }

    fn with_output(&self, plan: Plan, free_bytes: u64) -> Plan {
        let whole = Plan { output: true, ..plan };
        let has_all_layers = plan.n_layers == self.n_layers();
        if has_all_layers && self.bytes(whole) <= free_bytes { whole } else { plan }
    }

    /// What to say of a plan that `free_bytes` do not hold.
    pub fn shortage(&self, plan: Plan, free_bytes: u64) -> Shortage {
        let n_layers = self.plan(free_bytes).n_layers;
        let fits = |needs: &Self| needs.bytes(plan) <= free_bytes;
        let context = (1..self.context.div_ceil(1024))
            .rev()
            .map(|k| k * 1024)
            .find(|context| fits(&Self { context: *context, ..self.clone() }));
        Shortage {
            needed_bytes: Some(self.bytes(plan)),
            free_bytes: Some(free_bytes),
            n_layers: (n_layers > 0 && n_layers < plan.n_layers).then_some(n_layers),
            context,
            quantisation: self.smaller_quantisation(plan, free_bytes),
        }
    }

    /// The largest of the offered quantisations, smaller than this one, with which a plan fits.
    fn smaller_quantisation(&self, plan: Plan, free_bytes: u64) -> Option<QuantScheme> {
        let now_bytes = self.layer_bytes.iter().sum::<u64>() + self.output_bytes;
        let now_bits = now_bytes as f64 * 8.0 / self.n_text_weights.max(1) as f64;
        let as_large = |bits: f64| {
            let scaled = |n_bytes: u64| (n_bytes as f64 * bits / now_bits) as u64;
            Self {
                layer_bytes: self.layer_bytes.iter().map(|n_bytes| scaled(*n_bytes)).collect(),
                output_bytes: scaled(self.output_bytes),
                ..self.clone()
            }
        };
        let quantised = |scheme: &QuantScheme| scheme.matrix_dtype().blocks().is_some();
        let largest_first = QuantScheme::OFFERED.into_iter().rev().filter(quantised);
        largest_first
            .filter(|scheme| scheme.bits_per_weight() * 1.02 < now_bits)
            .find(|scheme| as_large(scheme.bits_per_weight()).bytes(plan) <= free_bytes)
    }
}

/// Bytes of activations at the most, about, on any device: those of a chunk of tokens or those of
/// the largest picture, which are never in memory together.
pub fn activation_bytes(config: &ModelConfig) -> u64 {
    let text = &config.text;
    let vision = config.vision.as_ref().map_or(0, |vision| vision_activation_bytes(vision, text));
    text_activation_bytes(text).max(vision)
}

/// f32 rows of a chunk, of which there are some of each width at a time, and the logits.
fn text_activation_bytes(text: &TextConfig) -> u64 {
    let heads = (text.n_heads + 2 * text.n_kv_heads) * text.head_dim;
    let rows = 4 * CHUNK_TOKENS * (8 * text.hidden_size + 3 * text.intermediate_size + 2 * heads);
    rows as u64 + 4 * text.vocab_size as u64
}

/// The same for the largest picture, whose MLPs and projector work on some of the rows at a time.
fn vision_activation_bytes(vision: &VisionConfig, text: &TextConfig) -> u64 {
    let n_patches = (vision.image_size / vision.patch_size.max(1)).pow(2) as u64;
    let step = (vision::STEP_ROWS as u64).min(n_patches);
    let rows = 4
        * (n_patches * 10 * vision.hidden_size as u64 + step * 3 * vision.intermediate_size as u64);
    let projected = 4 * n_patches * 3 * text.hidden_size as u64;
    rows + projected
}

/// Memory that a device does not have, and what would fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shortage {
    /// Bytes that are needed; `None` when it was found while computing.
    pub needed_bytes: Option<u64>,
    /// Bytes that are free.
    pub free_bytes: Option<u64>,
    /// So many blocks fit.
    pub n_layers: Option<usize>,
    /// As many tokens of a chat fit.
    pub context: Option<usize>,
    /// A quantisation that fits.
    pub quantisation: Option<QuantScheme>,
}

impl Shortage {
    /// What to do now.
    pub fn hint(&self) -> String {
        let ways = [
            self.n_layers.map(|n| format!("--gpu-layers {n}")),
            self.context.map(|n| format!("--context {n}")),
            self.quantisation.map(|scheme| format!("a {} model", scheme.name().to_uppercase())),
        ];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        if ways.is_empty() {
            return "close other programs that use the GPU, or choose --device cpu".into();
        }
        format!("{} would fit; or close other programs that use the GPU", ways.join(" or "))
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the GPU has too little memory")?;
        let gib = |n_bytes: u64| n_bytes as f64 / (1_u64 << 30) as f64;
        match (self.needed_bytes, self.free_bytes) {
            (Some(needed), Some(free)) => {
                write!(f, ": {:.1} GiB needed, {:.1} free", gib(needed), gib(free))
            }
            (None, Some(free)) => write!(f, ": {:.1} GiB are free", gib(free)),
            _ => Ok(()),
        }
    }
}

/// A device, and which parts of a network are on it.
#[derive(Debug, Clone)]
pub struct Placement {
    device: Device,
    plan: Plan,
    needs: Option<Needs>,
}

impl Placement {
    /// Everything on one device.
    pub fn all_on(device: &Device) -> Self {
        Self { device: device.clone(), plan: Plan::EVERYTHING, needs: None }
    }

    /// The parts of a plan on a device, and what they take.
    pub fn new(device: &Device, needs: Needs, plan: Plan) -> Self {
        Self { device: device.clone(), plan, needs: Some(needs) }
    }

    /// The device that the plan is for.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The parts that are on it.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// What the vision part is on.
    pub(crate) fn vision(&self) -> Device {
        self.device_if(self.plan.vision)
    }

    /// What a decoder block is on.
    pub(crate) fn layer(&self, layer: usize) -> Device {
        self.device_if(layer < self.plan.n_layers)
    }

    /// What the output matrix is on.
    pub(crate) fn output(&self) -> Device {
        self.device_if(self.plan.output)
    }

    fn device_if(&self, is_on_it: bool) -> Device {
        if is_on_it { self.device.clone() } else { Device::Cpu }
    }

    /// What to say when the device ran out of memory with these parts on it.
    pub(crate) fn shortage(&self, free_bytes: Option<u64>) -> Shortage {
        let (Some(needs), Some(free_bytes)) = (&self.needs, free_bytes) else {
            return Shortage { free_bytes, ..Shortage::default() };
        };
        // What was counted on was not enough: it has to be less than that by a good part.
        let short = Plan { n_layers: self.plan.n_layers.min(needs.n_layers()), ..self.plan };
        let usable = needs.bytes(short).saturating_sub(RESERVE_BYTES);
        Shortage {
            needed_bytes: None,
            free_bytes: Some(free_bytes),
            ..needs.shortage(short, usable)
        }
    }
}

#[cfg(test)]
mod tests;
