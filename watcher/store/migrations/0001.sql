-- Times are BIGINT milliseconds UTC, 0 = never. Ids are TEXT. JSON is TEXT.
-- Only additive migrations follow: replicas of an older version keep running.

CREATE TABLE schema_version (
  v  BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL
);

CREATE TABLE meta (
  k {{text}} NOT NULL PRIMARY KEY,
  v TEXT NOT NULL
);

-- The four units of work. All begin with the same columns:
--   next_at     when the row is to be worked on, 0: not before it is woken
--   hold_until  never before this, whatever wakes it (a host's Retry-After)
--   woken       1 when it was woken after it was claimed
--   lease_*     who works on it, and until when

CREATE TABLE hosts (
  key         {{text}} NOT NULL PRIMARY KEY,
  active      BIGINT NOT NULL DEFAULT 1,
  next_at     BIGINT NOT NULL DEFAULT 0,
  hold_until  BIGINT NOT NULL DEFAULT 0,
  woken       BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  lease_token TEXT NOT NULL DEFAULT ''
) {{fill}};
CREATE INDEX hosts_next ON hosts (next_at, key) WHERE active = 1;

CREATE TABLE desk (
  key         {{text}} NOT NULL PRIMARY KEY,
  active      BIGINT NOT NULL DEFAULT 1,
  next_at     BIGINT NOT NULL DEFAULT 0,
  hold_until  BIGINT NOT NULL DEFAULT 0,
  woken       BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  lease_token TEXT NOT NULL DEFAULT '',
  seq         BIGINT NOT NULL DEFAULT 0 -- counts what the desk did: places and changes are numbered by it
) {{fill}};
CREATE INDEX desk_next ON desk (next_at, key) WHERE active = 1;
INSERT INTO desk (key) VALUES ('desk');

CREATE TABLE plans (
  key         {{text}} NOT NULL PRIMARY KEY,
  active      BIGINT NOT NULL DEFAULT 1,
  next_at     BIGINT NOT NULL DEFAULT 0,
  hold_until  BIGINT NOT NULL DEFAULT 0,
  woken       BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  lease_token TEXT NOT NULL DEFAULT '',
  kind        TEXT NOT NULL,
  spec        TEXT NOT NULL,
  last_slot   TEXT NOT NULL DEFAULT '',
  last_at     BIGINT NOT NULL DEFAULT 0,
  created_at  BIGINT NOT NULL,
  clean       BIGINT NOT NULL DEFAULT 0, -- no story that last changed up to this desk.seq has anything untold
  clean_for   TEXT NOT NULL DEFAULT ''   -- the rules and score for which that holds
) {{fill}};
CREATE INDEX plans_next ON plans (next_at, key) WHERE active = 1;

CREATE TABLE destinations (
  key         {{text}} NOT NULL PRIMARY KEY,
  active      BIGINT NOT NULL DEFAULT 1,
  next_at     BIGINT NOT NULL DEFAULT 0,
  hold_until  BIGINT NOT NULL DEFAULT 0,
  woken       BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  lease_token TEXT NOT NULL DEFAULT ''
) {{fill}};
CREATE INDEX destinations_next ON destinations (next_at, key) WHERE active = 1;

CREATE TABLE feeds (
  id            {{text}} NOT NULL PRIMARY KEY,
  host          {{text}} NOT NULL,
  url           TEXT NOT NULL,
  active        BIGINT NOT NULL DEFAULT 1,
  next_at       BIGINT NOT NULL,
  final_url     TEXT NOT NULL DEFAULT '',
  etag          TEXT NOT NULL DEFAULT '',
  last_modified TEXT NOT NULL DEFAULT '',
  body_hash     TEXT NOT NULL DEFAULT '',
  polled_at     BIGINT NOT NULL DEFAULT 0,
  ok_at         BIGINT NOT NULL DEFAULT 0,
  baselined     BIGINT NOT NULL DEFAULT 0,
  fails         BIGINT NOT NULL DEFAULT 0,
  error         TEXT NOT NULL DEFAULT '',
  items         BIGINT NOT NULL DEFAULT 0,
  read_at       BIGINT NOT NULL DEFAULT 0 -- when a whole document of it was last recorded in seen
);
CREATE INDEX feeds_due ON feeds (host, next_at, id) WHERE active = 1;

-- What was seen is kept far longer than what it said.
CREATE TABLE seen (
  feed_id   {{text}} NOT NULL,
  key       {{text}} NOT NULL, -- a hash of the identity key
  item_id   {{text}} NOT NULL,
  last_seen BIGINT NOT NULL,
  PRIMARY KEY (feed_id, key)
) {{without_rowid}};
CREATE INDEX seen_last ON seen (last_seen);

CREATE TABLE items (
  id         {{text}} NOT NULL PRIMARY KEY,
  feed_id    {{text}} NOT NULL,
  feed_name  TEXT NOT NULL,
  publisher  TEXT NOT NULL,
  weight     BIGINT NOT NULL,
  keys       TEXT NOT NULL,
  url        TEXT NOT NULL,
  title      TEXT NOT NULL,
  author     TEXT NOT NULL,
  categories TEXT NOT NULL,
  lang       TEXT NOT NULL,
  published  BIGINT NOT NULL,
  dated      BIGINT NOT NULL,
  fetched    BIGINT NOT NULL,
  baseline   BIGINT NOT NULL,
  revision   TEXT NOT NULL,
  rules_hash TEXT NOT NULL DEFAULT '', -- of the rules that it was matched by
  hits       BIGINT NOT NULL DEFAULT 0,
  story_id   {{text}} NOT NULL DEFAULT '',
  copy_of    {{text}} NOT NULL DEFAULT '',
  score      DOUBLE PRECISION NOT NULL DEFAULT 0,
  why        TEXT NOT NULL DEFAULT '',
  place      BIGINT NOT NULL DEFAULT 0, -- 0: not placed; else it rises in the order of placing
  body       TEXT NOT NULL -- last: the other columns are read without it
);
CREATE INDEX items_fetched ON items (fetched, id);
CREATE INDEX items_work ON items (published, id) WHERE hits > 0 AND place = 0;
CREATE INDEX items_story ON items (story_id, place) WHERE place > 0;
CREATE INDEX items_place ON items (place) WHERE place > 0;
CREATE INDEX items_placed ON items (fetched, place) WHERE place > 0;

CREATE TABLE hits (
  item_id  {{text}} NOT NULL,
  rule     {{text}} NOT NULL,
  score    BIGINT NOT NULL,
  rank     BIGINT NOT NULL, -- 0 is the item's best
  entities TEXT NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (item_id, rule)
) {{without_rowid}};

CREATE TABLE stories (
  id          {{text}} NOT NULL PRIMARY KEY,
  version     BIGINT NOT NULL,
  phase       TEXT NOT NULL,
  first_at    BIGINT NOT NULL,
  last_at     BIGINT NOT NULL,
  lead_id     {{text}} NOT NULL,
  merged_into {{text}} NOT NULL DEFAULT '',
  changed     BIGINT NOT NULL,          -- desk.seq of its last change
  edited      BIGINT NOT NULL DEFAULT 0 -- rounds of the desk that must still look at it
);
CREATE INDEX stories_changed ON stories (changed);
CREATE INDEX stories_last ON stories (last_at, id);
CREATE INDEX stories_living ON stories (last_at, id) WHERE merged_into = '';
CREATE INDEX stories_edited ON stories (id) WHERE edited > 0;
CREATE INDEX stories_merged ON stories (merged_into) WHERE merged_into <> '';

CREATE TABLE developments (
  story_id {{text}} NOT NULL,
  version  BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  item_id  {{text}} NOT NULL,
  reason   TEXT NOT NULL,
  PRIMARY KEY (story_id, version)
) {{without_rowid}};

CREATE TABLE told (
  plan_id     {{text}} NOT NULL,
  story_id    {{text}} NOT NULL,
  version     BIGINT NOT NULL,
  sources     BIGINT NOT NULL,
  publishers  BIGINT NOT NULL,
  score       BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  delivery_id {{text}} NOT NULL,
  notes       BIGINT NOT NULL,
  PRIMARY KEY (plan_id, story_id)
) {{without_rowid}};
CREATE INDEX told_story ON told (story_id);
CREATE INDEX told_delivery ON told (delivery_id);

CREATE TABLE deliveries (
  id          {{text}} NOT NULL,
  part        BIGINT NOT NULL,
  parts       BIGINT NOT NULL,
  plan_id     {{text}} NOT NULL,
  kind        TEXT NOT NULL,
  slot        TEXT NOT NULL,
  destination {{text}} NOT NULL,
  reply_to    {{text}} NOT NULL,
  broadcast   BIGINT NOT NULL,
  stories     TEXT NOT NULL,
  state       {{text}} NOT NULL,
  rung        BIGINT NOT NULL DEFAULT 0,
  attempts    BIGINT NOT NULL DEFAULT 0,
  looks       BIGINT NOT NULL DEFAULT 0,
  not_before  BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  started_at  BIGINT NOT NULL DEFAULT 0,
  sent_at     BIGINT NOT NULL DEFAULT 0,
  channel     TEXT NOT NULL DEFAULT '',
  ts          TEXT NOT NULL DEFAULT '',
  error       TEXT NOT NULL DEFAULT '',
  payload     {{blob}} NOT NULL,
  PRIMARY KEY (id, part)
);
CREATE INDEX deliveries_open ON deliveries (destination, created_at, id, part)
  WHERE state IN ('pending', 'sending', 'held');
CREATE INDEX deliveries_reply ON deliveries (reply_to) WHERE reply_to <> '';
CREATE INDEX deliveries_state ON deliveries (state, created_at);
CREATE INDEX deliveries_created ON deliveries (created_at, id, part);
