//! Carries out a recipe in a work folder, from where an earlier run left it.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs_err::{File, OpenOptions};
use lorgnette_interrupt::{Cancel, Interrupted};

use crate::checksum::{Checksum, Hash};
use crate::error::WeightsError;
use crate::failure::{Failure, Remedy};
use crate::fetch::Pieces;
use crate::hub::Hub;
use crate::journal::{Journal, SourceState};
use crate::recipe::{Recipe, Source, Target};
use crate::report::{InstallEvent, Report};

/// The steps in which the work is done.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// Source bytes that are quantised at once. Some five times as much is in memory.
    pub chunk_bytes: u64,
    /// Source bytes after which the journal is written.
    pub checkpoint_bytes: u64,
    /// Time after which the journal is written, however few bytes came.
    pub checkpoint_time: Duration,
    /// A folder in which the sources are kept; `None` keeps none.
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

/// A finished file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileRecord {
    /// Name in its folder.
    pub name: String,
    /// Size in bytes.
    pub n_bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// Seconds that each kind of work took.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Times {
    /// Seconds of waiting for bytes.
    pub waiting_s: f64,
    /// Seconds of hashing and quantising.
    pub computing_s: f64,
    /// Seconds of writing and flushing.
    pub writing_s: f64,
    /// Seconds of reading the finished files back.
    pub checking_s: f64,
    /// Source bytes that this run took.
    pub n_bytes: u64,
}

/// The result of an installation.
#[derive(Debug, Clone)]
pub struct Made {
    /// The finished files, in the order of the recipe's targets.
    pub files: Vec<FileRecord>,
    /// Seconds that each kind of work took.
    pub times: Times,
}

/// Source bytes that are done in a work folder; 0 when the work there is another recipe's.
pub fn n_done(recipe: &Recipe, work: &Path, options: &InstallOptions) -> u64 {
    let fingerprint = recipe.fingerprint(options.chunk_bytes);
    let journal = Journal::read(work, &fingerprint, &recipe.sources);
    journal.map_or(0, |journal| journal.sources.iter().map(|state| state.n_done).sum())
}

/// Makes the recipe's files in the folder `work`, and goes on with what an earlier call has done for
/// the same recipe.
///
/// It blocks, so that async code must not call it. `hub` is needed for sources that are fetched.
///
/// # Errors
/// [`Interrupted`]; another call goes on from there in either case.
pub fn run(
    recipe: &Recipe,
    hub: Option<&Hub>,
    work: &Path,
    options: &InstallOptions,
    cancel: &Cancel,
    report: &Report,
) -> Result<Made, Interrupted<WeightsError>> {
    recipe.check()?;
    let make = || {
        let mut installer = Installer::open(recipe, hub, work, options, cancel, report)?;
        for source_idx in 0..recipe.sources.len() {
            installer.source(source_idx)?;
        }
        installer.finish()
    };
    make().map_err(|end: Interrupted<WeightsError>| end.map(|error| error.in_folder(work)))
}

struct Installer<'a> {
    recipe: &'a Recipe,
    hub: Option<&'a Hub>,
    work: &'a Path,
    options: &'a InstallOptions,
    cancel: &'a Cancel,
    report: &'a Report,
    targets: Vec<File>,
    /// Whether each target was written to since it was flushed.
    is_dirty: Vec<bool>,
    journal: Journal,
    times: Times,
}

impl<'a> Installer<'a> {
    fn open(
        recipe: &'a Recipe,
        hub: Option<&'a Hub>,
        work: &'a Path,
        options: &'a InstallOptions,
        cancel: &'a Cancel,
        report: &'a Report,
    ) -> Result<Self, WeightsError> {
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
        Ok(Self { recipe, hub, work, options, cancel, report, targets, is_dirty, journal, times })
    }

