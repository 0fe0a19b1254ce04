"""Experiments that are like one another."""

import pytest

from target_app.api.similarity import most_similar


def test_the_same_words_come_first_and_ten_at_most():
    one = {"name": "seed", "prompt": "What did the last run show?"}
    others = [{"id": n, "name": f"other-{n}", "prompt": "x" * n} for n in range(1, 20)]
    found = most_similar(one, [*others, {"id": 99, **one}])
    assert (found[0].id, found[0].likeness) == (99, 1.0)
    assert len(found) == 10


@pytest.mark.parts
def test_they_are_found_in_the_database(app):
    found = app.client.get("/experiments/1/similar").json()
    assert found[0]["name"].startswith("run-")
    assert app.client.get("/experiments/9999999/similar").status_code == 404
