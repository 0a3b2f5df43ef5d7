-- Which of thousands that wait is next, and when, is read off the index alone.
DROP INDEX deliveries_open;
CREATE INDEX deliveries_open ON deliveries (destination, created_at, id, part, not_before, undecided, kind, reply_to, state)
  WHERE state IN ('pending', 'sending', 'held');

-- The digest that was posted last, whatever else was posted since.
CREATE INDEX deliveries_digests ON deliveries (sent_at, created_at, id)
  WHERE kind = 'digest' AND part = 1;
