//! Carries a recipe out in a work folder, from where it was left.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs_err::{File, OpenOptions};

use crate::checksum::{Checksum, Hash};
use crate::control::{Control, InstallEvent, Report};
use crate::error::{Halt, WeightsError};
use crate::fetch::{Broken, Pieces};
use crate::hub::Hub;
use crate::journal::{Journal, SourceState};
use crate::recipe::{Recipe, Source, Target};

/// How the work is cut.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// Source bytes that are quantised at once. Memory: some five times as much.
    pub chunk_bytes: u64,
    /// Source bytes after which the journal is written.
    pub checkpoint_bytes: u64,
    /// Time after which it is written, too.
    pub checkpoint_time: Duration,
    /// A folder in which the sources are kept.
    pub keep_sources: Option<PathBuf>,
}

impl Default for InstallOptions {
    fn default() -> Self {
        Self {
            chunk_bytes: 16 << 20,
            checkpoint_bytes: 256 << 20,
            checkpoint_time: Duration::from_secs(5),
            keep_sources: None,
        }
    }
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileRecord {
    /// Its name in its folder.
    pub name: String,
    /// Its size.
    pub n_bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// Where the time went.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Times {
    /// Waiting for bytes.
    pub waiting_s: f64,
    /// Hashing and quantising.
    pub computing_s: f64,
    /// Writing and flushing.
    pub writing_s: f64,
    /// Reading the finished files back.
    pub checking_s: f64,
    /// Source bytes that were taken this time.
    pub n_bytes: u64,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The files, in the order of the recipe's targets.
    pub files: Vec<FileRecord>,
    /// Where the time went.
    pub times: Times,
}

/// How far the work in a folder is: source bytes that are done. 0 when it is about another recipe.
pub fn n_done(recipe: &Recipe, work: &Path, options: &InstallOptions) -> u64 {
    let fingerprint = recipe.fingerprint(options.chunk_bytes);
    let journal = Journal::read(work, &fingerprint, &recipe.sources);
    journal.map_or(0, |journal| journal.sources.iter().map(|state| state.n_done).sum())
}

/// Makes the recipe's files in `work`, which is made when it is not there. What an earlier call
/// has done for the same recipe is kept.
///
/// Blocks; not to be called from async code. `hub` is needed for sources that are fetched.
///
/// # Errors
/// [`Halt::Cancelled`], or what went wrong. The folder is good to go on from after either.
pub fn run(
    recipe: &Recipe,
    hub: Option<&Hub>,
    work: &Path,
    options: &InstallOptions,
    control: &Control,
    report: &Report,
) -> Result<Made, Halt> {
    recipe.check()?;
    let made = Installer::open(recipe, hub, work, options, control, report).and_then(|mut work| {
        for source_idx in 0..recipe.sources.len() {
            work.source(source_idx)?;
        }
        work.finish()
    });
    made.map_err(|halt| match halt {
        Halt::Failed(error) => Halt::Failed(error.in_folder(work)),
        Halt::Cancelled => Halt::Cancelled,
    })
}

struct Installer<'a> {
    recipe: &'a Recipe,
    hub: Option<&'a Hub>,
    work: &'a Path,
    options: &'a InstallOptions,
    control: &'a Control,
    report: &'a Report,
    targets: Vec<File>,
    /// Written since the last flush.
    is_dirty: Vec<bool>,
    journal: Journal,
    times: Times,
}

/// Why a source was not taken to its end.
enum SourceEnd {
    Halt(Halt),
    /// It is not what it should be; begun again, it may be.
    Wrong {
        error: WeightsError,
    },
}

impl<E: Into<Halt>> From<E> for SourceEnd {
    fn from(error: E) -> Self {
        Self::Halt(error.into())
    }
}

