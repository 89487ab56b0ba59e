-- Penalty interest: what is overdue earns by the day. It is told apart from charges, and a line says
-- what its instalments will earn by being late.

ALTER TABLE loan_accrued
    ADD COLUMN penalty bigint NOT NULL DEFAULT 0;          -- of all days up to `through`

ALTER TABLE loan_line
    ADD COLUMN penal text NOT NULL DEFAULT '';             -- '' where nothing is earned so

-- check: SELECT count(*) = 2 FROM information_schema.columns WHERE (table_name, column_name) IN (('loan_accrued', 'penalty'), ('loan_line', 'penal'))
