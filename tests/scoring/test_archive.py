"""One signed file for the auditor: checked with tools that are not ours, bent in every way, and taken in again."""

import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from scoring.errors import RecordError
from scoring.files import read_timeline
from scoring.playbook.file import playbook_text
from scoring.record import archive as archives
from scoring.record.archive import ArchiveError, export_archive, import_archive, read_archive
from scoring.record.engine import open_engine
from scoring.record.store import Conflict, Store
from scoring.signing import (
    KEY_FILE,
    SigningError,
    fingerprint,
    fingerprint_of,
    is_signed,
    own_key,
    public_pem,
    sign,
    trust,
    trusted_signers,
)
from scoring.timeline import Timeline

RECORDED = Path(__file__).parent / "recorded" / "rate-limited.timeline.json"
TIMELINE = read_timeline(RECORDED)
KEY = Ed25519PrivateKey.generate()
EXTRAS = {"journal.json": b'{"status": "completed"}', "experiment.json": b"{}"}
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that stands at the last migration, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "drills.db"
    open_engine(path).dispose()
    return path


NewStore = Callable[..., Store]


@pytest.fixture(scope="module")
def new_store(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> NewStore:
    """Makes a store of its own, with a drill in it."""
    return lambda timeline=TIMELINE: Store(filled(shutil.copy(empty, tmp_path_factory.mktemp("store")), timeline))


def filled(database: str, timeline: Timeline | None) -> Engine:
    engine = open_engine(database)
    store = Store(engine)
    if timeline is not None:
        store.restore(timeline, playbook_text("llm-research-lab"))
    return engine


@pytest.fixture(scope="module")
def exported(new_store: NewStore) -> bytes:
    return export_archive(new_store(), TIMELINE.drill.id, KEY, EXTRAS)


def unpacked(data: bytes) -> Files:
    with zipfile.ZipFile(BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return data.getvalue()


def signed_again(files: Files, key: Ed25519PrivateKey = KEY) -> Files:
    """As somebody would who changed the files and owns a key."""
    body = {name: content for name, content in files.items() if not name.startswith("SHA256SUMS")}
    body["key.pem"] = public_pem(key)
    sums = "".join(f"{sha256(body[name]).hexdigest()}  {name}\n" for name in sorted(body)).encode()
    return {**body, "SHA256SUMS": sums, "SHA256SUMS.sig": sign(key, sums)}


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


def test_an_auditor_checks_it_with_sha256sum_and_openssl_alone(exported: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(BytesIO(exported)) as file:
        file.extractall(tmp_path)
    told = [line.strip() for line in (tmp_path / "HOW-TO-CHECK.txt").read_text().splitlines() if line.startswith("  ")]
    sums, signature, signer = (run(tmp_path, command) for command in told)
    assert (sums.returncode, sums.stdout.count(": OK")) == (0, 8), sums.stderr
    assert signature.returncode == 0, signature.stderr
    assert signer.stdout.split()[0] == fingerprint(public_pem(KEY))
    journal = tmp_path / "journal.json"
    journal.write_bytes(journal.read_bytes() + b" ")
    assert run(tmp_path, told[0]).returncode == 1
    listed = tmp_path / "SHA256SUMS"
    listed.write_text(listed.read_text().replace("journal.json", "other.json"))
    assert run(tmp_path, told[1]).returncode == 1


def test_the_same_drill_gives_the_same_bytes(exported: bytes, new_store: NewStore) -> None:
    assert export_archive(new_store(), TIMELINE.drill.id, KEY, EXTRAS) == exported


def test_it_comes_back_as_it_was_once(exported: bytes, new_store: NewStore) -> None:
    read = read_archive(exported)
    assert (read.signer, read.notes, read.timeline) == (fingerprint(public_pem(KEY)), (), TIMELINE)
    assert {name: read.files[name] for name in EXTRAS} == EXTRAS
    store = new_store(None)
    assert import_archive(store, read) is True
    assert store.timeline(TIMELINE.drill.id) == TIMELINE
    assert store.verify(TIMELINE.drill.id).head == TIMELINE.events[-1].hash
    assert import_archive(store, read) is False
    assert export_archive(store, TIMELINE.drill.id, KEY, EXTRAS) == exported


def test_another_drill_of_the_same_id_is_refused(exported: bytes, new_store: NewStore) -> None:
    store = new_store(TIMELINE.model_copy(update={"events": TIMELINE.events[:5]}))
    with pytest.raises(Conflict, match=TIMELINE.drill.id):
        import_archive(store, read_archive(exported))
    assert len(store.timeline(TIMELINE.drill.id).events) == 5


def bent_event(files: Files) -> Files:
    timeline = orjson.loads(files["timeline.json"])
    timeline["events"][3]["occurred_at"] = timeline["events"][4]["occurred_at"]
    return signed_again({**files, "timeline.json": orjson.dumps(timeline)})


def lost_event(files: Files) -> Files:
    timeline = orjson.loads(files["timeline.json"])
    del timeline["events"][3]
    return signed_again({**files, "timeline.json": orjson.dumps(timeline)})


def bare_events(files: Files) -> Files:
    timeline = orjson.loads(files["timeline.json"])
    for event in timeline["events"]:
        event["hash"] = event["previous_hash"] = None
    return signed_again({**files, "timeline.json": orjson.dumps(timeline)})


def better_card(files: Files) -> Files:
    card = orjson.loads(files["scorecard.json"])
    return signed_again({**files, "scorecard.json": orjson.dumps({**card, "score": 100.0})})


BENDINGS: list[tuple[Callable[[Files], Files], str]] = [
    (
        lambda files: {**files, "timeline.json": files["timeline.json"] + b" "},
        "timeline.json of the archive was",
    ),
    (lambda files: {**files, "more.txt": b"?"}, "more.txt of the archive was changed"),
    (lambda files: {name: files[name] for name in files if name != "journal.json"}, "has lost journal.json"),
    (lambda files: {**files, "SHA256SUMS": files["SHA256SUMS"] + b"\n"}, "SHA256SUMS"),
    (lambda files: {**signed_again(files), "SHA256SUMS.sig": sign(Ed25519PrivateKey.generate(), b"x")}, "signature"),
    (lambda files: {**files, "SHA256SUMS.sig": b""}, "signature"),
    (bent_event, "was changed: its hash"),
    (lost_event, "breaks after 3"),
    (bare_events, "carries no hash"),
    (better_card, "is not what its timeline earns"),
]


@pytest.mark.parametrize(("bend", "said"), BENDINGS, ids=[said for _, said in BENDINGS])
def test_whatever_was_bent_is_noticed_whoever_signed_it_again(
    bend: Callable[[Files], Files], said: str, exported: bytes
) -> None:
    with pytest.raises(RecordError, match=said):
        read_archive(packed(bend(unpacked(exported))))


def test_another_version_of_scoring_may_judge_otherwise_and_says_so(exported: bytes) -> None:
    files = unpacked(exported)
    other = orjson.dumps({**orjson.loads(files["versions.json"]), "scoring": "0" * 64, "gameday": "0.0.7"})
    read = read_archive(packed(better_card({**files, "versions.json": other})))
    assert "gameday 0.0.7, whose scoring differs" in read.notes[0]


def too_many(files: Files) -> Files:
    return {**files, **{f"{number}.txt": b"" for number in range(archives.MOST_FILES)}}


REFUSED: list[tuple[Callable[[Files], Files], str]] = [
    (lambda files: {**files, "../../up.txt": b"x"}, "no plain file name"),
    (lambda files: {**files, "/etc/passwd": b"x"}, "no plain file name"),
    (lambda files: {**files, "a\\b": b"x"}, "no plain file name"),
    (lambda files: {**files, "bomb.bin": b"\0" * (archives.MOST_UNPACKED_BYTES + 1)}, "unpacks to more than"),
    (too_many, "too many files"),
    (lambda files: {name: files[name] for name in files if name != "key.pem"}, "has no key.pem"),
    (lambda files: signed_again({**files, "versions.json": b"[]"}), "versions.json"),
    (lambda files: signed_again({**files, "playbook.yaml": b"\xff"}), "no UTF-8"),
]


@pytest.mark.parametrize(("change", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_must_not_be_opened_is_refused(
    change: Callable[[Files], Files], said: str, exported: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED_BYTES", 4 * 1024 * 1024)
    with pytest.raises(ArchiveError, match=said):
        read_archive(packed(change(unpacked(exported))))


def test_a_drill_cannot_name_itself_out_of_its_folder(exported: bytes) -> None:
    files = unpacked(exported)
    timeline = orjson.loads(files["timeline.json"])
    timeline["drill"]["id"] = "../../x"
    with pytest.raises(ArchiveError, match="is no id"):
        read_archive(packed(signed_again({**files, "timeline.json": orjson.dumps(timeline)})))


@pytest.mark.parametrize("data", [b"", b"PK", b"nothing of the kind", b"PK\1\2" * 200, b"PK\5\6" + b"\0" * 18])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        read_archive(data)


def test_a_file_that_is_there_twice_is_refused(exported: bytes) -> None:
    data = BytesIO(exported)
    with zipfile.ZipFile(data, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("timeline.json", b"{}")
    with pytest.raises(ArchiveError, match="is there twice"):
        read_archive(data.getvalue())


@settings(max_examples=40)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_flipped_bit_changes_what_is_read(exported: bytes, place: int, bit: int) -> None:
    data = bytearray(exported)
    data[place % len(data)] ^= 1 << bit
    try:
        read = read_archive(bytes(data))
    except (ArchiveError, RecordError):
        return
    assert read.files == unpacked(exported)


def test_a_drill_that_runs_and_one_that_was_bent_are_not_exported(
    new_store: NewStore, empty: Path, tmp_path: Path
) -> None:
    running = TIMELINE.model_copy(
        update={"drill": TIMELINE.drill.model_copy(update={"ended_at": None}), "events": TIMELINE.events[:5]}
    )
    with pytest.raises(ArchiveError, match="has not ended"):
        export_archive(new_store(running), TIMELINE.drill.id, KEY, {})
    engine = filled(shutil.copy(empty, tmp_path), TIMELINE)
    with engine.begin() as connection:
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE event SET source = 'somebody' WHERE seq = 4")
    with pytest.raises(RecordError, match="event 4"):
        export_archive(Store(engine), TIMELINE.drill.id, KEY, {})


@pytest.mark.parametrize("name", ["SHA256SUMS", "a/b.txt", ".hidden", ""])
def test_an_extra_file_needs_a_plain_name(name: str, new_store: NewStore) -> None:
    with pytest.raises(ArchiveError, match="no name for a file"):
        export_archive(new_store(), TIMELINE.drill.id, KEY, {name: b""})


@pytest.fixture
def openssl_key(tmp_path: Path) -> Path:
    path = tmp_path / "given.pem"
    assert run(tmp_path, f"umask 077; openssl genpkey -algorithm ed25519 -out {path}").returncode == 0
    return path


def test_the_services_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    key = own_key(tmp_path / "new", {})
    path = tmp_path / "new" / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_pem(own_key(path.parent, {})) == public_pem(key)
    assert list(path.parent.iterdir()) == [path]
    path.chmod(0o640)
    with pytest.raises(SigningError, match=f"chmod 600 {path}"):
        own_key(path.parent, {})


def test_a_key_of_ones_own_is_taken_as_text_or_path(openssl_key: Path, tmp_path: Path) -> None:
    by_path = own_key(tmp_path / "none", {"GAMEDAY_SIGNING_KEY": str(openssl_key)})
    by_text = own_key(tmp_path / "none", {"GAMEDAY_SIGNING_KEY": openssl_key.read_text()})
    assert public_pem(by_path) == public_pem(by_text)
    assert not (tmp_path / "none").exists()
    assert is_signed(public_pem(by_path), b"said", sign(by_text, b"said"))
    with pytest.raises(SigningError, match="cannot be read"):
        own_key(tmp_path, {"GAMEDAY_SIGNING_KEY": str(tmp_path / "nowhere.pem")})


@pytest.mark.parametrize("kind", ["-algorithm x25519", "-algorithm ed25519 -aes256 -pass pass:secret"])
def test_a_key_that_cannot_sign_is_refused_with_the_mend(kind: str, tmp_path: Path) -> None:
    assert run(tmp_path, f"umask 077; openssl genpkey {kind} -out other.pem").returncode == 0
    with pytest.raises(SigningError, match="openssl genpkey -algorithm ed25519"):
        own_key(tmp_path, {"GAMEDAY_SIGNING_KEY": str(tmp_path / "other.pem")})


def test_a_signer_is_trusted_by_fingerprint_or_public_key(tmp_path: Path) -> None:
    pem = tmp_path / "their.pem"
    pem.write_bytes(public_pem(KEY))
    signer = fingerprint(public_pem(KEY))
    assert fingerprint_of(str(pem)) == fingerprint_of(f"SHA256:{signer.upper()}") == signer
    assert trusted_signers(tmp_path) == frozenset()
    trust(tmp_path, signer)
    trust(tmp_path, signer)
    assert trusted_signers(tmp_path) == {signer}
    with pytest.raises(SigningError, match="neither a fingerprint"):
        fingerprint_of("somebody")
