//! Bodies of requests: JSON, of a size and within a time, and all of them together within a memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::options::Limits;
use crate::refusal::Refusal;

/// Room is given out in pieces of so many bytes: a semaphore counts to 2^29 on small machines.
const PIECE_BYTES: usize = 1 << 10;
/// A body begins with so much room, whatever its head promises.
const FIRST_BYTES: usize = 64 << 10;
/// Of a body that is refused, so much is read and dropped: a client that is still sending would not
/// read why it was refused.
const MAX_DROPPED_BYTES: usize = 1 << 30;

/// The room for bodies.
pub(crate) struct Bodies {
    room: Arc<Semaphore>,
    limit_bytes: usize,
    time: Duration,
}

/// A body, and the room that it takes for as long as this is held.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    pub(crate) room: Room,
}

/// Room that is taken until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Room(Option<OwnedSemaphorePermit>);

impl Bodies {
    pub(crate) fn new(limits: &Limits) -> Self {
        let room = Arc::new(Semaphore::new(limits.all_bodies_bytes / PIECE_BYTES));
        Self { room, limit_bytes: limits.body_bytes, time: limits.body_time }
    }

    /// Reads a body that says that it is JSON.
    ///
    /// # Errors
    /// [`Refusal::NotJson`], [`Refusal::TooLarge`], [`Refusal::Slow`], [`Refusal::BrokenOff`],
    /// [`Refusal::NoRoom`]. Where it is worth it, the rest of the body was read and dropped.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Received, Refusal> {
        let slow = Refusal::Slow { limit: self.time };
        let read = async {
            let mut body = body;
            let refused = match check_head(headers, self.limit_bytes) {
                Ok(()) => match self.collect(&mut body).await {
                    Ok(received) => return Ok(received),
                    Err(refused) => refused,
                },
                Err(refused) => refused,
            };
            drop_rest(headers, body).await;
            Err(refused)
        };
        tokio::time::timeout(self.time, read).await.unwrap_or(Err(slow))
    }

    /// Reads and drops the body of a request that is refused, for as long as it may take.
    pub(crate) async fn drop(&self, headers: &HeaderMap, body: Body) {
        // One that is too slow is cut off.
        let _ = tokio::time::timeout(self.time, drop_rest(headers, body)).await;
    }

    async fn collect(&self, body: &mut Body) -> Result<Received, Refusal> {
        let mut bytes = Vec::with_capacity(FIRST_BYTES.min(self.limit_bytes));
        let mut room = Room::default();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Refusal::BrokenOff)?.into_data() else { continue };
            if bytes.len() + data.len() > self.limit_bytes {
                return Err(Refusal::TooLarge { limit_bytes: self.limit_bytes });
            }
            self.make_room(&mut room, bytes.len(), &data)?;
            bytes.extend_from_slice(&data);
        }
        Ok(Received { bytes, room })
    }

    fn make_room(&self, room: &mut Room, n_bytes: usize, data: &Bytes) -> Result<(), Refusal> {
        let n_pieces = |n_bytes: usize| n_bytes.div_ceil(PIECE_BYTES);
        let n_more = n_pieces(n_bytes + data.len()) - n_pieces(n_bytes);
        let n_more = u32::try_from(n_more).map_err(|_| Refusal::NoRoom)?;
        let more = Arc::clone(&self.room).try_acquire_many_owned(n_more);
        let more = more.map_err(|_| Refusal::NoRoom)?;
        match &mut room.0 {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

/// Checks what the head says of the body.
fn check_head(headers: &HeaderMap, limit_bytes: usize) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let kind = text(header::CONTENT_TYPE);
    let kind = kind.ok_or_else(|| Refusal::NotJson { what: "of no stated type".into() })?;
    let is_json = |kind: &str| kind.trim().eq_ignore_ascii_case("application/json");
    if !kind.split(';').next().is_some_and(is_json) {
        return Err(Refusal::NotJson { what: kind.into_owned() });
    }
    if let Some(encoding) = text(header::CONTENT_ENCODING)
        && !encoding.trim().eq_ignore_ascii_case("identity")
    {
        return Err(Refusal::NotJson { what: format!("compressed by {encoding}") });
    }
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    match length {
        Some(length) if length > limit_bytes as u64 => Err(Refusal::TooLarge { limit_bytes }),
        _ => Ok(()),
    }
}

async fn drop_rest(headers: &HeaderMap, mut body: Body) {
    // Its client has sent nothing yet, and will read the refusal.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let mut n_dropped = 0;
    while n_dropped < MAX_DROPPED_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        n_dropped += frame.data_ref().map_or(0, Bytes::len);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn limits(body_bytes: usize, all_bodies_bytes: usize) -> Limits {
        Limits { body_bytes, all_bodies_bytes, ..Limits::default() }
    }

    fn json_headers() -> HeaderMap {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        HeaderMap::from_iter([(header::CONTENT_TYPE, json)])
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(future)
    }

    #[test]
    fn only_json_that_is_small_enough_is_read() {
        let bodies = Bodies::new(&limits(10, 1 << 20));
        let read = |headers: &HeaderMap, text: &'static str| {
            block_on(bodies.read(headers, Body::from(text))).map(|received| received.bytes)
        };
        let headers = json_headers();
        assert_eq!(read(&headers, "0123456789").unwrap(), b"0123456789");
        assert!(matches!(read(&headers, "0123456789A"), Err(Refusal::TooLarge { .. })));
        assert!(matches!(read(&HeaderMap::new(), "{}"), Err(Refusal::NotJson { .. })));
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            let mut headers = headers.clone();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            assert!(matches!(read(&headers, "{}"), Err(Refusal::NotJson { .. })), "{kind}");
        }
        let mut packed = headers.clone();
        packed.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(matches!(read(&packed, "{}"), Err(Refusal::NotJson { .. })));
        let mut promised = headers;
        promised.insert(header::CONTENT_LENGTH, HeaderValue::from_static("11"));
        assert!(matches!(read(&promised, "{}"), Err(Refusal::TooLarge { .. })));
    }

    #[test]
    fn all_bodies_together_take_no_more_than_their_room() {
        let bodies = Bodies::new(&limits(2048, 2 * PIECE_BYTES));
        let headers = json_headers();
        let read = |n: usize| block_on(bodies.read(&headers, Body::from("x".repeat(n))));
        let (first, second) = (read(1).unwrap(), read(PIECE_BYTES).unwrap());
        assert!(matches!(read(1), Err(Refusal::NoRoom)));
        drop(first.room);
        assert!(matches!(read(PIECE_BYTES + 1), Err(Refusal::NoRoom)));
        drop(second);
        assert!(read(2 * PIECE_BYTES).is_ok());
        assert!(read(2 * PIECE_BYTES).is_ok(), "it was given back");
    }

    #[test]
    fn a_body_that_does_not_come_is_given_up() {
        let time = Duration::from_millis(20);
        let bodies = Bodies::new(&Limits { body_time: time, ..Limits::default() });
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let headers = json_headers();
        let read = bodies.read(&headers, Body::from_stream(never));
        assert!(matches!(block_on(read), Err(Refusal::Slow { .. })));
    }
}
