"""Documents that people write in YAML: found by name or path, read with their lines, and checked whole.

A mistake is one line of text with file, line, field and mend, and all of them are told at once.
"""
