//! The text of pictures: kept with their chats, and read by one thread. What somebody waits for comes
//! first; pictures of old chats are read while nothing else is done.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Weak};
use std::time::Duration;

use lorgnette_reader::{Progress as ReaderProgress, Reader, Reading, VERSION};

use super::machine::ModelState;
use super::notice::{Notice, ReadPictures};
use super::text_queue::{Next, Ticket, Told, What};
use super::{App, ChatsOf, Inner, background, lock, panic_fault};
use crate::chats::{self, Attachment, MessageId};
use crate::claims::{PlacedClaim, placed};
use crate::error::{AppError, Fault};
use crate::picture_text::PictureText;
use crate::pictures::Picture;
use crate::{Cancel, Interrupted};

pub(super) use super::text_queue::TextQueue as Texts;

/// Until the page, the last chat and its pictures are there.
const AFTER_START: Duration = Duration::from_secs(5);
/// Until it is tried again while something else is done.
const BUSY: Duration = Duration::from_secs(1);
/// Between two looks whether who waits has given up.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Starts the thread, which ends with the program.
pub(super) fn start(inner: &Arc<Inner>) {
    let (queue, weak) = (Arc::clone(&inner.texts), Arc::downgrade(inner));
    queue.look_in(AFTER_START);
    background::spawn("reader", move || {
        let mut reading = ReaderThread { weak, queue, readers: None, old: OldPictures::default() };
        reading.run();
    });
}

impl App {
    /// The text of a picture: as it was read before, or read now, which takes a second.
    ///
    /// # Errors
    /// The fault of a picture that cannot be opened or read; [`AppError::NotFound`] where reading was
    /// stopped, as by the setting.
    pub fn picture_text(&self, id: &str) -> Result<PictureText, Fault> {
        let reading = self.0.reading(id, false, &Cancel::default(), &mut |_| {});
        Ok(PictureText::from(&*reading.map_err(or_stopped)?))
    }

    /// What an answer claims, looked up in the text of all pictures that were asked about before it;
    /// nothing where no picture has text, where text is not to be read, and of exact text.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an answer that is gone; those of [`Self::picture_text`].
    pub fn answer_claims(&self, answer: MessageId) -> Result<Vec<PlacedClaim>, Fault> {
        self.0.claims(answer, &Cancel::default()).map_err(or_stopped)
    }

    /// Removes the text of all pictures. It is read again when they are shown.
    ///
    /// # Errors
    /// [`AppError::Chats`] if the database fails.
    pub fn forget_texts(&self) -> Result<(), AppError> {
        self.0.texts.stop(|what| !what.is_asked_for);
        self.0.chats.forget_texts()?;
        if let Some(private) = self.0.private_chats() {
            private.forget_texts()?;
        }
        (self.0.notify)(Notice::Chats);
        Ok(())
    }

    /// Has the thread look for pictures of chats that were never read.
    pub fn look_for_unread(&self) {
        self.0.texts.look_in(Duration::ZERO);
    }
}

impl Inner {
    /// What is known of a picture's text.
    pub(super) fn known_reading(&self, picture: &str) -> Option<Reading> {
        let read = self.chats_with(picture).text(picture, VERSION);
        let stored = || self.chats.text(picture, VERSION);
        // What cannot be read back is read again.
        let text = read.ok().flatten().or_else(|| stored().ok().flatten())?;
        serde_json::from_str(&text.reading).ok()
    }

    /// Keeps a picture's text where the picture is kept, unless the picture is gone meanwhile or text
    /// is not to be read.
    fn keep_reading(&self, picture: &str, reading: &Reading) {
        if !lock(&self.settings).read_text {
            return;
        }
        // Numbers and text always have a form.
        let json = serde_json::to_string(reading).unwrap_or_default();
        let text = chats::PictureText { text: reading.text(), reading: json };
        // Without it, it is read again another time.
        let _ = self.chats_with(picture).set_text(picture, VERSION, &text);
    }

