//! The list of chats, and search in it.

use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::{ChatId, Chats};
use crate::ChatsError;

/// Which chats a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words that all must stand in the title, in one message or in one picture, in any part of a
    /// word.
    pub search: String,
    /// Words are looked for in what is said alone, not in what pictures say.
    pub without_pictures: bool,
    /// Those that were deleted and may be restored.
    pub deleted: bool,
    pub offset: usize,
    pub limit: usize,
}

/// A chat in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename = "ChatSummary", rename_all = "camelCase"))]
pub struct Summary {
    pub id: ChatId,
    pub title: String,
    pub is_pinned: bool,
    /// When something was last said, in milliseconds since 1970.
    pub updated_ms: i64,
    /// The id of its first picture.
    pub first_picture: Option<String>,
    pub n_pictures: usize,
    /// An answer is being written.
    pub is_answering: bool,
    /// Text around the first hit, which stands between U+0002 and U+0003.
    pub snippet: Option<String>,
    /// The id of the picture that the snippet is written in; `None`: it was said.
    pub snippet_picture: Option<String>,
}

/// What marks a hit in [`Summary::snippet`].
pub const HIT: [char; 2] = ['\u{2}', '\u{3}'];
const SNIPPET_CHARS: usize = 90;

/// The index knows three letters or more.
const INDEXED_CHARS: usize = 3;

impl Chats {
    /// Chats, the pinned first, then the latest.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn list(&self, filter: &Filter) -> Result<Vec<Summary>, ChatsError> {
        let words: Vec<&str> = filter.search.split_whitespace().collect();
        self.with(|db| {
            let mut summaries = summaries(db, filter, &words)?;
            if !words.is_empty() {
                for summary in &mut summaries {
                    let in_pictures = !filter.without_pictures;
                    if let Some((snippet, picture)) = snippet(db, summary.id, &words, in_pictures)?
                    {
                        (summary.snippet, summary.snippet_picture) = (Some(snippet), picture);
                    }
                }
            }
            Ok(summaries)
        })
    }
}

fn summaries(db: &Connection, filter: &Filter, words: &[&str]) -> rusqlite::Result<Vec<Summary>> {
    let mut values: Vec<Value> = Vec::new();
    let mut found = String::new();
    let (long, short): (Vec<&str>, Vec<&str>) =
        words.iter().partition(|word| word.chars().count() >= INDEXED_CHARS);
    if !long.is_empty() {
        let phrases: Vec<String> =
            long.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        values.push(Value::Text(phrases.join(" AND ")));
        let in_pictures = if filter.without_pictures {
            ""
        } else {
            "UNION SELECT m.chat FROM messages m JOIN attachments a ON a.message = m.id
             JOIN texts t ON t.picture = a.picture
             WHERE t.id IN (SELECT rowid FROM read_words WHERE read_words MATCH ?1)"
        };
        let _ = write!(
            found,
            " AND id IN (SELECT rowid FROM titles WHERE titles MATCH ?1
               UNION SELECT chat FROM messages WHERE id IN
                 (SELECT rowid FROM words WHERE words MATCH ?1)
               {in_pictures})"
        );
    }
    for word in short {
        let like: String = word
            .chars()
            .flat_map(|c| ['\\', c].into_iter().skip(usize::from(!"%_\\".contains(c))))
            .collect();
        values.push(Value::Text(format!("%{like}%")));
        let n = values.len();
        // Short words narrow what the long ones found; alone they are looked for in titles.
        let in_title = format!("title LIKE ?{n} ESCAPE '\\'");
        let _ = if long.is_empty() {
            write!(found, " AND {in_title}")
        } else {
            let in_pictures = if filter.without_pictures {
                String::new()
            } else {
                format!(
                    " OR EXISTS (SELECT 1 FROM messages m JOIN attachments a ON a.message = m.id
                     JOIN texts t ON t.picture = a.picture
                     WHERE m.chat = chats.id AND t.text LIKE ?{n} ESCAPE '\\')"
                )
            };
            write!(
                found,
                " AND ({in_title} OR EXISTS (SELECT 1 FROM messages m
                   WHERE m.chat = chats.id AND m.text LIKE ?{n} ESCAPE '\\'){in_pictures})"
            )
        };
    }
    let deleted = if filter.deleted { "NOT NULL" } else { "NULL" };
    values.push(Value::Integer(i64::try_from(filter.limit).unwrap_or(i64::MAX)));
    let limit = values.len();
    values.push(Value::Integer(i64::try_from(filter.offset).unwrap_or(i64::MAX)));
    let offset = values.len();
    let sql = format!(
        "WITH page AS (
           SELECT id, title, is_pinned, updated_ms FROM chats WHERE deleted_ms IS {deleted}{found}
           ORDER BY is_pinned DESC, updated_ms DESC, id DESC LIMIT ?{limit} OFFSET ?{offset})
         SELECT id, title, is_pinned, updated_ms,
           (SELECT picture FROM attachments WHERE message =
             (SELECT min(a.message) FROM messages m JOIN attachments a ON a.message = m.id
              WHERE m.chat = page.id) ORDER BY idx LIMIT 1),
           (SELECT count(DISTINCT picture) FROM messages m JOIN attachments a ON a.message = m.id
            WHERE m.chat = page.id),
           EXISTS (SELECT 1 FROM messages m WHERE m.chat = page.id AND m.state = 'writing')
         FROM page ORDER BY is_pinned DESC, updated_ms DESC, id DESC"
    );
    let row = |row: &Row<'_>| {
        Ok(Summary {
            id: row.get(0)?,
            title: row.get(1)?,
            is_pinned: row.get(2)?,
            updated_ms: row.get(3)?,
            first_picture: row.get(4)?,
            n_pictures: usize::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
            is_answering: row.get(6)?,
            snippet: None,
            snippet_picture: None,
        })
    };
    db.prepare_cached(&sql)?.query_map(params_from_iter(values), row)?.collect()
}

