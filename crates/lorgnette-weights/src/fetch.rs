//! A remote file as ordered bytes: several ranges in flight, one stream out.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt as _, stream};
use reqwest::Url;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::{Halt, WeightsError};
use crate::http::{Answer, Http, Tries, Trouble};

/// A file on the hub, or on a host that the hub names.
#[derive(Debug, Clone)]
pub(crate) struct RemoteFile {
    pub(crate) url: Url,
    /// What errors call it.
    pub(crate) name: String,
    pub(crate) n_bytes: u64,
}

/// Why a stream ended early.
#[derive(Debug)]
pub(crate) enum Broken {
    Halt(Halt),
    /// The server has another file now.
    Changed,
}

impl From<Halt> for Broken {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// The file's bytes from `from` on, in order, in pieces of any size.
pub(crate) type Pieces = mpsc::Receiver<Result<Vec<u8>, Broken>>;

/// Begins to fetch. Dropping the pieces ends it.
pub(crate) fn pieces(http: &Arc<Http>, file: RemoteFile, from: u64) -> Pieces {
    let (sender, receiver) = mpsc::channel(1);
    let fetch = Arc::new(Fetch { http: Arc::clone(http), file, etag: Mutex::new(None) });
    tokio::spawn(async move { fetch.run(from, &sender).await });
    receiver
}

/// One range of a file, whole.
pub(crate) async fn range(
    http: &Arc<Http>,
    file: &RemoteFile,
    range: Range<u64>,
) -> Result<Vec<u8>, Halt> {
    let fetch = Fetch { http: Arc::clone(http), file: file.clone(), etag: Mutex::new(None) };
    match fetch.part(range.clone()).await {
        Ok(bytes) => Ok(bytes),
        Err(PartEnd::Broken(Broken::Halt(halt))) => Err(halt),
        Err(PartEnd::Broken(Broken::Changed)) => Err(fetch.changed().into()),
        Err(PartEnd::NoRanges) => fetch.whole_range(range).await,
    }
}

struct Fetch {
    http: Arc<Http>,
    file: RemoteFile,
    /// Of the first answer.
    etag: Mutex<Option<String>>,
}

/// Why a part has no bytes.
enum PartEnd {
    Broken(Broken),
    /// The server sends whole files only.
    NoRanges,
}

/// Ends the task with it: a part that nobody waits for is not fetched.
struct Task(JoinHandle<Result<Vec<u8>, PartEnd>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fetch {
    async fn run(self: &Arc<Self>, from: u64, sender: &mpsc::Sender<Result<Vec<u8>, Broken>>) {
        let part_bytes = self.http.options.part_bytes.max(1);
        let n_parts = (self.file.n_bytes - from).div_ceil(part_bytes);
        let ranges = (0..n_parts).map(|i| {
            let start = from + i * part_bytes;
            start..(start + part_bytes).min(self.file.n_bytes)
        });
        // Tasks of their own, so that they go on while the receiver computes.
        let tasks = ranges.map(|range| {
            let fetch = Arc::clone(self);
            async move {
                let mut task = Task(tokio::spawn(async move { fetch.part(range).await }));
                (&mut task.0).await
            }
        });
        let mut parts = stream::iter(tasks).buffered(self.http.options.n_parts.max(1));
        let mut position = from;
        while let Some(part) = parts.next().await {
            let piece = match part {
                Ok(Ok(bytes)) => {
                    position += bytes.len() as u64;
                    Ok(bytes)
                }
                Ok(Err(PartEnd::Broken(broken))) => Err(broken),
                Ok(Err(PartEnd::NoRanges)) => {
                    drop(parts);
                    return self.whole(position, sender).await;
                }
                // The task was ended with the runtime.
                Err(_) => Err(Broken::Halt(Halt::Cancelled)),
            };
            let is_end = piece.is_err();
            if sender.send(piece).await.is_err() || is_end {
                return;
            }
        }
    }

    /// The bytes of a range, over as many connections as it takes.
    async fn part(&self, range: Range<u64>) -> Result<Vec<u8>, PartEnd> {
        let n_bytes = (range.end - range.start) as usize;
        let mut bytes = Vec::with_capacity(n_bytes);
        let mut tries = Tries::new(&self.http);
        while bytes.len() < n_bytes {
            let before = bytes.len();
            let rest = range.start + before as u64..range.end;
            let trouble = match self.try_part(rest, &mut bytes).await {
                Ok(()) => None,
                Err(TryEnd::Trouble(trouble)) => Some(trouble),
                Err(TryEnd::End(end)) => return Err(end),
            };
            if bytes.len() > before {
                tries.progress();
            }
            if let Some(trouble) = trouble {
                tries.after(trouble).await.map_err(|halt| PartEnd::Broken(halt.into()))?;
            }
        }
        Ok(bytes)
    }

    async fn try_part(&self, range: Range<u64>, bytes: &mut Vec<u8>) -> Result<(), TryEnd> {
        let n_expected = (range.end - range.start) as usize;
        let asked = Some((range, self.file.n_bytes));
        let answer = self.http.get(&self.file.url, &self.file.name, asked).await?;
        if answer.is_whole && n_expected as u64 != self.file.n_bytes {
            return Err(TryEnd::End(PartEnd::NoRanges));
        }
        self.check_etag(&answer)?;
        let Answer { mut response, host, .. } = answer;
        let mut n_found = 0;
        while let Some(piece) = self.http.piece(&mut response, &host).await? {
            n_found += piece.len();
            if n_found > n_expected {
                return Err(self.too_long(host).into());
            }
            bytes.extend_from_slice(&piece);
        }
        if n_found < n_expected {
            let reason = "the answer ended early".to_owned();
            return Err(Trouble::again(WeightsError::Connect { host, reason }).into());
        }
        Ok(())
    }

    /// The file's bytes from `from` on, of a server that knows no ranges: all of it, what is there
    /// already thrown away.
    async fn whole(&self, from: u64, sender: &mpsc::Sender<Result<Vec<u8>, Broken>>) {
        let mut position = from;
        let mut tries = Tries::new(&self.http);
        while position < self.file.n_bytes {
            let before = position;
            let Err(end) = self.try_whole(&mut position, sender).await else { return };
            if position > before {
                tries.progress();
            }
            let halt = match end {
                TryEnd::Trouble(trouble) => match tries.after(trouble).await {
                    Ok(()) => continue,
                    Err(halt) => Broken::Halt(halt),
                },
                TryEnd::End(PartEnd::Broken(broken)) => broken,
                TryEnd::End(PartEnd::NoRanges) => Broken::Halt(Halt::Cancelled), // nobody listens
            };
            let _ = sender.send(Err(halt)).await;
            return;
        }
    }

    async fn try_whole(
        &self,
        position: &mut u64,
        sender: &mpsc::Sender<Result<Vec<u8>, Broken>>,
    ) -> Result<(), TryEnd> {
        let asked = Some((0..self.file.n_bytes, self.file.n_bytes));
        let answer = self.http.get(&self.file.url, &self.file.name, asked).await?;
        self.check_etag(&answer)?;
        let Answer { mut response, host, .. } = answer;
        let mut at = 0_u64;
        while let Some(piece) = self.http.piece(&mut response, &host).await? {
            let end = at + piece.len() as u64;
            if end > self.file.n_bytes {
                return Err(self.too_long(host).into());
            }
            if end > *position {
                let new = piece[(*position - at) as usize..].to_vec();
                *position = end;
                if sender.send(Ok(new)).await.is_err() {
                    return Err(TryEnd::End(PartEnd::NoRanges));
                }
            }
            at = end;
        }
        if *position < self.file.n_bytes {
            let reason = "the answer ended early".to_owned();
            return Err(Trouble::again(WeightsError::Connect { host, reason }).into());
        }
        Ok(())
    }

    /// A range of a file of a server that knows no ranges.
    async fn whole_range(&self, range: Range<u64>) -> Result<Vec<u8>, Halt> {
        let (sender, mut receiver): (_, Pieces) = mpsc::channel(1);
        let n_bytes = (range.end - range.start) as usize;
        let take = async move {
            let mut bytes = Vec::new();
            while bytes.len() < n_bytes {
                match receiver.recv().await {
                    Some(Ok(piece)) => bytes.extend_from_slice(&piece),
                    Some(Err(Broken::Halt(halt))) => return Err(halt),
                    Some(Err(Broken::Changed)) => return Err(self.changed().into()),
                    None => return Err(Halt::Cancelled), // the runtime ends
                }
            }
            bytes.truncate(n_bytes);
            Ok(bytes)
            // The receiver is gone, which ends the other side.
        };
        let give = async move { self.whole(range.start, &sender).await };
        tokio::join!(take, give).0
    }

    fn check_etag(&self, answer: &Answer) -> Result<(), TryEnd> {
        let mut first = self.etag.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (&*first, &answer.etag) {
            (Some(first), Some(etag)) if first != etag => {
                Err(TryEnd::End(PartEnd::Broken(Broken::Changed)))
            }
            (None, Some(etag)) => {
                *first = Some(etag.clone());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn changed(&self) -> WeightsError {
        let file = self.file.name.clone();
        let host = crate::http::host_of(&self.file.url);
        WeightsError::Answer { host, file, reason: "it changes while it is sent".into() }
    }

    fn too_long(&self, host: String) -> Trouble {
        let reason = "more bytes than were asked for".to_owned();
        Trouble::again(WeightsError::Answer { host, file: self.file.name.clone(), reason })
    }
}

/// How one connection ended.
enum TryEnd {
    Trouble(Trouble),
    End(PartEnd),
}

impl From<Trouble> for TryEnd {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}
