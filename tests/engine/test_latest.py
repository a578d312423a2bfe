"""Reruns by the running catalog: whose rules count, for whom, and for how long."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from drawing import NOON, VIRTUAL, Play, draw, draw_catalog

from backfilld.catalog.models import Catalog, Command
from backfilld.engine.asking import RERUN, Asked, Change, InstanceFacts, Targets, Word
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    Accepted,
    AttemptEnded,
    Effect,
    InstanceMarked,
    OnFailure,
    Restored,
    RunFacts,
    Start,
    Stop,
)
from backfilld.engine.marks import InstanceMarks
from backfilld.engine.states import AttemptState, Event, State
from backfilld.planning.plan import instance_id

MENDED = UUID(int=2)
PATIENT = {"retries": 2, "retry_delay": timedelta(0), "timeout": timedelta(hours=1)}
LATEST = Change(Event.RERUN, latest=MENDED)


def mended(text: str = "a -> b", **tasks: Mapping[str, Any]) -> Catalog:
    """A newer version of the catalog that drawings are made of."""
    return replace(draw_catalog(text, tasks), version=MENDED)


def rerun(play: Play, *names: str, catalog: Catalog, force: bool = False) -> list[Word]:
    """Rerun instances, or the whole backfill, by this version; how it was answered."""
    instances = [play.instance(name) for name in names]
    asked = Asked(replace(LATEST, latest=catalog.version, force=force), Targets(1, None, instances or None))
    effects = play.say(replace(asked, catalogs=(catalog,)))
    (answered,) = (each for each in effects if hasattr(each, "verdicts"))
    return [verdict.word for verdict in answered.verdicts.values()]


def test_the_rules_of_the_version_count_for_every_later_attempt():
    """Retries start fresh and are as many as the new version says, attempts are numbered on."""
    play = Play(draw("a -> b"))
    play.fail("a@19")
    assert play.word() == "failed"

    assert rerun(play, "a@19", catalog=mended(a=PATIENT)) == [Word.ACCEPTED]
    play.fail("a@19")
    play.fail("a@19")
    assert (play.word(), play.open) == ("running", {play.instance("a@19"): 4})
    play.fail("a@19")
    assert play.word() == "failed"


def test_timeout_and_grace_are_those_of_the_version():
    """The new attempt is stopped after the time that the new version gives it, with its grace."""
    play = Play(draw("a", tasks={"a": {"timeout": timedelta(minutes=1)}}))
    play.fail("a@19")
    rerun(play, "a@19", catalog=mended("a", a={**PATIENT, "kill_grace": timedelta(seconds=3)}))
    play.begin("a@19")

    play.wait(minutes=59)
    assert play.stops() == []
    play.wait(minutes=1)
    assert [each for each in play.effects if isinstance(each, Stop)] == [
        Stop(play.instance("a@19"), 2, timedelta(seconds=3))
    ]


def test_a_plain_rerun_keeps_the_version_and_a_later_one_takes_its_own():
    """What was rerun by a version stays with it until it is rerun by another; by the plan's own it is as planned."""
    play = Play(draw("a"))
    play.fail("a@19")
    rerun(play, "a@19", catalog=mended("a", a=PATIENT))
    play.succeed("a@19")
    instance = play.instance("a@19")

    play.rerun("a@19")
    assert play.engine.catalog_of(instance).version == MENDED
    play.succeed("a@19")
    rerun(play, "a@19", catalog=replace(mended("a"), version=UUID(int=3)))
    assert play.engine.catalog_of(instance).version == UUID(int=3)
    play.succeed("a@19")
    rerun(play, "a@19", catalog=draw_catalog("a", {}))
    assert play.engine.catalog_of(instance) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (replace(mended(), projects=()), "not in the running catalog"),
        (mended(a={"action": VIRTUAL}), "has no process in the running catalog"),
    ],
)
def test_a_task_that_cannot_take_the_place(now: Catalog, reason: str):
    """A task that is gone, or of another kind, rejects the rerun, whatever force; nothing moves."""
    play = Play(draw("a -> b"))
    play.fail("a@19")

    for force in (False, True):
        assert rerun(play, "a@19", catalog=now, force=force) == [Word.REJECTED]
        (answered,) = (each for each in play.effects if hasattr(each, "verdicts"))
        assert reason in answered.verdicts[play.instance("a@19")].reason
    assert (play.word(), play.engine.catalog_of(play.instance("a@19"))) == ("failed", None)


