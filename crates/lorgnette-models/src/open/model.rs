//! Who answers: a model of this machine, or a server's.

use lorgnette_image::ImageConfig;
use lorgnette_interrupt::Cancel;
use lorgnette_remote::{Patience, RemoteModel, Servers};

use super::{LocalModel, ModelChoice, OpenOptions};
use crate::error::ModelsError;
use crate::folders::Folders;

/// A model that answers.
pub enum OpenModel {
    /// It computes here, and nothing leaves this machine.
    Local(Box<LocalModel>),
    /// A server answers, and pictures go to its host.
    Remote {
        /// The server, and which of its models it is.
        model: Box<RemoteModel>,
        /// Tokens of a chat: what the server says, or what the person wants where it says nothing.
        context: usize,
    },
}

impl OpenOptions {
    /// Opens the model: loads one of this machine, or asks a server whether it is there.
    /// `on_progress` is told the bytes that were read and all bytes.
    ///
    /// # Errors
    /// Those of [`Self::open_local`]; [`ModelsError::Remote`].
    pub fn open(&self, on_progress: &mut dyn FnMut(u64, u64)) -> Result<OpenModel, ModelsError> {
        let ModelChoice::Server(name) = &self.model else {
            return Ok(OpenModel::Local(Box::new(self.open_local(on_progress)?)));
        };
        let config = self.config.clone().map_or_else(|| Ok(Folders::find()?.config), Ok);
        let servers = Servers::at(&config.map_err(|error: ModelsError| error)?);
        let server = servers.find(name)?;
        // Nobody cancels it, so that it is opened or fails.
        let model = RemoteModel::open(server, &servers, &Patience::default(), &Cancel::default())?;
        let model = model.ok_or_else(|| ModelsError::NotHere { name: name.clone() })?;
        let context = model.context().unwrap_or(self.context);
        Ok(OpenModel::Remote { model: Box::new(model), context })
    }
}

impl OpenModel {
    /// The model, if it computes here.
    pub fn local(&self) -> Option<&LocalModel> {
        match self {
            Self::Local(model) => Some(model),
            Self::Remote { .. } => None,
        }
    }

    /// The model, if a server answers.
    pub fn remote(&self) -> Option<&RemoteModel> {
        match self {
            Self::Local(_) => None,
            Self::Remote { model, .. } => Some(model),
        }
    }

    /// What the settings and the measured speeds know it by.
    pub fn id(&self) -> String {
        match self {
            Self::Local(model) => model.id(),
            Self::Remote { model, .. } => model.server().id(),
        }
    }

    /// It is the one that is part of the program.
    pub fn is_built_in(&self) -> bool {
        self.local().is_some_and(|model| model.built_in)
    }

    /// It writes down pages and answers no questions.
    pub fn only_reads_pages(&self) -> bool {
        self.local().is_some_and(|model| model.config.only_reads_pages())
    }

    /// Tokens of a chat.
    pub fn context(&self) -> usize {
        match self {
            Self::Local(model) => model.context,
            Self::Remote { context, .. } => *context,
        }
    }

    /// What it computes on, for people.
    pub fn device_name(&self) -> String {
        match self {
            Self::Local(model) => model.device.name.clone(),
            Self::Remote { model, .. } => model.host(),
        }
    }

    /// Why it is not a better or faster one, in lines for a person.
    pub fn device_notes(&self) -> Vec<String> {
        self.local().map(LocalModel::device_notes).unwrap_or_default()
    }

    /// How large pictures are for it, with the longest side that the person wants.
    ///
    /// # Errors
    /// [`ModelsError::Engine`], [`ModelsError::Remote`] for a model that reads no pictures.
    pub fn image_config(&self, max_side: Option<u32>) -> Result<ImageConfig, ModelsError> {
        match self {
            Self::Local(model) => model.image_config(max_side),
            Self::Remote { model, .. } => Ok(model.image_config(max_side)?),
        }
    }

    /// How the pixels of a picture are prepared for it: a server takes them as they are, and fits them to
    /// its model itself.
    ///
    /// # Errors
    /// Those of [`Self::image_config`].
    pub fn pixel_config(&self, max_side: Option<u32>) -> Result<ImageConfig, ModelsError> {
        let config = self.image_config(max_side)?;
        Ok(if self.remote().is_some() { RemoteModel::pixel_config(max_side) } else { config })
    }
}
