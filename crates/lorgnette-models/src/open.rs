//! A model from disk to an engine that answers.

mod kv;
mod model;
mod tokenizer;

use std::path::{Path, PathBuf};
use std::time::Instant;

use lorgnette_engine::{Engine, EngineError, Generator};
use lorgnette_image::ImageConfig;
use lorgnette_pixtral::checkpoint::LeftOut;
use lorgnette_pixtral::{
    Checkpoint, ChosenDevice, DeviceChoice, Kernels, LoadError, LoadOptions, ModelConfig,
    ModelError, Needs, Pixtral, Placement, Plan, Precision, machine_memory,
};
use lorgnette_remote::Servers;

pub(crate) use self::kv::KvQuestion;
pub use self::kv::{ChosenKv, KvChoice};
pub use self::model::OpenModel;
use self::tokenizer::tokenizer;
use crate::best::{Best, PassedOver};
use crate::error::ModelsError;
use crate::folders::Folders;
use crate::library::{Library, name};
use crate::{BUILT_IN, builtin};

/// Tokens of a chat where nobody says otherwise: two full pictures, or some fifteen pages of text.
pub const DEFAULT_CONTEXT: usize = 8192;

/// Which model is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The largest that is installed and reads pictures; the built-in one when none is.
    #[default]
    Best,
    /// The same, where nobody reads notes: a better one that cannot be opened is an error.
    BestOrError,
    /// Pocket, the small model that is part of the program.
    BuiltIn,
    /// A folder or GGUF file.
    At(PathBuf),
    /// The server that was connected by that name.
    Server(String),
}

impl ModelChoice {
    /// Reads what a person writes: `pocket`, the name of an installed model or of a server, or a path.
    /// A path that is there comes first.
    pub fn named(text: &str) -> Self {
        if text == BUILT_IN {
            return Self::BuiltIn;
        }
        let path = PathBuf::from(text);
        let installed = || Library::find().ok()?.path(text).ok();
        let is_server = || Some(Servers::at(&Folders::find().ok()?.config).find(text).is_ok());
        if path.exists() {
            Self::At(path)
        } else if let Some(path) = installed() {
            Self::At(path)
        } else if is_server() == Some(true) {
            Self::Server(text.to_owned())
        } else {
            Self::At(path)
        }
    }

    /// The one of an id, as [`OpenModel::id`] and the settings have it.
    pub fn of_id(id: &str) -> Self {
        match Servers::name_of_id(id) {
            Some(name) => Self::Server(name.to_owned()),
            None if id == BUILT_IN => Self::BuiltIn,
            None => Self::At(PathBuf::from(id)),
        }
    }
}

/// What to load, and how.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    pub model: ModelChoice,
    /// The vision part (mmproj) of a GGUF model; `None`: the one beside it that fits and is read
    /// best.
    pub projector: Option<PathBuf>,
    /// The device that computes.
    pub device: DeviceChoice,
    /// The number of decoder blocks on a GPU, from the first on; `None`: as many as its free
    /// memory holds.
    pub gpu_layers: Option<usize>,
    /// Tokens of a chat.
    pub context: usize,
    /// The number format of keys and values.
    pub kv: KvChoice,
    /// What multiplies, and how weights get into memory.
    pub load: LoadOptions,
    /// The number of threads that compute; `None`: one for each core. The first model that is
    /// opened decides it for the program.
    pub threads: Option<usize>,
    /// The folder of settings, where servers are named; `None`: the person's own.
    pub config: Option<PathBuf>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            model: ModelChoice::default(),
            projector: None,
            device: DeviceChoice::default(),
            gpu_layers: None,
            context: DEFAULT_CONTEXT,
            kv: KvChoice::default(),
            load: LoadOptions::default(),
            threads: None,
            config: None,
        }
    }
}

/// A model of this machine that answers.
pub struct LocalModel {
    /// The thread that owns it.
    pub engine: Engine,
    /// Where it was found; for the built-in one, its name.
    pub path: PathBuf,
    /// It is the one that is part of the program.
    pub built_in: bool,
    /// Models that may be better and cannot be opened, where nobody named this one.
    pub passed_over: Vec<PassedOver>,
    /// Vision parts beside it that do not go with it.
    pub left_out: Vec<LeftOut>,
    pub config: ModelConfig,
    /// Tokens of a chat.
    pub context: usize,
    /// The number format of keys and values, and why it is not another.
    pub kv: ChosenKv,
    /// What computes, and why it is not something faster.
    pub device: ChosenDevice,
    /// The parts of the network that are on the device.
    pub plan: Plan,
    /// What multiplies quantised matrices, if a CPU does.
    pub kernels: Kernels,
    /// What factors of products with half-precision matrices, and of attention, are rounded to.
    pub precision: Precision,
    /// Bytes of its weights on disk.
    pub n_bytes: u64,
    /// Seconds that loading took.
    pub load_s: f64,
}

