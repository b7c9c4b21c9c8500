//! Fetches a file as ordered bytes: several ranges in flight, one stream out.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt as _, stream};
use lorgnette_interrupt::Interrupted;
use reqwest::Url;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::WeightsError;
use crate::failure::{Failure, Remedy};
use crate::http::{Answer, Http, Tries};

/// A file on the hub, or on a host that the hub names.
#[derive(Debug, Clone)]
pub(crate) struct RemoteFile {
    pub(crate) url: Url,
    /// Its name in messages.
    pub(crate) name: String,
    pub(crate) n_bytes: u64,
}

/// A file's bytes in order, in pieces of any size.
pub(crate) type Pieces = mpsc::Receiver<Piece>;
pub(crate) type Piece = Result<Vec<u8>, Interrupted<Failure>>;

/// Begins to fetch the bytes from `from` on. Dropping the pieces ends it.
pub(crate) fn pieces(http: &Arc<Http>, file: RemoteFile, from: u64) -> Pieces {
    let (sender, receiver) = mpsc::channel(1);
    let fetch = Arc::new(Fetch { http: Arc::clone(http), file, etag: Mutex::new(None) });
    tokio::spawn(async move { fetch.run(from, &sender).await });
    receiver
}

/// Fetches one range of a file.
pub(crate) async fn range(
    http: &Arc<Http>,
    file: &RemoteFile,
    range: Range<u64>,
) -> Result<Vec<u8>, Interrupted<WeightsError>> {
    let fetch = Fetch { http: Arc::clone(http), file: file.clone(), etag: Mutex::new(None) };
    let part = match fetch.part(range.clone()).await {
        Err(Interrupted::Failed(Failure { remedy: Remedy::WholeFile, .. })) => {
            fetch.whole_range(range).await
        }
        part => part,
    };
    part.map_err(Interrupted::err_into)
}

struct Fetch {
    http: Arc<Http>,
    file: RemoteFile,
    /// The `ETag` of the first answer, which all others must have.
    etag: Mutex<Option<String>>,
}

/// Ends its task when it is dropped: a part that nobody waits for is not fetched.
struct Task(JoinHandle<Piece>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fetch {
    async fn run(self: &Arc<Self>, from: u64, sender: &mpsc::Sender<Piece>) {
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
                Ok(Err(Interrupted::Failed(Failure { remedy: Remedy::WholeFile, .. }))) => {
                    drop(parts);
                    return self.whole(position, sender).await;
                }
                Ok(Err(end)) => Err(end),
                // The task was ended with the runtime.
                Err(_) => Err(Interrupted::Cancelled),
            };
            let is_end = piece.is_err();
            if sender.send(piece).await.is_err() || is_end {
                return;
            }
        }
    }

    /// Fetches a range, over as many connections as it takes.
    async fn part(&self, range: Range<u64>) -> Piece {
        let n_bytes = (range.end - range.start) as usize;
        let mut bytes = Vec::with_capacity(n_bytes);
        let mut tries = Tries::new(&self.http);
        while bytes.len() < n_bytes {
            let before = bytes.len();
            let rest = range.start + before as u64..range.end;
            let Err(end) = self.try_part(rest, &mut bytes).await else { continue };
            if bytes.len() > before {
                tries.progress();
            }
            tries.after(end).await?;
        }
        Ok(bytes)
    }

    async fn try_part(
        &self,
        range: Range<u64>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Interrupted<Failure>> {
        let n_expected = (range.end - range.start) as usize;
        let asked = Some((range, self.file.n_bytes));
        let answer = self.http.get(&self.file.url, &self.file.name, asked).await?;
        if answer.is_whole && n_expected as u64 != self.file.n_bytes {
            let (host, reason) = (answer.host, "it sends no ranges".into());
            let error = WeightsError::Answer { host, file: self.file.name.clone(), reason };
            return Err(Failure { error, remedy: Remedy::WholeFile }.into());
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
            return Err(Failure::retry(WeightsError::Connect { host, reason }).into());
        }
        Ok(())
    }

    /// Fetches the bytes from `from` on where the server sends no ranges: the whole file, of which
    /// the beginning is dropped.
    async fn whole(&self, from: u64, sender: &mpsc::Sender<Piece>) {
        let mut position = from;
        let mut tries = Tries::new(&self.http);
        while position < self.file.n_bytes {
            let before = position;
            let Err(end) = self.try_whole(&mut position, sender).await else { return };
            if position > before {
                tries.progress();
            }
            if let Err(end) = tries.after(end).await {
                let _ = sender.send(Err(end)).await;
                return;
            }
        }
    }

    async fn try_whole(
        &self,
        position: &mut u64,
        sender: &mpsc::Sender<Piece>,
    ) -> Result<(), Interrupted<Failure>> {
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
                    return Err(Interrupted::Cancelled); // nobody listens
                }
            }
            at = end;
        }
        if *position < self.file.n_bytes {
            let reason = "the answer ended early".to_owned();
            return Err(Failure::retry(WeightsError::Connect { host, reason }).into());
        }
        Ok(())
    }

    /// Fetches a range where the server sends no ranges.
    async fn whole_range(&self, range: Range<u64>) -> Piece {
        let (sender, mut receiver): (_, Pieces) = mpsc::channel(1);
        let n_bytes = (range.end - range.start) as usize;
        let take = async move {
            let mut bytes = Vec::new();
            while bytes.len() < n_bytes {
                // Without a sender the runtime ends.
                let piece = receiver.recv().await.unwrap_or(Err(Interrupted::Cancelled))?;
                bytes.extend_from_slice(&piece);
            }
            bytes.truncate(n_bytes);
            Ok(bytes)
            // The receiver is gone, which ends the other side.
        };
        let give = async move { self.whole(range.start, &sender).await };
        tokio::join!(take, give).0
    }

    fn check_etag(&self, answer: &Answer) -> Result<(), Failure> {
        let mut first = self.etag.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (&*first, &answer.etag) {
            (Some(first), Some(etag)) if first != etag => Err(self.changed()),
            (None, Some(etag)) => {
                *first = Some(etag.clone());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The server has another file than before.
    fn changed(&self) -> Failure {
        let file = self.file.name.clone();
        let host = crate::http::host_of(&self.file.url);
        let reason = "it changed while it was sent".into();
        Failure::restart(WeightsError::Answer { host, file, reason })
    }

    fn too_long(&self, host: String) -> Failure {
        let reason = "more bytes than were asked for".to_owned();
        Failure::retry(WeightsError::Answer { host, file: self.file.name.clone(), reason })
    }
}
