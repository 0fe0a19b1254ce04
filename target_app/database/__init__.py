"""The database: a pool of PostgreSQL connections that counts and names every refusal."""
