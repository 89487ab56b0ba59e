-- Accounts taken over are suspects too.

ALTER TABLE suspect DROP CONSTRAINT suspect_kind_check;
ALTER TABLE suspect ADD CONSTRAINT suspect_kind_check CHECK (kind IN ('ring', 'fake_orders', 'take_over'));
ALTER TABLE suspect_search ADD COLUMN taken integer NOT NULL DEFAULT 0;

-- check: SELECT count(*) = 1 FROM pg_constraint WHERE conname = 'suspect_kind_check'
