"""How the tables came to be, step by step; run by `scoring.record.engine` when a database is opened."""
