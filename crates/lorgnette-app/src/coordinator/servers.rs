//! Servers that answer instead of a model of this machine.

use super::{App, Notice};
use crate::Cancel;
use crate::error::AppError;
use crate::models::connect::{Connected, NewServer};
use crate::models::remote::Servers;
use crate::settings::Settings;

impl App {
    /// The servers that were connected.
    pub fn servers(&self) -> Servers {
        Servers::at(&self.0.folders.config)
    }

    /// Asks a server for its models, and remembers it. It is not chosen by that. If it was, it is opened
    /// again, as what it is now. Takes as long as the server does; `None` when it was cancelled.
    ///
    /// # Errors
    /// [`AppError::Models`] if it does not answer; then nothing has changed.
    pub fn connect_server(
        &self,
        new: &NewServer,
        cancel: &Cancel,
    ) -> Result<Option<Connected>, AppError> {
        let connected = self.0.library().connect(new, &self.servers(), cancel)?;
        if let Some(Connected { server, .. }) = &connected {
            if self.settings().model == Some(server.id()) {
                self.load();
            }
            (self.0.notify)(Notice::Models);
        }
        Ok(connected)
    }

    /// Forgets a server, and its key if that is ours. If it was chosen, the best model of this machine is.
    ///
    /// # Errors
    /// [`AppError::Models`] if there is none of that name, or its file cannot be written.
    pub fn forget_server(&self, name: &str) -> Result<(), AppError> {
        let servers = self.servers();
        let id = servers.find(name).map(|server| server.id())?;
        servers.remove(name)?;
        let settings = self.settings();
        if settings.model == Some(id) {
            self.set_settings(Settings { model: None, ..settings })?;
        }
        (self.0.notify)(Notice::Models);
        Ok(())
    }
}
