"""From documents and recordings to requests. Pure."""

from typing import Any

import pytest

from simulator.load import openapi, recording
from simulator.load.traffic import Request, Traffic, is_served

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://shop.example/v1"}],
    "components": {"parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"example": "a b"}}}},
    "paths": {
        "/items": {
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"default": 10}},
                    {"name": "sort", "in": "query", "required": True, "schema": {"enum": ["name", "price"]}},
                    {"name": "new", "in": "query", "example": True},
                ]
            },
            "post": {},
        },
        "/items/{id}": {"parameters": [{"$ref": "#/components/parameters/Id"}], "get": {}, "delete": {}},
        "/users/{user}": {"get": {"parameters": [{"name": "user", "in": "path", "required": True}]}},
        "/undeclared/{thing}": {"get": {}},
    },
}


def test_get_operations_are_asked_for_with_the_document_s_own_values() -> None:
    requests, _ = openapi.requests_of(DOCUMENT)
    assert {each.name: each.path for each in requests} == {
        "GET /items": "/v1/items?sort=name&new=true",
        "GET /items/{id}": "/v1/items/a%20b",
    }
    assert {each.method for each in requests} == {"GET"}


def test_what_nobody_gave_a_value_for_is_left_out_and_told() -> None:
    _, left_out = openapi.requests_of(DOCUMENT)
    assert left_out == (
        "GET /users/{user}: the document has no example for user",
        "GET /undeclared/{thing}: the document has no example for thing",
    )


def test_a_document_of_swagger_2_is_read_too() -> None:
    parameter = {"name": "n", "in": "path", "required": True, "type": "integer", "default": 7}
    document = {"swagger": "2.0", "basePath": "/api/", "paths": {"/n/{n}": {"get": {"parameters": [parameter]}}}}
    ((request,), _) = openapi.requests_of(document)
    assert request.path == "/api/n/7"


@pytest.mark.parametrize("document", [{}, {"paths": {}}, {"openapi": "3.0.0", "paths": []}])
def test_anything_else_is_no_openapi_document(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="this is no OpenAPI document"):
        openapi.requests_of(document)


def entry(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"request": {"method": method, "url": url, "headers": [{"name": "Cookie", "value": "x"}], **more}}


def test_a_recording_is_what_was_asked_of_its_main_host_as_often_as_it_was() -> None:
    entries = [
        entry("https://shop.example/"),
        entry("https://shop.example/"),
        entry("https://shop.example/cart?id=1", "POST", postData={"text": '{"n": 1}'}),
        entry("https://fonts.example/a.woff"),
        entry("data:image/png;base64,xx"),
    ]
    first, second = recording.requests_of({"log": {"entries": entries}})
    assert (first.method, first.path, first.weight, first.headers) == ("GET", "/", 2, {})
    assert (second.method, second.path, second.body, second.weight) == ("POST", "/cart?id=1", '{"n": 1}', 1)


@pytest.mark.parametrize("archive", [{}, {"log": {}}, {"log": {"entries": []}}])
def test_an_empty_recording_is_refused(archive: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="this is no HTTP Archive with entries"):
        recording.requests_of(archive)


def test_a_line_is_a_request() -> None:
    traffic = Traffic.model_validate({"requests": ["GET /a?b=c", 'POST /x {"a": 1}', {"path": "/y", "weight": 3}]})
    assert [each.label for each in traffic.requests] == ["GET /a", "POST /x", "GET /y"]
    assert traffic.requests[1] == Request(method="POST", path="/x", body='{"a": 1}')


def test_statuses_that_are_named_are_the_only_ones_that_count_as_served() -> None:
    assert [is_served(status, ()) for status in (0, 200, 304, 400, 503)] == [False, True, True, False, False]
    assert [is_served(status, (200, 404)) for status in (200, 201, 404)] == [True, False, True]
