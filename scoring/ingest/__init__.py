"""Other tools' payloads, turned into events. Pure: one module a format, and no clock, disk or socket in any."""
