//! The commands and options, with their help.

mod connect;
mod pages;
mod read;
mod serve;

use std::num::NonZeroU8;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use lorgnette_app::desktop::capture::Area;
use lorgnette_app::models::{QuantScheme, VisionFormat};
use lorgnette_app::open::{DEFAULT_CONTEXT, KvChoice, ModelChoice, OpenOptions};
use lorgnette_app::purpose::Purpose;
use lorgnette_app::{
    AnswerOptions, DeviceChoice, Kernels, LoadMode, LoadOptions, Region, Sampling,
};

pub use self::connect::{KeyFrom, ModelsConnect};
pub use self::pages::PageList;
pub use self::read::Read;
pub use self::serve::Serve;
use crate::password::{FolderPassword, Password};
use crate::thoughts::ShowThoughts;

/// Answers that `bench` writes together at the most.
const MOST_TOGETHER: usize = 64;
/// Help for `--kv`.
const KV: &str = "The number format of keys and values: auto (f16 where it fits into memory, else q8_0), \
                  f16, q8_0, bf16, f32";
/// What help and manual say behind the commands.
const OUTPUTS: &str = "Answers go to standard output, everything else to standard error.\n\
                       Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part (alt, read, --each), 130 cancelled.";

/// Looks at pictures with you, on your own machine.
#[derive(Parser)]
#[command(name = "lorgnette", version, about, after_help = OUTPUTS)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Say what is in pictures, or answer a question about them
    Describe(Describe),
    /// Print the text in pictures exactly, in reading order, without a model
    ///
    /// Exit codes: 0 all of it, 3 some pictures or places could not be read, 1 no picture could.
    Read(Read),
    /// Talk about pictures, line by line
    Chat(Chat),
    /// Write alt texts for a folder of pictures into a table; an interrupted run continues
    ///
    /// Exit codes: 0 all pictures have one, 3 some have one, 1 none has one.
    Alt(Alt),
    /// Print what a picture is and what it costs, without a model
    Inspect(Inspect),
    /// Print what this machine has: processor, memory, devices, folders, models
    Doctor(Doctor),
    /// Measure a model on this machine
    Bench(Bench),
    /// Answer other programs on this machine, as OpenAI's and Ollama's servers do
    ///
    /// It listens on loopback alone, asks for a token, fetches nothing, and leaves nothing of what is
    /// asked on the disk. Ctrl+C ends it.
    Serve(Serve),
    /// List, add, check and remove models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Print what completes commands and options in a shell
    Completions(Completions),
    /// Print the manual page
    #[command(hide = true)]
    Man(Man),
}

