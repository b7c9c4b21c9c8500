//! Models on their way here: one at a time, beside everything else.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lorgnette_weights::catalogue::{self, Entry};

use super::run::spawn;
use super::state;
use super::{App, Inner, Notice, lock, panic_fault};
use crate::error::{AppError, Fault, FaultDetails, FaultKind};
use crate::models::{
    AddOptions, Control, InstallEvent, ModelSource, Models, QuantScheme, Report, Summary,
};
use crate::settings::Settings;

/// Told that often.
const BETWEEN_PROGRESS: Duration = Duration::from_millis(250);
/// The speed is that of so much time.
const SPEED_OVER: Duration = Duration::from_secs(10);

/// How far a model of the catalogue is that is not installed yet.
#[derive(Debug, Clone, PartialEq)]
pub enum FetchState {
    /// Bytes come, or are read back.
    Running {
        /// What is done with them.
        phase: FetchPhase,
        /// Bytes of the sources that are done; of the model, while it is checked.
        done_bytes: u64,
        /// All of them.
        total_bytes: u64,
        /// How fast they come.
        bytes_per_s: f64,
        /// Why none come just now.
        trouble: Option<String>,
    },
    /// The person wants no more for now, or the program ended meanwhile.
    Paused {
        /// Bytes that are done.
        done_bytes: u64,
        /// All of them, about.
        total_bytes: u64,
    },
    /// It cannot go on.
    Stopped {
        /// Why.
        fault: Fault,
        /// Bytes that are done.
        done_bytes: u64,
        /// All of them, about.
        total_bytes: u64,
    },
}

/// What is done with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchPhase {
    /// They are fetched and quantised as they come.
    Fetching,
    /// The finished model is read back.
    Checking,
}

/// Models that are fetched or were, by their names in the catalogue.
#[derive(Default)]
pub(super) struct Fetches(BTreeMap<String, Fetch>);

struct Fetch {
    /// Of the thread that fetches it; `None` when there is none.
    control: Option<Control>,
    /// What is there is thrown away when the thread ends.
    discard: bool,
    state: FetchState,
}

impl Fetches {
    /// How far each is.
    pub(super) fn states(&self) -> BTreeMap<String, FetchState> {
        self.0.iter().map(|(name, fetch)| (name.clone(), fetch.state.clone())).collect()
    }

    fn running(&self) -> Option<&str> {
        self.0.iter().find(|(_, fetch)| fetch.control.is_some()).map(|(name, _)| name.as_str())
    }
}

impl FetchState {
    fn bytes(&self) -> (u64, u64) {
        match self {
            Self::Running { done_bytes, total_bytes, .. }
            | Self::Paused { done_bytes, total_bytes }
            | Self::Stopped { done_bytes, total_bytes, .. } => (*done_bytes, *total_bytes),
        }
    }
}

impl App {
    /// Fetches a model of the catalogue from the hub that the environment names, or goes on with
    /// it. What becomes of it is told by [`Notice::Fetch`] and [`Notice::Models`].
    ///
    /// # Errors
    /// [`AppError::UnknownModel`], [`AppError::Fetching`] while another is fetched, and
    /// [`AppError::Weights`] for an environment that makes no sense.
    pub fn fetch(&self, name: &str) -> Result<(), AppError> {
        let context = self.settings().context;
        self.fetch_with(name, AddOptions { context, ..AddOptions::from_environment()? })
    }

