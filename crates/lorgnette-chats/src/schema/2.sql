-- What a person should know about a picture: JSON, an array of notes.

ALTER TABLE pictures ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
