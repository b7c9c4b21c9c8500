//! Connections: how many, and for how long without a word.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use lorgnette_app::Cancel;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

use crate::options::Limits;

/// What who comes too late is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    content-length: 76\r\n\
    retry-after: 5\r\n\
    connection: close\r\n\r\n\
    {\"error\":{\"message\":\"too many connections; ask again later\",\"code\":\"full\"}}\n";
/// Telling it takes no longer than this.
const TELLING_TAKES: Duration = Duration::from_secs(1);
/// When a connection could not be taken, because there are too many files for example.
const AFTER_ERROR: Duration = Duration::from_millis(100);
/// How long the server waits for connections to end when it is stopped.
const STOPPING_TAKES: Duration = Duration::from_secs(2);
/// Bytes of a head.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Takes connections until `stop` is cancelled, and then lets them end.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: &Limits, stop: &Cancel) {
    let n_connections = limits.n_connections.min(Semaphore::MAX_PERMITS >> 3);
    let room = Arc::new(Semaphore::new(n_connections));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => match Arc::clone(&room).try_acquire_owned() {
                Ok(permit) => {
                    let (router, limits, stop) = (router.clone(), limits.clone(), stop.clone());
                    tokio::spawn(async move { talk(stream, router, &limits, &stop, permit).await });
                }
                Err(_) => {
                    tokio::spawn(refuse(stream));
                }
            },
            // The next one may be taken, when others have ended.
            Err(error) => {
                tracing::warn!("a connection could not be taken: {error}");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
    drop(listener);
    let all = u32::try_from(n_connections).unwrap_or(u32::MAX);
    // Those that do not end by then are cut off.
    let _ = tokio::time::timeout(STOPPING_TAKES, room.acquire_many(all)).await;
}

async fn talk(
    stream: TcpStream,
    router: Router,
    limits: &Limits,
    stop: &Cancel,
    permit: OwnedSemaphorePermit,
) {
    // Words are sent as they come. Where that cannot be set, they come a little later.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
    drop(permit);
}

async fn refuse(mut stream: TcpStream) {
    // Who does not listen is not told.
    let told = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(TELLING_TAKES, told).await;
}

#[cfg(test)]
mod tests {
    use super::FULL;

    #[test]
    fn what_who_comes_too_late_is_told_is_whole() {
        let text = str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["error"]["message"].as_str().unwrap().contains("too many connections"));
    }
}
