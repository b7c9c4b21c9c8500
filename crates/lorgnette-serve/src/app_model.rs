//! The model that a window has open, lent between the window's own answers.

use lorgnette_app::coordinator::App;
use lorgnette_app::models::{Model, ModelState, ModelsError};
use lorgnette_app::{AppError, Cancel, Interrupted};

use crate::models::{LendError, Lent, LoadedModel, ModelSource, ServedModel, name_of};

/// The model of a window, which alone can be asked: another one would take its place in the window, too.
pub struct AppModel(App);

impl AppModel {
    /// Serves with the model that the window answers with, whichever that is at the time.
    pub fn new(app: App) -> Self {
        Self(app)
    }

    /// The model that answers in the window, or would; `None` where that is a server.
    fn model(&self) -> Option<Model> {
        let mut models = self.0.models();
        models.retain(|model| match model.state {
            ModelState::BuiltIn | ModelState::Installed { .. } | ModelState::Remote { .. } => true,
            ModelState::Broken { .. } | ModelState::Offered | ModelState::Begun(_) => false,
        });
        // Without a choice it is the largest.
        let model = models
            .into_iter()
            .max_by_key(|model| (model.in_use, model.is_chosen, model.n_bytes))?;
        (!matches!(model.state, ModelState::Remote { .. })).then_some(model)
    }
}

impl ModelSource for AppModel {
    fn list(&self) -> Vec<ServedModel> {
        self.model().map(ServedModel::from).into_iter().collect()
    }

    fn loaded(&self) -> Option<LoadedModel> {
        let model = self.0.status().model.filter(|model| model.pictures_go_to.is_none())?;
        Some(LoadedModel {
            name: name_of(&model.id),
            context: model.context,
            n_bytes: model.weights_bytes,
            is_on_gpu: model.is_on_gpu,
        })
    }

    fn lend(&self, name: Option<&str>, cancel: &Cancel, work: Lent<'_>) -> Result<(), LendError> {
        if let Some(name) = name
            && self.model().is_none_or(|model| {
                ServedModel::from(model).name != name.strip_suffix(":latest").unwrap_or(name)
            })
        {
            return Err(LendError::Unknown { name: name.to_owned() });
        }
        let mut outcome = Ok(());
        let lent = self.0.lend(cancel, |conversation| {
            let name = name_of(&conversation.model().id());
            if conversation.model().remote().is_none() {
                work(&name, conversation);
            } else {
                // Pictures of other programs go nowhere.
                outcome = Err(AppError::from(ModelsError::NotHere { name }).into());
            }
        });
        match lent {
            Ok(()) => outcome,
            Err(Interrupted::Cancelled) => Err(LendError::Cancelled),
            Err(Interrupted::Failed(fault)) => Err(LendError::Failed(fault)),
        }
    }
}