#[derive(Args)]
pub struct Completions {
    /// The shell that they are for
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Args)]
pub struct Man {
    /// Write the pages of all commands into a new folder instead
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum ModelsCommand {
    /// List the models that can be had and those that are installed
    List(ModelsList),
    /// Fetch a model and make it ready; an interrupted run continues where it stopped
    Add(ModelsAdd),
    /// Install a GGUF file, a GGUF pair or a checkpoint folder that is on this machine
    Import(ModelsImport),
    /// Have a server answer that speaks OpenAI's interface: vLLM, llama.cpp, another Lorgnette
    ///
    /// It is asked for its models at once, and for nothing else until it is chosen with --model NAME:
    /// pictures then go to its host.
    Connect(ModelsConnect),
    /// Read a model's files again and compare them with their checksums
    Verify(ModelsName),
    /// Remove a model, or forget a server
    Remove(ModelsRemove),
    /// Print where a model is, or where models are
    Path(ModelsPath),
}

#[derive(Args)]
pub struct ModelsList {
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ModelsAdd {
    /// A name from the list, hf:OWNER/NAME[@REVISION], or a folder with a checkpoint
    #[arg(value_name = "MODEL")]
    pub model: String,
    #[command(flatten)]
    pub make: ModelsMake,
    /// Which of a listed model's sources to use, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub source: usize,
    /// The number of requests at a time for one file: 1 to 16
    #[arg(long, value_name = "N", default_value_t = 4)]
    #[arg(value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=16))]
    pub connections: usize,
    /// The most megabytes a second; without it there is no limit
    #[arg(long, value_name = "MB", value_parser = megabytes)]
    pub limit: Option<f64>,
    /// Take what the source is now, not what it was when it was first used
    #[arg(long)]
    pub update: bool,
}

#[derive(Args)]
pub struct ModelsImport {
    /// A GGUF file with its mmproj beside it, or a folder
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Leave the files where they are; only for GGUF
    #[arg(long)]
    pub link: bool,
    #[command(flatten)]
    pub make: ModelsMake,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ModelsMake {
    #[arg(long, value_name = "FORMAT", default_value = "q4_k_m", value_parser = scheme)]
    #[arg(help = format!("Number format of the text model: {}", scheme_names()))]
    pub quant: QuantScheme,
    #[arg(long, value_name = "FORMAT", default_value = "q8_0", value_parser = vision)]
    #[arg(help = "Number format of the vision part: q8_0, f16")]
    pub vision: VisionFormat,
    /// The name that the model gets
    #[arg(long)]
    pub name: Option<String>,
    /// The vision part of a GGUF model: a file, or its name in the repository [default: the one that
    /// fits and is read best]
    #[arg(long, value_name = "FILE")]
    pub mmproj: Option<PathBuf>,
    /// Take a model that has no vision part, and so answers nothing about pictures
    #[arg(long)]
    pub text_only: bool,
    /// The number of tokens of a chat, for the advice on memory
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CONTEXT)]
    pub context: usize,
    /// Keep the source files beside the model
    #[arg(long)]
    pub keep_source: bool,
    /// Do not ask before it begins
    #[arg(long, short)]
    pub yes: bool,
    /// Continue even if it does not fit this machine
    #[arg(long)]
    pub force: bool,
    /// Print what happens as lines of JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ModelsName {
    /// An installed model
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ModelsRemove {
    /// A model, finished or not, or a server
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Do not ask before it is removed
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Args)]
pub struct ModelsPath {
    /// An installed model; without one, print the folder of all models
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Describe {
    /// Picture files, in order; - is standard input
    #[arg(required_unless_present = "captured", value_name = "IMAGE")]
    pub pictures: Vec<PathBuf>,
    #[command(flatten)]
    pub capture: Capture,
    /// What to ask about them [default: Describe this picture.]
    #[arg(long, value_name = "TEXT", conflicts_with = "purpose")]
    pub ask: Option<String>,
    /// What the description is for: brief, detailed, text, alt, form, chart
    #[arg(long = "for", value_name = "PURPOSE")]
    pub purpose: Option<Purpose>,
    /// Say what the answer claims and the text of the picture does not have; then answer N more times,
    /// and mark what varies [default: 5]
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "5")]
    #[arg(value_parser = clap::value_parser!(u8).range(2..=32))]
    pub check: Option<u8>,
    #[command(flatten)]
    pub speech: Speech,
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub answer: Answer,
    /// When to show on standard error what the model thinks first: auto (on a terminal), always, never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub thoughts: ShowThoughts,
    /// The longest side of a picture in pixels: smaller is faster, larger reads smaller print
    #[arg(long, value_name = "PX")]
    pub max_side: Option<u32>,
    /// The page or frame of a file that has several, from 1 [default: what a person would look at]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page: Option<u32>,
    /// Several pages of each file, as pictures of one question, such as 1-3,7 or 5-
    #[arg(long, value_name = "PAGES", conflicts_with = "page")]
    pub pages: Option<PageList>,
    /// Ask about each page by itself, and print the answers as Markdown
    #[arg(long, conflicts_with_all = ["page", "captured", "check", "keep", "json", "speak"])]
    pub each: bool,
    /// The number of pages that a server is asked about at the same time
    #[arg(long, value_name = "N", default_value_t = NonZeroU8::MIN, requires = "each")]
    pub jobs: NonZeroU8,
    /// Write what --each asks for into this file, Markdown or .csv, whole after each page; if it is
    /// there already, the run continues it
    #[arg(long, value_name = "FILE", requires = "each")]
    pub out: Option<PathBuf>,
    /// Begin a .csv of --out with the mark by which Excel knows UTF-8 (a byte order mark)
    #[arg(long, requires = "out")]
    pub excel: bool,
    #[command(flatten)]
    pub password: Password,
    /// Save what was read in this file, and begin with it the next time: the same pictures need not be
    /// read again
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,
    /// Leave nothing on the disk: no encoded picture, no speed
    #[arg(long, conflicts_with = "keep")]
    pub private: bool,
    /// Print one JSON object with the answer and what it took
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
#[group(id = "captured", multiple = false)]
pub struct Capture {
    /// Take the screen
    #[arg(long)]
    pub screen: bool,
    /// Take the window that has the focus
    #[arg(long)]
    pub window: bool,
    /// Take a part of the screen, in pixels from the top left
    #[arg(long, value_name = "X,Y,W,H", value_parser = region)]
    pub region: Option<Region>,
    /// Take the picture in the clipboard, or the picture files that were copied
    #[arg(long)]
    pub clipboard: bool,
}

impl Capture {
    /// Returns the part of the screen that is asked for, if any.
    pub fn area(&self) -> Option<Area> {
        match (self.screen, self.window, self.region) {
            (true, ..) => Some(Area::Screen),
            (_, true, _) => Some(Area::Window),
            (.., Some(region)) => Some(Area::Region(region)),
            _ => None,
        }
    }
}

#[derive(Args)]
pub struct Alt {
    /// A folder with pictures, including those in folders below it
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The table; if it is there already, the run continues it
    #[arg(long, value_name = "FILE")]
    pub csv: PathBuf,
    /// Begin the table with the mark by which Excel knows UTF-8 (a byte order mark)
    #[arg(long)]
    pub excel: bool,
    /// What to ask, instead of what --for asks
    #[arg(long, value_name = "TEXT")]
    pub ask: Option<String>,
    /// What the texts are for: brief, detailed, text, alt, form, chart
    #[arg(long = "for", value_name = "PURPOSE", default_value = "alt")]
    pub purpose: Purpose,
    /// Pages of documents that get a row each, such as 1-3,7 or 1- for all [default: the first page
    /// stands for its document]
    #[arg(long, value_name = "PAGES")]
    pub pages: Option<PageList>,
    #[command(flatten)]
    pub password: FolderPassword,
    /// The number of pictures that a server is asked about at the same time
    #[arg(long, value_name = "N", default_value_t = NonZeroU8::MIN)]
    pub jobs: NonZeroU8,
    /// Describe pictures again that are in the table already
    #[arg(long)]
    pub again: bool,
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub answer: Answer,
    /// The longest side of a picture in pixels
    #[arg(long, value_name = "PX")]
    pub max_side: Option<u32>,
}

#[derive(Args)]
pub struct Speech {
    /// Read the answer aloud while it is written
    #[arg(long)]
    pub speak: bool,
    /// How fast to speak: -100 to 100, 0 is the usual speed
    #[arg(long, value_name = "N", default_value_t = 0, requires = "speak")]
    #[arg(value_parser = clap::value_parser!(i32).range(-100..=100), allow_negative_numbers = true)]
    pub rate: i32,
    /// How high to speak: -100 to 100
    #[arg(long, value_name = "N", default_value_t = 0, requires = "speak")]
    #[arg(value_parser = clap::value_parser!(i32).range(-100..=100), allow_negative_numbers = true)]
    pub pitch: i32,
    /// The name of a voice, for answers in its language
    #[arg(long, value_name = "NAME", requires = "speak")]
    pub voice: Option<String>,
}

#[derive(Args)]
pub struct Chat {
    /// Picture files to begin with
    #[arg(value_name = "IMAGE")]
    pub pictures: Vec<PathBuf>,
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub answer: Answer,
    /// When to show on standard error what the model thinks first: auto (on a terminal), always, never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub thoughts: ShowThoughts,
    /// The longest side of a picture in pixels
    #[arg(long, value_name = "PX")]
    pub max_side: Option<u32>,
    /// The page or frame of picture files that have several, from 1 [default: what a person would look at]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page: Option<u32>,
    #[command(flatten)]
    pub password: Password,
    /// Save what was read in this file, and begin with it the next time: the same pictures need not be
    /// read again
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,
    /// Leave nothing on the disk: no encoded picture, no speed
    #[arg(long, conflicts_with = "keep")]
    pub private: bool,
}

#[derive(Args)]
pub struct Inspect {
    /// A picture file; - is standard input
    #[arg(value_name = "IMAGE")]
    pub picture: PathBuf,
    /// The model to inspect it for; without one, Pixtral 12B
    #[arg(long, value_name = "PATH")]
    pub model: Option<PathBuf>,
    /// The longest side of a picture in pixels
    #[arg(long, value_name = "PX")]
    pub max_side: Option<u32>,
    /// The page or frame of a file that has several, from 1 [default: what a person would look at]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page: Option<u32>,
    #[command(flatten)]
    pub password: Password,
    /// Write what the model sees to a PNG file
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Doctor {
    /// Only ask where this program is published whether there is a newer version, which nothing else does
    #[arg(long, conflicts_with = "json")]
    pub check_version: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Bench {
    /// A folder or GGUF file; pocket is the built-in model
    #[arg(value_name = "MODEL", value_parser = model)]
    pub model: ModelChoice,
    /// The numbers of tokens to read, one measurement each
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "128")]
    pub prefill: Vec<usize>,
    /// The number of tokens to write
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub decode: usize,
    /// The numbers of tokens that are read before those that are written
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "0")]
    pub depth: Vec<usize>,
    /// The numbers of answers to write together, behind the same tokens
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = answers)]
    pub together: Vec<usize>,
    #[arg(long, value_name = "FORMAT", default_value_t, help = KV)]
    pub kv: KvChoice,
    /// Measure everything: prefill of 128, 512 and 4096 tokens, decode behind 0 and 4096, and a picture
    /// of 1024x1024; it takes minutes
    #[arg(long)]
    pub full: bool,
    /// The size of a picture to ask about, twice
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub image: Option<(u32, u32)>,
    /// The size of a picture to encode
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub encode: Option<(u32, u32)>,
    #[command(flatten)]
    pub device: Device,
    #[command(flatten)]
    pub load: Load,
    /// Count processor time and not the clock on the wall: for a busy machine, with --threads 1; Linux
    /// only
    #[arg(long)]
    pub computed: bool,
    /// Write the JSON to a file too
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Model {
    /// The name of an installed model or of a connected server, a folder or a GGUF file; pocket is the
    /// built-in model [default: the largest that is installed and reads pictures, or pocket]
    #[arg(long = "model", value_name = "MODEL", value_parser = model)]
    pub choice: Option<ModelChoice>,
    /// The vision part of a GGUF model [default: the one beside it that fits and is read best]
    #[arg(long, value_name = "FILE", requires = "choice")]
    pub mmproj: Option<PathBuf>,
    #[command(flatten)]
    pub device: Device,
    /// The most tokens of a chat; they take memory
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CONTEXT)]
    pub context: usize,
    #[arg(long, value_name = "FORMAT", default_value_t, help = KV)]
    pub kv: KvChoice,
    #[command(flatten)]
    pub load: Load,
}

