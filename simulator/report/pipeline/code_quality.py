"""GitLab's code quality report: a JSON list, shown in merge requests beside the lines that it names.

The format is the part of Code Climate's that GitLab reads: description, check_name, fingerprint, severity, location.
"""

import json

from simulator.report.gate import Gate
from simulator.report.pipeline.findings import findings, next_step


def render_code_quality(gate: Gate) -> str:
    """The file. What has no line to show is left to the other reports, for GitLab needs one."""
    issues = [
        {
            "description": " ".join(
                part for part in (f"{found.drill}: {found.message}", next_step(found.next_command)) if part
            ),
            "check_name": f"gameday/{found.rule}",
            "fingerprint": found.fingerprint,
            "severity": "major",
            "location": {"path": found.place.path, "lines": {"begin": found.place.line}},
        }
        for found in findings(gate)
        if found.place is not None
    ]
    return json.dumps(issues, indent=1, ensure_ascii=False) + "\n"
