"""`gameday shell` as a responder meets it: a real bash on a real terminal, a real scoring service, a real timeline."""

import signal
import subprocess
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from posting import TOKENS
from waiting import until

from simulator.drill.seat import remove_seat
from simulator.drill.shell.plain import CUT, OUTPUT_KEPT

from .conftest import ENTER, GAMEDAY, Night, fresh_settings, plain

pytestmark = pytest.mark.parts


def test_what_is_typed_is_on_the_timeline_with_output_status_and_time(night: Night) -> None:
    before = datetime.now(UTC)
    with night.shell("--who", "ada") as typist:
        shown = typist.do("echo one; echo two >&2; (exit 3)")
        typist.do("")
        typist.do("true")
        assert typist.leave()[0] == 0
    assert "633;" not in shown
    assert plain(shown).startswith("echo one; echo two >&2; (exit 3)\none\ntwo\n")
    first, second = night.actions()
    took_s = first["data"].pop("seconds")
    assert first["data"] == {
        "command": "echo one; echo two >&2; (exit 3)",
        "output": "one\ntwo\n",
        "exit_status": 3,
        "by": "shell",
        "who": "ada",
    }
    assert 0 <= took_s < 10
    assert first["source"] == "shell"
    assert before <= datetime.fromisoformat(first["occurred_at"]) <= datetime.now(UTC)
    assert first["occurred_at"] < second["occurred_at"]
    assert second["data"]["command"] == "true"


def test_who_sits_down_is_told_what_is_here_and_that_it_is_recorded(night: Night) -> None:
    night.sit(
        clock=60,
        env={"TARGET_URL": "http://127.7.0.3:80", "DATABASE_URL": "postgresql://a:b@127.7.0.4/x", "REPLICAS": "3"},
        hosts={"prometheus": "127.0.0.1:1", "api": "127.7.0.3:80", "api.shop": "127.7.0.3:80"},
    )
    with night.shell() as typist:
        typist.leave()
    assert plain(typist.greeting).startswith(
        "The drill shell of 'a drill of tests'. 60 drill seconds pass in a second.\n"
        "What you type goes on the drill's timeline with what it prints; secrets are masked.\n"
        '  kubectl    curl "$TARGET_URL"    psql "$DATABASE_URL"\n'
        "  http://prometheus, http://api\n"
        f"The console has the runbooks: {night.server.url}/drills/{night.drill}/runbooks\n"
        "Leave with exit or Ctrl-D.\n"
    )


def test_a_command_is_on_the_timeline_while_the_shell_goes_on(night: Night) -> None:
    with night.shell() as typist:
        typist.do("echo now")
        assert night.kept(1)[0]["output"] == "now\n"
        typist.leave()


def test_a_command_of_several_lines_is_kept_as_it_was_typed(night: Night) -> None:
    loop = "for n in 1 2; do\n  echo $n | cat\ndone"
    here = "cat <<'EOF' | tr a-z A-Z\nabc; 100%\t\\x\nEOF"
    with night.shell() as typist:
        for typed in (loop, here):
            typist.terminal.type(typed.replace("\n", ENTER).replace("\t", "\x16\t") + ENTER)
            typist.expect_prompt()
        typist.leave()
    assert [(kept["command"], kept["output"]) for kept in night.kept(2)] == [
        (loop, "1\n2\n"),
        (here, "ABC; 100%\t\\X\n"),
    ]


def test_commands_that_are_pasted_together_are_kept_each_with_its_output(night: Night) -> None:
    with night.shell() as typist:
        typist.terminal.type("\x1b[200~echo a\necho b\x1b[201~" + ENTER)
        both = night.kept(2)  # what is typed while one of them runs would be shown among its output
        typist.leave()
    assert [(kept["command"], kept["output"]) for kept in both] == [("echo a", "a\n"), ("echo b", "b\n")]


