"""The object store: datasets of researchers, by the protocol of S3."""
