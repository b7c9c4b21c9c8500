-- What the model thought before it answered. Search does not look in it: it is no part of what was said.
ALTER TABLE messages ADD COLUMN thoughts TEXT NOT NULL DEFAULT '';
