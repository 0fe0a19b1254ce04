"""A gate in the formats that pipelines read. Each module renders one, and the same gate gives the same bytes."""
