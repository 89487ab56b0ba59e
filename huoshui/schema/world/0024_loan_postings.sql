-- What was posted because of an event, and what was learnt of loans since a moment: both are asked for.
CREATE INDEX loan_posting_cause ON loan_posting (cause, book) WHERE cause IS NOT NULL;
CREATE INDEX loan_event_recorded ON loan_event (book, recorded_at);

-- check: SELECT count(*) = 2 FROM pg_indexes WHERE indexname IN ('loan_posting_cause', 'loan_event_recorded')
