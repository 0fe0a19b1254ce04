-- Rows that nobody has a reason to change: if they differ, data were lost or damaged.
CREATE TABLE canary (
    id integer PRIMARY KEY,
    value text NOT NULL
);
INSERT INTO canary SELECT n, md5(n::text) FROM generate_series(1, 100) AS n;
