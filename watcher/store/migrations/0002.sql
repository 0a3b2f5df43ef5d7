-- What the poller learns of a feed, as JSON.
ALTER TABLE feeds ADD COLUMN memory TEXT NOT NULL DEFAULT '{}';
