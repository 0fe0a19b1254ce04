"""Lists in pages, versions that are old or yet to come, and selectors that do not parse."""

import asyncio
import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

MAPS = "/api/v1/namespaces/default/configmaps"


async def _fill(server, names: str) -> None:
    for name in names:
        await server.call("POST", MAPS, {"metadata": {"name": name, "labels": {"vowel": str(name in "aeiou").lower()}}})


def _names(listed: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in listed["items"]]


async def test_a_list_comes_in_pages_of_one_version(server) -> None:
    await _fill(server, "abcde")
    _, first = await server.call("GET", f"{MAPS}?limit=2")
    assert (_names(first), first["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    await server.call("DELETE", f"{MAPS}/d")
    await server.call("POST", MAPS, {"metadata": {"name": "cc"}})
    _, second = await server.call("GET", f"{MAPS}?limit=2&continue={first['metadata']['continue']}")
    assert (_names(second), second["metadata"]["remainingItemCount"]) == (["c", "d"], 1)
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    _, last = await server.call("GET", f"{MAPS}?limit=2&continue={second['metadata']['continue']}")
    assert _names(last) == ["e"]
    assert not {"continue", "remainingItemCount"} & last["metadata"].keys()


async def test_with_a_selector_nobody_counts_what_remains(server) -> None:
    await _fill(server, "abcde")
    _, first = await server.call("GET", f"{MAPS}?limit=1&labelSelector=vowel%3Dtrue")
    assert _names(first) == ["a"]
    assert "remainingItemCount" not in first["metadata"]
    token = first["metadata"]["continue"]
    _, second = await server.call("GET", f"{MAPS}?limit=1&labelSelector=vowel%3Dtrue&continue={token}")
    assert _names(second) == ["e"]
    assert "continue" not in second["metadata"]


async def test_a_list_whose_version_is_gone_can_go_on_with_the_present(server, monkeypatch) -> None:
    monkeypatch.setattr(server.store, "_history", type(server.store._history)(maxlen=2))
    await _fill(server, "abcd")
    _, first = await server.call("GET", f"{MAPS}?limit=2")
    await _fill(server, "xyz")
    code, gone = await server.call("GET", f"{MAPS}?limit=2&continue={first['metadata']['continue']}")
    assert (code, gone["reason"]) == (410, "Expired")
    assert gone["message"].startswith("The provided continue parameter is too old to display a consistent list")
    _, rest = await server.call("GET", f"{MAPS}?continue={gone['metadata']['continue']}")
    assert _names(rest) == ["c", "d", "x", "y", "z"]
    code, gone = await server.call("GET", f"{MAPS}?resourceVersion=1&resourceVersionMatch=Exact")
    assert (code, gone["message"]) == (410, "The resourceVersion for the provided list is too old.")


async def test_a_list_can_be_of_a_version_that_was(server) -> None:
    await _fill(server, "ab")
    _, then = await server.call("GET", MAPS)
    version = then["metadata"]["resourceVersion"]
    await server.call("DELETE", f"{MAPS}/a")
    merge = "application/merge-patch+json"
    await server.call("PATCH", f"{MAPS}/b", {"data": {"k": "v"}}, media=merge)
    _, again = await server.call("GET", f"{MAPS}?resourceVersion={version}&resourceVersionMatch=Exact")
    assert again == then
    for query in (
        f"resourceVersion={version}",
        f"resourceVersion={version}&resourceVersionMatch=NotOlderThan",
        "resourceVersion=0",
        "",
    ):
        assert _names((await server.call("GET", f"{MAPS}?{query}"))[1]) == ["b"]


@pytest.mark.parametrize("path", [f"{MAPS}?resourceVersion=999999", f"{MAPS}/a?resourceVersion=999999"])
async def test_a_version_that_is_yet_to_come_is_too_large(server, path) -> None:
    await _fill(server, "a")
    code, status = await server.call("GET", path)
    assert (code, status["reason"]) == (504, "Timeout")
    assert status["message"] == f"Timeout: Too large resource version: 999999, current: {server.store.version}"
    assert status["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def _token(**fields: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("continue=!!", 400, "invalid continue token: continue key is not valid: "),
        (
            "continue=" + _token(v="v9", rv=1, start="a"),
            400,
            "invalid continue token: continue key is not valid: server does not recognize this encoded version v9",
        ),
        (
            "continue=" + _token(v="meta.k8s.io/v1", rv=0, start="a"),
            400,
            "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion",
        ),
        (
            "continue=" + _token(v="meta.k8s.io/v1", rv=1, start="../../secrets"),
            400,
            "invalid continue token: continue key is not valid: ../../secrets",
        ),
        (
            "continue=" + _token(v="meta.k8s.io/v1", rv=1, start="a") + "&resourceVersion=3",
            400,
            "specifying resource version is not allowed when using continue",
        ),
        (
            "resourceVersion=abc",
            400,
            'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        ),
        ("limit=many", 400, 'strconv.ParseInt: parsing "many": invalid syntax'),
        ("limit=" + "9" * 5000, 400, "strconv.ParseInt: parsing "),
        (
            "resourceVersionMatch=Exact",
            422,
            "@: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact",
            422,
            '@: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        ),
        (
            "resourceVersion=1&resourceVersionMatch=Newest",
            422,
            '@: resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
        ),
        (
            "sendInitialEvents=true",
            422,
            "@: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
        ),
        (
            "watch=1&sendInitialEvents=true",
            422,
            "@: resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
            "resourceVersionMatch to NotOlderThan",
        ),
        (
            "watch=1&resourceVersionMatch=NotOlderThan",
            422,
            "@: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden "
            "for watch unless sendInitialEvents is provided",
        ),
        (
            "fieldSelector=spec.x%3Dy",
            400,
            '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("fieldSelector=nonsense", 400, "invalid selector: 'nonsense'; can't understand 'nonsense'"),
    ],
)
async def test_options_that_make_no_sense_are_refused_in_the_words_of_kubernetes(server, query, code, words) -> None:
    words = words.replace("@", 'ListOptions.meta.k8s.io "" is invalid')
    got, status = await server.call("GET", f"{MAPS}?{query}")
    assert (got, status["message"][: len(words)]) == (code, words)


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        (
            "a>b",
            "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value "
            "must be an integer",
        ),
        (
            "-a=b",
            'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric '
            "characters",
        ),
        (
            "a=" + "x" * 64,
            'unable to parse requirement: values[0][a]: Invalid value: "' + "x" * 64 + '": must be no '
            "more than 63 bytes",
        ),
    ],
)
async def test_a_label_selector_that_does_not_parse_is_refused_in_the_parser_s_words(server, selector, words) -> None:
    code, status = await server.call("GET", f"{MAPS}?labelSelector={quote(selector)}")
    assert (code, status["message"][: len(words)]) == (400, words)


async def test_thirty_watches_and_lists_beside_them_all_see_the_same(server) -> None:
    _, listed = await server.call("GET", MAPS)
    query = f"watch=1&allowWatchBookmarks=true&resourceVersion={listed['metadata']['resourceVersion']}"

    async def watched() -> list[str]:
        seen: list[str] = []
        async with server.http.get(f"{server.url}{MAPS}?{query}") as answer:
            while len(seen) < 20:
                event = json.loads(await asyncio.wait_for(answer.content.readline(), 10))
                seen.append(event["object"]["metadata"]["name"])
        return seen

    watches = [asyncio.create_task(watched()) for _ in range(30)]
    names = [f"m{n:02}" for n in range(20)]
    for name in names:
        await server.call("POST", MAPS, {"metadata": {"name": name}})
        await server.call("GET", f"{MAPS}?resourceVersion=0")
    assert await asyncio.gather(*watches) == [names] * 30