impl<'a> Installer<'a> {
    fn open(
        recipe: &'a Recipe,
        hub: Option<&'a Hub>,
        work: &'a Path,
        options: &'a InstallOptions,
        control: &'a Control,
        report: &'a Report,
    ) -> Result<Self, Halt> {
        fs_err::create_dir_all(work)?;
        if let Some(dir) = &options.keep_sources {
            fs_err::create_dir_all(dir)?;
        }
        let fingerprint = recipe.fingerprint(options.chunk_bytes);
        let journal = Journal::read(work, &fingerprint, &recipe.sources);
        let resumed = match journal {
            Some(journal) => reopen_targets(recipe, work)?.map(|targets| (journal, targets)),
            None => None,
        };
        let (journal, targets) = if let Some(resumed) = resumed {
            resumed
        } else {
            // First without a journal, so that nobody believes in half-made targets.
            Journal::remove(work)?;
            let targets = recipe.targets.iter().map(|target| create_target(work, target));
            let targets = targets.collect::<Result<Vec<_>, _>>()?;
            let journal = Journal::new(&fingerprint, &recipe.sources);
            journal.write(work)?;
            (journal, targets)
        };
        let is_dirty = vec![false; targets.len()];
        let times = Times::default();
        Ok(Self { recipe, hub, work, options, control, report, targets, is_dirty, journal, times })
    }

    /// One source to its end; begun again once when it is not what it should be.
    fn source(&mut self, source_idx: usize) -> Result<(), Halt> {
        let source = &self.recipe.sources[source_idx];
        while !self.journal.sources[source_idx].is_verified {
            let error = match self.take(source_idx, source) {
                Ok(()) => break,
                Err(SourceEnd::Halt(halt)) => return Err(halt),
                Err(SourceEnd::Wrong { error }) => error,
            };
            let n_restarts = self.journal.sources[source_idx].n_restarts + 1;
            let is_last = n_restarts > 1;
            // The next run may try again, too.
            let n_restarts = if is_last { 0 } else { n_restarts };
            self.journal.sources[source_idx] =
                SourceState { n_restarts, ..SourceState::new(source) };
            self.journal.write(self.work)?;
            if is_last {
                return Err(error.into());
            }
            let (file, reason) = (source.name.to_string(), error.to_string());
            self.report.send(InstallEvent::Restarted { file, reason });
        }
        self.report.send(InstallEvent::Verified { file: source.name.to_string() });
        Ok(())
    }

    fn take(&mut self, source_idx: usize, source: &Source) -> Result<(), SourceEnd> {
        let state = self.journal.sources[source_idx].clone();
        let mut position = state.n_done;
        let fresh = || Hash::begin(source.checksum.as_ref(), source.n_bytes);
        let mut hash = Hash::from_state(&state.hash).unwrap_or_else(fresh);
        let mut kept = self.kept(source, position)?;
        let mut reader = self.reader(source, position, state.n_restarts)?;
        let (mut n_since, mut since) = (0, Instant::now());
        while position < source.n_bytes {
            self.wait_while_paused()?;
            let chunk = source.chunk_at(position, self.options.chunk_bytes);
            let n_bytes = (chunk.bytes.end - chunk.bytes.start) as usize;
            let began = Instant::now();
            let bytes = reader.read(n_bytes)?;
            self.times.waiting_s += began.elapsed().as_secs_f64();

            let began = Instant::now();
            if let Some(kept) = &mut kept {
                kept.write_all(&bytes).map_err(WeightsError::Io)?;
            }
            // One core hashes while the others quantise.
            let ((), written) =
                rayon::join(|| hash.update(&bytes), || source.convert(&chunk, &bytes));
            let written = match written {
                Ok(written) => written,
                // Damaged bytes often are no numbers; the hash decides whether they are published.
                Err(error) if source.checksum.is_some() => {
                    return Err(SourceEnd::Wrong { error: error.into() });
                }
                Err(error) => return Err(WeightsError::from(error).into()),
            };
            self.times.computing_s += began.elapsed().as_secs_f64();

            let began = Instant::now();
            for part in written {
                let target = &mut self.targets[part.target];
                target.seek(SeekFrom::Start(part.offset)).map_err(WeightsError::Io)?;
                target.write_all(&part.bytes).map_err(WeightsError::Io)?;
                self.is_dirty[part.target] = true;
            }
            position = chunk.bytes.end;
            n_since += n_bytes as u64;
            self.times.n_bytes += n_bytes as u64;
            let state = &mut self.journal.sources[source_idx];
            (state.n_done, state.hash) = (position, hash.state());
            let is_due = n_since >= self.options.checkpoint_bytes
                || since.elapsed() >= self.options.checkpoint_time;
            if is_due && position < source.n_bytes {
                self.checkpoint(kept.as_mut())?;
                (n_since, since) = (0, Instant::now());
            }
            self.times.writing_s += began.elapsed().as_secs_f64();
            self.progress(source_idx, source);
        }
        if let Some(checksum) = &source.checksum
            && hash.finish() != *checksum
        {
            let (file, expected) = (source.name.to_string(), checksum.text().to_owned());
            return Err(SourceEnd::Wrong { error: WeightsError::WrongHash { file, expected } });
        }
        self.journal.sources[source_idx].is_verified = true;
        self.checkpoint(kept.as_mut())?;
        Ok(())
    }

