"""Other tools' payloads, turned into events: one module for each format, all pure."""
