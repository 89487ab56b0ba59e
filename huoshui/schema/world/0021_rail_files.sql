-- The tenders of a day: what a simulated rail writes into its daily file.

CREATE INDEX tender_recorded ON tender (book, recorded_at);

-- check: SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'tender_recorded'