    /// Where the bytes come from: a copy on this machine, unless it was found wrong.
    fn reader(&self, source: &Source, from: u64, n_restarts: u32) -> Result<Reader, SourceEnd> {
        let remote = source.remote.as_ref().zip(self.hub);
        match (&source.local, remote) {
            (Some(path), remote) if n_restarts == 0 || remote.is_none() => {
                let mut file = File::open(path).map_err(WeightsError::Io)?;
                let found_bytes = file.metadata().map_err(WeightsError::Io)?.len();
                if found_bytes != source.n_bytes {
                    let (file, expected_bytes) = (source.name.to_string(), source.n_bytes);
                    let error = WeightsError::WrongSize { file, found_bytes, expected_bytes };
                    return Err(SourceEnd::Wrong { error });
                }
                file.seek(SeekFrom::Start(from)).map_err(WeightsError::Io)?;
                Ok(Reader::Local(file))
            }
            (_, Some((remote, hub))) => Ok(Reader::Remote {
                pieces: hub.pieces(remote.clone(), from),
                rest: Vec::new(),
                at: 0,
                name: source.name.to_string(),
            }),
            (_, None) => {
                let what = source.name.to_string();
                Err(SourceEnd::Halt(WeightsError::Offline { what }.into()))
            }
        }
    }

    /// The file that the source is kept in, at the position.
    fn kept(&self, source: &Source, position: u64) -> Result<Option<File>, SourceEnd> {
        let Some(dir) = &self.options.keep_sources else { return Ok(None) };
        let path = dir.join(source.name.as_str());
        let open = || {
            let mut file =
                OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            if file.metadata()?.len() < position {
                return Ok(None);
            }
            file.set_len(position)?;
            file.seek(SeekFrom::Start(position))?;
            Ok::<_, std::io::Error>(Some(file))
        };
        if let Some(file) = open().map_err(WeightsError::Io)? {
            return Ok(Some(file));
        }
        // The work was begun without keeping: what went by is gone.
        let reason = "its first part was not kept; it is fetched again".to_owned();
        let file = source.name.to_string();
        Err(SourceEnd::Wrong { error: WeightsError::Manifest { file, reason } })
    }

    fn wait_while_paused(&self) -> Result<(), Halt> {
        while self.control.is_paused() {
            std::thread::sleep(Duration::from_millis(50));
        }
        if self.control.is_cancelled() { Err(Halt::Cancelled) } else { Ok(()) }
    }

    /// Targets first, the journal when they are on the disk.
    fn checkpoint(&mut self, kept: Option<&mut File>) -> Result<(), WeightsError> {
        for (target, is_dirty) in self.targets.iter().zip(&mut self.is_dirty) {
            if std::mem::take(is_dirty) {
                target.sync_data()?;
            }
        }
        if let Some(kept) = kept {
            kept.sync_data()?;
        }
        self.journal.write(self.work)
    }

    fn progress(&self, source_idx: usize, source: &Source) {
        self.report.send(InstallEvent::Progress {
            file: source.name.to_string(),
            file_done: self.journal.sources[source_idx].n_done,
            file_total: source.n_bytes,
            done: self.journal.sources.iter().map(|state| state.n_done).sum(),
            total: self.recipe.n_source_bytes(),
        });
    }

