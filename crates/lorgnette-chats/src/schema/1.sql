-- Chats, as of 0.1. A released file of this folder is never changed: a new one goes on from it.

CREATE TABLE pictures (
    id           TEXT PRIMARY KEY,            -- SHA-256 of the file, in hex: its name in the folder of pictures
    name         TEXT NOT NULL,
    width        INTEGER NOT NULL,            -- pixels, upright
    height       INTEGER NOT NULL,
    format       TEXT NOT NULL,
    n_bytes      INTEGER NOT NULL,
    is_animation INTEGER NOT NULL,
    added_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chats (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT NOT NULL,
    is_named   INTEGER NOT NULL DEFAULT 0,    -- by the person
    is_pinned  INTEGER NOT NULL DEFAULT 0,
    leaf       INTEGER,                       -- the message at the end of the branch that is shown
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted_ms INTEGER                        -- may be restored until it is purged
) STRICT;
CREATE INDEX chats_in_order ON chats (is_pinned DESC, updated_ms DESC, id DESC) WHERE deleted_ms IS NULL;

CREATE TABLE messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    chat       INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    parent     INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    is_model   INTEGER NOT NULL,              -- 0: the person's
    text       TEXT NOT NULL,
    state      TEXT NOT NULL,                 -- writing, whole, length, context-full, stopped, cut, failed
    fault      TEXT,                          -- JSON, when it failed
    model      TEXT,
    timings    TEXT,                          -- JSON
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_of_chat ON messages (chat, id);
CREATE INDEX messages_of_parent ON messages (parent);

CREATE TABLE attachments (
    message  INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    idx      INTEGER NOT NULL,
    picture  TEXT NOT NULL REFERENCES pictures (id),
    name     TEXT NOT NULL,
    region   TEXT,                            -- JSON
    turn     INTEGER NOT NULL,                -- quarters, clockwise
    max_side INTEGER,                         -- pixels
    PRIMARY KEY (message, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_of_picture ON attachments (picture);

-- What is written and not yet sent. Chat 0: the one that is not there yet.
CREATE TABLE drafts (
    chat     INTEGER PRIMARY KEY,
    text     TEXT NOT NULL,
    pictures TEXT NOT NULL                    -- JSON
) STRICT;

-- Any three letters that follow each other, whatever the language. Answers are indexed when they are done.
CREATE VIRTUAL TABLE words USING fts5 (text, content = 'messages', content_rowid = 'id', tokenize = 'trigram remove_diacritics 1');
CREATE TRIGGER words_insert AFTER INSERT ON messages WHEN new.state <> 'writing' BEGIN
    INSERT INTO words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER words_done AFTER UPDATE OF state ON messages WHEN old.state = 'writing' AND new.state <> 'writing' BEGIN
    INSERT INTO words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER words_go_on AFTER UPDATE OF state ON messages WHEN old.state <> 'writing' AND new.state = 'writing' BEGIN
    INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER words_delete AFTER DELETE ON messages WHEN old.state <> 'writing' BEGIN
    INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
END;

CREATE VIRTUAL TABLE titles USING fts5 (title, content = 'chats', content_rowid = 'id', tokenize = 'trigram remove_diacritics 1');
CREATE TRIGGER titles_insert AFTER INSERT ON chats BEGIN
    INSERT INTO titles (rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER titles_update AFTER UPDATE OF title ON chats BEGIN
    INSERT INTO titles (titles, rowid, title) VALUES ('delete', old.id, old.title);
    INSERT INTO titles (rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER titles_delete AFTER DELETE ON chats BEGIN
    INSERT INTO titles (titles, rowid, title) VALUES ('delete', old.id, old.title);
END;
