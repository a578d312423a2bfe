"""A migrated database has the form that the tables say."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from ports.store_contract import NOW
from sqlalchemy import Connection, MetaData, Uuid, text
from store.place import Place

from backfilld.catalog.ids import hashed_id
from backfilld.errors import InvalidSettings
from backfilld.planning.history import Past
from backfilld.planning.plan import instance_id
from backfilld.store.migrate import MIGRATIONS, NEWEST, migrate
from backfilld.store.tables import metadata

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version' ORDER BY 1, 2"
POSTGRESQL = """
    SELECT 'column', table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL SELECT 'index', tablename, indexname, indexdef
    FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    ORDER BY 1, 2, 3
"""


@pytest.fixture(params=["empty_sqlite", "empty_postgresql"])
def home(request: pytest.FixtureRequest) -> Place:
    """Each kind of database, empty."""
    found: Place = request.getfixturevalue(request.param)
    return found


def form(connection: Connection) -> list[tuple[str, ...]]:
    """Every table, column, index and constraint, as the database itself words it."""
    ask = SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL
    return sorted(tuple(worded(str(part)) for part in row) for row in connection.execute(text(ask)))


def worded(part: str) -> str:
    """Without blanks and quotes, and the clauses of a table in one order: a column that was added stands last."""
    plain = "".join(part.split()).replace('"', "")
    before, bracket, clauses = plain.partition("(")
    return before + bracket + ",".join(sorted(re.split(r",(?![^(]*\))", clauses[:-1]))) if bracket else plain


def test_a_migrated_schema_equals_the_tables(home: Place) -> None:
    """Nothing is in the tables that the migrations do not make, nor the other way round."""
    home.open().close()
    engine = home.engine()
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        migrated = form(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert form(connection) == migrated
        assert len(migrated) > len(metadata.tables)
    engine.dispose()


def test_opening_again_changes_nothing(empty_sqlite: Place) -> None:
    """A store that is up to date is opened as it is."""
    for _ in range(2):
        store = empty_sqlite.open()
        epoch = store.take_lease(NOW)
        store.close()
    assert epoch == 2


def test_the_newest_revision_is_the_last_of_the_files() -> None:
    """A revision that is added is run: the program looks for no newer one than it names."""
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [NEWEST]


def test_a_store_that_is_up_to_date_loads_no_migrations(empty_sqlite: Place) -> None:
    """Only a database of another revision costs a start the library that carries it over."""
    empty_sqlite.open().close()
    lines = ["import sys", "from backfilld.store.sql import SqlStore", f"SqlStore({empty_sqlite.url!r}).close()"]
    code = "; ".join([*lines, "print('alembic' in sys.modules)"])
    opened = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert opened.stdout == "False\n"


def test_a_newer_program_s_store_is_refused(home: Place) -> None:
    """Whoever goes back to an older program is told so, and finds the store as it was."""
    home.open().close()
    home.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(InvalidSettings, match=r"a store of revision 9999; allowed: .* older"):
        home.open()
    home.execute(f"UPDATE alembic_version SET version_num = '{NEWEST}'")
    home.open().close()


MIDNIGHT = 1_356_998_400
"""The first of January 2013 in UTC, a run of four cycles of task 1, an hour apart, and then of three of task 2."""
SETTLED = 1_700_000_000
HOW = [
    ((0, 1), [(1, "failed"), (2, "succeeded")], 3),
    ((3600, 1), [(1, "succeeded"), (2, "lost")], 5),
    ((7200, 1), [(1, "succeeded")], 3),
    ((10_800, 1), [(1, "stopped")], 4),
    ((0, 2), [], 3),
    ((3600, 2), [(1, "stopped")], 7),
    ((7200, 2), [(1, "void")], 3),
]
OF_ANOTHER = [((14_400, 2), [(1, "succeeded")], 3)]
"""Of each instance: its cycle and task, its attempts, each ten seconds after the one before, and its state."""


def old_rows() -> dict[str, list[dict[str, object]]]:
    """The first revision's database: a settled run of each of two backfills, an open one, a cycle without attempts."""
    backfill: dict[str, object] = {
        "id": 5,
        "name": "january",
        "environment": "Prod",
        "priority": 1,
        "request": "{}",
        "resolved": "{}",
    }
    backfill |= {"plan_hash": "abc", "dates": "2013-01-01/2013-01-02", "size": 14, "left_out": b"", "first_run": 9}
    backfill |= {"catalog_version": UUID(int=7), "accepted_at": SETTLED * 10**6}
    run: dict[str, object] = {"backfill_id": 5, "held_back": 0, "succeeded": 7}
    run |= dict.fromkeys(("waiting", "ready", "running", "failed", "lost", "skipped", "cancelled", "left_out"), 0)
    runs = [
        run | {"number": 9, "business_date": date(2013, 1, 1), "settled": True, "settled_at": SETTLED * 10**6},
        run | {"number": 10, "business_date": date(2013, 1, 1), "settled": False, "settled_at": None},
    ]
    runs.append(runs[0] | {"number": 11, "backfill_id": 6, "succeeded": 1})
    hows = {9: HOW, 10: HOW, 11: OF_ANOTHER}
    made = [
        (instance_id(number, ordinal), *how) for number, of_run in hows.items() for ordinal, how in enumerate(of_run)
    ]
    return {
        "catalog_version": [{"id": UUID(int=7), "content": "c", "first_used_at": 0}],
        "backfill": [backfill, backfill | {"id": 6, "size": 1, "first_run": 11}],
        "run": runs,
        "task_instance": [
            {"id": instance, "task_id": task, "cycle_time": (MIDNIGHT + second) * 10**6, "byte": state, "failures": 0}
            | {"attempt": len(attempts), "changed_at": (SETTLED + 1) * 10**6}
            for instance, (second, task), attempts, state in made
        ],
        "attempt": [
            {"instance_id": instance, "number": number, "uuid": struct.pack("<qq", instance, number), "epoch": 1}
            | {"state": state, "claimed_at": 0, "ended_at": (SETTLED + 10 * number) * 10**6, "reason": ""}
            for instance, _, attempts, _ in made
            for number, state in attempts
        ],
        "ledger": [
            {"environment": "Prod", "task_id": task, "month": 2013 * 12, "intervals": packed}
            for task, packed in (
                (1, intervals((0, 0, 1, 0x13), (3600, 0, 1, 0x15), (7200, 0, 1, 0x13), (10_800, 0, 1, 4))),
                (2, intervals((0, 7200, 3, 0x13))),
                (3, intervals((0, 7200, 2, 0x13))),
            )
        ],
    }