    /// Takes one source to its end, and begins again once when it is not what it should be.
    fn source(&mut self, source_idx: usize) -> Result<(), Interrupted<WeightsError>> {
        let source = &self.recipe.sources[source_idx];
        while !self.journal.sources[source_idx].is_verified {
            let error = match self.take(source_idx, source) {
                Ok(()) => break,
                Err(Interrupted::Failed(Failure { error, remedy: Remedy::Restart })) => error,
                Err(end) => return Err(end.err_into()),
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

    fn take(&mut self, source_idx: usize, source: &Source) -> Result<(), Interrupted<Failure>> {
        let state = self.journal.sources[source_idx].clone();
        let mut position = state.n_done;
        let fresh = || Hash::begin(source.checksum.as_ref(), source.n_bytes);
        let mut hash = Hash::from_state(&state.hash).unwrap_or_else(fresh);
        let mut copy = self.source_copy(source, position)?;
        let mut reader = self.reader(source, position, state.n_restarts)?;
        let (mut n_since, mut since) = (0, Instant::now());
        while position < source.n_bytes {
            self.cancel.wait()?;
            let chunk = source.chunk_at(position, self.options.chunk_bytes);
            let n_bytes = (chunk.bytes.end - chunk.bytes.start) as usize;
            let began = Instant::now();
            let bytes = reader.read(n_bytes)?;
            self.times.waiting_s += began.elapsed().as_secs_f64();

            let began = Instant::now();
            if let Some(copy) = &mut copy {
                copy.write_all(&bytes).map_err(WeightsError::Io)?;
            }
            // One core hashes while the others quantise.
            let ((), written) =
                rayon::join(|| hash.update(&bytes), || source.convert(&chunk, &bytes));
            let written = match written {
                Ok(written) => written,
                // Damaged bytes often are no numbers; the hash decides whether they are published.
                Err(error) if source.checksum.is_some() => {
                    return Err(Failure::restart(error.into()).into());
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
                self.checkpoint(copy.as_mut())?;
                (n_since, since) = (0, Instant::now());
            }
            self.times.writing_s += began.elapsed().as_secs_f64();
            self.progress(source_idx, source);
        }
        if let Some(checksum) = &source.checksum
            && hash.finish() != *checksum
        {
            let (file, expected) = (source.name.to_string(), checksum.text().to_owned());
            return Err(Failure::restart(WeightsError::WrongHash { file, expected }).into());
        }
        self.journal.sources[source_idx].is_verified = true;
        self.checkpoint(copy.as_mut())?;
        Ok(())
    }

    /// Opens a source at a byte: a copy on this machine, unless that was found wrong.
    fn reader(&self, source: &Source, from: u64, n_restarts: u32) -> Result<Reader, Failure> {
        let remote = source.remote.as_ref().zip(self.hub);
        match (&source.local, remote) {
            (Some(path), remote) if n_restarts == 0 || remote.is_none() => {
                let mut file = File::open(path).map_err(WeightsError::Io)?;
                let found_bytes = file.metadata().map_err(WeightsError::Io)?.len();
                if found_bytes != source.n_bytes {
                    let (file, expected_bytes) = (source.name.to_string(), source.n_bytes);
                    let error = WeightsError::WrongSize { file, found_bytes, expected_bytes };
                    return Err(Failure::restart(error));
                }
                file.seek(SeekFrom::Start(from)).map_err(WeightsError::Io)?;
                Ok(Reader::Local(file))
            }
            (_, Some((remote, hub))) => Ok(Reader::Remote {
                pieces: hub.pieces(remote.clone(), from),
                rest: Vec::new(),
                at: 0,
            }),
            (_, None) => {
                let what = source.name.to_string();
                Err(WeightsError::Offline { what }.into())
            }
        }
    }

    /// Opens the file that a source is copied to, at the position.
    fn source_copy(&self, source: &Source, position: u64) -> Result<Option<File>, Failure> {
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
        // The work was begun without a copy: what went by is gone.
        let reason = "its first part was not kept; it is fetched again".to_owned();
        let file = source.name.to_string();
        Err(Failure::restart(WeightsError::Manifest { file, reason }))
    }

    /// Flushes the targets, and writes the journal when they are on the disk.
    fn checkpoint(&mut self, copy: Option<&mut File>) -> Result<(), WeightsError> {
        for (target, is_dirty) in self.targets.iter().zip(&mut self.is_dirty) {
            if std::mem::take(is_dirty) {
                target.sync_data()?;
            }
        }
        if let Some(copy) = copy {
            copy.sync_data()?;
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

    /// Reads the targets back to hash them.
    fn finish(mut self) -> Result<Made, Interrupted<WeightsError>> {
        let began = Instant::now();
        let total = self.recipe.n_target_bytes();
        let mut done = 0;
        let mut files = Vec::new();
        for target in &self.recipe.targets {
            let path = self.work.join(target.name.as_str());
            files.push(record_with(&path, target.name.as_str(), self.cancel, &mut |n_bytes| {
                done += n_bytes;
                self.report.send(InstallEvent::Checking { done, total });
            })?);
        }
        for target in &self.targets {
            target.sync_all().map_err(WeightsError::Io)?;
        }
        self.times.checking_s = began.elapsed().as_secs_f64();
        Ok(Made { files, times: self.times })
    }
}

/// Reads a file and hashes it.
///
/// # Errors
/// [`Interrupted`], with [`WeightsError::Io`].
pub fn record(
    path: &Path,
    name: &str,
    cancel: &Cancel,
) -> Result<FileRecord, Interrupted<WeightsError>> {
    record_with(path, name, cancel, &mut |_| {})
}

/// As [`record`]; `on_bytes` is told the number of bytes as they are read.
pub(crate) fn record_with(
    path: &Path,
    name: &str,
    cancel: &Cancel,
    on_bytes: &mut dyn FnMut(u64),
) -> Result<FileRecord, Interrupted<WeightsError>> {
    let mut file = File::open(path).map_err(WeightsError::Io)?;
    let mut hash = Hash::begin(None, 0);
    let mut buffer = vec![0; 1 << 20];
    let mut n_bytes = 0;
    loop {
        cancel.check()?;
        let n = file.read(&mut buffer).map_err(WeightsError::Io)?;
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

/// Opens the targets of an earlier call; `None` when one is not as it was left.
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

/// The bytes of a source in order.
enum Reader {
    Local(File),
    Remote {
        pieces: Pieces,
        /// The last piece, of which the first `at` bytes are taken.
        rest: Vec<u8>,
        at: usize,
    },
}

impl Reader {
    fn read(&mut self, n_bytes: usize) -> Result<Vec<u8>, Interrupted<Failure>> {
        match self {
            Self::Local(file) => {
                let mut bytes = vec![0; n_bytes];
                file.read_exact(&mut bytes).map_err(WeightsError::Io)?;
                Ok(bytes)
            }
            Self::Remote { pieces, rest, at } => {
                let mut bytes = Vec::with_capacity(n_bytes);
                loop {
                    let n = (n_bytes - bytes.len()).min(rest.len() - *at);
                    bytes.extend_from_slice(&rest[*at..*at + n]);
                    *at += n;
                    if bytes.len() == n_bytes {
                        return Ok(bytes);
                    }
                    // Without a sender the runtime ends.
                    let piece = pieces.blocking_recv().unwrap_or(Err(Interrupted::Cancelled))?;
                    (*rest, *at) = (piece, 0);
                }
            }
        }
    }
}
