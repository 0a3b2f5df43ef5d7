-- When the plan last sent a digest, by its schedule or not: the next one covers the
-- time since.
ALTER TABLE plans ADD COLUMN sent_at BIGINT NOT NULL DEFAULT 0;
UPDATE plans SET sent_at = last_at;
