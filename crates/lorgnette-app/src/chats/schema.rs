//! The schema of the chats, and how older ones become it.

use rusqlite::{Connection, Result};

/// What makes version n + 1 of version n. Those that were released stay as they are.
const STEPS: [&str; 1] = [include_str!("schema/1.sql")];

/// The newest version that is known here.
pub const NEWEST: i64 = STEPS.len() as i64;

/// The version of a file; 0 when it is new.
pub fn version(connection: &Connection) -> Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a file of an older version to the newest, each step whole or not at all.
pub fn migrate(connection: &mut Connection) -> Result<()> {
    let found = usize::try_from(version(connection)?).unwrap_or(0);
    for (i, step) in STEPS.iter().enumerate().skip(found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", i as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