impl OpenOptions {
    /// Loads a model of this machine, which takes seconds to minutes. `on_progress` is told the bytes
    /// that were read and all bytes.
    ///
    /// # Errors
    /// [`ModelsError`] names the file and what is wrong with it; [`ModelsError::NotHere`] for a server.
    pub fn open_local(
        &self,
        on_progress: &mut dyn FnMut(u64, u64),
    ) -> Result<LocalModel, ModelsError> {
        let started = Instant::now();
        if let Some(threads) = self.threads {
            // Fails when there are threads already, which then stay.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        }
        let Best { path: chosen, passed_over } = self.model.find()?;
        let built_in = chosen.is_none();
        let checkpoint = chosen.as_ref().map_or_else(builtin::checkpoint, |path| {
            Checkpoint::open_with(path, self.projector.as_deref()).map_err(ModelsError::from)
        })?;
        let left_out = checkpoint.left_out().to_vec();
        let path = chosen.unwrap_or_else(|| builtin::NAME.into());
        let n_bytes = checkpoint.n_bytes();
        let tokenizer = tokenizer(&checkpoint)?;
        let device = self.device.open();
        let kv = self.kv.choose(&KvQuestion {
            config: checkpoint.config(),
            n_bytes,
            context: self.context,
            on_cpu: device.choice == DeviceChoice::Cpu,
            free_bytes: machine_memory().map(|memory| memory.free_bytes),
        });
        let needs = Needs::of(&checkpoint, self.context, kv.format);
        let placement = self.place(&device, needs)?;
        let plan = placement.plan();
        let progress = &mut |done| on_progress(done, n_bytes);
        let model = Pixtral::load_with(&checkpoint, &placement, &self.load, progress)?;
        let (config, precision) = (model.config().clone(), model.precision());
        let generator = Generator::new(model, tokenizer, self.context, kv.format)?;
        let context = generator.context();
        let engine = Engine::start(generator);
        let load_s = started.elapsed().as_secs_f64();
        let kernels = self.load.kernels.unwrap_or_else(Kernels::best);
        Ok(LocalModel {
            engine,
            path,
            built_in,
            passed_over,
            left_out,
            config,
            context,
            kv,
            device,
            plan,
            kernels,
            precision,
            n_bytes,
            load_s,
        })
    }

    /// Which parts go to the device, by its memory as it is now.
    fn place(&self, device: &ChosenDevice, needs: Needs) -> Result<Placement, LoadError> {
        let Some(memory) = device.memory() else {
            return Ok(Placement::all_on(&device.device));
        };
        let plan = match self.gpu_layers {
            None => needs.plan(memory.free_bytes),
            Some(n_layers) => needs
                .plan_layers(n_layers, memory.free_bytes)
                .map_err(|shortage| LoadError::DeviceMemory { shortage: Box::new(shortage) })?,
        };
        Ok(Placement::new(&device.device, needs, plan))
    }
}

impl ModelChoice {
    /// Where the model is, and which others would have been better.
    fn find(&self) -> Result<Best, ModelsError> {
        let known = |path| Ok(Best { path, passed_over: Vec::new() });
        match self {
            Self::At(path) => known(Some(path.clone())),
            Self::BuiltIn => known(None),
            Self::Server(name) => Err(ModelsError::NotHere { name: name.clone() }),
            Self::Best => Ok(Library::find()?.best()),
            Self::BestOrError => {
                let mut best = Library::find()?.best();
                match best.passed_over.pop() {
                    None => Ok(best),
                    Some(PassedOver { name, reason, .. }) => {
                        Err(ModelsError::BetterModel { name, reason })
                    }
                }
            }
        }
    }
}

impl OpenOptions {
    /// The same, for callers that nobody watches: where no model is named, a better one that cannot
    /// be opened is then an error, not a note.
    #[must_use]
    pub fn unattended(mut self) -> Self {
        if self.model == ModelChoice::Best {
            self.model = ModelChoice::BestOrError;
        }
        self
    }
}

/// Opens the headers of a model of which everything must be there: its tensors, and a tokenizer that
/// fits them.
///
/// # Errors
/// [`ModelsError`] says what is missing.
pub(crate) fn whole(path: &Path, projector: Option<&Path>) -> Result<Checkpoint, ModelsError> {
    let checkpoint = Checkpoint::open_with(path, projector)?;
    tokenizer(&checkpoint)?;
    Ok(checkpoint)
}

impl LocalModel {
    /// What the settings and the measured speeds know it by.
    pub fn id(&self) -> String {
        if self.built_in { BUILT_IN.into() } else { self.path.display().to_string() }
    }

