"""What the verifier proves, refutes and cannot read."""

import pytest

from target_app.verifier.statements import BadStatement, counterexample


@pytest.mark.parametrize(
    "statement",
    [
        "True",
        "p -> p",
        "p and q -> p",
        "p or not p",
        "(p -> q) and p -> q or r",
        "p → q → p",
        "¬(p ∧ ¬p)",
        "False -> p",
    ],
)
def test_a_tautology_is_proved(statement):
    assert counterexample(statement) is None


@pytest.mark.parametrize(
    ("statement", "assignment"),
    [
        ("False", {}),
        ("p -> q", {"p": True, "q": False}),
        ("p or q -> p and q", {"p": True, "q": False}),
        ("(p -> q) -> p", {"p": False, "q": True}),
        ("not p and q or r", {"p": True, "q": True, "r": False}),
    ],
)
def test_what_is_false_somewhere_is_refuted_with_the_assignment(statement, assignment):
    assert counterexample(statement) == assignment


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("", "it ends too early"),
        ("p ->", "it ends too early"),
        ("p q", "unexpected 'q'"),
        ("(p", "a parenthesis is not closed"),
        ("p)", "unexpected '\\)'"),
        ("and p", "unexpected 'and'"),
        ("p & q", "unexpected '&'"),
        (" or ".join(f"p{n}" for n in range(11)), "11 names, 10 at most"),
    ],
)
def test_what_cannot_be_read_is_named(statement, words):
    with pytest.raises(BadStatement, match=words):
        counterexample(statement)
