"""Maintenance of the database: migrations, invariants, backups.

Each can be run once by hand (`python -m target_app migrate|check|backup|restore`), and one process does them by itself.
"""
