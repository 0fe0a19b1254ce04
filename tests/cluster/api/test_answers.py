"""How answers are spelled, what verbs there are, and what stays as it was."""

import aiohttp
import pytest
import yaml

MAPS = "/api/v1/namespaces/default/configmaps"


async def _get(server, path: str, **headers: str) -> tuple[int, str, str]:
    async with server.http.get(server.url + path, headers=headers) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def test_answers_are_yaml_for_those_who_like_it_best(server) -> None:
    await server.call("POST", MAPS, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    code, media, text = await _get(server, f"{MAPS}/a", Accept="application/json;q=0.5, application/yaml")
    assert (code, media) == (200, "application/yaml")
    assert yaml.safe_load(text)["data"] == {"k": "v"}
    code, media, text = await _get(server, f"{MAPS}/none", Accept="application/yaml")
    assert (code, media, yaml.safe_load(text)["reason"]) == (404, "application/yaml", "NotFound")
    _, media, _ = await _get(server, f"{MAPS}/a", Accept="application/vnd.kubernetes.protobuf, application/json")
    assert media == "application/json"


async def test_people_and_who_asks_get_indented_answers(server) -> None:
    path = "/api/v1/namespaces/default"
    for headers, query, is_indented in (
        ({"User-Agent": "curl/8"}, "", True),
        ({"User-Agent": "curl/8"}, "?pretty=false", False),
        ({"User-Agent": "kubectl/v1"}, "", False),
        ({"User-Agent": "kubectl/v1"}, "?pretty=true", True),
    ):
        _, _, text = await _get(server, path + query, **headers)
        assert ("\n  " in text) is is_indented


async def test_what_nobody_can_write_is_not_acceptable(server) -> None:
    code, _, text = await _get(server, MAPS, Accept="text/html")
    assert code == 406
    assert "only the following media types are accepted: application/json, application/yaml" in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("OPTIONS", MAPS),
        ("TRACE", MAPS),
        ("POST", f"{MAPS}/a"),
        ("PUT", MAPS),
        ("PATCH", MAPS),
        ("DELETE", "/api/v1/pods"),
    ],
)
async def test_a_verb_that_a_resource_does_not_have_is_not_allowed(server, method, path) -> None:
    code, status = await server.call(method, path, {})
    assert (code, status["reason"]) == (405, "MethodNotAllowed")
    assert status["message"] == "the server does not allow this method on the requested resource"


async def test_head_tells_the_length_and_sends_nothing(server) -> None:
    async with server.http.head(server.url + MAPS) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


async def test_a_connection_outlives_its_errors(server) -> None:
    seen = set()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=server.http.connector._ssl, limit=1), headers=server.http.headers
    ) as one:
        for path in (f"{MAPS}/none", "/nowhere", MAPS, f"{MAPS}?limit=x"):
            async with one.get(server.url + path) as answer:
                assert answer.connection is None or answer.connection.transport is not None
                if answer.connection is not None:
                    seen.add(answer.connection.transport.get_extra_info("sockname"))
                await answer.read()
    assert len(seen) <= 1


async def test_a_patch_or_an_update_that_changes_nothing_keeps_the_version(server) -> None:
    _, first = await server.call("POST", MAPS, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    merge = "application/merge-patch+json"
    _, patched = await server.call("PATCH", f"{MAPS}/a", {"data": {"k": "v"}}, media=merge)
    _, put = await server.call("PUT", f"{MAPS}/a", first)
    assert first == patched == put


async def test_only_what_may_be_created_by_an_update_is(server) -> None:
    code, status = await server.call("PUT", f"{MAPS}/new", {"metadata": {"name": "new"}})
    assert (code, status["message"]) == (404, 'configmaps "new" not found')
    service = {"metadata": {"name": "new"}, "spec": {"ports": [{"port": 80}]}}
    code, stored = await server.call("PUT", "/api/v1/namespaces/default/services/new", service)
    assert (code, stored["metadata"]["name"]) == (201, "new")


@pytest.mark.parametrize(
    ("body", "media", "words"),
    [
        (b'{"metadata":{"name":"a"},"data":{"k":"1","k":"2"}}', "application/json", 'duplicate field "data.k"'),
        (b'{"metadata":{"name":"a"},"metadata":{"name":"b"}}', "application/json", 'duplicate field "metadata"'),
        (
            b"metadata:\n  name: a\ndata:\n  k: '1'\n  k: '2'\n",
            "application/yaml",
            'yaml: unmarshal errors:\n  line 5: key "k" already set in map',
        ),
    ],
)
async def test_a_field_that_is_there_twice_is_refused_by_the_strict(server, body, media, words) -> None:
    async with server.http.post(
        f"{server.url}{MAPS}?fieldValidation=Strict", data=body, headers={"Content-Type": media}
    ) as answer:
        status = await answer.json()
    assert answer.status == 400
    prefix = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
    assert status["message"] == prefix + words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b"",
            "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse "
            "error: unexpected end of JSON input (<empty>)",
        ),
        (
            b"{",
            "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse "
            "error: unexpected end of JSON input ({)",
        ),
        (
            b'{"kind":"Pod","apiVersion":"v1"}',
            'Pod in version "v1" cannot be handled as a ConfigMap: converting '
            "(v1.Pod) to (core.ConfigMap): unknown conversion",
        ),
        (
            b'{"kind":"ConfigMap","apiVersion":"v2"}',
            "the API version in the data (v2) does not match the expected API version (v1)",
        ),
    ],
)
async def test_a_body_that_is_something_else_is_refused_in_the_decoder_s_words(server, body, words) -> None:
    headers = {"Content-Type": "application/json"}
    async with server.http.post(server.url + MAPS, data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["message"]) == (400, words)


async def test_names_that_are_generated_are_free(server) -> None:
    names = set()
    for _ in range(30):
        _, stored = await server.call("POST", MAPS, {"metadata": {"generateName": "a" * 80 + "-"}})
        names.add(stored["metadata"]["name"])
    assert len(names) == 30
    assert {len(name) for name in names} == {63}
