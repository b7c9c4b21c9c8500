//! The models of this machine: those that are installed, or the one that was named.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lorgnette_app::conversation::Conversation;
use lorgnette_app::models::folders::Folders;
use lorgnette_app::models::speed::Speeds;
use lorgnette_app::models::{
    BUILT_IN, Circumstances, Library, ModelChoice, ModelState, OpenOptions, SpeedLog, library,
};
use lorgnette_app::{AppError, Cancel, DeviceChoice};

use crate::models::{LendError, Lent, LoadedModel, ModelSource, ServedModel};

/// The models of this machine. One is in memory at a time.
pub struct InstalledModels {
    options: OpenOptions,
    folders: Folders,
    /// The one that answers where no name is given.
    usual: Located,
    /// It alone may be asked, because it was named.
    is_only: bool,
    open: Mutex<Option<Open>>,
    loaded: Mutex<Option<LoadedModel>>,
}

/// A name, and where the model is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Located {
    name: String,
    /// `None` for the one that is part of the program.
    path: Option<PathBuf>,
}

struct Open {
    name: String,
    conversation: Conversation,
}

impl InstalledModels {
    /// Serves with a model that is open already, and was opened with these options: if they name it,
    /// with no other one. Nothing of what is asked should go to the disk, so it should be private.
    pub fn new(options: OpenOptions, conversation: Conversation, folders: Folders) -> Self {
        let model = conversation.model();
        let usual = match model.local() {
            Some(model) if !model.built_in => {
                Located { name: library::name(&model.id()), path: Some(model.path.clone()) }
            }
            _ => Located { name: BUILT_IN.into(), path: None },
        };
        let is_only = matches!(options.model, ModelChoice::At(_) | ModelChoice::BuiltIn);
        let models = Self {
            options,
            folders,
            is_only,
            loaded: Mutex::default(),
            open: Mutex::default(),
            usual: usual.clone(),
        };
        *lock(&models.loaded) = Some(loaded(&usual.name, &conversation));
        *lock(&models.open) = Some(Open { name: usual.name, conversation });
        models
    }

    /// Where a model is that is known by this name; `:latest`, which Ollama's clients add, means
    /// nothing here.
    fn locate(&self, name: Option<&str>) -> Result<Located, LendError> {
        let Some(name) = name else { return Ok(self.usual.clone()) };
        let bare = name.strip_suffix(":latest").unwrap_or(name);
        if bare == self.usual.name {
            return Ok(self.usual.clone());
        }
        let unknown = || LendError::Unknown { name: name.to_owned() };
        if self.is_only {
            return Err(unknown());
        }
        if bare == BUILT_IN {
            return Ok(Located { name: BUILT_IN.into(), path: None });
        }
        let library = Library::at(&self.folders.models);
        let is_it = |path: &PathBuf| library::name(&path.display().to_string()) == bare;
        let path = library.paths().into_iter().find(is_it).ok_or_else(unknown)?;
        Ok(Located { name: bare.to_owned(), path: Some(path) })
    }

    /// Opens a model in place of the one that is open: memory may not hold both.
    fn open(&self, located: Located) -> Result<Open, AppError> {
        *lock(&self.loaded) = None;
        let options = OpenOptions {
            model: located.path.clone().map_or(ModelChoice::BuiltIn, ModelChoice::At),
            // A vision part that was named goes with the model that was named.
            projector: self.options.projector.clone().filter(|_| located == self.usual),
            ..self.options.clone()
        };
        let speeds = Arc::new(SpeedLog::open(&self.folders.cache));
        let conversation = Conversation::open(&options, None, speeds, &mut |_, _| {})?;
        *lock(&self.loaded) = Some(loaded(&located.name, &conversation));
        Ok(Open { name: located.name, conversation })
    }
}

impl ModelSource for InstalledModels {
    fn list(&self) -> Vec<ServedModel> {
        let library = Library::at(&self.folders.models);
        let id = |located: &Located| {
            located.path.as_ref().map_or(BUILT_IN.into(), |path| path.display().to_string())
        };
        let usual = id(&self.usual);
        let circumstances = Circumstances {
            in_use: None,
            chosen: Some(&usual),
            context: self.options.context,
            speeds: &Speeds::default(),
            calibration: None,
            fetches: &BTreeMap::new(),
            // Pictures of other programs go nowhere.
            servers: &[],
        };
        let survey = library.survey(&circumstances).into_iter();
        let usable = survey.filter(|model| match model.state {
            ModelState::BuiltIn | ModelState::Installed { .. } => {
                !self.is_only || model.id == usual
            }
            ModelState::Broken { .. }
            | ModelState::Offered
            | ModelState::Begun(_)
            | ModelState::Remote { .. } => false,
        });
        let mut models: Vec<(bool, ServedModel)> = usable
            .map(|model| {
                let is_usual = model.id == usual;
                (is_usual, ServedModel::from(model))
            })
            .collect();
        models.sort_by_key(|(is_usual, _)| !is_usual);
        models.into_iter().map(|(_, model)| model).collect()
    }

    fn loaded(&self) -> Option<LoadedModel> {
        lock(&self.loaded).clone()
    }

    fn lend(&self, name: Option<&str>, cancel: &Cancel, work: Lent<'_>) -> Result<(), LendError> {
        let located = self.locate(name)?;
        let mut open = lock(&self.open);
        if cancel.is_cancelled() {
            return Err(LendError::Cancelled);
        }
        if open.as_ref().is_none_or(|open| open.name != located.name) {
            *open = None;
            *open = Some(self.open(located)?);
        }
        if let Some(open) = &*open {
            work(&open.name, &open.conversation);
        }
        Ok(())
    }
}

fn loaded(name: &str, conversation: &Conversation) -> LoadedModel {
    let model = conversation.model();
    LoadedModel {
        name: name.to_owned(),
        context: model.context(),
        n_bytes: model.local().map_or(0, |model| model.n_bytes),
        is_on_gpu: model.local().is_some_and(|model| model.device.choice != DeviceChoice::Cpu),
    }
}

/// A thread that panicked leaves whole values behind: every change under a lock is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
