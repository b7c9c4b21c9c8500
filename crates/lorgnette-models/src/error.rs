//! What can go wrong with models, for a person to read.

use std::path::PathBuf;

use lorgnette_engine::EngineError;
use lorgnette_engine::tokens::TokenizerError;
use lorgnette_image::ImageError;
use lorgnette_pixtral::LoadError;
use lorgnette_weights::WeightsError;

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
    /// The name is neither in the catalogue nor a path.
    #[error("no model is called {name}")]
    UnknownModel { name: String },
    #[error("it does not fit this machine: {what}")]
    DoesNotFit {
        what: String,
        /// A quantisation that fits.
        instead: Option<String>,
    },
    #[error("it takes {}, and {} is free", gigabytes(*needed_bytes), free(*free_bytes))]
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
    /// The model inside the program can be neither added nor removed.
    #[error("pocket is part of the program")]
    BuiltIn,
    #[error("this system names no home folder")]
    NoHome,
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
            Self::UnknownModel { .. } => {
                "use a name from `lorgnette models list`, hf:OWNER/NAME, or a path".into()
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
            Self::BuiltIn => "it is always there; `--model pocket` chooses it".into(),
            Self::NoHome => "set HOME, or LORGNETTE_HOME to a folder".into(),
        }
    }

    /// The message and its causes, in one line.
    pub fn one_line(&self) -> String {
        one_line(self)
    }
}

/// The message of an error and its causes, each said once, in one line.
pub fn one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
        source = error.source();
    }
    line.replace('\n', " ")
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

fn free(bytes: Option<u64>) -> String {
    bytes.map_or("too little".to_owned(), gigabytes)
}
