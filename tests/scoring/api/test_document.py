"""The OpenAPI document is whole, and the service is as it says: schemathesis asks every operation of the process."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans, one_of
from posting import TOKENS, event, new_drill
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3


@schemathesis.serializer("application/zip")
def as_it_is(_: Any, value: Any) -> bytes:
    """Not an archive of ours: whatever bytes were drawn."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def document(clients: dict[str, httpx.Client]) -> dict[str, Any]:
    found: dict[str, Any] = clients["observer"].get("/openapi.json").json()
    return found


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method} {path}"
            assert operation["summary"], name
            assert operation["description"], name
            assert set(operation["tags"]) <= tags, name
            assert any(status.startswith("2") for status in operation["responses"]), name
            problems = {status for status in operation["responses"] if status[0] in "45"}
            if path == "/health":
                continue
            assert operation["security"], name
            assert problems >= {"401", "403", "422"}, name
            for status in problems:
                assert operation["responses"][status]["$ref"] == f"#/components/responses/Problem{status}", name
    assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.fixture(scope="module")
def conforming(server: Any, clients: dict[str, httpx.Client]) -> Any:
    """The schema of a service that holds something: a drill, a person, a game day, an action item."""
    client = clients["facilitator"]
    client.post("/api/v1/teams", json={"name": "payments"})
    client.post("/api/v1/people", json={"name": "Ada", "team": "payments"})
    for name in ("running", "ended"):
        opened = new_drill(f"conforming-{name}", game_day="conforming", team="payments", people=["Ada"])
        client.post("/api/v1/drills", json=opened)
        told = [event("fault.injected"), event("review.filed", parts={"action_items": "1. [P1] Watch the pool"})]
        client.post(f"/api/v1/drills/conforming-{name}/events/batch", json=told)
        client.put(f"/api/v1/drills/conforming-{name}/runbooks", json=[{"address": "pool.md", "text": "# The pool"}])
    client.post("/api/v1/drills/conforming-ended/end", json={"ended_at": "2026-01-05T10:10:00Z"})
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json", headers={"Host": "127.0.0.1"})


@pytest.fixture(scope="module")
def operations(conforming: Any) -> list[Any]:
    found = [each.ok() for each in conforming.get_all_operations()]
    return [operation for operation in found if not operation.path.endswith("/stream")]


def test_the_service_is_as_its_document_says(operations: list[Any]) -> None:
    """Every operation, as the facilitator; what is sent is drawn from the document, the same in every run."""
    assert len(operations) > 40
    wrong = {}
    for operation in operations:
        try:
            _ask(operation)
        except Exception as error:
            wrong[f"{operation.method} {operation.path}"] = error
    assert not wrong, "\n\n".join(f"{name}: {error}" for name, error in wrong.items())


def _ask(operation: Any) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]), is_known=booleans())
    def check(case: schemathesis.Case, is_known: bool) -> None:
        if is_known and "drill_id" in case.path_parameters:
            case.path_parameters["drill_id"] = "conforming-ended"
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKENS['facilitator']}"}, checks=CHECKS)

    check()
