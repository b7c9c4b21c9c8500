//! Shows how far fetching a model is, on standard error or as lines of JSON.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lorgnette_app::models::{InstallEvent, Report};
use lorgnette_app::say;
use serde_json::{Value, json};

use crate::output::{self, Failure, printable};

/// The time between two lines of JSON, and between two measurements of the speed.
const INTERVAL: Duration = Duration::from_millis(250);

/// Two bars, for the file and for all files, with speed and time left.
#[derive(Clone)]
pub struct Fetching {
    file: ProgressBar,
    whole: ProgressBar,
    bars: MultiProgress,
    json: bool,
    state: Arc<Mutex<State>>,
}

struct State {
    begun_at: Option<u64>,
    last_line: Option<Instant>,
    failure: Option<Failure>,
}

impl Fetching {
    pub fn new(json: bool) -> Self {
        let draws = std::io::stderr().is_terminal() && !json;
        let target = if draws {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bars = MultiProgress::with_draw_target(target);
        let bar = |template: &str| {
            let style = ProgressStyle::with_template(template);
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = bars.add(ProgressBar::new(1));
            bar.set_style(style.progress_chars("━╸ "));
            bar
        };
        let file = bar("{msg:36!} {wide_bar} {bytes} of {total_bytes}");
        let whole =
            bar("{msg:36!} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
        let state = State { begun_at: None, last_line: None, failure: None };
        Self { file, whole, bars, json, state: Arc::new(Mutex::new(state)) }
    }

    /// Returns the listener to which the app reports.
    pub fn report(&self) -> Report {
        let this = self.clone();
        Report::new(move |event| this.show(&event))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, event: &InstallEvent) {
        if self.json {
            self.line(event);
        } else {
            self.draw(event);
        }
    }

    fn draw(&self, event: &InstallEvent) {
        match event {
            InstallEvent::Progress { file, file_done, file_total, done, total } => {
                if self.state().begun_at.replace(*done).is_none() {
                    // What an earlier run has done says nothing about the speed.
                    self.whole.set_position(*done);
                    self.whole.reset_eta();
                }
                set(&self.file, &printable(file), *file_done, *file_total);
                set(&self.whole, "all files", *done, *total);
            }
            InstallEvent::Checking { done, total } => {
                self.file.set_message("reading it back");
                set(&self.whole, "reading it back", *done, *total);
            }
            InstallEvent::Waiting { reason, pause } => {
                let seconds = HumanDuration(*pause);
                self.note(&format!("{reason}; trying again in {seconds}"));
            }
            InstallEvent::Restarted { file, reason } => {
                self.note(&format!("{reason}; {file} is fetched again"));
            }
            InstallEvent::Verified { .. } => {}
        }
    }

    fn note(&self, text: &str) {
        let note = format!("note: {}", printable(text));
        if self.bars.is_hidden() {
            say!("{note}");
        } else {
            // Above the bars; a terminal that is gone needs no note.
            let _ = self.bars.println(note);
        }
    }

    fn line(&self, event: &InstallEvent) {
        let mut state = self.state();
        let is_progress =
            matches!(event, InstallEvent::Progress { .. } | InstallEvent::Checking { .. });
        if is_progress && state.last_line.is_some_and(|last| last.elapsed() < INTERVAL) {
            return;
        }
        if is_progress {
            state.last_line = Some(Instant::now());
        }
        if state.failure.is_none() {
            state.failure = output::print_json(&json_of(event)).err();
        }
    }

    /// The reason why lines of JSON could not be written.
    pub fn failure(&self) -> Result<(), Failure> {
        self.state().failure.take().map_or(Ok(()), Err)
    }

    pub fn clear(&self) {
        self.file.finish_and_clear();
        self.whole.finish_and_clear();
        self.file.reset();
        self.whole.reset();
    }
}

fn set(bar: &ProgressBar, message: &str, done: u64, total: u64) {
    bar.set_length(total.max(1));
    bar.set_position(done);
    bar.set_message(message.to_owned());
}

fn json_of(event: &InstallEvent) -> Value {
    match event {
        InstallEvent::Progress { file, file_done, file_total, done, total } => json!({
            "event": "progress", "file": file, "file_done": file_done, "file_total": file_total,
            "done": done, "total": total,
        }),
        InstallEvent::Waiting { reason, pause } => {
            json!({ "event": "waiting", "reason": reason, "pause_s": pause.as_secs_f64() })
        }
        InstallEvent::Restarted { file, reason } => {
            json!({ "event": "restarted", "file": file, "reason": reason })
        }
        InstallEvent::Verified { file } => json!({ "event": "proved", "file": file }),
        InstallEvent::Checking { done, total } => {
            json!({ "event": "checking", "done": done, "total": total })
        }
    }
}