#[derive(Args)]
pub struct Device {
    /// The device that computes: auto, cpu, cuda, cuda:N, metal
    #[arg(long = "device", id = "device", value_name = "DEVICE", default_value = "auto")]
    pub choice: DeviceChoice,
    /// The number of layers on the GPU, from the first on; the CPU computes the rest [default: as many
    /// as the GPU's free memory holds]
    #[arg(long, value_name = "N")]
    pub gpu_layers: Option<usize>,
}

#[derive(Args)]
pub struct Load {
    /// How weights get into memory: auto, mmap (ready at once), read (never read from the disk again)
    #[arg(long = "load", value_name = "MODE", default_value = "auto")]
    pub mode: LoadMode,
    /// The kernels of a CPU: avx512-vnni, avx-vnni, avx2, neon-i8mm, neon-dotprod, scalar, candle
    /// [default: the fastest ones here]
    #[arg(long, value_name = "NAME", value_parser = kernels)]
    pub kernels: Option<Kernels>,
    /// Compute in f32 where factors of products would be rounded: slower, for comparisons
    #[arg(long)]
    pub exact: bool,
    /// The number of threads that compute [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
}

impl Load {
    pub fn options(&self) -> LoadOptions {
        LoadOptions { kernels: self.kernels, mode: self.mode, exact: self.exact }
    }
}

