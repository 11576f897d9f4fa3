-- Migration 3. The newest attempt of a conversation at a summary, written down before the model is asked, so that one
-- that failed or was cut off by a kill is not paid for again at once. A summary that is kept ends it.

CREATE TABLE summary_begun (
    conversation TEXT    PRIMARY KEY,
    upto         INTEGER NOT NULL,  -- the last history row it was to tell of
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
