"""Alert templates; the expected texts are what promtool 2.42 expects of the same alerts."""

import pytest

from simulator.monitor.templates import Facts, compile_template

CASES = [
    ("{{ $value }}", 1e6, "1e+06"),
    ("{{ $value }}", 123.25, "123.25"),
    ("{{ $value }}", 1e-5, "1e-05"),
    ("{{ $value }}", float("inf"), "+Inf"),
    ("{{ $value | humanize }}", 1234567, "1.235M"),
    ("{{ $value | humanize }}", 0.0042, "4.2m"),
    ("{{ humanize1024 $value }}", 1048576, "1Mi"),
    ("{{ $value | humanizeDuration }}", 90061, "1d 1h 1m 1s"),
    ("{{ $value | humanizeDuration }}", -75, "-1m 15s"),
    ("{{ $value | humanizeDuration }}", 0.5, "500ms"),
    ("{{ $value | humanizePercentage }}", 1 / 3, "33.33%"),
    ("{{ $value | humanizeTimestamp }}", 1.5, "1970-01-01 00:00:01.5 +0000 UTC"),
    ('{{ printf "%.2f of %v" $value $value }}', 1.5, "1.50 of 1.5"),
    ("{{ $labels.a | toUpper }}-{{ $labels.none }}.", 0, "POD-."),
    ('a {{- " b" -}}  c', 0, "a bc"),
    ("{{/* a comment */}}{{ $externalLabels.cluster }}", 0, "one"),
    ("{{ .Labels.a }}={{ .Value }}", 2, "pod=2"),
]


@pytest.mark.parametrize(("template", "value", "expected"), CASES)
def test_a_template_reads_as_in_prometheus(template: str, value: float, expected: str) -> None:
    assert compile_template(template)(Facts({"a": "pod"}, float(value), {"cluster": "one"})) == expected
