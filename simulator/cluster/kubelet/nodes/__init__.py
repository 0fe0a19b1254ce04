"""The logical nodes: what each is, reports, and loses."""