/// Text around a word in the first text that has all words, or else in the first that has one of them:
/// a message of the chat, or a picture of it, whose id is given then.
fn snippet(
    db: &Connection,
    chat: ChatId,
    words: &[&str],
    in_pictures: bool,
) -> rusqlite::Result<Option<(String, Option<String>)>> {
    let mut texts = db.prepare_cached(
        "SELECT text, picture FROM (
           SELECT text, NULL AS picture, 0 AS is_read, id AS place FROM messages WHERE chat = ?1
           UNION ALL SELECT t.text, t.picture, 1, min(m.id) FROM messages m
             JOIN attachments a ON a.message = m.id JOIN texts t ON t.picture = a.picture
             WHERE m.chat = ?1 AND ?2 GROUP BY t.id)
         ORDER BY is_read, place",
    )?;
    let mut rows = texts.query(params![chat, in_pictures])?;
    let mut second_best = None;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        let mut hits = words.iter().map(|word| around(&text, word));
        let Some(snippet) = hits.clone().find_map(|hit| hit) else { continue };
        let snippet = (snippet, row.get(1)?);
        if hits.all(|hit| hit.is_some()) {
            return Ok(Some(snippet));
        }
        // All words stand in one text; where that is the title, one of them may stand elsewhere.
        second_best.get_or_insert(snippet);
    }
    Ok(second_best)
}

/// The text around a word, whatever its case, on one line.
fn around(text: &str, word: &str) -> Option<String> {
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let chars: Vec<char> = text.chars().collect();
    let word: Vec<char> = word.chars().map(lower).collect();
    // Once for each character: a window for each would do it again and again.
    let lowered: Vec<char> = chars.iter().copied().map(lower).collect();
    let at = lowered.windows(word.len()).position(|window| window == word)?;
    let end = at + word.len();
    let from = at.saturating_sub(SNIPPET_CHARS / 3);
    let to = chars.len().min(from + SNIPPET_CHARS.max(word.len()));
    let line = |part: &[char]| -> String {
        part.iter().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { *c }).collect()
    };
    let [open, close] = HIT;
    let before = if from > 0 { "…" } else { "" };
    let after = if to < chars.len() { "…" } else { "" };
    let (start, hit) = (line(&chars[from..at]), line(&chars[at..end]));
    let rest = line(&chars[end..to.max(end)]);
    Some(format!("{before}{start}{open}{hit}{close}{rest}{after}"))
}
