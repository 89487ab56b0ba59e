-- Trainings: a file that waits or is trained on, what came of it, and whose it is.

CREATE TABLE model_training (
    book       integer NOT NULL REFERENCES book,
    id         uuid NOT NULL,
    owner      uuid,                            -- the organisation; the marketplace where there is none
    name       text NOT NULL,
    asked      jsonb NOT NULL,
    digest     text NOT NULL,                   -- SHA-256 of the file
    content    bytea,                           -- erased once the training has ended
    state      text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'refused', 'deleted')),
    asked_at   timestamptz NOT NULL,
    asked_by   text NOT NULL,
    began_at   timestamptz,
    ended_at   timestamptz,
    stage      text NOT NULL DEFAULT '',
    steps_done integer NOT NULL DEFAULT 0,
    steps      integer NOT NULL DEFAULT 0,
    problem    text NOT NULL DEFAULT '',
    facts      jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (book, id),
    CHECK (content IS NULL OR state IN ('waiting', 'running'))
);
CREATE INDEX model_training_waits ON model_training (book, id) WHERE content IS NOT NULL;
CREATE INDEX model_training_owner ON model_training (book, owner, id);

CREATE TABLE model_training_result (
    book        integer NOT NULL,
    training_id uuid NOT NULL,
    form        text NOT NULL CHECK (form IN ('scorecard', 'booster')),
    sha256      text NOT NULL,
    text        text NOT NULL,
    card        jsonb NOT NULL,
    PRIMARY KEY (book, training_id, form),
    FOREIGN KEY (book, training_id) REFERENCES model_training
);

-- Readers: nobody; a file and its models are its owner's alone.
ALTER TABLE model_training ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_training_result ENABLE ROW LEVEL SECURITY;

-- check: SELECT count(*) = 2 FROM pg_class WHERE relname IN ('model_training', 'model_training_result') AND relrowsecurity
