"""Jobs: statements that researchers have verified, taken from a queue by workers of their own."""
