//! Models of the catalogue on their way here: one at a time, each on a thread of its own.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lorgnette_engine::EngineError;
use lorgnette_gguf::QuantScheme;
use lorgnette_interrupt::Cancel;
use lorgnette_weights::catalogue::{self, Entry};
use lorgnette_weights::{InstallEvent, Report, WeightsError};

use crate::add::{AddOptions, Summary};
use crate::error::ModelsError;
use crate::library::Library;
use crate::source::ModelSource;

/// The least time between two reports of progress.
const BETWEEN_PROGRESS: Duration = Duration::from_millis(250);
/// The speed is the mean of so much time.
const SPEED_OVER: Duration = Duration::from_secs(10);

/// How far a model of the catalogue is that is not installed yet.
#[derive(Debug, Clone)]
pub enum FetchState {
    /// Bytes come, or are read back.
    Running {
        phase: FetchPhase,
        /// Bytes of the sources that are done; of the model, while it is checked.
        done_bytes: u64,
        total_bytes: u64,
        bytes_per_s: f64,
        /// Why none come just now.
        trouble: Option<String>,
    },
    /// The person wants no more for now, or the program ended meanwhile.
    Paused { done_bytes: u64, total_bytes: u64 },
    /// It cannot go on.
    Stopped { error: Arc<ModelsError>, done_bytes: u64, total_bytes: u64 },
}

impl FetchState {
    /// Bytes that are done, and about how many there are.
    fn bytes(&self) -> (u64, u64) {
        match self {
            Self::Running { done_bytes, total_bytes, .. }
            | Self::Paused { done_bytes, total_bytes }
            | Self::Stopped { done_bytes, total_bytes, .. } => (*done_bytes, *total_bytes),
        }
    }
}

/// What is done with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum FetchPhase {
    /// They are fetched and quantised as they come.
    Fetching,
    /// The finished model is read back.
    Checking,
}

/// What a download tells, from the thread that fetches.
#[derive(Debug, Clone)]
pub enum FetchNews {
    Progress {
        /// The model's name in the catalogue.
        name: String,
        state: FetchState,
    },
    Ended {
        /// The model can be used now.
        is_installed: bool,
    },
}

type Listener = dyn Fn(FetchNews) + Send + Sync;

/// The downloads of one models folder. Clones are the same ones.
#[derive(Clone)]
pub struct Downloads(Arc<Inner>);

struct Inner {
    library: Library,
    fetches: Mutex<BTreeMap<String, Fetch>>,
    listener: Box<Listener>,
}

struct Fetch {
    /// Of the thread that fetches it; `None` when there is none.
    cancel: Option<Cancel>,
    /// What is there is thrown away when the thread ends.
    discard: bool,
    state: FetchState,
}

impl Downloads {
    /// `listener` is called from the threads that fetch, and should be quick.
    pub fn new(library: Library, listener: impl Fn(FetchNews) + Send + Sync + 'static) -> Self {
        let listener = Box::new(listener);
        Self(Arc::new(Inner { library, fetches: Mutex::default(), listener }))
    }

    /// How far each is, by its name in the catalogue.
    pub fn states(&self) -> BTreeMap<String, FetchState> {
        let fetches = self.0.fetches();
        fetches.iter().map(|(name, fetch)| (name.clone(), fetch.state.clone())).collect()
    }

    /// Bytes done and to do of the model that is being fetched; `None` when none is.
    pub fn running_bytes(&self) -> Option<(u64, u64)> {
        let fetches = self.0.fetches();
        let running =
            fetches.values().find(|fetch| matches!(fetch.state, FetchState::Running { .. }));
        running.map(|fetch| fetch.state.bytes())
    }

    pub fn n_running(&self) -> usize {
        self.0.fetches().values().filter(|fetch| fetch.cancel.is_some()).count()
    }

    /// Fetches a model of the catalogue, or goes on with it.
    ///
    /// # Errors
    /// [`ModelsError::UnknownModel`], and [`ModelsError::Fetching`] while another is fetched.
    pub fn start(&self, name: &str, options: AddOptions) -> Result<(), ModelsError> {
        let entry = offered(name)?;
        let Some(cancel) = self.0.begin(&entry)? else { return Ok(()) };
        let inner = Arc::clone(&self.0);
        let thread = std::thread::Builder::new().name("fetch".into());
        let spawned = thread.spawn(move || inner.fetch(entry, &options, &cancel));
        if let Err(error) = spawned {
            self.0.fetches().remove(name);
            return Err(WeightsError::Io(error).into());
        }
        Ok(())
    }

