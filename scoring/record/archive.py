"""A drill as one signed file for the auditor, and back again.

The archive is a zip of flat names: `timeline.json`, `scorecard.json`, `playbook.yaml` as it was, `versions.json`, what
else the drill left behind (experiment, journal), the signer's public key, `SHA256SUMS` over all of them and an Ed25519
signature over that. It can be checked with `sha256sum` and `openssl` alone; `HOW-TO-CHECK.txt` in it says how. The same
drill, key and versions give the same bytes.
"""

import platform
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import scoring
from scoring.canonical import canonical_json
from scoring.errors import RecordError, ScoringError
from scoring.files import parse_timeline
from scoring.playbook.file import parse_playbook
from scoring.record.store import Conflict, Store
from scoring.scorecard import score
from scoring.signing import fingerprint, is_signed, public_pem, sign
from scoring.timeline import Timeline
from scoring.timeline.chain import verify

MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED_BYTES = 256 * 1024 * 1024
MOST_FILES = 64
SUMS, SIGNATURE, KEY = "SHA256SUMS", "SHA256SUMS.sig", "key.pem"
_ALWAYS = ("timeline.json", "scorecard.json", "playbook.yaml", "versions.json", KEY)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DRILL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")
_SUM = re.compile(r"([0-9a-f]{64})  (\S+)")
_HOW_TO_CHECK = """This is the record of one drill. To check it, unpack it and run in its folder:

  sha256sum -c SHA256SUMS
  openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig

Both prove that nothing was changed since the owner of key.pem signed it. Whose key it is, ask the sender by another
way than this archive came: the fingerprint that they tell you has to be the one that this prints:

  openssl pkey -pubin -in key.pem -outform DER | sha256sum
"""


class ArchiveError(ScoringError):
    """This is no archive of a drill, or one that must not be opened."""


@dataclass(frozen=True)
class Archive:
    """An archive that was checked. `signer` is the fingerprint of its key; `notes` are sentences for a person."""

    timeline: Timeline
    playbook_text: str
    scorecard: bytes
    versions: dict[str, Any]
    signer: str
    files: Mapping[str, bytes]
    notes: tuple[str, ...] = ()

    @property
    def drill_id(self) -> str:
        """Whose record this is."""
        return self.timeline.drill.id


_JUDGES = ("playbook", "timeline", "story", "scorecard")
"""The packages that a scorecard comes from."""


def versions() -> dict[str, str]:
    """What a scorecard depends on besides its input. `scoring` is a digest of the code that judges."""
    code = sha256()
    package = Path(scoring.__file__).parent
    for path in sorted(path for part in _JUDGES for path in (package / part).glob("*.py")):
        code.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    libraries = {name: version(name) for name in ("gameday", "pydantic", "orjson")}
    return {"archive": "1", "scoring": code.hexdigest(), "python": platform.python_version(), **libraries}


def export_archive(store: Store, drill_id: str, key: Ed25519PrivateKey, extras: Mapping[str, bytes]) -> bytes:
    """The archive of a drill that has ended; `extras` are further files by flat name, such as `experiment.yaml`.

    Raises NoSuchDrill, RecordError for a record that was bent, ArchiveError for a drill that still runs.
    """
    timeline = store.timeline(drill_id)
    if timeline.drill.ended_at is None:
        raise ArchiveError(f"drill '{drill_id}' has not ended; end it first, so that its record is complete")
    text = store.playbook_text(drill_id)
    files = {
        **extras,
        "timeline.json": timeline.to_json().encode(),
        "scorecard.json": score(timeline, parse_playbook(text, "playbook.yaml")).to_json().encode(),
        "playbook.yaml": text.encode(),
        "versions.json": canonical_json(versions()),
        "HOW-TO-CHECK.txt": _HOW_TO_CHECK.encode(),
        KEY: public_pem(key),
    }
    for name in files:
        if not _NAME.fullmatch(name) or name in (SUMS, SIGNATURE):
            raise ArchiveError(f"'{name}' is no name for a file of an archive; take letters, digits, '.', '_' and '-'")
    sums = "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
    return _pack({**files, SUMS: sums, SIGNATURE: sign(key, sums)})


def read_archive(data: bytes) -> Archive:
    """The archive in these bytes, checked whole: names and sizes, sums, signature, chain, and the scorecard again.

    Whether its signer is to be trusted is left to the caller. Raises ArchiveError for what is no archive of ours,
    RecordError for one whose content was changed, PlaybookError for a playbook that this version cannot read.
    """
    files = _unpack(data)
    for name in (*_ALWAYS, SUMS, SIGNATURE):
        if name not in files:
            raise ArchiveError(f"the archive has no {name}; export the drill again")
    _check_sums(files)
    if not is_signed(files[KEY], files[SUMS], files[SIGNATURE]):
        raise RecordError("the archive was changed: its signature is not that of key.pem over SHA256SUMS")
    timeline = parse_timeline(files["timeline.json"], "timeline.json")
    _check_chain(timeline)
    text = _read_text(files["playbook.yaml"])
    told = _read_versions(files["versions.json"])
    notes = _check_scorecard(timeline, text, files["scorecard.json"], told)
    return Archive(timeline, text, files["scorecard.json"], told, fingerprint(files[KEY]), files, notes)