def test_a_virtual_task_stays_one():
    """What has no process in the plan has no slot either: a process cannot take its place."""
    play = Play(draw("a -> b", tasks={"a": {"action": VIRTUAL}}))
    assert rerun(play, "a@19", catalog=mended(a={"action": Command("true")})) == [Word.REJECTED]


def test_of_a_whole_backfill_only_what_is_rerun_takes_the_version():
    """From failure: what waits for it, and what has succeeded, stays as planned."""
    play = Play(draw("a -> b -> c"))
    play.succeed("a@19")
    play.fail("b@19")

    assert rerun(play, catalog=mended("a -> b -> c")) == [Word.ACCEPTED]
    found = [play.engine.catalog_of(play.instance(f"{task}@19")) for task in "abc"]
    assert [each and each.version for each in found] == [None, MENDED, None]


def test_a_date_that_was_cancelled_before_it_began_takes_the_version_too():
    """Each of its instances is rerun by it, and marked."""
    play = Play(draw("a -> b", days=(19, 20)))
    play.cancel()
    play.end(AttemptState.STOPPED, "a@19")

    assert rerun(play, catalog=mended(a=PATIENT, b=PATIENT)) == [Word.ACCEPTED, Word.ACCEPTED]
    names = [f"{task}@{day}" for day in (19, 20) for task in "ab"]
    assert all(play.engine.catalog_of(play.instance(name)) for name in names)


def test_one_that_runs_takes_it_once_its_process_is_gone():
    """Whoever insists has it stopped first; what starts then is of the version."""
    play = Play(draw("a"))
    assert rerun(play, "a@19", catalog=mended("a", a=PATIENT), force=True) == [Word.LATER]
    play.end(AttemptState.STOPPED, "a@19")

    assert play.open == {play.instance("a@19"): 2}
    play.fail("a@19")
    assert play.word() == "running", "it is retried now"


def restart(facts: InstanceFacts, state: State) -> tuple[Engine, list[Effect]]:
    """An engine that finds one instance in this state."""
    engine = Engine({"default": 9})
    accepted = Accepted(1, draw("a"), [7], "Prod", 1, 1, OnFailure.HOLD)
    run = RunFacts(7, bytes([state]), True)
    return engine, engine.handle([Restored(accepted, [run], [facts], catalogs=(mended("a", a=PATIENT),))], NOON)


def test_over_a_restart_the_version_still_counts():
    """The attempt that was open is judged by it, and so are the retries that come after it."""
    instance = instance_id(7, 0)
    engine, _ = restart(InstanceFacts(instance, 2, 0, marks=InstanceMarks(catalog_version=MENDED)), State.RUNNING)

    effects = engine.handle([AttemptEnded(instance, 2, AttemptState.FAILED, 1, NOON)], NOON)

    assert Start(instance, 3) in effects
    assert engine.catalog_of(instance).version == MENDED


def test_what_the_engine_has_forgotten_of_a_success_is_said_with_the_act():
    """After a restart a plain rerun of what succeeded by a version goes on by it."""
    instance = instance_id(7, 0)
    engine, _ = restart(InstanceFacts(instance, 2, 0), State.SUCCEEDED)
    known = InstanceFacts(instance, 2, 0, marks=InstanceMarks(catalog_version=MENDED))

    effects = engine.handle([Asked(RERUN, Targets(1, instances=[instance]), [known])], NOON)

    assert Start(instance, 3) in effects
    assert engine.catalog_of(instance).version == MENDED
    assert not [each for each in effects if isinstance(each, InstanceMarked)], "that is known where marks are kept"
