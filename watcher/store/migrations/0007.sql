-- 1: held until a person decides, never tried again by itself.
ALTER TABLE deliveries ADD COLUMN undecided BIGINT NOT NULL DEFAULT 0;

-- What attempts to send share, and must keep their distance in: a channel, or a
-- method of Slack's.
CREATE TABLE lanes (
  key     {{text}} NOT NULL PRIMARY KEY,
  last_at BIGINT NOT NULL, -- of the last attempt
  free_at BIGINT NOT NULL  -- a pause that was asked for ends
);
