"""SARIF 2.1.0: a result for each missed requirement, at the line where the mend begins."""

import json
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from simulator.report.gate import Gate, Place
from simulator.report.pipeline.findings import SENTENCE, Finding, findings, next_step, unjudged
from simulator.report.sentences import plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""What relative paths are relative to; whoever reads the file knows where its checkout is."""

Json = dict[str, Any]


def render_sarif(gate: Gate) -> str:
    """The file. What could not be judged is a notification of the tool, not a result."""
    found = findings(gate)
    rules = list({finding.rule: finding for finding in found}.values())
    index = {rule.rule: number for number, rule in enumerate(rules)}
    run: Json = {
        "tool": {
            "driver": {"name": "gameday", "version": version("gameday"), "rules": [_rule(rule) for rule in rules]}
        },
        "automationDetails": {"id": f"gameday/{plain(gate.suite)}/"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the checkout."}}},
        "invocations": [_invocation(gate)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.rule]) for finding in found],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> Json:
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.title or finding.rule},
        "fullDescription": {"text": f"The suite requires of a drill: {finding.title or finding.rule}."},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["resilience"]},
    }


def _result(finding: Finding, rule_index: int) -> Json:
    next_line = next_step(finding.next_command)
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": "error",
        "message": {"text": f"{finding.drill}: {finding.message}" + (f" {next_line}" if next_line else "")},
        "partialFingerprints": {"gameday/v1": finding.fingerprint},
    }
    if finding.place is not None:
        result["locations"] = [{"physicalLocation": _location(finding.place)}]
    return result


def _location(place: Place) -> Json:
    uri = quote(place.path, errors="replace")
    file = {"uri": f"file://{uri}"} if place.path.startswith("/") else {"uri": uri, "uriBaseId": ROOT}
    return {"artifactLocation": file, "region": {"startLine": place.line}}


def _invocation(gate: Gate) -> Json:
    return {
        "executionSuccessful": gate.outcome != "inconclusive",
        "exitCode": gate.exit_status,
        "startTimeUtc": f"{gate.started_at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "endTimeUtc": f"{gate.ended_at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "toolExecutionNotifications": [
            {
                "level": "warning",
                "message": {"text": f"{plain(drill.title)} could not be judged: {plain(drill.why, SENTENCE)}"},
            }
            for drill in unjudged(gate)
        ],
    }