impl Model {
    pub fn options(&self) -> OpenOptions {
        OpenOptions {
            model: self.choice.clone().unwrap_or_default(),
            projector: self.mmproj.clone(),
            device: self.device.choice,
            gpu_layers: self.device.gpu_layers,
            context: self.context,
            kv: self.kv,
            load: self.load.options(),
            threads: self.load.threads,
            config: None,
        }
    }
}

#[derive(Args)]
pub struct Answer {
    /// The most tokens of an answer and of what the model thinks first [default: 1024, or what --for
    /// needs, and 4096 more for thoughts]
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<usize>,
    /// Have a model that thinks first answer at once
    #[arg(long)]
    pub no_thinking: bool,
    /// How random the choice of tokens is; 0 always takes the likeliest
    #[arg(long, default_value_t = Sampling::default().temperature)]
    pub temperature: f64,
    /// Choose only among the N likeliest tokens
    #[arg(long, value_name = "N")]
    pub top_k: Option<usize>,
    /// Choose only among the likeliest tokens that together have this probability
    #[arg(long, default_value_t = 1.0)]
    pub top_p: f64,
    /// Choose only among tokens at least this part as likely as the likeliest
    #[arg(long, default_value_t = 0.0)]
    pub min_p: f32,
    /// Above 1, avoid repetition; this spoils reading text
    #[arg(long, default_value_t = 1.0)]
    pub repetition_penalty: f32,
    /// The seed of the random choices: the same seed gives the same answer
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// A text to stop at; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub stop: Vec<String>,
}

