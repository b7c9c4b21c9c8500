//! Models on their way here, and models that were fetched.

use std::sync::Weak;

use lorgnette_models::{AddOptions, Cancel, Downloads, FetchNews, Library, ModelsError, Report};

use super::machine::{Event, ModelState};
use super::{App, Inner, Notice, lock};
use crate::error::AppError;
use crate::models::folders::Folders;
use crate::settings::Settings;

/// Downloads into the person's models folder, which tell the window how far they are.
pub(super) fn into(folders: &Folders, inner: Weak<Inner>) -> Downloads {
    Downloads::new(Library::at(&folders.models), move |news| {
        if let Some(inner) = inner.upgrade() {
            inner.hear_of_fetch(news);
        }
    })
}

impl App {
    /// Fetches a model of the catalogue from the hub that the environment names, or goes on with
    /// it. What becomes of it is told by [`Notice::Fetch`] and [`Notice::Models`].
    ///
    /// # Errors
    /// Those of [`Downloads::start`], and [`ModelsError::Weights`] for an environment that makes
    /// no sense.
    pub fn fetch(&self, name: &str) -> Result<(), AppError> {
        let context = self.settings().context;
        self.fetch_with(name, AddOptions { context, ..AddOptions::from_environment()? })
    }

    /// The same with other options.
    ///
    /// # Errors
    /// The same as those of [`Self::fetch`].
    pub fn fetch_with(&self, name: &str, options: AddOptions) -> Result<(), AppError> {
        self.0.downloads.start(name, options)?;
        (self.0.notify)(Notice::Models);
        Ok(())
    }

    /// Takes no more bytes until [`Self::fetch`]. Nothing happens when it is not fetched.
    pub fn pause_fetch(&self, name: &str) {
        self.0.downloads.pause(name);
        (self.0.notify)(Notice::Models);
    }

    /// Stops fetching, and throws away what is there.
    ///
    /// # Errors
    /// Those of [`Library::remove`].
    pub fn cancel_fetch(&self, name: &str) -> Result<(), AppError> {
        self.0.downloads.cancel(name)?;
        (self.0.notify)(Notice::Models);
        Ok(())
    }

    /// How many models are fetched just now.
    pub fn n_fetches(&self) -> usize {
        self.0.downloads.n_running()
    }

    /// Reads an installed model's files and compares them with what was made.
    ///
    /// # Errors
    /// [`ModelsError::Damaged`], [`AppError::NotFound`] for a model that was not made here.
    pub fn verify_model(&self, id: &str) -> Result<(), AppError> {
        let (library, name) = self.made_here(id)?;
        let verdicts = library.verify(&name, &Cancel::default(), &Report::none())?;
        if verdicts.unwrap_or_default().iter().all(|verdict| verdict.is_whole) {
            Ok(())
        } else {
            Err(ModelsError::Damaged { name }.into())
        }
    }

    /// Removes an installed model.
    ///
    /// # Errors
    /// [`AppError::ModelInUse`], [`AppError::NotFound`] for a model that was not made here, and
    /// those of the disk.
    pub fn remove_model(&self, id: &str) -> Result<(), AppError> {
        let (library, name) = self.made_here(id)?;
        if self.0.conversation().is_some_and(|conversation| conversation.model().id() == id) {
            return Err(AppError::ModelInUse { name });
        }
        library.remove(&name)?;
        let settings = self.settings();
        if settings.model.as_deref() == Some(id) {
            self.set_settings(Settings { model: None, ..settings })?;
        }
        (self.0.notify)(Notice::Models);
        Ok(())
    }

    /// The name in the models folder of a model that the page knows by its path.
    fn made_here(&self, id: &str) -> Result<(Library, String), AppError> {
        let library = self.0.library();
        let found = library.list()?.into_iter().find(|model| {
            model.path.as_deref().is_some_and(|path| path == std::path::Path::new(id))
        });
        let gone = AppError::NotFound { what: "that model, among those that were fetched here" };
        Ok((library, found.ok_or(gone)?.name))
    }
}

impl Inner {
    pub(super) fn library(&self) -> Library {
        Library::at(&self.folders.models)
    }

    fn hear_of_fetch(&self, news: FetchNews) {
        match news {
            FetchNews::Progress { name, state } => {
                if matches!(lock(&self.machine).state, ModelState::NoModel) {
                    self.tell_status();
                }
                (self.notify)(Notice::Fetch { name, state });
            }
            FetchNews::Ended { is_installed } => {
                // A person who chose no model wants the best that is there.
                if is_installed && lock(&self.settings).model.is_none() {
                    self.happened(Event::Load);
                }
                self.tell_status();
                (self.notify)(Notice::Models);
            }
        }
    }
}

#[cfg(test)]
mod tests;
