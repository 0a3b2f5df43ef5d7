-- Stories over time. The column stories.phase is no longer read: a phase passes
-- by itself, so it is computed.

-- The stories that an item nearly was put in. An id may be that of a story which
-- was taken in since.
CREATE TABLE near (
  item_id  {{text}} NOT NULL,
  story_id {{text}} NOT NULL,
  score    DOUBLE PRECISION NOT NULL,
  why      TEXT NOT NULL,
  PRIMARY KEY (item_id, story_id)
) {{without_rowid}};
CREATE INDEX near_story ON near (story_id);

-- Every move of items from a story to another one, by the desk or by hand.
CREATE TABLE transfers (
  seq     BIGINT NOT NULL PRIMARY KEY, -- of desk.seq: it rises
  from_id {{text}} NOT NULL, -- as it was then
  into_id {{text}} NOT NULL,
  verb    TEXT NOT NULL,
  at      BIGINT NOT NULL,
  items   TEXT NOT NULL,
  score   DOUBLE PRECISION NOT NULL,
  why     TEXT NOT NULL
);
CREATE INDEX transfers_from ON transfers (from_id, seq);
CREATE INDEX transfers_into ON transfers (into_id, seq);

-- Living stories that a person said are two, a < b.
CREATE TABLE apart (
  a  {{text}} NOT NULL,
  b  {{text}} NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (a, b)
) {{without_rowid}};
CREATE INDEX apart_b ON apart (b);

-- Versions above told.version that a plan knows all the same: it told them of
-- another story, from which they came.
CREATE TABLE heard (
  plan_id  {{text}} NOT NULL,
  story_id {{text}} NOT NULL,
  version  BIGINT NOT NULL,
  PRIMARY KEY (plan_id, story_id, version)
) {{without_rowid}};
CREATE INDEX heard_story ON heard (story_id);