def intervals(*of: tuple[int, int, int, int]) -> bytes:
    """In the form of the first revision: microseconds."""
    scaled = (((MIDNIGHT + first) * 10**6, step * 10**6, count, code) for first, step, count, code in of)
    return b"".join(struct.pack("<qqii", *interval) for interval in scaled)


def test_an_old_database_is_carried_over(home: Place) -> None:
    """What the ledger knew is there, with when and by whom; what no attempt tells is dropped."""
    engine = home.engine()
    with engine.begin() as connection:
        migrate(connection, "0001")
        old = MetaData()
        old.reflect(connection)
        for column in (old.tables["catalog_version"].c.id, old.tables["backfill"].c.catalog_version):
            column.type = Uuid()  # SQLite tells of characters
        for name, rows in old_rows().items():
            connection.execute(old.tables[name].insert(), rows)
    engine.dispose()

    store = home.open()
    found = dict(store.ledger("Prod", [1, 2, 3], *(datetime(year, 1, 1, tzinfo=UTC) for year in (2013, 2014))))
    assert found == {
        1: {
            MIDNIGHT: Past("succeeded", True, SETTLED + 20, 5),
            MIDNIGHT + 3600: Past("lost", True, SETTLED + 20, 5),
            MIDNIGHT + 7200: Past("succeeded", True, SETTLED + 10, 5),
            MIDNIGHT + 10_800: Past("failed", False, SETTLED + 10, 5),
        },
        2: {
            MIDNIGHT: Past("succeeded", True, SETTLED + 1, 5),
            MIDNIGHT + 14_400: Past("succeeded", True, SETTLED + 10, 6),
        },
    }
    assert store.backfill(5).scheduled
    store.close()


NAMED = '[{"project": "shop", "id": 7, "workflows": [{"workflow": "daily", "id": 70}, {"workflow": "nightly"}]}]'
HOMES = [
    ('{"project_id": "shop", "workflow_id": "daily"}', None, (7, 70, "local")),
    ('{"project_id": 7, "workflow_id": "70"}', "every night", (7, 70, "backfilld")),
    ('{"project_id": "7", "workflow_id": 1}', None, (7, None, "local")),
    ('{"project_id": "shop", "workflow_id": "nightly"}', None, (7, hashed_id("shop", "nightly"), "local")),
    ('{"project_id": "nobody"}', None, (0, None, "local")),
]
"""Requests with the schedule that made them; and the project, workflow and owner that they mean."""


def test_old_backfills_are_given_their_projects(home: Place) -> None:
    """The project and workflow of what was accepted before are those that its request names, the rest is nobody's."""
    (plain, _), (version,) = old_rows()["backfill"], old_rows()["catalog_version"]
    plain |= {"scheduled": True}
    engine = home.engine()
    with engine.begin() as connection:
        migrate(connection, "0008")
        old = MetaData()
        old.reflect(connection)
        for column in (old.tables["catalog_version"].c.id, old.tables["backfill"].c.catalog_version):
            column.type = Uuid()
        connection.execute(old.tables["catalog_version"].insert(), [version | {"content": NAMED}])
        rows = [
            plain | {"id": number, "request": request, "schedule": schedule, "first_run": 2 * number}
            for number, (request, schedule, _) in enumerate(HOMES, 1)
        ]
        connection.execute(old.tables["backfill"].insert(), rows)
        audit = {"at": 0, "by": "local", "what": "accepted", "counts": "{}", "previous": "", "hash": ""}
        about = ['{"backfill":3}', '{"schedule":"nightly"}']
        entries = [audit | {"id": number, "about": each} for number, each in enumerate(about, 1)]
        connection.execute(old.tables["audit"].insert(), entries)
    engine.dispose()

    store = home.open()
    found = [store.backfill(number) for number in range(1, len(HOMES) + 1)]
    assert [(each.project, each.workflow, each.by) for each in found] == [meant for *_, meant in HOMES]
    store.close()
    engine = home.engine()
    with engine.connect() as connection:
        assert list(connection.scalars(text("SELECT backfill_id FROM audit ORDER BY id"))) == [3, None]
    engine.dispose()