def test_a_command_counts_again_when_it_is_repeated_and_with_a_space_before_it(night: Night) -> None:
    with night.shell() as typist:
        for line in ("HISTCONTROL=ignoreboth", "echo a", "echo a", " echo b"):
            typist.do(line)
        typist.leave()
    assert [kept["command"] for kept in night.kept(4)][1:] == ["echo a", "echo a", "echo b"]


def test_what_the_user_does_to_prompt_and_history_does_not_stop_the_recording(night: Night) -> None:
    with night.shell() as typist:
        typist.do("PS1='mine> '; PS0=; set -u")
        typist.do("set +o history")
        typist.do("echo unseen")
        typist.terminal.type("\x04")
        typist.terminal.end()
    assert [(kept["command"], kept["output"]) for kept in night.kept(3)][2] == (
        "(not known: the history is off)",
        "unseen\n",
    )


def test_the_end_of_a_long_output_is_kept(night: Night) -> None:
    with night.shell() as typist:
        typist.do("seq 100000")
        typist.leave()
    output = night.kept(1)[0]["output"]
    assert (len(output), output[: len(CUT)]) == (OUTPUT_KEPT, CUT)
    assert output.endswith("\n99999\n100000\n")


def test_full_screen_programs_work_and_what_they_draw_is_not_kept(night: Night) -> None:
    (night.folder / "page").write_text("words of the page\n" * 200)
    with night.shell() as typist:
        typist.terminal.type(r"printf '\e[?1049h'; cat page; read -n 1; printf '\e[?1049l'; echo back" + ENTER)
        typist.terminal.expect("\x1b[?1049h")
        typist.terminal.type("q")
        typist.expect_prompt()
        typist.leave()
    assert plain(night.kept(1)[0]["output"]) == "back\n"


def test_bytes_that_are_no_text_and_marks_that_are_not_ours_change_nothing(night: Night) -> None:
    odd = r"printf 'a\x00\xff\x1b]633;D;0;0123456789abcdef\x07b\n'; false"
    with night.shell() as typist:
        shown = typist.do(odd)
        typist.do("echo next")
        typist.leave()
    assert "\x1b]633;D;0;0123456789abcdef\x07" in shown
    kept = night.kept(2)
    assert (kept[0]["command"], kept[0]["output"], kept[0]["exit_status"]) == (odd, "a\ufffd\ufffdb\n", 1)
    assert kept[1]["output"] == "next\n"


def test_ctrl_c_reaches_the_program_and_the_shell_goes_on(night: Night) -> None:
    with night.shell() as typist:
        typist.terminal.type("sh -c 'echo began; exec sleep 300'" + ENTER)
        typist.terminal.expect("began\r\n")
        typist.terminal.type("\x03")
        typist.expect_prompt()
        typist.terminal.type("half a command\x03")
        typist.expect_prompt()
        typist.do("echo still here")
        typist.terminal.type("\x04")
        assert typist.terminal.end()[0] == 0
    kept = night.kept(2)
    assert (kept[0]["exit_status"], kept[0]["output"]) == (130, "began\n^C\n")
    assert kept[1]["output"] == "still here\n"


def test_the_size_of_the_terminal_is_followed(night: Night) -> None:
    with night.shell() as typist:
        typist.do("stty size")
        typist.terminal.type("echo began; until [ \"$(stty size)\" = '40 120' ]; do sleep 0.1; done; stty size" + ENTER)
        typist.terminal.expect("began\r\n")
        typist.terminal.resize(120, 40)
        typist.expect_prompt()
        typist.leave()
    assert [kept["output"] for kept in night.kept(2)] == ["37 101\n", "began\n40 120\n"]


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_put_back_whatever_happens(night: Night, number: signal.Signals | None) -> None:
    with night.shell() as typist:
        during = typist.terminal.settings()
        if number is None:
            typist.leave()
        else:
            typist.terminal.type("echo began; sleep 300" + ENTER)
            typist.terminal.expect("began\r\n")
            typist.terminal.send(number)
            typist.terminal.end()
        after = typist.terminal.settings()
    assert during[3] != after[3]
    assert after[:4] == fresh_settings()[:4]
    if number is not None:
        kept = night.kept(1)[0]
        assert (kept["output"], kept["exit_status"], kept["unfinished"]) == ("began\n", None, True)


