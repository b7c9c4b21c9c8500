-- Who answered: 0 the model, 1 the reader, with the exact text of the pictures.
ALTER TABLE messages ADD COLUMN by_reader INTEGER NOT NULL DEFAULT 0;

-- What is written in the pictures, as the reader read it. It can be read again at any time.

CREATE TABLE texts (
    id      INTEGER PRIMARY KEY,
    picture TEXT NOT NULL UNIQUE REFERENCES pictures (id) ON DELETE CASCADE,
    reader  INTEGER NOT NULL,                 -- the version of the reader that read it
    text    TEXT NOT NULL,                    -- all of it, in reading order
    reading TEXT NOT NULL                     -- JSON: lines with their places
) STRICT;

CREATE VIRTUAL TABLE read_words USING fts5 (text, content = 'texts', content_rowid = 'id', tokenize = 'trigram remove_diacritics 1');
CREATE TRIGGER read_words_insert AFTER INSERT ON texts BEGIN
    INSERT INTO read_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER read_words_update AFTER UPDATE OF text ON texts BEGIN
    INSERT INTO read_words (read_words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO read_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER read_words_delete AFTER DELETE ON texts BEGIN
    INSERT INTO read_words (read_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
-- What is removed is not left in the index either.
INSERT INTO read_words (read_words, rank) VALUES ('secure-delete', 1);

-- Pictures whose text the person removed: they are read again when they are shown, and not before.
CREATE TABLE forgotten_texts (
    picture TEXT PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