    /// The chats that a picture is of: the private one, if it is in it.
    fn chats_with(&self, picture: &str) -> ChatsOf<'_> {
        let private = self.private_chats().filter(|private| private.picture(picture).is_ok());
        private.unwrap_or_else(|| self.stored_chats())
    }

    /// The text of a picture, read now if nobody has read it. `is_asked_for`: a person asked for it
    /// in so many words, so it is read whatever the settings say.
    fn reading(
        &self,
        picture: &str,
        is_asked_for: bool,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(ReaderProgress),
    ) -> Result<Arc<Reading>, Interrupted<Fault>> {
        if !is_asked_for && !lock(&self.settings).read_text {
            return Err(Interrupted::Cancelled);
        }
        if let Some(known) = self.known_reading(picture) {
            return Ok(Arc::new(known));
        }
        self.picture(picture).map_err(Fault::from)?;
        wait(&self.texts.ask(What::picture(picture, is_asked_for)), cancel, on_progress)
    }

    /// The text of what is asked about of a picture. A part is read by itself: that is exact at its
    /// edges, and reads small print that all of a large picture is too large for.
    pub(super) fn reading_of(
        &self,
        attachment: &Attachment,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(ReaderProgress),
    ) -> Result<Arc<Reading>, Interrupted<Fault>> {
        if attachment.region.is_none() {
            return self.reading(&attachment.picture, true, cancel, on_progress);
        }
        let part = self.pictures_with(&attachment.picture).view(attachment);
        let part = part.map_err(|error| Fault::from(AppError::from(error)))?;
        wait(&self.texts.ask(What::pixels(Arc::new(part))), cancel, on_progress)
    }

    /// What an answer claims.
    pub(super) fn claims(
        &self,
        answer: MessageId,
        cancel: &Cancel,
    ) -> Result<Vec<PlacedClaim>, Interrupted<Fault>> {
        if !lock(&self.settings).read_text {
            return Ok(Vec::new());
        }
        let path = self.chats_of(answer).map_err(Fault::from)?.path_to(answer);
        let mut path = path.map_err(|error| Fault::from(AppError::from(error)))?;
        let message = path.pop().filter(|message| message.is_model && message.by.is_model());
        let Some(message) = message else { return Ok(Vec::new()) };
        let mut readings: Vec<(&str, Arc<Reading>)> = Vec::new();
        for Attachment { picture, .. } in path.iter().flat_map(|question| &question.pictures) {
            if !readings.iter().any(|(known, _)| *known == picture.as_str()) {
                let reading = self.reading(picture, false, cancel, &mut |_| {})?;
                readings.push((picture.as_str(), reading));
            }
        }
        let readings: Vec<(&str, &Reading)> =
            readings.iter().map(|(picture, reading)| (*picture, &**reading)).collect();
        Ok(placed(&message.text, &readings))
    }

    /// Begins to read pixels that are about to become a picture.
    pub(super) fn read_ahead(&self, pixels: Arc<Picture>) -> Ahead {
        let what = What::pixels(pixels);
        Ahead { ticket: what.ticket(), told: self.texts.ask(what) }
    }

    /// The pixels are this picture: its text is theirs.
    pub(super) fn adopt(&self, ahead: &Ahead, picture: &str) {
        if self.texts.is_now(ahead.ticket, picture) {
            return;
        }
        // It has been read meanwhile.
        let outcome = ahead.told.try_iter().find_map(|told| match told {
            Told::Ended(Ok(reading)) => Some(reading),
            Told::Ended(Err(_)) | Told::Progress(_) => None,
        });
        if let Some(reading) = outcome {
            self.keep_reading(picture, &reading);
        }
    }

    /// Whether nothing else is done, so that pictures of old chats may be read.
    fn may_read_old(&self) -> bool {
        let rests = match lock(&self.machine).state {
            ModelState::NoModel | ModelState::Ready(_) | ModelState::Failed(_) => true,
            ModelState::Loading { .. } | ModelState::Answering { .. } => false,
        };
        rests
            && lock(&self.settings).read_text
            && self.jobs.is_empty()
            && !self.is_preparing()
            && !self.checks.is_running()
            && self.downloads.running_bytes().is_none()
    }
}

/// Pixels whose text is read before they are a picture.
pub(super) struct Ahead {
    ticket: Ticket,
    told: Receiver<Told>,
}

/// Waits for a text.
fn wait(
    told: &Receiver<Told>,
    cancel: &Cancel,
    on_progress: &mut dyn FnMut(ReaderProgress),
) -> Result<Arc<Reading>, Interrupted<Fault>> {
    use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
    loop {
        match told.recv_timeout(BETWEEN_LOOKS) {
            Ok(Told::Progress(progress)) => on_progress(progress),
            Ok(Told::Ended(Ok(reading))) => return Ok(reading),
            Ok(Told::Ended(Err(fault))) => return Err(Interrupted::Failed(fault)),
            Err(Disconnected) => return Err(Interrupted::Cancelled),
            Err(Timeout) => cancel.check()?,
        }
    }
}

/// What was stopped is not there.
fn or_stopped(interrupted: Interrupted<Fault>) -> Fault {
    match interrupted {
        Interrupted::Failed(fault) => fault,
        Interrupted::Cancelled => AppError::NotFound { what: "the text of that picture" }.into(),
    }
}

/// How far the pictures of old chats are read.
#[derive(Default)]
struct OldPictures {
    n_done: usize,
    /// Those that cannot be read are not tried again before the next start.
    failed: HashSet<String>,
    is_told: bool,
}

/// The thread that reads.
struct ReaderThread {
    weak: Weak<Inner>,
    queue: Arc<Texts>,
    readers: Option<Readers>,
    old: OldPictures,
}

