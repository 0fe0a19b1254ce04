"""The parts of a document's system that its commands import."""
