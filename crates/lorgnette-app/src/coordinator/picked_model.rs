//! A model that lies elsewhere, where a person pointed.

use std::path::Path;

use lorgnette_models::{ModelsError, open};

use super::App;
use crate::error::AppError;

impl App {
    /// Uses the model at a path from now on. Only one that can be opened takes the place of the one
    /// that works; `text_only` says that it need not read pictures.
    ///
    /// # Errors
    /// [`ModelsError::TextOnly`] for a model without a vision part, unless `text_only`; those of
    /// [`open::probe`] and of [`Self::set_settings`]. Then nothing has changed.
    pub fn use_model_at(&self, path: &Path, text_only: bool) -> Result<(), AppError> {
        let checkpoint = open::probe(path)?;
        if !text_only && checkpoint.config().vision.is_none() {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            return Err(ModelsError::TextOnly { name: name.into_owned() }.into());
        }
        let mut settings = self.settings();
        settings.model = Some(path.display().to_string());
        self.set_settings(settings)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
