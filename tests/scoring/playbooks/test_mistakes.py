"""A broken playbook says where, what and how to mend it: every problem, a line each."""

import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import PlaybookError
from scoring.playbook.draft import playbook_schema
from scoring.playbook.file import InvalidPlaybook, load_playbook, parse_playbook, playbook_text

MISTAKES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text())
SOUND = playbook_text("llm-research-lab")
SCHEMA = jsonschema.Draft202012Validator(playbook_schema())


@pytest.mark.parametrize("case", MISTAKES, ids=[case["mistake"] for case in MISTAKES])
def test_every_problem_is_told_with_line_field_and_mend(case: dict[str, Any]) -> None:
    text = SOUND
    for old, new in case["change"].items():
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(InvalidPlaybook) as caught:
        parse_playbook(text, "own.yaml")
    problems = caught.value.problems
    assert len(problems) == len(case["says"]), problems
    for problem, said in zip(problems, case["says"], strict=True):
        assert re.search(said, problem), problem
        assert re.match(r"own\.yaml:\d+: ", problem)
        assert "\n" not in problem
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    assert str(caught.value) == problems[0] + more
    if case.get("schema"):
        assert not SCHEMA.is_valid(yaml.safe_load(text))


def test_a_list_whose_members_are_all_at_fault_is_not_called_empty() -> None:
    with pytest.raises(InvalidPlaybook) as caught:
        parse_playbook(SOUND.replace("    response:", "    respond:"), "own.yaml")
    assert len(caught.value.problems) == 8, caught.value.problems
    assert not any("empty" in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"own.yaml:1: this is empty"),
        ("# nothing\n", r"own.yaml:1: this is empty"),
        ("- a\n", r"own.yaml:1: a playbook is a mapping"),
        ("\n~\n", r"own.yaml:2: a playbook is a mapping"),
        ("name: [", r"own.yaml:\d+:\d+: this is not YAML"),
        ("name:\n\t- x\n", r"own.yaml:2:1: this is not YAML: found character that cannot start any token"),
        ("a: 1\n---\nb: 2\n", r"own.yaml:2:1: this is not YAML: but found another document"),
        ("a: !!python/name:os.system x", r"own.yaml:1:4: this is not YAML: could not determine a constructor"),
        ("a:\n  b: !!int x", r"own.yaml:2: 'x' is no value: .*; write it in quotes"),
        ("a:\n  - 2026-99-99", r"own.yaml:2: '2026-99-99' is no value: .*; write it in quotes"),
        ("? [a]\n: b", r"own.yaml:1:\d+: this is not YAML: found unhashable key"),
        ("a: \x00", r"own.yaml: this is not YAML: .*control characters"),
        ("a: \ud800", r"own.yaml: this is not YAML: .*surrogates"),
        ("a: &a [1]\nb: *a", r"own.yaml:2: '\*a' is an alias; write the value out"),
        ("a: &a\n  b: *a", r"own.yaml:2: '\*a' is an alias"),
        ("[" * 100_000, r"own.yaml:1: this is nested deeper than 30"),
        ("- " * 10_000, r"own.yaml:1: this is nested deeper than 30"),
        ("# " + "x" * 200_000, r"own.yaml: this has more than 200,000 characters"),
        ("1: 2", r"own.yaml:1: name: this field is missing"),
    ],
    ids=range(19),
)
def test_what_is_no_playbook_at_all_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidPlaybook, match=said) as caught:
        parse_playbook(text, "own.yaml")
    assert all("\n" not in problem for problem in caught.value.problems)


def test_a_thousand_mistakes_are_a_hundred_lines() -> None:
    text = SOUND + "".join(f"x{i}: 1\n" for i in range(1000))
    with pytest.raises(InvalidPlaybook) as caught:
        parse_playbook(text, "own.yaml")
    assert len(caught.value.problems) == 100


def test_an_own_playbook_goes_before_a_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SOUND.replace("title: LLM Research Lab", "title: Ours", 1)
    (tmp_path / "llm-research-lab").write_text("\ufeff" + text.replace("\n", "\r\n"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_playbook("llm-research-lab").title == "Ours"
    assert playbook_text(tmp_path / "llm-research-lab") == text


def test_a_playbook_that_cannot_be_found_or_read_is_named(tmp_path: Path) -> None:
    for path, said in (
        ("llm-reserch-lab", "no playbook 'llm-reserch-lab'; did you mean 'llm-research-lab'"),
        ("zzz", "no playbook 'zzz'; there are: autoformalize-math-lab, autonomous-dev-system"),
        ("nowhere/own.yaml", "nowhere/own.yaml: there is no such playbook file"),
        ("own.yml", "own.yml: there is no such playbook file"),
        (str(tmp_path), "this is a folder; give the playbook's file in it"),
        ("/dev/null", "/dev/null: there is no such playbook file"),
        ("a\0b", r"no playbook 'a\\x00b'"),
        ("x" * 5000, "cannot be read: File name too long"),
    ):
        with pytest.raises(PlaybookError, match=said):
            load_playbook(path)
    binary = tmp_path / "own.yaml"
    binary.write_bytes(os.urandom(64) + b"\xff\xfe")
    with pytest.raises(PlaybookError, match=r"own.yaml: this is not UTF-8 text; save it as UTF-8"):
        load_playbook(binary)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.sampled_from(["15m", "a § b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "source", "id", "levels", "sla"]) | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.text() | st.dictionaries(st.text() | st.integers(), _VALUES).map(lambda v: yaml.safe_dump(v)))
def test_whatever_is_no_playbook_is_refused_as_one(text: str) -> None:
    with pytest.raises(InvalidPlaybook):
        parse_playbook(text, "own.yaml")


@settings(max_examples=80, deadline=None)
@given(
    line=st.integers(0, SOUND.count("\n") - 1),
    value=_VALUES.map(lambda value: yaml.safe_dump(value, default_flow_style=True).split("\n...")[0].strip()),
)
def test_any_value_in_any_place_is_taken_or_refused(line: int, value: str) -> None:
    lines = SOUND.splitlines()
    key, colon, _ = lines[line].partition(": ")
    lines[line] = f"{key}{colon}{value}"
    problems: tuple[str, ...] = ()
    try:
        parse_playbook("\n".join(lines), "own.yaml")
    except InvalidPlaybook as error:
        problems = error.problems
    assert all(problem.startswith("own.yaml:") for problem in problems)
