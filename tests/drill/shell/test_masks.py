"""Secrets are hidden in what is kept, and what is no secret stays byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.drill.catalog import runbook_file, shipped_experiments
from simulator.drill.runbook import read_runbook
from simulator.drill.shell.masks import HIDDEN, NOT_KEPT, Masks

PLAIN = Masks()
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmVk-by_us"

SAID = [
    ("postgresql://oncall:s3cret@127.0.0.1:5432/research", "postgresql://oncall:***@127.0.0.1:5432/research"),
    ("redis://:s3cret@cache:6379 and amqp://a:b@c", "redis://:***@cache:6379 and amqp://a:***@c"),
    ("postgresql://ada:p@ss@db/x", "postgresql://ada:***@db/x"),
    ("Authorization: Bearer abc.def-1", "Authorization: Bearer ***"),
    ("> Authorization: Basic YWRhOnNlY3JldA==", "> Authorization: Basic ***"),
    ('{"Authorization": "Bearer abc.def-1"}', '{"Authorization": "Bearer ***"}'),
    ("X-API-Key: on-call", "X-API-Key: ***"),
    ("the header Bearer 0123456789abcdef", "the header Bearer ***"),
    ("Set-Cookie: session=abc; Path=/", "Set-Cookie: ***"),
    ("password: hunter2", "password: ***"),
    ('  "db_password": "hunter 2", "user": "ada"', '  "db_password": "***", "user": "ada"'),
    (r"{\"api_key\": \"k-1\", \"n\": 1}", r"{\"api_key\": \"***\", \"n\": 1}"),
    ("- name: DB_PASSWORD\n  value: hunter2\n- name: DB_HOST\n  value: db", None),
    ('{"name": "API_TOKEN",\n "value": "t-1"}', '{"name": "API_TOKEN",\n "value": "***"}'),
    ("    token: 0123abcd\nname: admin", "    token: ***\nname: admin"),
    ("client-key-data: LS0tLS1CRUdJTg==", "client-key-data: ***"),
    (f"access {JWT} granted", "access *** granted"),
    ("OPENAI says sk-proj-0123456789abcdefXYZ", "OPENAI says ***"),
    ("ALTER ROLE ada PASSWORD 'hunter2'", "ALTER ROLE ada PASSWORD '***'"),
    (
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAA=\n-----END RSA PRIVATE KEY-----\nb",
        "a\n***\nb",
    ),
    ("MIIB\nAAA=\n-----END PRIVATE KEY-----\nb", "***\nb"),
    ("a\n-----BEGIN PRIVATE KEY-----\nMIIB\nAAA=\n", "a\n***"),
]


@pytest.mark.parametrize(("text", "kept"), SAID)
def test_what_is_secret_wherever_it_stands_is_hidden(text: str, kept: str | None) -> None:
    kept = kept if kept is not None else text.replace("hunter2", HIDDEN)
    assert PLAIN.output(text) == kept
    assert PLAIN.command(text) == kept


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("PGPASSWORD=hunter2 psql -h db -c 'select 1'", "PGPASSWORD=*** psql -h db -c 'select 1'"),
        ("export API_TOKEN='a b c'; env", "export API_TOKEN='***'; env"),
        ("kubectl --token=abc get pods", "kubectl --token=*** get pods"),
        ("vault login --token abc -v", "vault login --token *** -v"),
        (
            'curl -H "X-API-Key: abc" http://api/x?token=def&page=2',
            'curl -H "X-API-Key: ***" http://api/x?token=***&page=2',
        ),
        ("curl -s -u ada:s3cret http://api", "curl -s -u ada:*** http://api"),
        ("curl --user 'ada:s3cret' http://api", "curl --user 'ada:***' http://api"),
        ("valkey-cli -h cache -a s3cret ping", "valkey-cli -h cache -a *** ping"),
        (
            "kubectl create secret generic db --from-literal=pw=abc --from-literal='user=a b'",
            "kubectl create secret generic db --from-literal=pw=*** --from-literal='user=***'",
        ),
        (
            "kubectl apply -f - <<EOF\nkind: Secret\nstringData:\n  pin: '1234'\n  text: |\n    line\nEOF",
            "kubectl apply -f - <<EOF\nkind: Secret\nstringData:\n  pin: ***\n  text: |\n    ***\nEOF",
        ),
    ],
)
def test_what_flags_and_assignments_take_is_hidden_in_commands(command: str, kept: str) -> None:
    assert PLAIN.command(command) == kept


def test_a_printed_variable_is_hidden_to_the_end_of_its_line() -> None:
    assert PLAIN.output("HOME=/root\nDB_PASSWORD=a,b;c d\nPWD=/") == "HOME=/root\nDB_PASSWORD=***\nPWD=/"


@pytest.mark.parametrize(
    "text",
    [
        'psql "$DATABASE_URL" -c "select 1"',
        'curl -H "X-API-Key: $ON_CALL_API_KEY" "$TARGET_URL/experiments"',
        'curl -H "Authorization: Bearer $token" http://api',
        "PGPASSWORD=$PW psql; export TOKEN=$(cat file); --token=${TOKEN}",
        """sed -n 's/.*"access_token":"\\([^"]*\\)".*/\\1/p'""",
        """grep -o '"token":"[^"]*"'""",
        'kubectl patch secret x -p "{\\"stringData\\": {\\"OPENAI_API_KEY\\": \\"$key\\"}}"',
        'auth_sign_ins_total{outcome="wrong_password"} 12',
        "DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false",
        "automountServiceAccountToken: false\nmax_tokens: 500\nimagePullSecrets: []",
        "secretKeyRef:\n  name: db\n  key: password",
        "NAME   TYPE     DATA   AGE\ndb     Opaque   2      5m",
        'FATAL:  password authentication failed for user "ada"',
        "http://127.0.0.1:9090/graph?g0.expr=up and user@example.com",
        "ssh://git@host/repo.git",
        '{"status":"success","data":{"result":[{"value":[1.5,"0"]}]}}',
        "apiVersion: v1\ndata:\n  level: debug\nkind: ConfigMap\n",
        "kubectl create configmap x --from-literal=level=debug",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert PLAIN.command(text) == text
    assert PLAIN.output(text) == text


@pytest.mark.parametrize("name", [name for name, _ in shipped_experiments()])
def test_what_runbooks_do_is_kept_word_for_word(name: str) -> None:
    """A failed block is found in its runbook by its text."""
    for block in read_runbook(runbook_file(f"experiments/{name}/runbook.md")).commands("Mitigate"):
        assert PLAIN.command(block) == block


SECRET_YAML = """apiVersion: v1
data:
  DATABASE_URL: cG9zdGdyZXNxbDovLw==
  tls.key: |
    YWJj
