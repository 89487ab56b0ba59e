-- Who reads for others reads no training: a file and its models are its owner's alone.

CREATE POLICY reader ON model_training FOR SELECT USING (false);
CREATE POLICY reader ON model_training_result FOR SELECT USING (false);

-- check: SELECT count(*) = 2 FROM pg_policy WHERE polrelid IN ('model_training'::regclass, 'model_training_result'::regclass)
