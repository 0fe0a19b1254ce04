SET ROLE research;

-- Scores of past experiments on benchmarks, from 0 to 1.
CREATE TABLE scores (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model text NOT NULL,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1)
);
INSERT INTO scores (model, score)
SELECT (ARRAY['large', 'medium', 'small'])[1 + n % 3], (hashint4(n)::bigint + 2147483648) / 4294967295.0
FROM generate_series(1, 3000) AS n;

-- The mean of each model with its confidence interval by a Poisson bootstrap: each resample takes each score so many
-- times as a draw of a Poisson distribution of mean 1 says. A resample costs a millisecond of a core, so one caller has
-- its turn at a time, for statistics must not take the database from everybody else.
CREATE FUNCTION model_statistics(confidence integer, resamples integer)
RETURNS TABLE (model text, scores bigint, mean double precision, low double precision, high double precision)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    tail CONSTANT double precision := (1 - confidence / 100.0) / 2;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('model_statistics'));
    RETURN QUERY
    WITH means AS (
        SELECT s.model, resample, sum(s.score * weight) / sum(weight) AS resampled
        FROM scores s, generate_series(1, resamples) AS resample, LATERAL (
            SELECT width_bucket(random() + 0 * (s.id + resample), ARRAY[0.3679, 0.7358, 0.9197, 0.9810, 0.9963]) AS weight
        ) AS drawn
        GROUP BY s.model, resample
    ), intervals AS (
        SELECT m.model, percentile_cont(ARRAY[tail, 1 - tail]) WITHIN GROUP (ORDER BY resampled) AS bounds
        FROM means m GROUP BY m.model
    )
    SELECT s.model, count(*), avg(s.score), min(i.bounds[1]), min(i.bounds[2])
    FROM scores s JOIN intervals i ON i.model = s.model GROUP BY s.model;
END $$;
