//! The schema of the chats, and how older ones become it.

use rusqlite::{Connection, Result};

/// What makes version n + 1 of version n. Those that were released stay as they are.
pub const STEPS: [&str; 4] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// The newest version that is known here.
pub const NEWEST: i64 = STEPS.len().cast_signed() as i64;

/// The version of a file; 0 when it is new.
pub fn version(connection: &Connection) -> Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a file of an older version to the newest that these steps make, each step whole or not at
/// all.
pub fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<()> {
    let found = version(connection)?;
    for (version, step) in (1_i64..).zip(steps).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
