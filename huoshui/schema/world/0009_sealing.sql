-- What the sealer looks up under load.
--
-- Batches by a B-tree: equal numbers are stored once, so that it takes 7 bytes a transfer in batches
-- of a hundred and more. A BRIN index takes nothing, but it does not cover the newest pages until
-- autovacuum has summarised them, and those are the pages that the sealer reads each second.
DROP INDEX transfer_batch;
CREATE INDEX transfer_batch ON transfer (batch);

-- Leaves by what they seal: the reference leads (see docs/decisions/0009).
DROP INDEX log_leaf_ref;
CREATE INDEX log_leaf_ref ON log_leaf (ref, kind, book, leaf_index);

-- check: SELECT count(*) = 2 FROM pg_indexes WHERE indexname IN ('transfer_batch', 'log_leaf_ref')
