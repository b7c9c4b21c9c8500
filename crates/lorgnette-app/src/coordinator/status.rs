//! What the program is doing, and the models that there are.

use super::machine::{AnswerId, ModelState};
use super::notice::{LoadedModel, Notice, State, Status};
use super::{App, Inner, lock};
use crate::DeviceChoice;
use crate::conversation::Conversation;
use crate::models::{Circumstances, Model, RemoteModel, cost, library};
use crate::settings::Device;

impl App {
    /// What the program is doing.
    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// Models that are there, then those that can be had.
    pub fn models(&self) -> Vec<Model> {
        let in_use = self.0.conversation().map(|conversation| conversation.model().id());
        let settings = self.settings();
        let has_gpu = cfg!(any(feature = "cuda", feature = "metal"));
        // How fast another device will be is not known before it was tried.
        let on_cpu = !has_gpu || settings.device == Device::Cpu;
        self.0.library().survey(&Circumstances {
            in_use: in_use.as_deref(),
            chosen: settings.model.as_deref(),
            context: settings.context,
            speeds: &self.0.speeds.measured(),
            calibration: self.0.speeds.calibrated().filter(|_| on_cpu),
            fetches: &self.0.downloads.states(),
            // A file that cannot be read is an error where a server is connected or chosen.
            servers: &self.servers().list().unwrap_or_default(),
        })
    }
}

impl Inner {
    pub(super) fn tell_status(&self) {
        (self.notify)(Notice::Status(Box::new(self.status())));
    }

    fn status(&self) -> Status {
        let (state, n_waiting) = {
            let machine = lock(&self.machine);
            let state = match &machine.state {
                ModelState::NoModel => match self.downloads.running_bytes() {
                    Some((done_bytes, total_bytes)) => State::Fetching { done_bytes, total_bytes },
                    None => State::NoModel,
                },
                ModelState::Loading { done_bytes, total_bytes } => {
                    State::Loading { done_bytes: *done_bytes, total_bytes: *total_bytes }
                }
                ModelState::Ready(_) => State::Ready,
                ModelState::Answering { answer: AnswerId::Chat(answer), .. } => {
                    State::Answering { answer: *answer }
                }
                ModelState::Answering { answer: AnswerId::Loan(_), .. } => State::Lent,
                ModelState::Failed(fault) => State::Failed(fault.clone()),
            };
            (state, machine.waiting.len())
        };
        let loading = matches!(state, State::Loading { .. }).then(|| {
            let chosen = lock(&self.settings).model.clone();
            chosen.as_deref().map_or_else(String::new, library::name)
        });
        let model = self.conversation().map(|conversation| loaded(&conversation));
        Status { state, loading, model, n_waiting }
    }
}

fn loaded(conversation: &Conversation) -> LoadedModel {
    let model = conversation.model();
    let id = model.id();
    let speed = conversation.speed();
    let image = model.image_config(None).ok();
    let local = model.local();
    LoadedModel {
        name: library::name(&id),
        built_in: model.is_built_in(),
        image,
        pictures_go_to: model.remote().map(RemoteModel::host),
        device: model.device_name(),
        device_notes: model.device_notes(),
        is_on_gpu: local.is_some_and(|model| model.device.choice != DeviceChoice::Cpu),
        kernels: local.map(|model| model.kernels.to_string()).unwrap_or_default(),
        context: model.context(),
        weights_bytes: local.map_or(0, |model| model.n_bytes),
        cache_bytes: local.map_or(0, |model| model.context as u64 * model.kv_bytes_per_token()),
        load_s: local.map_or(0.0, |model| model.load_s),
        picture_s: image.zip(local).and_then(|(image, model)| {
            let side = image.max_side;
            speed.picture_s(&cost::of_picture((side, side), &image, &model.config)?)
        }),
        speed,
        id,
    }
}