    /// The number of decoder blocks on a GPU; `None` where the CPU computes all.
    pub fn n_gpu_layers(&self) -> Option<usize> {
        let all = self.config.text.n_layers;
        (self.device.choice != DeviceChoice::Cpu).then_some(self.plan.n_layers.min(all))
    }

    /// Bytes of keys and values that a token takes.
    pub fn kv_bytes_per_token(&self) -> u64 {
        self.config.text.kv_bytes_per_token_in(self.kv.format)
    }

    /// Why it is not a better or faster one, in lines for a person: models that cannot be opened,
    /// devices that were wanted and are not used, parts that did not fit, keys and values in 8 bits.
    pub fn device_notes(&self) -> Vec<String> {
        let answers = name(&self.id());
        let passed_over = self.passed_over.iter().map(|PassedOver { name, reason, .. }| {
            format!("{name} cannot be opened: {reason}; {answers} answers")
        });
        let computing =
            |reason: &String| format!("{reason}; computing on the {}", self.device.name);
        let mut notes: Vec<String> = passed_over
            .chain(self.device.not_used.iter().map(computing))
            .chain(self.kv.note.clone())
            .collect();
        if let Some(n_layers) = self.n_gpu_layers() {
            let sees = self.config.vision.is_some();
            notes.extend(partial(
                self.plan,
                n_layers,
                self.config.text.n_layers,
                sees,
                &self.device,
            ));
        }
        notes
    }

    /// How pictures are prepared for it, with the longest side that the person wants.
    ///
    /// # Errors
    /// [`ModelsError::Engine`] for a model that reads no pictures.
    pub fn image_config(&self, max_side: Option<u32>) -> Result<ImageConfig, ModelsError> {
        let Some(vision) = &self.config.vision else { return Err(self.no_vision()) };
        let config = vision.image_config();
        Ok(max_side.map_or(config, |max_side| config.with_max_side(max_side)))
    }

    /// The error for a picture, with the vision parts that might have been meant.
    fn no_vision(&self) -> ModelsError {
        let left_out = self.left_out.iter();
        let left_out: Vec<String> =
            left_out.map(|one| format!("{}: {}", one.file.display(), one.reason)).collect();
        if left_out.is_empty() { no_vision() } else { ModelsError::NoProjector { left_out } }
    }
}

/// Says what of a network is not on the device; `None` when all of it is.
fn partial(
    plan: Plan,
    n_layers: usize,
    n_all: usize,
    sees: bool,
    device: &ChosenDevice,
) -> Option<String> {
    let left: Vec<String> = [
        (n_layers < n_all).then(|| format!("{} of {n_all} layers", n_all - n_layers)),
        (sees && !plan.vision).then(|| "the vision part".into()),
        (!plan.output).then(|| "the output matrix".into()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let [parts @ .., last] = left.as_slice() else { return None };
    let left =
        if parts.is_empty() { last.clone() } else { format!("{} and {last}", parts.join(", ")) };
    Some(format!("{} has no room for {left}, which the CPU computes", device.name))
}

/// The error for a picture and a model that reads none.
pub fn no_vision() -> ModelsError {
    EngineError::from(ModelError::NoVision).into()
}

/// Opens the headers of a model, so that it is known whether the path holds one.
///
/// # Errors
/// [`ModelsError::Load`] says why not.
pub fn probe(path: &Path) -> Result<Checkpoint, ModelsError> {
    Ok(Checkpoint::open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_partial(plan: Plan, sees: bool, expected: Option<&str>) {
        let device = ChosenDevice {
            device: lorgnette_pixtral::Device::Cpu,
            choice: DeviceChoice::Cuda(0),
            name: "CUDA 0, NVIDIA L4".into(),
            not_used: Vec::new(),
        };
        let note = partial(plan, plan.n_layers, 40, sees, &device);
        let expected = expected.map(|left| {
            format!("CUDA 0, NVIDIA L4 has no room for {left}, which the CPU computes")
        });
        assert_eq!(note, expected);
    }

    #[test]
    fn what_is_not_on_the_device_is_said() {
        let all = Plan { vision: true, n_layers: 40, output: true };
        check_partial(all, true, None);
        check_partial(Plan { vision: false, ..all }, false, None);
        check_partial(Plan { output: false, ..all }, true, Some("the output matrix"));
        let some = Plan { n_layers: 28, output: false, ..all };
        check_partial(some, true, Some("12 of 40 layers and the output matrix"));
        let left = "40 of 40 layers, the vision part and the output matrix";
        check_partial(Plan::NOTHING, true, Some(left));
    }
}
