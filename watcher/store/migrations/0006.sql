-- An item's headline before the edit that a development is.
ALTER TABLE developments ADD COLUMN title_was TEXT NOT NULL DEFAULT '';
