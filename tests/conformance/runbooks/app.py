"""What the documents' systems are to kubectl: a server that fails its first start, then logs as theirs do."""

import http.server
import os
import pathlib
import sys

marker = pathlib.Path(os.environ["GAMEDAY_POD_ROOT"], "was-started")
if not marker.exists():
    marker.touch()
    print("cannot start yet", flush=True)
    sys.exit(3)

for line in (
    "2026-01-01 12:00:00 app ERROR upstream answered 503",
    "slow_query duration=3.1s",
    "formalization_result ok",
    "jwt accepted",
    "s3 bucket listed",
    "serving",
):
    print(line, flush=True)
http.server.ThreadingHTTPServer((os.environ["POD_IP"], 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