/// Two readers with the same networks.
struct Readers {
    /// For what a person asked for in so many words, and waits for.
    asked: Reader,
    /// For pictures that are merely there: keys and drawing come before it.
    aside: Reader,
}

impl ReaderThread {
    fn run(&mut self) {
        loop {
            match self.queue.next() {
                Next::Read(what) => self.read(&what, false),
                Next::Look => {
                    if let Some(later) = self.read_old() {
                        self.queue.look_in(later);
                    }
                }
                Next::Closed => return,
            }
        }
    }

    /// Reads a picture that nobody has read, if nothing else is done. Returns when to look again;
    /// `None`: not before somebody says so.
    fn read_old(&mut self) -> Option<Duration> {
        let inner = self.weak.upgrade()?;
        let is_wanted = lock(&inner.settings).read_text;
        if is_wanted && !inner.may_read_old() {
            return Some(BUSY);
        }
        let unread = if is_wanted { inner.chats.unread_pictures(VERSION) } else { Ok(Vec::new()) };
        let mut unread = unread.unwrap_or_default();
        unread.retain(|picture| !self.old.failed.contains(picture));
        let Some(picture) = unread.first() else {
            if std::mem::take(&mut self.old.is_told) {
                (inner.notify)(Notice::ReadPictures(None));
            }
            self.old.n_done = 0;
            return None;
        };
        self.old.is_told = true;
        let (n_done, n_pictures) = (self.old.n_done, self.old.n_done + unread.len());
        (inner.notify)(Notice::ReadPictures(Some(ReadPictures { n_done, n_pictures })));
        drop(inner);
        let what = What::picture(picture, false);
        if self.queue.begin(&what) {
            self.read(&what, true);
        }
        Some(Duration::ZERO)
    }

    /// Reads what is in the queue as being read.
    fn read(&mut self, what: &What, is_old: bool) {
        let work = AssertUnwindSafe(|| self.try_read(what, is_old));
        let outcome = match catch_unwind(work) {
            Ok(outcome) => outcome,
            Err(panic) => {
                // Its threads may be gone.
                self.readers = None;
                Err(Interrupted::Failed(panic_fault(panic.as_ref())))
            }
        };
        let inner = self.weak.upgrade();
        // It may have become a picture meanwhile.
        let picture = self.queue.picture_that_is_read();
        if let (Ok(reading), Some(inner), Some(picture)) = (&outcome, &inner, &picture) {
            inner.keep_reading(picture, reading);
        }
        if is_old {
            match &outcome {
                Ok(_) => self.old.n_done += 1,
                Err(Interrupted::Failed(_)) => self.old.failed.extend(picture),
                Err(Interrupted::Cancelled) => {}
            }
        }
        self.queue.ended(outcome);
    }

    fn try_read(&mut self, what: &What, is_old: bool) -> Result<Arc<Reading>, Interrupted<Fault>> {
        let gone = || Interrupted::<Fault>::Cancelled;
        // Not held while it computes: the program may end meanwhile.
        let pixels = if let Some(pixels) = &what.pixels {
            Arc::clone(pixels)
        } else {
            let inner = self.weak.upgrade().ok_or_else(gone)?;
            let name = inner.picture(&what.picture).map_err(Fault::from)?.name;
            let opened = inner.pictures_with(&what.picture).open(&what.picture, &name);
            Arc::new(opened.map_err(|error| Fault::from(AppError::from(error)))?)
        };
        let threads = self.weak.upgrade().ok_or_else(gone)?.settings_threads();
        let readers = self.readers.get_or_insert_with(|| {
            let asked = Reader::new(threads);
            Readers { aside: asked.beside(), asked }
        });
        let (weak, queue) = (&self.weak, &self.queue);
        let on_progress = &mut |progress| {
            queue.progressed(&progress);
            let may_go_on = || weak.upgrade().is_some_and(|inner| inner.may_read_old());
            if is_old && !may_go_on() {
                what.cancel.cancel();
            }
        };
        let reading = if what.is_asked_for {
            readers.asked.read(&pixels, &what.cancel, on_progress)
        } else {
            aside(|| readers.aside.read(&pixels, &what.cancel, on_progress))
        };
        match reading {
            Ok(reading) => Ok(Arc::new(reading)),
            Err(Interrupted::Cancelled) => Err(Interrupted::Cancelled),
            Err(Interrupted::Failed(error)) => {
                Err(Interrupted::Failed(AppError::from(error).into()))
            }
        }
    }
}

/// Does it on a thread that gives way, since one that gave way once does so for good.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let stepped_aside = || {
        background::step_aside();
        work()
    };
    std::thread::scope(|scope| match scope.spawn(stepped_aside).join() {
        Ok(done) => done,
        Err(panic) => resume_unwind(panic),
    })
}

impl Inner {
    fn settings_threads(&self) -> Option<usize> {
        lock(&self.settings).threads
    }
}

#[cfg(test)]
mod tests;