    /// Takes no more bytes until [`Self::start`]. Nothing happens when it is not fetched.
    pub fn pause(&self, name: &str) {
        if let Some(fetch) = self.0.fetches().get_mut(name)
            && let Some(cancel) = &fetch.cancel
        {
            cancel.pause();
            let (done_bytes, total_bytes) = fetch.state.bytes();
            fetch.state = FetchState::Paused { done_bytes, total_bytes };
        }
    }

    /// Stops fetching, and throws away what is there.
    ///
    /// # Errors
    /// Those of [`Library::remove`].
    pub fn cancel(&self, name: &str) -> Result<(), ModelsError> {
        {
            let mut fetches = self.0.fetches();
            if let Some(Fetch { cancel: Some(cancel), discard, .. }) = fetches.get_mut(name) {
                *discard = true;
                cancel.cancel();
                return Ok(());
            }
            fetches.remove(name);
        }
        self.0.throw_away(name)
    }
}

impl Inner {
    /// What a thread that panicked left behind is whole: every change is one assignment.
    fn fetches(&self) -> MutexGuard<'_, BTreeMap<String, Fetch>> {
        self.fetches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cancel of a new thread; `None` when the one that there is goes on.
    fn begin(&self, entry: &Entry) -> Result<Option<Cancel>, ModelsError> {
        let mut fetches = self.fetches();
        let running = fetches.iter().find(|(_, fetch)| fetch.cancel.is_some());
        if let Some((running, _)) = running.filter(|(running, _)| **running != entry.name) {
            return Err(ModelsError::Fetching { name: running.clone() });
        }
        let (done_bytes, total_bytes) = match fetches.get(&entry.name) {
            Some(fetch) => fetch.state.bytes(),
            None => (0, about_bytes(entry)),
        };
        let state = FetchState::Running {
            phase: FetchPhase::Fetching,
            done_bytes,
            total_bytes,
            bytes_per_s: 0.0,
            trouble: None,
        };
        if let Some(fetch) = fetches.get_mut(&entry.name)
            && let Some(cancel) = &fetch.cancel
        {
            cancel.resume();
            fetch.state = state;
            return Ok(None);
        }
        let cancel = Cancel::default();
        let fetch = Fetch { cancel: Some(cancel.clone()), discard: false, state };
        fetches.insert(entry.name.clone(), fetch);
        Ok(Some(cancel))
    }

    fn throw_away(&self, name: &str) -> Result<(), ModelsError> {
        match self.library.remove(name) {
            // It had not begun to write anything.
            Err(ModelsError::Weights(WeightsError::NotInstalled { .. })) => Ok(()),
            removed => removed.map(drop),
        }
    }

    /// Fetches until the model is there or cannot go on.
    fn fetch(self: &Arc<Self>, entry: Entry, options: &AddOptions, cancel: &Cancel) {
        let name = entry.name.clone();
        let made = catch_unwind(AssertUnwindSafe(|| self.try_fetch(entry, options, cancel)));
        let made = made.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        let is_installed = matches!(made, Ok(true));
        let discard = {
            let mut fetches = self.fetches();
            let Some(fetch) = fetches.get_mut(&name) else { return };
            let (done_bytes, total_bytes) = fetch.state.bytes();
            fetch.cancel = None;
            let discard = fetch.discard;
            match made {
                _ if is_installed || discard => drop(fetches.remove(&name)),
                Ok(_) => fetch.state = FetchState::Paused { done_bytes, total_bytes },
                Err(error) => {
                    let error = Arc::new(error);
                    fetch.state = FetchState::Stopped { error, done_bytes, total_bytes };
                }
            }
            discard
        };
        if discard && let Err(error) = self.throw_away(&name) {
            let error = Arc::new(error);
            let state = FetchState::Stopped { error, done_bytes: 0, total_bytes: 0 };
            self.fetches().insert(name, Fetch { cancel: None, discard: false, state });
        }
        (self.listener)(FetchNews::Ended { is_installed });
    }

