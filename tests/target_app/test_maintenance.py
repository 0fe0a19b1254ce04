"""Migrations, invariants and backups against a real PostgreSQL."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from target_app.maintenance import migrations
from target_app.maintenance.backups import DataDamaged, NoBackup, back_up, restore_damaged
from target_app.maintenance.connecting import connected
from target_app.maintenance.invariants import violations

pytestmark = pytest.mark.parts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def connection(postgres):
    with connected(postgres.url()) as connection:
        yield connection
        connection.execute("UPDATE experiments SET status = DEFAULT WHERE status = 'done'")


def status_of(connection, number):
    return connection.execute("SELECT status FROM experiments WHERE id = %s", [number]).fetchone()[0]


def new_experiment(connection, status="created"):
    row = connection.execute(
        "INSERT INTO experiments (name, model, prompt, status)"
        " VALUES ('a\tb', 'small', E'two\nlines', %s) RETURNING id",
        [status],
    ).fetchone()
    return row[0]


def test_a_migration_is_applied_once_and_one_that_fails_leaves_nothing(connection, tmp_path):
    good, bad = tmp_path / "0001_good.sql", tmp_path / "0002_bad.sql"
    good.write_text("CREATE TABLE migrated (id integer); INSERT INTO migrated VALUES (1);")
    bad.write_text("CREATE TABLE half (id integer); SELECT 1 / 0;")
    try:
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrations.migrate(connection, [good, bad])
        assert migrations.migrate(connection, [good]) == []
        assert connection.execute("SELECT count(*) FROM migrated").fetchone() == (1,)
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)
    finally:
        connection.execute("DROP TABLE migrated; DELETE FROM schema_migrations WHERE name LIKE '000%_good'")


def test_the_shipped_migrations_apply_to_the_schema_of_the_manifests(connection):
    applied = migrations.migrate(connection, migrations.shipped())
    assert migrations.migrate(connection, migrations.shipped()) == []
    assert applied == [path.stem for path in migrations.shipped()]


def test_damaged_rows_come_back_from_the_newest_backup_and_sound_ones_stay(connection, tmp_path):
    kept, sound = new_experiment(connection, "succeeded"), new_experiment(connection)
    back_up(connection, tmp_path, 2, NOW)
    connection.execute("UPDATE experiments SET status = 'running' WHERE id = %s", [sound])
    younger = new_experiment(connection)
    connection.execute("UPDATE experiments SET status = 'done' WHERE id IN (%s, %s)", [kept, younger])
    assert violations(connection) == {"experiment_status": 2}
    assert restore_damaged(connection, tmp_path) == {"experiment_status": (1, 1)}
    assert [status_of(connection, each) for each in (kept, sound, younger)] == ["succeeded", "running", "created"]
    assert violations(connection) == {"experiment_status": 0}
    assert connection.execute("SELECT name, prompt FROM experiments WHERE id = %s", [kept]).fetchone() == (
        "a\tb",
        "two\nlines",
    )


def test_damaged_data_are_not_backed_up_and_old_backups_stay_for_it(connection, tmp_path):
    number = new_experiment(connection)
    first = back_up(connection, tmp_path, 1, NOW)
    connection.execute("UPDATE experiments SET status = 'done' WHERE id = %s", [number])
    with pytest.raises(DataDamaged, match="1 rows break experiment_status"):
        back_up(connection, tmp_path, 1, NOW + timedelta(hours=1))
    assert list(tmp_path.iterdir()) == [first]


def test_the_newest_backups_are_kept_and_a_restore_without_one_says_so(connection, tmp_path):
    with pytest.raises(NoBackup):
        restore_damaged(connection, tmp_path)
    made = [back_up(connection, tmp_path, 2, NOW + timedelta(hours=n)) for n in range(3)]
    assert sorted(tmp_path.iterdir()) == made[1:]


def test_users_who_read_a_damaged_row_get_an_error_that_names_it(app, connection):
    number = new_experiment(connection, "done")
    answer = app.client.get(f"/experiments/{number}")
    assert (answer.status_code, answer.json()["title"]) == (500, "Data damaged")
    assert answer.json()["detail"] == f"experiment {number} fails its validation: status"


def test_a_check_by_hand_fails_for_damaged_data(postgres, connection):
    def check():
        command = [sys.executable, "-m", "target_app", "check"]
        env = {"DATABASE_URL": postgres.url(), "PATH": ""}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert (check().returncode, check().stdout) == (0, "experiment_status: 0 rows break it\n")
    new_experiment(connection, "done")
    assert (check().returncode, check().stdout) == (1, "experiment_status: 1 rows break it\n")


def test_the_maintenance_migrates_backs_up_and_shows_what_is_damaged(
    parts, postgres, connection, tmp_path, eventually, metric
):
    part = parts.start(
        "target_app",
        "maintenance",
        port=8050,
        DATABASE_URL=postgres.url(),
        BACKUP_FOLDER=str(tmp_path),
        CHECK_EVERY="0.1",
        BACKUP_EVERY="0.2",
        BACKUPS_KEPT="3",
    )
    eventually(lambda: len(list(tmp_path.glob("*.sql.gz"))) == 3)
    broken = 'database_invariant_violations{invariant="experiment_status"}'
    assert metric(part, broken) == 0
    assert metric(part, "backup_last_success_timestamp_seconds") > 0
    new_experiment(connection, "done")
    eventually(lambda: metric(part, broken) == 1)
    assert part.stop() == 0


def test_read_only_refuses_writes_and_serves_reads_until_it_is_switched_off(start_app):
    app = start_app(READ_ONLY="true")
    experiment = {"name": "written"}
    refused = app.client.post("/experiments", json=experiment)
    assert (refused.status_code, refused.json()["title"]) == (503, "Read-only")
    assert app.client.get("/experiments").status_code == 200
    assert app.client.post("/completions", json={"prompt": "x"}).status_code == 200
    assert httpx.post(app.url + "/admin/read-only/off").status_code == 403
    switched = httpx.post(app.url + "/admin/read-only/off", headers={"X-Admin-Key": "admin"})
    assert switched.json() == {"read_only": False, "maintenance": False}
    assert app.client.post("/experiments", json=experiment).status_code == 201


def test_maintenance_closes_everything_but_health_and_admin(start_app):
    app = start_app(MAINTENANCE_MODE="true")
    closed = app.client.get("/experiments")
    assert (closed.status_code, closed.json()["title"], closed.headers["retry-after"]) == (503, "Maintenance", "60")
    assert httpx.get(app.url + "/health/live").status_code == 200
    httpx.post(app.url + "/admin/maintenance/off", headers={"X-Admin-Key": "admin"})
    assert app.client.get("/experiments").status_code == 200
