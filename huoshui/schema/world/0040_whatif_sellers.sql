-- Flows of a loan that might have been, of which some come only if the borrower pays to the end, others
-- only if it stops: what was lacking of an advance is paid, or makes it late until it is lost.

ALTER TABLE whatif_flow ADD COLUMN only_ smallint NOT NULL DEFAULT 0 CHECK (only_ BETWEEN 0 AND 2);

-- check: SELECT count(*) = 1 FROM information_schema.columns WHERE table_name = 'whatif_flow' AND column_name = 'only_'
