//! Whose models answer. The command line has this machine's; a window lends the one that it has open.

use std::path::Path;
use std::time::SystemTime;

use lorgnette_app::conversation::Conversation;
use lorgnette_app::models::{BUILT_IN, Model, library, open};
use lorgnette_app::{AppError, Cancel, Fault};

/// A model that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedModel {
    /// What clients call it.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Bytes of its files, where that is known.
    pub n_bytes: Option<u64>,
    /// The number format of its weights, where that is known.
    pub quantisation: Option<String>,
    /// Its licence, where that is known.
    pub licence: Option<String>,
    /// When its files were made; `None` for the one that is part of the program.
    pub made: Option<SystemTime>,
    /// Whether it reads pictures.
    pub reads_pictures: bool,
}

impl From<Model> for ServedModel {
    fn from(model: Model) -> Self {
        let path = model.path.as_deref();
        Self {
            name: name_of(&model.id),
            title: model.title,
            n_bytes: model.n_bytes,
            quantisation: model.quantisation,
            licence: model.licence,
            made: path.and_then(made),
            reads_pictures: path.is_none_or(reads_pictures),
        }
    }
}

/// The model that is in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedModel {
    /// What clients call it.
    pub name: String,
    /// Tokens of a chat.
    pub context: usize,
    /// Bytes of its weights.
    pub n_bytes: u64,
    /// Whether some of it is in the memory of a GPU.
    pub is_on_gpu: bool,
}

/// Why no model was lent.
#[derive(Debug)]
pub enum LendError {
    /// There is none of that name.
    Unknown {
        /// The name that was asked for.
        name: String,
    },
    /// It cannot be loaded.
    Failed(Fault),
    /// The request was cancelled before its turn.
    Cancelled,
}

impl From<AppError> for LendError {
    fn from(error: AppError) -> Self {
        Self::Failed(error.into())
    }
}

/// What is done with a model that was lent: it gets the model's name, and the model.
pub type Lent<'a> = Box<dyn FnOnce(&str, &Conversation) + 'a>;

/// Models that can be asked. All of it may take its time, and is called on threads that may wait.
pub trait ModelSource: Send + Sync + 'static {
    /// Those that can be asked, the one that answers where no name is given first.
    fn list(&self) -> Vec<ServedModel>;

    /// The one that is in memory.
    fn loaded(&self) -> Option<LoadedModel>;

    /// Lends a model for one piece of work, when it is free; one that is not in memory is loaded, and
    /// takes the place of the one that is. Without a name it is the first of the list.
    ///
    /// # Errors
    /// [`LendError`]; then the work was not begun.
    fn lend(&self, name: Option<&str>, cancel: &Cancel, work: Lent<'_>) -> Result<(), LendError>;
}

/// What clients call the model of that id.
pub(crate) fn name_of(id: &str) -> String {
    if id == BUILT_IN { id.to_owned() } else { library::name(id) }
}

/// When a model's file or folder was made; `None` where the system does not say.
fn made(path: &Path) -> Option<std::time::SystemTime> {
    fs_err::metadata(path).ok()?.modified().ok()
}

fn reads_pictures(path: &Path) -> bool {
    open::probe(path).is_ok_and(|checkpoint| checkpoint.config().vision.is_some())
}
