-- An item's headline before edits that the desk has not looked at.
ALTER TABLE items ADD COLUMN title_was TEXT NOT NULL DEFAULT '';
