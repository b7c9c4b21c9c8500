//! What can go wrong with models, for a person to read.

use std::path::PathBuf;

use lorgnette_engine::EngineError;
use lorgnette_engine::tokens::TokenizerError;
use lorgnette_gguf::QuantScheme;
use lorgnette_image::ImageError;
use lorgnette_pixtral::LoadError;
use lorgnette_remote::RemoteError;
use lorgnette_weights::WeightsError;

use crate::wording::{bytes, few};

/// An error with everything a person needs to know; [`ModelsError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The model has no tokenizer, and the shipped one does not fit it.
    #[error("{} has no tokenizer, and its vocabulary of {vocab_size} is not Pixtral's", model.display())]
    NoTokenizer { model: PathBuf, vocab_size: usize },
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A test picture of a size that cannot be prepared.
    #[error("{name}: {source}")]
    Picture {
        name: String,
        #[source]
        source: ImageError,
    },
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A server that cannot be connected or does not answer.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// A server's model, where one of this machine is needed.
    #[error("{name} answers on a server, and this is about models of this machine")]
    NotHere { name: String },
    /// Several questions at the same time, for a model that takes one.
    #[error("a model of this machine answers one question at a time")]
    OneAtATime,
    /// The name is neither in the catalogue nor a path.
    #[error("no model is called {name}")]
    UnknownModel { name: String },
    /// A model that may be better than the one that would answer, where nobody reads a note.
    #[error("{name} cannot be opened, and another model is not asked instead: {reason}")]
    BetterModel { name: String, reason: String },
    /// The source has the model, and not in that quantisation.
    #[error("{place} has no {wanted} GGUF file{}", instead_of(there))]
    NoQuantisation {
        /// The repository or folder.
        place: String,
        wanted: &'static str,
        /// The quantisations that it has, the best first.
        there: Vec<String>,
    },
    /// A repository with weights in folders alone, which are not looked into.
    #[error("{place} has its weights in folders, which are not fetched: {}", few(files))]
    InFolders { place: String, files: Vec<String> },
    /// Files of vision parts are beside the model, and none goes with it.
    #[error("this model reads no pictures: {}", few(left_out))]
    NoProjector {
        /// Each with the reason.
        left_out: Vec<String>,
    },
    /// A model that only answers questions without pictures, which nobody asked for.
    #[error("{name} has no vision part (mmproj), so that it answers nothing about pictures")]
    TextOnly { name: String },
    /// A checkpoint, where only GGUF files are taken as they are.
    #[error("{} is no GGUF model, and others are not used as they are", path.display())]
    OnlyGguf { path: PathBuf },
    #[error("it does not fit this machine: {what}")]
    DoesNotFit {
        what: String,
        /// A quantisation that fits.
        instead: Option<String>,
    },
    #[error("it takes {}, and {} is free", bytes(*needed_bytes), free(*free_bytes))]
    NoRoom {
        needed_bytes: u64,
        /// `None` where the system does not say.
        free_bytes: Option<u64>,
    },
    /// One model is fetched at a time.
    #[error("{name} is being fetched")]
    Fetching { name: String },
    /// The model's files are not what was made.
    #[error("{name} is damaged")]
    Damaged { name: String },
    /// A model of another source has the name that was asked for.
    #[error("{name} is the name of another model")]
    NameTaken { name: String },
    /// The model inside the program can be neither added nor removed.
    #[error("pocket is part of the program")]
    BuiltIn,
    #[error("this system names no home folder")]
    NoHome,
    /// Where other people's home folders are, only a shell knows.
    #[error("{variable} is {}, and of home folders only your own is known, as ~", folder.display())]
    FolderOfOther { variable: &'static str, folder: PathBuf },
}

impl ModelsError {
    /// What to do now.
    pub fn hint(&self) -> String {
        match self {
            Self::Load(error) => error.hint().into(),
            Self::Tokenizer(error) => error.hint().to_string(),
            Self::NoTokenizer { .. } => "put tekken.json or tokenizer.json into its folder".into(),
            Self::Engine(error) => error.hint().into(),
            Self::Picture { source, .. } => source.hint().to_string(),
            Self::Weights(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::OneAtATime => "leave out --jobs, or name a server with --model".into(),
            Self::NotHere { .. } => "name another model; `lorgnette models list` has them".into(),
            Self::UnknownModel { .. } => {
                "use a name from `lorgnette models list`, hf:OWNER/NAME, or a path".into()
            }
            Self::BetterModel { .. } => {
                "put it right or remove it, or name the model that is to answer with --model; \
                 `--model pocket` is the built-in one"
                    .into()
            }
            Self::NoQuantisation { there, .. } => {
                match there.iter().find(|name| QuantScheme::named(name).is_some()) {
                    Some(name) => format!("use --quant {name}"),
                    None => "choose another source, or fetch the file that you want and take it with \
                             `lorgnette models import FILE`"
                        .into(),
                }
            }
            Self::InFolders { .. } => {
                "fetch the files that you want, and take them with `lorgnette models import FILE`".into()
            }
            Self::NoProjector { .. } => {
                "put the model's own mmproj file beside it, or name it with --mmproj".into()
            }
            Self::TextOnly { .. } => {
                "put its mmproj file beside it or name it with --mmproj; --text-only takes the model \
                 without one"
                    .into()
            }
            Self::OnlyGguf { .. } => {
                "leave out --link: the model is then quantised into the models folder".into()
            }
            Self::DoesNotFit { instead: Some(quantisation), .. } => {
                format!("use --quant {quantisation}, which fits, or --force to go on anyway")
            }
            Self::DoesNotFit { instead: None, .. } => {
                "free some space, choose a smaller model, or use --force to go on anyway".into()
            }
            Self::NoRoom { .. } => "free some space, then go on".into(),
            Self::Fetching { .. } => "wait for it, or stop it first".into(),
            Self::Damaged { name } => {
                format!("`lorgnette models remove {name}`, then add it again")
            }
            Self::NameTaken { name } => {
                format!("choose another --name, or remove that model: lorgnette models remove {name}")
            }
            Self::BuiltIn => "it is always there; `--model pocket` chooses it".into(),
            Self::NoHome => "set HOME, or LORGNETTE_HOME to a folder".into(),
            Self::FolderOfOther { variable, .. } => format!("set {variable} to the whole path"),
        }
    }

    /// The message and its causes, in one line.
    pub fn one_line(&self) -> String {
        one_line(self)
    }
}

/// The message of an error and its causes, each said once, in one line. What a picture's decoder says
/// is left out: it names inner parts of files, and is in the log.
pub fn one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
        source = if error.is::<ImageError>() { None } else { error.source() };
    }
    line.replace('\n', " ")
}

fn free(n_bytes: Option<u64>) -> String {
    n_bytes.map_or("too little".to_owned(), bytes)
}

/// What is there instead of what was wanted.
fn instead_of(there: &[String]) -> String {
    if there.is_empty() { String::new() } else { format!("; it has {}", few(there)) }
}
