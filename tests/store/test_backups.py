"""A backup is whole or refused, and what is put back knows that it was."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ports.store_contract import NIGHT, NOW, Play, accepted, new_backfill
from store.place import Place

from backfilld.errors import InvalidSettings, StoreConflict
from backfilld.planning.plan import instance_id
from backfilld.store.backups import EPOCHS, BackupUnfit, backup, file_of, restore
from backfilld.store.sql import SqlStore

MANUAL = Path(__file__).parents[2] / "docs" / "operating.md"


def opened(file: Path) -> SqlStore:
    """The store in this file."""
    return SqlStore(f"sqlite:///{file}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with one backfill, whose first instance has an attempt."""
    found = tmp_path / "store.db"
    store = opened(found)
    store.take_lease(NOW)
    backfill = accepted(store)
    play = Play(store, backfill)
    play.admit(backfill.first_run)
    play.claim(instance_id(backfill.first_run, 0))
    store.close()
    return found


def test_a_backup_is_of_one_moment_while_the_store_is_used(file: Path, tmp_path: Path) -> None:
    """What was durable when it was made is in it, what came later is not; the store goes on undisturbed."""
    store, copy = opened(file), tmp_path / "copy"
    store.take_lease(NOW)
    assert backup(file, copy) == copy.stat().st_size
    later = store.accept(new_backfill(), NOW)
    assert store.backfill(later.backfill)
    store.close()

    found = opened(copy)
    assert [each.id for each in found.backfills(None, 9).items] == [1]
    assert (copy.stat().st_mode & 0o777, [path.name for path in tmp_path.glob("*.part*")]) == (0o600, [])
    found.close()


def test_what_is_put_back_knows_that_it_was(file: Path, tmp_path: Path) -> None:
    """Its epoch is past all that there were; it says so until a daemon has come to terms, and so does the audit."""
    copy, late = tmp_path / "copy", NOW + NIGHT
    backup(file, copy)
    store = opened(file)
    assert store.restored_at() is None
    epoch = [store.take_lease(NOW) for _ in range(5)][-1]
    store.accept(new_backfill(), NOW)
    store.close()

    kept = restore(copy, file, late, force=True)

    store = opened(file)
    assert store.restored_at() == late
    assert [each.id for each in store.backfills(None, 9).items] == [1]
    assert store.take_lease(late) > epoch + EPOCHS - 10
    assert (store.audit(None, 1).items[0].what, store.broken_audit()) == ("restored", None)
    store.came_to_terms()
    assert store.restored_at() is None
    store.close()
    assert kept is not None
    aside = opened(kept)
    assert [each.id for each in aside.backfills(None, 9).items] == [2, 1]
    aside.close()


def test_strangers_are_those_without_a_row(file: Path) -> None:
    """By name, in their order, however many are asked about."""
    store = opened(file)
    (known,) = (each.attempt for each in store.open_attempts())
    names = [f"{number:032x}" for number in range(2500, 0, -1)]
    assert store.strangers([*names[:7], known, *names[7:]]) == tuple(names)
    assert store.strangers([]) == ()
    store.close()


def test_a_store_that_is_there_is_not_written_over(file: Path, tmp_path: Path) -> None:
    """Neither by a backup nor by a restoration, unless that is asked for."""
    copy = tmp_path / "copy"
    backup(file, copy)
    with pytest.raises(BackupUnfit, match="--force"):
        backup(file, copy)
    with pytest.raises(BackupUnfit, match="--force"):
        restore(copy, file, NOW)
    assert backup(file, copy, force=True)
    assert restore(copy, tmp_path / "new" / "store.db", NOW) is None


def test_nothing_is_put_back_while_a_daemon_runs(file: Path, tmp_path: Path) -> None:
    """The lock of the store says so."""
    backup(file, tmp_path / "copy")
    store = opened(file)
    with pytest.raises(StoreConflict, match="another daemon"):
        restore(tmp_path / "copy", file, NOW, force=True)
    store.close()


@pytest.mark.parametrize("what", ["no file", "no store", "another store", "damaged", "newer"])
def test_what_is_no_whole_store_of_ours_is_refused(file: Path, tmp_path: Path, what: str) -> None:
    """And the store that is there stays as it is."""
    copy = tmp_path / "copy"
    backup(file, copy)
    match what:
        case "no file":
            copy.unlink()
        case "no store":
            copy.write_text("hello")
        case "another store":
            copy.unlink()
            with closing(sqlite3.connect(copy)) as other:
                other.execute("CREATE TABLE t (x)")
        case "damaged":
            pages = bytearray(copy.read_bytes())
            pages[4096 * 3 : 4096 * 12] = b"\xff" * 4096 * 9
            copy.write_bytes(pages)
        case "newer":
            with closing(sqlite3.connect(copy)) as other, other:
                other.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()

    with pytest.raises(BackupUnfit):
        restore(copy, file, NOW, force=True)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if ".part" in path.name) == []


def test_a_backup_needs_a_store_and_room(file: Path, tmp_path: Path) -> None:
    """What is wrong is told in a sentence."""
    with pytest.raises(BackupUnfit, match="there is no store"):
        backup(tmp_path / "none.db", tmp_path / "copy")
    with pytest.raises(BackupUnfit, match="cannot be written"):
        backup(file, tmp_path / "no" / "folder" / "copy")


def test_a_server_has_tools_of_its_own() -> None:
    """For PostgreSQL they are named; the password is not."""
    with pytest.raises(InvalidSettings, match="pg_dump") as caught:
        file_of("postgresql://me:secret@db/x")
    assert "secret" not in str(caught.value)
    assert file_of("sqlite:////var/x.db") == Path("/var/x.db")


def test_a_restored_postgresql_store_can_say_so(postgresql: Place) -> None:
    """The statement of the operator's manual marks it as `restore` marks a file: restored, in an epoch far ahead."""
    (statement,) = re.findall(r"```sql\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    postgresql.open().close()
    before = datetime.now(UTC)
    postgresql.execute(statement)

    with closing(postgresql.open()) as store:
        since = store.restored_at()
        assert since
        assert abs(since - before) < timedelta(hours=1)
        assert store.take_lease(before) > EPOCHS