def test_leaving_gives_the_status_of_the_shell_and_is_no_action(night: Night) -> None:
    with night.shell() as typist:
        typist.terminal.type("exit 7" + ENTER)
        assert typist.terminal.end()[0] == 7
    with night.shell() as typist:
        typist.terminal.type("echo last; exit 8" + ENTER)
        assert typist.terminal.end()[0] == 8
    kept = night.kept(1)[0]
    assert (kept["command"], kept["output"], kept["exit_status"]) == ("echo last; exit 8", "last\nexit\n", 8)


def test_what_a_shell_that_was_killed_had_to_tell_the_next_one_sends(night: Night) -> None:
    with night.shell() as typist:
        typist.terminal.type("echo began; sleep 300" + ENTER)
        typist.terminal.expect("began\r\n")
        until(lambda: list(night.folder.glob(".gameday/shells/*/running")), what="the note of what runs")
        typist.terminal.send(signal.SIGKILL)
        typist.terminal.end()
    assert night.actions() == []
    with night.shell() as typist:
        killed = night.kept(1)[0]
        typist.leave()
    assert (killed["command"], killed["exit_status"], killed["unfinished"]) == ("echo began; sleep 300", None, True)
    assert list((night.folder / ".gameday" / "shells").iterdir()) == []


def test_nothing_is_lost_and_nobody_waits_while_scoring_is_away(own_night: Night) -> None:
    night, server = own_night, own_night.server
    with night.shell() as typist:
        typist.do("echo before")
        night.kept(1)
        server.kill()
        for number in range(5):
            typist.do(f"echo {number}")
        server.start()
        typist.do("echo after")
        assert typist.leave()[0] == 0
    assert [event["data"]["output"].strip() for event in night.actions()] == ["before", *"01234", "after"]


def test_a_shell_that_is_left_while_scoring_is_away_says_so_and_the_next_one_sends(own_night: Night) -> None:
    night, server = own_night, own_night.server
    server.kill()
    ran = night.run("-c", "echo typed; exit 4")
    assert (ran.returncode, ran.stdout) == (4, "typed\n")
    assert "does not answer; the next drill shell sends 1 command that waits" in ran.stderr
    server.start()
    assert night.run("-c", "echo next").returncode == 0
    assert sorted(kept["output"] for kept in night.kept(2)) == ["next\n", "typed\n"]