kind: Secret
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","data":{"DATABASE_URL":"cG9zdGdyZXNxbDovLw=="},"kind":"Secret"}
  name: db
type: Opaque
"""


def test_the_data_of_a_secret_is_hidden_in_yaml_and_json() -> None:
    kept = PLAIN.output(SECRET_YAML, "kubectl get secret db -o yaml")
    assert "cG9z" not in kept
    assert "YWJj" not in kept
    assert "  DATABASE_URL: ***\n" in kept
    assert "kind: Secret\nmetadata:\n" in kept
    assert "  name: db\ntype: Opaque\n" in kept
    json = '{\n "data": {\n  "pw": "YWJj",\n  "n": "eA=="\n },\n "kind": "Secret",\n "type": "Opaque"\n}'
    assert PLAIN.output(json) == json.replace("YWJj", HIDDEN).replace("eA==", HIDDEN)


def test_the_data_of_a_secret_whose_beginning_was_lost_is_hidden() -> None:
    kept = PLAIN.output("  later: cG9zdGdyZXNxbDovLw==\nkind: Secret\n")
    assert kept == "  later: ***\nkind: Secret\n"


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get secret db -o jsonpath='{.data.pw}' | base64 -d",
        "kubectl -n shop get secrets/db --template='{{.data.pw}}'",
        "kubectl get secret db \\\n  -o json | jq -r '.data.pw | @base64d'",
        "echo it is; kubectl get secret db -ojsonpath={.data.pw} 2>&1 | base64 -d",
    ],
)
def test_a_secret_read_by_its_parts_is_not_kept(command: str) -> None:
    assert PLAIN.output("hunter2", command) == NOT_KEPT
    assert PLAIN.output("", command) == ""


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get secret db",
        "kubectl describe secret db",
        "token=$(kubectl get secret db -o jsonpath='{.data.pw}' | base64 -d); echo done",
        "kubectl get secret; kubectl get pods -o json | jq .",
    ],
)
def test_the_output_of_other_commands_is_kept(command: str) -> None:
    assert PLAIN.output("done", command) == "done"


def test_secrets_of_the_environment_are_hidden_wherever_they_are() -> None:
    env = {
        "ON_CALL_API_KEY": "on-call-key-of-ours",
        "DATABASE_URL": "postgresql://oncall:pa%2Fss-word1@db/x",
        "OTHER_URL": "postgresql://oncall:oncall@db/x",
        "SHORT_TOKEN": "abc",
        "EDITOR": "a-long-name-of-an-editor",
    }
    masks = Masks.of(env, "the-token-of-the-seat")
    text = (
        "on-call-key-of-ours, pa%2Fss-word1, pa/ss-word1, the-token-of-the-seat, oncall, abc, a-long-name-of-an-editor"
    )
    assert masks.output(text) == "***, ***, ***, ***, oncall, abc, a-long-name-of-an-editor"
    assert masks.command(f"echo {text}") == "echo ***, ***, ***, ***, oncall, abc, a-long-name-of-an-editor"


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=60)
secrets = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=12, max_size=40).map(
    "Zq7".__add__
)
ordinary = st.text("abcdefghijklmnopqrstuvwxyz ,.()[]|/0123456789\n\t", max_size=400)


@given(text=ordinary)
def test_text_without_names_and_values_stays_byte_for_byte(text: str) -> None:
    assert PLAIN.command(text) == text
    assert PLAIN.output(text) == text


@given(before=words, secret=secrets, after=words)
def test_a_known_secret_is_in_nothing_that_is_kept(before: str, secret: str, after: str) -> None:
    masks = Masks([secret])
    text = f"{before}{secret}{after}"
    assert secret not in masks.command(text)
    assert secret not in masks.output(text)


@given(
    form=st.sampled_from(
        [
            "postgresql://ada:{}@db:5432/x",
            "curl -H 'Authorization: Bearer {}' x",
            "API_KEY={}",
            "--password={} -v",
            "  password: {}\n",
            '{{"token": "{}", "n": 1}}',
            "export MY_SECRET='{}'",
        ]
    ),
    secret=secrets,
    before=ordinary,
)
def test_a_secret_in_a_known_form_is_hidden_once_and_for_all(form: str, secret: str, before: str) -> None:
    text = f"{before}\n{form.format(secret)}"
    for mask in (PLAIN.command, PLAIN.output):
        kept = mask(text)
        assert secret not in kept
        assert kept.startswith(f"{before}\n")
        assert mask(kept) == kept