def import_archive(store: Store, archive: Archive) -> bool:
    """Keep the drill of an archive as it was, its hashes and times of receipt too; False if it is there already.

    Raises Conflict where another drill of that id is there.
    """
    return restore(store, archive.timeline, archive.playbook_text)


def restore(store: Store, timeline: Timeline, playbook_text: str) -> bool:
    """Keep a whole drill as it was; False if the very same is there already. Raises Conflict for another one."""
    if store.restore(timeline, playbook_text):
        return True
    if store.timeline(timeline.drill.id) != timeline:
        raise Conflict(f"drill '{timeline.drill.id}' is here already with another course; nothing was changed")
    return False


def _pack(files: Mapping[str, bytes]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as zip_file:
        for name in sorted(files):
            info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
            zip_file.writestr(info, files[name])
    return packed.getvalue()


def _unpack(data: bytes) -> dict[str, bytes]:
    if len(data) > MOST_BYTES:
        raise ArchiveError(f"the archive is too big; one of a drill has at most {MOST_BYTES >> 20} MiB")
    if data.count(b"PK\1\2") > 2 * MOST_FILES:  # so that a long list of files is not even read
        raise ArchiveError(f"the archive has too many files; one of a drill has at most {MOST_FILES}")
    try:
        with ZipFile(BytesIO(data)) as zip_file:
            return _unpack_all(zip_file)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise ArchiveError(f"this is no zip archive that can be read: {error}") from None


def _unpack_all(zip_file: ZipFile) -> dict[str, bytes]:
    entries = zip_file.infolist()
    if len(entries) > MOST_FILES:
        raise ArchiveError(f"the archive has too many files; one of a drill has at most {MOST_FILES}")
    files: dict[str, bytes] = {}
    room = MOST_UNPACKED_BYTES
    for entry in entries:
        name = entry.orig_filename
        if not _NAME.fullmatch(name) or name in files:
            raise ArchiveError(f"the archive holds {name[:100]!r}, which is no plain file name or is there twice")
        if entry.flag_bits & 1 or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ArchiveError(f"{name} of the archive is encrypted or packed in a way that is not ours")
        with zip_file.open(entry) as packed:
            files[name] = packed.read(room + 1)
        room -= len(files[name])
        if room < 0:
            raise ArchiveError(f"the archive unpacks to more than {MOST_UNPACKED_BYTES >> 20} MiB; no drill does")
    return files


def _check_sums(files: Mapping[str, bytes]) -> None:
    lines = files[SUMS].decode("utf-8", "replace").splitlines()
    matches = [_SUM.fullmatch(line) for line in lines]
    said = {match[2]: match[1] for match in matches if match}
    if len(said) != len(lines):
        raise RecordError("SHA256SUMS of the archive is not a list of sums and names, each once")
    for name in sorted(files.keys() - {SUMS, SIGNATURE}):
        if said.pop(name, "") != sha256(files[name]).hexdigest():
            raise RecordError(f"{name} of the archive was changed: its sum is not the one in SHA256SUMS")
    if said:
        raise RecordError(f"the archive has lost {', '.join(sorted(said))}")


def _check_chain(timeline: Timeline) -> None:
    if not _DRILL_ID.fullmatch(timeline.drill.id):
        raise ArchiveError(
            f"timeline.json: drill.id: {timeline.drill.id[:100]!r} is no id; take letters, digits and ._:-"
        )
    if timeline.truth is None:
        raise ArchiveError("timeline.json: truth: it is missing; export the drill as its facilitator")
    bare = next((event.name for event in timeline.events if event.hash is None or event.received_at is None), None)
    if bare is not None:
        raise RecordError(f"event {bare} of drill {timeline.drill.id} carries no hash or no time of receipt")
    verify(timeline.drill.id, timeline.events)


def _read_text(playbook: bytes) -> str:
    try:
        return playbook.decode()
    except UnicodeDecodeError as error:
        raise ArchiveError(f"playbook.yaml of the archive is no UTF-8: {error.reason}") from None


def _read_versions(text: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise ArchiveError("versions.json of the archive is not a JSON object")
    return told


def _check_scorecard(timeline: Timeline, text: str, given: bytes, told: dict[str, Any]) -> tuple[str, ...]:
    if score(timeline, parse_playbook(text, "playbook.yaml")).to_json().encode() == given:
        return ()
    here = versions()
    if told.get("scoring") == here["scoring"]:
        raise RecordError("scorecard.json of the archive is not what its timeline earns under its playbook")
    there = f"gameday {told.get('gameday', 'of an unknown version')}"
    return (f"the scorecard is that of {there}, whose scoring differs; gameday {here['gameday']} gives another one",)
