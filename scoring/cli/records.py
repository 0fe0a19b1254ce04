"""`gameday verify|export|import`: what the auditor asks for."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli.asked import AsJson, Database, complete_drill
from scoring.cli.exits import Exit

if TYPE_CHECKING:
    from scoring.record.archive import Archive
    from scoring.timeline import Timeline

app = typer.Typer()


@dataclass(frozen=True)
class Whole:
    """What was proven: so many events and load windows, the last event's hash, and where they were found."""

    drill: str
    events: int
    windows: int
    head: str
    where: str
    signer: str | None = None
    notes: tuple[str, ...] = ()


@app.command(
    rich_help_panel="Scoring",
    epilog="Examples:  gameday verify 20260105-100000-ab12-1   |   gameday verify TIMELINE.json   |   "
    "gameday verify DRILL.zip --json",
)
def verify(
    drill: Annotated[
        str,
        typer.Argument(
            help="A drill's id, a timeline file or an archive.", autocompletion=complete_drill, metavar="DRILL|FILE"
        ),
    ],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Prove a timeline whole, or name its first bent event.

    Exit status: 0 whole, 1 bent, 2 not found or not to be read.
    """
    from scoring.cli.showing import print_json
    from scoring.errors import RecordError

    try:
        whole = _prove_file(Path(drill)) if _is_path(drill) else _prove_drill(drill, database)
    except RecordError as error:
        if as_json:
            print_json({"drill": drill, "whole": False, "why": str(error)})
        typer.echo(f"bent: {error}", err=True)
        raise typer.Exit(Exit.BENT) from None
    if as_json:
        print_json({**vars(whole), "whole": True})
        return
    typer.echo(f"whole: drill {whole.drill} in {whole.where}: {whole.events} events, {whole.windows} load windows")
    typer.echo(f"head   {whole.head}")
    if whole.signer is not None:
        typer.echo(f"signer {whole.signer}")
    for note in whole.notes:
        typer.echo(f"note: {note}")


@app.command(
    rich_help_panel="Scoring",
    epilog="Example:  gameday export DRILL && unzip -d DRILL DRILL.zip && cd DRILL && sha256sum -c SHA256SUMS",
)
def export(
    drill: Annotated[str, typer.Argument(help="A drill's id.", autocompletion=complete_drill, metavar="DRILL")],
    output: Annotated[Path | None, typer.Option(help="Where to (default: DRILL.zip).", metavar="FILE.zip")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write a drill as one signed archive for the auditor.

    It is checked with sha256sum and openssl alone; HOW-TO-CHECK.txt in it says how. The key that signs is
    GAMEDAY_SIGNING_KEY, else the service's own beside the database.
    """
    from scoring.cli.databases import holding, key_folder
    from scoring.cli.gathering import left_behind
    from scoring.cli.showing import print_json, write_new
    from scoring.record.archive import export_archive
    from scoring.signing import fingerprint, own_key, public_pem

    with holding(drill, database) as place:
        key = own_key(key_folder(place.name), os.environ)
        data = export_archive(place.store, drill, key, left_behind(drill))
    path = output or Path(f"{drill}.zip")
    write_new(path, data)
    signer = fingerprint(public_pem(key))
    if as_json:
        print_json({"drill": drill, "file": str(path), "bytes": len(data), "signer": signer})
    else:
        typer.echo(f"{path}: drill {drill}, {len(data)} bytes")
        typer.echo(f"signer {signer}: tell it to whoever gets the file, by another way than the file")


@app.command(
    "import",
    rich_help_panel="Scoring",
    epilog="Examples:  gameday import DRILL.zip   |   gameday import DRILL.zip --trust FINGERPRINT",
)
def import_(
    archive: Annotated[Path, typer.Argument(help="An archive of a drill.", metavar="FILE.zip")],
    trust: Annotated[
        str | None,
        typer.Option(help="Accept this signer from now on.", metavar="FINGERPRINT|KEY.pem"),
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Check a drill's archive whole and keep the drill as it was."""
    from scoring.cli.databases import LASTING, key_folder, opened
    from scoring.cli.gathering import remember
    from scoring.cli.showing import print_json
    from scoring.record.archive import import_archive

    read = _read(archive)
    name = database or str(LASTING)
    _check_signer(read, archive, trust, key_folder(name))
    with opened(name, is_made=True) as place:
        is_new = import_archive(place.store, read)
        notes = [*read.notes, *remember(place)]
    if as_json:
        print_json({"drill": read.drill_id, "new": is_new, "signer": read.signer, "notes": notes})
        return
    typer.echo(f"drill {read.drill_id}: {'kept' if is_new else 'it was here already, the same'} ({place.name})")
    for note in notes:
        typer.echo(f"note: {note}")


def _is_path(drill: str) -> bool:
    return Path(drill).is_file() or "/" in drill or drill.endswith((".json", ".zip"))


def _prove_drill(drill_id: str, database: str | None) -> Whole:
    from scoring.cli.databases import holding

    with holding(drill_id, database) as place:
        proof = place.store.verify(drill_id)
        return Whole(drill_id, proof.events, proof.windows, proof.head, place.name)


def _prove_file(path: Path) -> Whole:
    """Raises RecordError for what was bent, another ScoringError for what cannot be proven either way."""
    from scoring.errors import TimelineError
    from scoring.files import parse_timeline
    from scoring.timeline.chain import verify

    data = _bytes(path)
    if data.startswith(b"PK"):
        archive = _read(path)
        return _whole(archive.timeline, path, archive.signer, archive.notes)
    timeline = parse_timeline(data, str(path))
    verify(timeline.drill.id, timeline.events)
    if not timeline.events or timeline.events[0].hash is None:
        raise TimelineError(f"{path}: its events carry no hashes, so nobody can tell whether it is whole")
    return _whole(
        timeline, path, None, ("load windows carry no hashes in a timeline file; an archive proves them too",)
    )


def _whole(timeline: "Timeline", path: Path, signer: str | None, notes: tuple[str, ...]) -> Whole:
    hashes = {event.hash for event in timeline.events}
    last = hashes - {event.previous_hash for event in timeline.events}
    head = next(iter(last), None) or ""
    return Whole(timeline.drill.id, len(hashes), len(timeline.impact), head, str(path), signer, notes)


def _check_signer(read: "Archive", path: Path, trusted: str | None, folder: Path) -> None:
    """Raises SigningError for a signer who is not ours, not accepted before, and not accepted now."""
    from scoring.signing import SigningError, fingerprint_of, known_signers, trust

    if trusted is not None:
        accepted = fingerprint_of(trusted)
        if accepted != read.signer:
            raise SigningError(f"{path}: it is signed by {read.signer}, not by {accepted}; nothing was imported")
        trust(folder, accepted)
    elif read.signer not in known_signers(folder, os.environ):
        raise SigningError(
            f"{path}: it is signed by {read.signer}, who is not known here; compare that with what the sender tells "
            f"you by another way, then: gameday import {path} --trust {read.signer}"
        )


def _read(path: Path) -> "Archive":
    from scoring.record.archive import read_archive

    return read_archive(_bytes(path))


def _bytes(path: Path) -> bytes:
    from scoring.record.archive import MOST_BYTES, ArchiveError

    try:
        if path.stat().st_size > 4 * MOST_BYTES:
            raise ArchiveError(f"{path}: it is too big; a drill's record has at most {MOST_BYTES >> 18} MiB")
        return path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror}") from None
