-- What the lab ran before this copy of the database was made.
SET ROLE research;

INSERT INTO experiments (name, model, prompt, status, created_at)
SELECT 'run-' || n, 'small', 'What did run ' || n || ' show?', 'created', now() - (301 - n) * interval '1 hour'
FROM generate_series(1, 300) AS n;