impl Answer {
    pub fn options(&self) -> AnswerOptions {
        let usual = AnswerOptions::default();
        AnswerOptions {
            max_tokens: self.max_tokens.unwrap_or(usual.max_tokens),
            // A limit that a person sets holds for all that is written.
            room_to_think: if self.max_tokens.is_some() { 0 } else { usual.room_to_think },
            may_think: !self.no_thinking,
            sampling: Sampling {
                temperature: self.temperature,
                top_k: self.top_k.or(Sampling::default().top_k),
                top_p: self.top_p,
                min_p: self.min_p,
                repetition_penalty: self.repetition_penalty,
                seed: self.seed,
            },
            stop: self.stop.clone(),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form of clap's parsers")]
fn model(text: &str) -> Result<ModelChoice, String> {
    Ok(ModelChoice::named(text))
}

fn scheme(text: &str) -> Result<QuantScheme, String> {
    QuantScheme::named(text).ok_or_else(|| format!("use {}", scheme_names()))
}

fn scheme_names() -> String {
    QuantScheme::OFFERED.map(QuantScheme::name).join(", ")
}

fn vision(text: &str) -> Result<VisionFormat, String> {
    VisionFormat::named(text).ok_or_else(|| "use q8_0 or f16".into())
}

fn megabytes(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0);
    number.ok_or_else(|| "use a number above 0; without --limit there is no limit".into())
}

fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "use a whole number from 1 on".into())
}

fn answers(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|n| (1..=MOST_TOGETHER).contains(n));
    number.ok_or_else(|| format!("use numbers from 1 to {MOST_TOGETHER}"))
}

fn kernels(text: &str) -> Result<Kernels, String> {
    let kernels: Kernels = text.parse()?;
    if kernels.is_supported() {
        Ok(kernels)
    } else {
        Err("this processor lacks the instructions they need".into())
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let parse = |(width, height): (&str, &str)| Some((width.parse().ok()?, height.parse().ok()?));
    let size = text.split_once('x').and_then(parse);
    size.filter(|(width, height)| *width > 0 && *height > 0)
        .ok_or_else(|| "use WIDTHxHEIGHT, for example 1024x768".into())
}

fn region(text: &str) -> Result<Region, String> {
    let sides: Option<Vec<u32>> = text.split(',').map(|side| side.trim().parse().ok()).collect();
    match sides.as_deref() {
        Some(&[x, y, width, height]) if width > 0 && height > 0 => {
            Ok(Region { x, y, width, height })
        }
        _ => Err("use X,Y,WIDTH,HEIGHT in pixels, for example 100,50,640,480".into()),
    }
}
