//! Chats of which nothing is on the disk.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, params};

use super::{ChatId, Chats, prepare, schema};
use crate::ChatsError;
use crate::clock::now_ms;

/// Private chats and their messages have ids from here on, so that an id tells where its row is. Far
/// above what a file of chats comes to, and exact as a number of a page.
const FIRST_ID: i64 = 1 << 52;
/// Ids of one private chat. No two chats of a run share one: an answer of the last chat may still be
/// stopping when the next one begins.
const IDS: i64 = 1 << 32;
/// So many private chats until ids are used again; all stay below 2^53.
const MAX_CHATS: i64 = 1 << 20;

static N_BEGUN: AtomicI64 = AtomicI64::new(0);

/// Whether a chat or a message of this id is private.
pub fn is_private(id: i64) -> bool {
    id >= FIRST_ID
}

impl Chats {
    /// Chats in memory alone, with an empty one. They are gone when they are dropped.
    ///
    /// # Errors
    /// [`ChatsError::Database`] where there is no memory for them.
    pub fn private() -> Result<(Self, ChatId), ChatsError> {
        let path = PathBuf::from("memory");
        let made = || {
            let mut connection = Connection::open_in_memory()?;
            // What a query sorts is not written to a file either.
            connection.pragma_update(None, "temp_store", "MEMORY")?;
            prepare(&mut connection, &schema::STEPS)?;
            let id = FIRST_ID + N_BEGUN.fetch_add(1, Ordering::Relaxed) % MAX_CHATS * IDS;
            connection
                .execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', ?1)", [id])?;
            connection.execute(
                "INSERT INTO chats (id, title, created_ms, updated_ms) VALUES (?1, '', ?2, ?2)",
                params![id, now_ms()],
            )?;
            Ok((connection, id))
        };
        let (connection, id) =
            made().map_err(|source| ChatsError::Database { path: path.clone(), source })?;
        Ok((Self { path, connection: Mutex::new(connection), lock: None }, id))
    }
}