    /// Reads the targets back, for their hashes.
    fn finish(mut self) -> Result<Made, Halt> {
        let began = Instant::now();
        let total = self.recipe.n_target_bytes();
        let mut done = 0;
        let mut files = Vec::new();
        for target in &self.recipe.targets {
            let path = self.work.join(target.name.as_str());
            files.push(record_with(&path, target.name.as_str(), self.control, &mut |n_bytes| {
                done += n_bytes;
                self.report.send(InstallEvent::Checking { done, total });
            })?);
        }
        for target in &self.targets {
            target.sync_all()?;
        }
        self.times.checking_s = began.elapsed().as_secs_f64();
        Ok(Made { files, times: self.times })
    }
}

/// Reads a file and says what it is.
///
/// # Errors
/// [`Halt::Cancelled`], and those of the disk.
pub fn record(path: &Path, name: &str, control: &Control) -> Result<FileRecord, Halt> {
    record_with(path, name, control, &mut |_| {})
}

/// As [`record`]; `on_bytes` is told bytes as they are read.
pub(crate) fn record_with(
    path: &Path,
    name: &str,
    control: &Control,
    on_bytes: &mut dyn FnMut(u64),
) -> Result<FileRecord, Halt> {
    let mut file = File::open(path)?;
    let mut hash = Hash::begin(None, 0);
    let mut buffer = vec![0; 1 << 20];
    let mut n_bytes = 0;
    loop {
        if control.is_cancelled() {
            return Err(Halt::Cancelled);
        }
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        n_bytes += n as u64;
        on_bytes(n as u64);
    }
    let (Checksum::Sha256(sha256) | Checksum::GitBlob(sha256)) = hash.finish();
    Ok(FileRecord { name: name.to_owned(), n_bytes, sha256 })
}

fn create_target(work: &Path, target: &Target) -> Result<File, WeightsError> {
    let path = work.join(target.name.as_str());
    let mut options = OpenOptions::new();
    let mut file = options.create(true).truncate(true).write(true).read(true).open(path)?;
    file.write_all(&target.header)?;
    // Without writing zeros, where the system can: the space is taken as the rows come.
    file.set_len(target.n_bytes)?;
    file.sync_all()?;
    Ok(file)
}

/// The targets of an earlier call; `None` when one is not as it was left.
fn reopen_targets(recipe: &Recipe, work: &Path) -> Result<Option<Vec<File>>, WeightsError> {
    let mut files = Vec::new();
    for target in &recipe.targets {
        let path = work.join(target.name.as_str());
        let Ok(mut file) = OpenOptions::new().write(true).read(true).open(path) else {
            return Ok(None);
        };
        let mut header = vec![0; target.header.len()];
        let whole = file.metadata()?.len() == target.n_bytes
            && file.read_exact(&mut header).is_ok()
            && header == target.header;
        if !whole {
            return Ok(None);
        }
        files.push(file);
    }
    Ok(Some(files))
}

/// A source's bytes in order.
enum Reader {
    Local(File),
    Remote {
        pieces: Pieces,
        /// The last piece, of which `at` bytes are taken.
        rest: Vec<u8>,
        at: usize,
        name: String,
    },
}

impl Reader {
    fn read(&mut self, n_bytes: usize) -> Result<Vec<u8>, SourceEnd> {
        match self {
            Self::Local(file) => {
                let mut bytes = vec![0; n_bytes];
                file.read_exact(&mut bytes).map_err(WeightsError::Io)?;
                Ok(bytes)
            }
            Self::Remote { pieces, rest, at, name } => {
                let mut bytes = Vec::with_capacity(n_bytes);
                loop {
                    let n = (n_bytes - bytes.len()).min(rest.len() - *at);
                    bytes.extend_from_slice(&rest[*at..*at + n]);
                    *at += n;
                    if bytes.len() == n_bytes {
                        return Ok(bytes);
                    }
                    (*rest, *at) = match pieces.blocking_recv() {
                        Some(Ok(piece)) => (piece, 0),
                        Some(Err(Broken::Halt(halt))) => return Err(SourceEnd::Halt(halt)),
                        Some(Err(Broken::Changed)) => {
                            let (file, reason) = (name.clone(), "it changed while it was sent");
                            let (host, reason) = ("the hub".into(), reason.into());
                            let error = WeightsError::Answer { host, file, reason };
                            return Err(SourceEnd::Wrong { error });
                        }
                        None => return Err(SourceEnd::Halt(Halt::Cancelled)),
                    };
                }
            }
        }
    }
}