def test_secrets_are_masked_in_command_and_output(night: Night) -> None:
    with night.shell() as typist:
        assert "on-call-key-of-tests" in typist.do("echo $ON_CALL_API_KEY")
        typist.do("PGPASSWORD=hunter2 sh -c 'echo my password: $PGPASSWORD'")
        typist.do(f"echo {TOKENS['responder']} >> .gameday/seat.copy; cat .gameday/seat.json")
        typist.leave()
    kept = night.kept(3)
    assert [(each["command"], each["output"]) for each in kept[:2]] == [
        ("echo $ON_CALL_API_KEY", "***\n"),
        ("PGPASSWORD=*** sh -c 'echo my password: $PGPASSWORD'", "my password: ***\n"),
    ]
    assert not [secret for secret in (TOKENS["responder"], "on-call-key-of-tests") if secret in str(kept)]


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.headers['Host']} {self.path}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_names_that_runbooks_use_answer_in_it_and_loopback_as_ever(night: Night) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as prometheus:
        Thread(target=prometheus.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{prometheus.server_port}"
        night.sit(hosts={"prometheus": address})
        ran = night.run("-c", f"curl -s http://prometheus:9090/api/v1/alerts http://{address}/ http://elsewhere/")
        prometheus.shutdown()
    assert ran.stdout == (
        f"prometheus:9090 /api/v1/alerts\n{address} /\n"
        "gameday: 'elsewhere' does not answer in a drill shell; these names do: prometheus\n"
    )


def test_a_command_or_a_script_without_a_terminal_is_recorded_the_same_way(night: Night) -> None:
    ran = night.run("--command", "cat; echo wrong >&2; exit 5", given="given\n")
    assert (ran.returncode, ran.stdout, ran.stderr) == (5, "given\n", "wrong\n")
    ran = night.run(given="read -r word <<<two\necho one $word\nkill -TERM $$\n")
    assert (ran.returncode, ran.stdout) == (128 + signal.SIGTERM, "one two\n")
    first, second = night.kept(2)
    assert (first["command"], first["exit_status"]) == ("cat; echo wrong >&2; exit 5", 5)
    assert sorted(first["output"].splitlines()) == ["given", "wrong"]
    assert (second["command"], second["exit_status"]) == ("read -r word <<<two\necho one $word\nkill -TERM $$", 143)


def test_what_nobody_reads_any_more_ends_the_command(night: Night) -> None:
    process = subprocess.Popen(
        [GAMEDAY, "shell", "-c", "yes"], cwd=night.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (128 + signal.SIGPIPE, b"")
    kept = night.kept(1)[0]
    assert (kept["command"], kept["exit_status"]) == ("yes", 128 + signal.SIGPIPE)


def test_between_drills_nothing_is_recorded(night: Night) -> None:
    night.sit(drill=None)
    with night.shell() as typist:
        typist.do("echo unseen")
        night.sit()
        typist.do("echo seen")
        remove_seat(night.folder)
        typist.do("echo over")
        typist.leave()
    assert [kept["command"] for kept in night.kept(1)] == ["echo seen"]


def test_the_prompt_shows_drill_time_since_the_page_and_when_the_clock_stops(night: Night) -> None:
    now = datetime.now(UTC)

    def happens(kind: str, ago: timedelta, **data: Any) -> None:
        event = {"kind": kind, "occurred_at": (now - ago).isoformat(), "data": data}
        with night.server.as_("facilitator") as client:
            assert client.post(f"/api/v1/drills/{night.drill}/events", json=event).status_code == 201

    with night.shell() as typist:

        def shows(text: str) -> None:
            until(lambda: f"gameday{text} " in plain(typist.do("")), what=f"a prompt with '{text}'")

        shows("")
        happens("alert.firing", timedelta(minutes=75, seconds=20), fingerprint="f")
        shows(" 1h15m")
        happens("clock.stopped", timedelta(minutes=5))
        shows(" 1h10m (clock stopped)")
        happens("clock.started", timedelta(minutes=4))
        shows(" 1h14m")
        happens("clock.stopped", timedelta(minutes=3))
        happens("drill.ended", timedelta(0))
        shows(" (over)")
        typist.leave()
    assert night.actions() == []


def test_mistakes_are_one_line_with_a_mend(night: Night) -> None:
    for arguments, status, said in (
        (["d-other"], 2, f"the drill that runs here is {night.drill}, not d-other"),
        (["-c", " "], 2, "there is nothing to run"),
    ):
        ran = night.run(*arguments)
        assert (ran.returncode, ran.stderr.count("\n")) == (status, 1)
        assert said in ran.stderr
    night.env = {"GAMEDAY_SHELL": "here"}
    assert "this is a drill shell already" in night.run("-c", "true").stderr
    night.env = {}
    remove_seat(night.folder)
    ran = night.run("-c", "true")
    assert (ran.returncode, ran.stderr.count("\n")) == (3, 1)
    assert "start one there with 'gameday run EXPERIMENT --responder human'" in ran.stderr


def test_help_has_examples(night: Night) -> None:
    shown = night.run("--help").stdout
    assert "gameday shell -c 'kubectl get pods'" in shown
