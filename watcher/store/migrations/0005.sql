-- What readers said about what they are told.

-- A mute that was lifted counts as never said; one that ended by itself still
-- tells what passed by under it.
CREATE TABLE mutes (
  kind      {{text}} NOT NULL,
  key       {{text}} NOT NULL, -- of a story: its id as it was then
  at        BIGINT NOT NULL,
  until_at  BIGINT NOT NULL,
  lifted_at BIGINT NOT NULL DEFAULT 0,
  by_whom   TEXT NOT NULL,
  reason    TEXT NOT NULL,
  PRIMARY KEY (kind, key, at)
) {{without_rowid}};

CREATE TABLE follows (
  story_id {{text}} NOT NULL, -- as it was then
  plan_id  {{text}} NOT NULL, -- '': each that told the story
  at       BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  by_whom  TEXT NOT NULL,
  PRIMARY KEY (story_id, plan_id)
) {{without_rowid}};

CREATE TABLE flags (
  story_id {{text}} NOT NULL,
  rule     {{text}} NOT NULL,
  by_whom  {{text}} NOT NULL,
  at       BIGINT NOT NULL,
  items    TEXT NOT NULL,
  reason   TEXT NOT NULL,
  PRIMARY KEY (story_id, rule, by_whom)
) {{without_rowid}};
CREATE INDEX flags_at ON flags (at);

CREATE TABLE pauses (
  plan_id  {{text}} NOT NULL,
  at       BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  by_whom  TEXT NOT NULL,
  PRIMARY KEY (plan_id, at)
) {{without_rowid}};

-- The numbers under which a digest shows its stories.
CREATE TABLE shown (
  delivery_id {{text}} NOT NULL,
  number      BIGINT NOT NULL,
  story_id    {{text}} NOT NULL,
  PRIMARY KEY (delivery_id, number)
) {{without_rowid}};

-- When somebody asked for a digest or alert at once, 0: nobody, or it is done.
ALTER TABLE plans ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;
