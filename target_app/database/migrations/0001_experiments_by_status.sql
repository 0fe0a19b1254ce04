-- Whoever looks for experiments in a state need not read them all.
CREATE INDEX IF NOT EXISTS experiments_by_status ON experiments (status);
