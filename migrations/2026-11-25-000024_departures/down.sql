ALTER TABLE cart DROP COLUMN closed_at;