    /// The same with other options.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub fn fetch_with(&self, name: &str, options: AddOptions) -> Result<(), AppError> {
        let entry = offered(name)?;
        let control = {
            let mut fetches = lock(&self.0.fetches);
            match fetches.running() {
                Some(running) if running != name => {
                    return Err(AppError::Fetching { name: running.to_owned() });
                }
                _ => {}
            }
            let (done_bytes, total_bytes) = match fetches.0.get(name) {
                Some(fetch) => fetch.state.bytes(),
                None => (0, about_bytes(&entry)),
            };
            let state = FetchState::Running {
                phase: FetchPhase::Fetching,
                done_bytes,
                total_bytes,
                bytes_per_s: 0.0,
                trouble: None,
            };
            if let Some(fetch) = fetches.0.get_mut(name)
                && let Some(control) = &fetch.control
            {
                control.resume();
                fetch.state = state;
                None
            } else {
                let control = Control::default();
                let fetch = Fetch { control: Some(control.clone()), discard: false, state };
                fetches.0.insert(name.to_owned(), fetch);
                Some(control)
            }
        };
        if let Some(control) = control {
            let inner = Arc::clone(&self.0);
            spawn("fetch", move || inner.fetch(entry, &options, &control));
        }
        (self.0.notify)(Notice::Models);
        Ok(())
    }

    /// Takes no more bytes until [`Self::fetch`]. Nothing when it is not fetched.
    pub fn pause_fetch(&self, name: &str) {
        if let Some(fetch) = lock(&self.0.fetches).0.get_mut(name)
            && let Some(control) = &fetch.control
        {
            control.pause();
            let (done_bytes, total_bytes) = fetch.state.bytes();
            fetch.state = FetchState::Paused { done_bytes, total_bytes };
        }
        (self.0.notify)(Notice::Models);
    }

    /// Stops fetching, and throws away what is there.
    ///
    /// # Errors
    /// Those of [`Models::remove`].
    pub fn cancel_fetch(&self, name: &str) -> Result<(), AppError> {
        let is_running = {
            let mut fetches = lock(&self.0.fetches);
            if let Some(Fetch { control: Some(control), discard, .. }) = fetches.0.get_mut(name) {
                *discard = true;
                control.cancel();
                true
            } else {
                fetches.0.remove(name);
                false
            }
        };
        if !is_running {
            self.0.throw_away(name)?;
        }
        (self.0.notify)(Notice::Models);
        Ok(())
    }

    /// How many models are fetched just now.
    pub fn n_fetches(&self) -> usize {
        lock(&self.0.fetches).0.values().filter(|fetch| fetch.control.is_some()).count()
    }

    /// Reads an installed model's files and compares them with what was made.
    ///
    /// # Errors
    /// [`AppError::Damaged`], [`AppError::NotFound`] for a model that was not made here.
    pub fn verify_model(&self, id: &str) -> Result<(), AppError> {
        let (models, name) = self.made_here(id)?;
        let verdicts = models.verify(&name, &Control::default(), &Report::none())?;
        if verdicts.unwrap_or_default().iter().all(|verdict| verdict.is_whole) {
            Ok(())
        } else {
            Err(AppError::Damaged { name })
        }
    }

    /// Removes an installed model.
    ///
    /// # Errors
    /// [`AppError::ModelInUse`], [`AppError::NotFound`] for a model that was not made here, and
    /// those of the disk.
    pub fn remove_model(&self, id: &str) -> Result<(), AppError> {
        let (models, name) = self.made_here(id)?;
        let in_use =
            lock(&self.0.model).as_ref().is_some_and(|model| crate::offers::id(model) == id);
        if in_use {
            return Err(AppError::ModelInUse { name });
        }
        models.remove(&name)?;
        let settings = self.settings();
        if settings.model.as_deref() == Some(id) {
            self.set_settings(Settings { model: None, ..settings })?;
        }
        (self.0.notify)(Notice::Models);
        Ok(())
    }

    /// The name in the models folder of a model that the page knows by its path.
    fn made_here(&self, id: &str) -> Result<(Models, String), AppError> {
        let models = self.0.models_folder();
        let found = models.list()?.into_iter().find(|listed| {
            listed.path.as_deref().is_some_and(|path| path == std::path::Path::new(id))
        });
        let gone = AppError::NotFound { what: "that model, among those that were fetched here" };
        Ok((models, found.ok_or(gone)?.name))
    }
}

impl Inner {
    fn models_folder(&self) -> Models {
        Models::at(&self.folders.models)
    }

    fn throw_away(&self, name: &str) -> Result<(), AppError> {
        match self.models_folder().remove(name) {
            // It had not begun to write anything.
            Err(AppError::Weights(crate::models::WeightsError::NotInstalled { .. })) => Ok(()),
            removed => removed.map(drop),
        }
    }

    /// On a thread of its own, until it is there or cannot go on.
    fn fetch(self: &Arc<Self>, entry: Entry, options: &AddOptions, control: &Control) {
        let name = entry.name.clone();
        let made = catch_unwind(AssertUnwindSafe(|| self.try_fetch(entry, options, control)));
        let made = made.unwrap_or_else(|panic| Err(panic_fault(panic.as_ref())));
        let discard = {
            let mut fetches = lock(&self.fetches);
            let Some(fetch) = fetches.0.get_mut(&name) else { return };
            let (done_bytes, total_bytes) = fetch.state.bytes();
            fetch.control = None;
            let discard = fetch.discard;
            match &made {
                Ok(true) => drop(fetches.0.remove(&name)),
                _ if discard => drop(fetches.0.remove(&name)),
                Ok(false) => fetch.state = FetchState::Paused { done_bytes, total_bytes },
                Err(fault) => {
                    let fault = fault.clone();
                    fetch.state = FetchState::Stopped { fault, done_bytes, total_bytes };
                }
            }
            discard
        };
        if discard && let Err(error) = self.throw_away(&name) {
            let state = FetchState::Stopped { fault: error.into(), done_bytes: 0, total_bytes: 0 };
            lock(&self.fetches).0.insert(name, Fetch { control: None, discard: false, state });
        }
        self.happened(state::Event::FetchEnded);
        // Who chose no model wants the best that is there.
        if made == Ok(true) && lock(&self.settings).model.is_none() {
            self.happened(state::Event::Load);
        }
        (self.notify)(Notice::Models);
    }