    /// Whether the model is installed; else it was cancelled.
    fn try_fetch(
        self: &Arc<Self>,
        entry: Entry,
        options: &AddOptions,
        cancel: &Cancel,
    ) -> Result<bool, ModelsError> {
        let report = self.report(&entry.name);
        let scheme = entry.quantisations.first().and_then(|first| QuantScheme::named(&first.name));
        let options = AddOptions { scheme: scheme.unwrap_or(options.scheme), ..options.clone() };
        let source = ModelSource::Known(Box::new(entry));
        let Some(prepared) = self.library.prepare(&source, &options, cancel, &report)? else {
            return Ok(false);
        };
        check_room(&prepared.summary)?;
        Ok(prepared.run(cancel, &report)?.is_some())
    }

    /// Remembers how far a fetch is, and tells it now and then.
    fn report(self: &Arc<Self>, name: &str) -> Report {
        let (inner, name) = (Arc::clone(self), name.to_owned());
        let speedometer = Mutex::new(Speedometer::default());
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
            let mut fetches = inner.fetches();
            let Some(fetch) = fetches.get_mut(&name) else { return };
            let FetchState::Running { done_bytes, total_bytes, .. } = fetch.state else { return };
            let (done_bytes, total_bytes, trouble) = match now {
                Ok((done, total)) => (done, total, None),
                Err(reason) => (done_bytes, total_bytes, Some(reason)),
            };
            let mut speedometer = speedometer.lock().unwrap_or_else(PoisonError::into_inner);
            let is_news = trouble.is_some() || speedometer.is_due();
            let bytes_per_s = speedometer.bytes_per_s(phase, done_bytes, is_news);
            fetch.state =
                FetchState::Running { phase, done_bytes, total_bytes, bytes_per_s, trouble };
            let state = fetch.state.clone();
            drop(fetches);
            if is_news {
                let name = name.clone();
                (inner.listener)(FetchNews::Progress { name, state });
            }
        })
    }
}

/// A model of the catalogue that can be fetched and used.
fn offered(name: &str) -> Result<Entry, ModelsError> {
    catalogue::find(name)?
        .filter(|entry| !entry.built_in)
        .ok_or_else(|| ModelsError::UnknownModel { name: name.into() })
}

/// What is known of a model's size before anything was asked.
pub(crate) fn about_bytes(entry: &Entry) -> u64 {
    entry.sources.first().map_or(0, |source| source.about_bytes)
}

/// The disk must hold it; of too little memory the list tells, and the person decides.
fn check_room(summary: &Summary) -> Result<(), ModelsError> {
    let fit = &summary.fit;
    if fit.disk_fits() {
        return Ok(());
    }
    let (needed_bytes, free_bytes) = (fit.disk_needed_bytes, fit.disk_free_bytes);
    Err(ModelsError::NoRoom { needed_bytes, free_bytes })
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> ModelsError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let message = text.unwrap_or_else(|| "unknown reason".into());
    EngineError::Panicked { message }.into()
}

/// How fast bytes came over the last seconds.
#[derive(Default)]
struct Speedometer {
    phase: Option<FetchPhase>,
    /// When so many bytes were done, the latest last.
    marks: VecDeque<(Instant, u64)>,
}

impl Speedometer {
    fn is_due(&self) -> bool {
        self.marks.back().is_none_or(|(at, _)| at.elapsed() >= BETWEEN_PROGRESS)
    }

    /// `mark` remembers this moment.
    fn bytes_per_s(&mut self, phase: FetchPhase, done_bytes: u64, mark: bool) -> f64 {
        let began_anew = self.marks.back().is_some_and(|(_, last)| *last > done_bytes);
        if self.phase != Some(phase) || began_anew {
            self.phase = Some(phase);
            self.marks.clear();
        }
        let now = Instant::now();
        if mark {
            self.marks.push_back((now, done_bytes));
        }
        while self.marks.len() > 2 && self.marks[0].0 + SPEED_OVER < now {
            self.marks.pop_front();
        }
        match self.marks.front() {
            Some((began, first)) if *began < now => {
                (done_bytes - first) as f64 / (now - *began).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}
