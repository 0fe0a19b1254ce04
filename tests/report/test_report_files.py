"""The scoreboard and the files of a game day."""

import io
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from scoring.scorecard.cards import HintCard
from scoring.timeline import Event
from simulator.errors import NotPossible
from simulator.report.charts import figure
from simulator.report.html import render_html
from simulator.report.markdown import render_markdown
from simulator.report.models import DrillResult, GameDay, all_slas_met, mean_score
from simulator.report.publish import write_json, write_report
from simulator.report.schema import MODELS, as_text, published_schema, schema
from simulator.report.terminal import print_scoreboard

NASTY = "</script><script>alert(1)</script> | `x` \x1b[31m"


class Page(HTMLParser):
    """Attributes that load something, text outside of script and style, and which elements there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self._hidden = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._hidden = tag in {"script", "style"}
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data


@pytest.fixture(scope="module")
def html(game_day: GameDay) -> str:
    return render_html(game_day)


@pytest.mark.parametrize("width", [80, 120])
def test_the_scoreboard_is_readable_without_colour(game_day: GameDay, data: Path, width: int) -> None:
    out = io.StringIO()
    print_scoreboard(game_day, Console(file=out, width=width, no_color=True, force_terminal=False))
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    assert text == (data / f"scoreboard-{width}.txt").read_text(encoding="utf-8")
    assert "\x1b" not in text


def test_the_page_opens_offline(html: str) -> None:
    page = Page(html)
    assert all(load.startswith("#") for load in page.loads)
    assert {load.removeprefix("#") for load in page.loads} <= set(page.ids)
    assert not re.search(r"https?://|//[a-z]+\.[a-z]", html)
    assert "link" not in page.elements
    assert "@import" not in html
    assert html.count('id="plotly"') == 1


def test_the_page_says_everything_without_script(html: str, game_day: GameDay) -> None:
    said = Page(html).text
    for drill in game_day.drills:
        assert drill.title in said
        assert drill.reason in said
        assert drill.scorecard is not None
        for dimension in drill.scorecard.dimensions.values():
            assert dimension.why in said
        if drill.verdict == "scored":
            assert all(measure.why in said for measure in drill.scorecard.measures.values())
            assert all(condition.seen in said for condition in drill.scorecard.conditions)
    assert "alert fires: DatabaseConnectionPoolExhausted (critical)" in said


def test_a_chart_marks_its_events_and_shades_the_verification_window(game_day: GameDay) -> None:
    first = game_day.drills[0]
    assert first.timeline is not None
    drawn = figure(first.timeline, first.scorecard)
    assert drawn is not None
    shapes = drawn["layout"]["shapes"]
    (shade,) = [shape for shape in shapes if shape["type"] == "rect"]
    assert (shade["x0"], shade["x1"]) == (11, 26)
    lines = [shape["x0"] for shape in shapes if shape["type"] == "line"]
    assert lines == sorted(lines)
    assert lines[:2] == [-0.8, 0.0]
    badges = [note["hovertext"] for note in drawn["layout"]["annotations"] if "hovertext" in note]
    assert len(badges) == len(lines) == 8
    served, failed = drawn["data"][:2]
    assert [s + f for s, f in zip(served["y"], failed["y"], strict=True)] == [60] * 34


def test_a_game_day_in_which_nothing_could_be_played_still_has_a_report(game_day: GameDay, tmp_path: Path) -> None:
    drill = DrillResult(title="x", failure_mode="y", experiment="z", verdict="aborted", reason="no cluster")
    empty = game_day.model_copy(update={"drills": (drill,), "score": None, "sla_met": None, "exit_status": 3})
    paths = write_report(empty, tmp_path)
    assert "no cluster" in paths.html.read_text(encoding="utf-8")
    assert 'id="plotly"' not in paths.html.read_text(encoding="utf-8")
    assert "no drill was judged" in paths.markdown.read_text(encoding="utf-8")
    print_scoreboard(empty, Console(file=io.StringIO(), width=80))


def test_hints_and_what_observers_noted_are_in_both_reports(game_day: GameDay) -> None:
    first = game_day.drills[0]
    assert first.timeline is not None
    assert first.scorecard is not None
    hints = HintCard(count=2, points=15, why="2 hints were taken, which cost 15 points.", events=("a", "b"))
    notes = [
        {"by": "Grace", "dimension": "detect", "mark": "M", "text": "nobody looked"},
        {"by": "Ada", "text": "calm"},
    ]
    day = _with(
        game_day,
        first.model_copy(update={"scorecard": first.scorecard.model_copy(update={"hints": hints})}),
        *(Event(kind="observation.noted", occurred_at=game_day.ended_at, data=data) for data in notes),
    )
    said, lines = Page(render_html(day)).text, render_markdown(day).splitlines()
    assert all(text in said for text in (hints.why, "Grace sees it otherwise: nobody looked", "Ada: calm"))
    assert f"- **Hints**, 15.0 points off: {hints.why}" in lines
    assert "- **Detect**, observed by Grace: M, ours is P; nobody looked" in lines
    assert "- Observed by Ada: calm" in lines


def test_a_report_is_in_drill_time_without_the_stops(game_day: GameDay) -> None:
    first, at = game_day.drills[0], game_day.started_at
    stop = Event(kind="clock.stopped", occurred_at=at + timedelta(seconds=20))
    start = Event(kind="clock.started", occurred_at=at + timedelta(seconds=25))
    day = _with(game_day, first, stop, start)
    assert day.drills[0].timeline is not None
    drawn = figure(day.drills[0].timeline, first.scorecard)
    assert drawn is not None
    assert len(drawn["data"][0]["x"]) == 34 - 5
    (shade,) = [shape for shape in drawn["layout"]["shapes"] if shape["type"] == "rect"]
    assert (shade["x0"], shade["x1"]) == (11, 21)
    said = Page(render_html(day)).text
    assert "service had to hold for 10m." in said
    assert "the drill clock goes on" in said


def _with(game_day: GameDay, drill: DrillResult, *events: Event) -> GameDay:
    """A game day of this drill alone, in which more happened."""
    assert drill.timeline is not None
    timeline = drill.timeline.model_copy(update={"events": (*drill.timeline.events, *events)})
    return game_day.model_copy(update={"drills": (drill.model_copy(update={"timeline": timeline}),)})


def test_what_comes_from_outside_stays_text(game_day: GameDay) -> None:
    first = game_day.drills[0]
    assert first.timeline is not None
    events = tuple(
        event.model_copy(update={"data": {"labels": {"alertname": NASTY}}}) if event.kind == "alert.firing" else event
        for event in first.timeline.events
    )
    timeline = first.timeline.model_copy(update={"events": events})
    drill = first.model_copy(update={"title": NASTY, "timeline": timeline})
    nasty = game_day.model_copy(update={"name": NASTY, "drills": (drill,)})
    page = Page(render_html(nasty))
    assert page.elements.count("script") == 3
    assert "alert(1)" in page.text
    row = next(line for line in render_markdown(nasty).splitlines() if "alert(1)" in line and line.startswith("|"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 10
    out = io.StringIO()
    print_scoreboard(nasty, Console(file=out, width=80, no_color=True, force_terminal=False))
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("name", MODELS)
def test_the_published_schemas_are_those_of_the_code(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert json.dumps(published_schema(name), indent=2, sort_keys=True, ensure_ascii=False) + "\n" == as_text(name), (
        "write it anew with: python -m simulator.report.schema"
    )


def test_the_written_json_is_valid_and_reads_back_as_the_same_game_day(game_day: GameDay, tmp_path: Path) -> None:
    paths = write_report(game_day, tmp_path / "new" / "folder")
    text = paths.json.read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), published_schema())
    assert GameDay.model_validate_json(text) == game_day
    assert sorted(path.name for path in paths.json.parent.iterdir()) == ["report.html", "report.json", "report.md"]


def test_the_markdown_names_what_cost_points(game_day: GameDay, data: Path) -> None:
    assert render_markdown(game_day) == (data / "report.md").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_one_clear_line(game_day: GameDay, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(NotPossible, match=r"taken: the report cannot be written: .*; choose another --report"):
        write_report(game_day, taken)
    with pytest.raises(NotPossible, match="choose another --json"):
        write_json(game_day, taken / "x.json")


def test_the_score_is_the_mean_of_what_was_scored(game_day: GameDay) -> None:
    assert mean_score(game_day.drills) == pytest.approx((90.22 + 46.5) / 2, abs=0.01)
    assert mean_score(game_day.drills[2:]) is None
    assert all_slas_met(game_day.drills[:1]) is True
    assert all_slas_met(game_day.drills) is False
    assert all_slas_met(game_day.drills[2:]) is None
