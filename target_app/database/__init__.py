"""The database: a pool of PostgreSQL connections that counts and names every refusal."""

from target_app.database.pool import Database, DatabaseRefused, DatabaseUnavailable

__all__ = ["Database", "DatabaseRefused", "DatabaseUnavailable"]
