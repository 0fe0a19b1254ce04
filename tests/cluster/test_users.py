"""Who is let in, and what a service account may do."""

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.users import ADMIN, Tokens

POD = ("shop", "default", "web-1", "u-1")


def test_a_pod_s_token_names_its_service_account_while_the_pod_lives() -> None:
    living = {("shop", "web-1", "u-1")}
    tokens = Tokens("secret", lambda *pod: pod in living)
    user = tokens.user_of(tokens.for_pod(*POD))
    assert user is not None
    assert user.name == "system:serviceaccount:shop:default"
    assert not user.is_admin
    assert tokens.user_of("secret") is ADMIN
    token = tokens.for_pod(*POD)
    living.clear()
    assert tokens.user_of(token) is None


def test_a_token_for_somebody_else_opens_nothing_here() -> None:
    tokens = Tokens("secret", lambda *_: True)
    assert tokens.user_of(tokens.for_pod(*POD, audience="vault")) is None
    assert Tokens("other", lambda *_: True).user_of(tokens.for_pod(*POD)) is None


@given(st.text(), st.text(), st.text())
def test_no_text_is_taken_for_a_token(header: str, claims: str, signature: str) -> None:
    tokens = Tokens("secret", lambda *_: True)
    good = tokens.for_pod(*POD)
    for text in (header, f"{header}.{claims}.{signature}", good[:-2], good + signature if signature else "x"):
        assert tokens.user_of(text) is None


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/version", 200, ""),
        ("GET", "/api/v1", 200, ""),
        ("GET", "/openapi/v3", 200, ""),
        ("GET", "/metrics", 403, 'forbidden: User "system:serviceaccount:shop:default" cannot get path "/metrics"'),
        (
            "GET",
            "/api/v1/namespaces/shop/pods",
            403,
            'pods is forbidden: User "system:serviceaccount:shop:default" cannot list resource "pods" in API group "" '
            'in the namespace "shop"',
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/shop/deployments/web",
            403,
            'deployments.apps "web" is forbidden: User "system:serviceaccount:shop:default" cannot delete resource '
            '"deployments" in API group "apps" in the namespace "shop"',
        ),
        (
            "GET",
            "/api/v1/nodes?watch=true",
            403,
            'nodes is forbidden: User "system:serviceaccount:shop:default" cannot watch resource "nodes" in API group '
            '"" at the cluster scope',
        ),
    ],
)
async def test_a_service_account_may_look_around_and_no_more(server, method, path, status, words) -> None:
    headers = {"Authorization": f"Bearer {server.tokens.for_pod(*POD)}"}
    async with server.http.request(method, server.url + path, headers=headers) as answer:
        assert answer.status == status
        if words:
            assert (await answer.json())["message"] == words


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic x", "Bearer ..", "Bearer é"])
async def test_without_a_token_there_is_nothing(server, header) -> None:
    async with (
        aiohttp.ClientSession(connector=server.http.connector, connector_owner=False) as stranger,
        stranger.get(server.url + "/version", headers={"Authorization": header}) as answer,
    ):
        assert answer.status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Impersonate-User": "bob"}, 403),
        ({"Impersonate-User": "system:serviceaccount:shop:default"}, 403),
        ({"Impersonate-User": "bob", "Impersonate-Group": "system:masters"}, 200),
    ],
)
async def test_the_administrator_may_act_as_somebody_else_and_then_is_no_more(server, headers, status) -> None:
    async with server.http.get(server.url + "/api/v1/namespaces/shop/pods", headers=headers) as answer:
        assert answer.status == status


async def test_nobody_else_may(server) -> None:
    headers = {"Authorization": f"Bearer {server.tokens.for_pod(*POD)}", "Impersonate-User": "bob"}
    async with server.http.get(server.url + "/version", headers=headers) as answer:
        assert (await answer.json())["message"] == (
            'users "bob" is forbidden: User "system:serviceaccount:shop:default" cannot impersonate resource "users" '
            'in API group "" at the cluster scope'
        )
