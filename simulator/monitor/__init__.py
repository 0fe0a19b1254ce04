"""The embedded Prometheus: scrapes, keeps, evaluates and pushes with Prometheus' own files and protocols."""