    /// Whether it is installed; else it was cancelled.
    fn try_fetch(
        self: &Arc<Self>,
        entry: Entry,
        options: &AddOptions,
        control: &Control,
    ) -> Result<bool, Fault> {
        let report = self.report(&entry.name);
        let models = self.models_folder();
        let scheme = entry.quantisations.first().and_then(|first| QuantScheme::named(&first.name));
        let options = AddOptions { scheme: scheme.unwrap_or(options.scheme), ..options.clone() };
        let source = ModelSource::Known(Box::new(entry));
        let Some(prepared) = models.prepare(&source, &options, control, &report)? else {
            return Ok(false);
        };
        room(&prepared.summary)?;
        Ok(prepared.run(control, &report)?.is_some())
    }

    /// Keeps how far a fetch is, and tells it now and then.
    fn report(self: &Arc<Self>, name: &str) -> Report {
        let (inner, name) = (Arc::clone(self), name.to_owned());
        let speed = Mutex::new(Speedometer::default());
        Report::new(move |event| {
            let (phase, now) = match event {
                InstallEvent::Progress { done, total, .. } => {
                    (FetchPhase::Fetching, Ok((done, total)))
                }
                InstallEvent::Checking { done, total } => (FetchPhase::Checking, Ok((done, total))),
                InstallEvent::Waiting { reason, .. } | InstallEvent::Restarted { reason, .. } => {
                    (FetchPhase::Fetching, Err(reason))
                }
                InstallEvent::Verified { .. } => return,
            };
            let mut fetches = lock(&inner.fetches);
            let Some(fetch) = fetches.0.get_mut(&name) else { return };
            let FetchState::Running { done_bytes, total_bytes, .. } = fetch.state else { return };
            let (done_bytes, total_bytes, trouble) = match now {
                Ok((done, total)) => (done, total, None),
                Err(reason) => (done_bytes, total_bytes, Some(reason)),
            };
            let mut speed = lock(&speed);
            let is_news = trouble.is_some() || speed.is_due();
            let bytes_per_s = speed.at(phase, done_bytes, is_news);
            fetch.state =
                FetchState::Running { phase, done_bytes, total_bytes, bytes_per_s, trouble };
            let state = fetch.state.clone();
            drop(fetches);
            if is_news {
                inner.happened(state::Event::FetchProgress { done_bytes, total_bytes });
                (inner.notify)(Notice::Fetch { name: name.clone(), state });
            }
        })
    }
}

/// A model of the catalogue that can be fetched and used.
fn offered(name: &str) -> Result<Entry, AppError> {
    catalogue::find(name)?
        .filter(|entry| !entry.built_in && entry.not_yet.is_none())
        .ok_or_else(|| AppError::UnknownModel { name: name.into() })
}

/// What is known of its size before anything was asked.
pub(crate) fn about_bytes(entry: &Entry) -> u64 {
    entry.sources.first().map_or(0, |source| source.about_bytes)
}

/// The disk must hold it; of too little memory the list tells, and the person decides.
fn room(summary: &Summary) -> Result<(), Fault> {
    let fit = &summary.fit;
    if fit.disk_fits() {
        return Ok(());
    }
    let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    let free = fit.disk_free_bytes.map_or("too little".to_owned(), gigabytes);
    let (id, with) = FaultDetails::NoRoom {
        neededBytes: fit.disk_needed_bytes.into(),
        freeBytes: fit.disk_free_bytes.unwrap_or(0).into(),
    }
    .into();
    Err(Fault {
        kind: FaultKind::Storage,
        message: format!("it takes {}, and {free} is free", gigabytes(fit.disk_needed_bytes)),
        hint: "free some space, then go on".into(),
        id,
        with,
    })
}

/// How fast bytes came over the last seconds.
#[derive(Default)]
struct Speedometer {
    phase: Option<FetchPhase>,
    seen: VecDeque<(Instant, u64)>,
}

impl Speedometer {
    fn is_due(&self) -> bool {
        self.seen.back().is_none_or(|(at, _)| at.elapsed() >= BETWEEN_PROGRESS)
    }

    /// Bytes a second; `keep` remembers this moment.
    fn at(&mut self, phase: FetchPhase, done_bytes: u64, keep: bool) -> f64 {
        let began_anew = self.seen.back().is_some_and(|(_, last)| *last > done_bytes);
        if self.phase != Some(phase) || began_anew {
            self.phase = Some(phase);
            self.seen.clear();
        }
        let now = Instant::now();
        if keep {
            self.seen.push_back((now, done_bytes));
        }
        while self.seen.len() > 2 && self.seen[0].0 + SPEED_OVER < now {
            self.seen.pop_front();
        }
        match self.seen.front() {
            Some((began, first)) if *began < now => {
                (done_bytes - first) as f64 / (now - *began).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests;
