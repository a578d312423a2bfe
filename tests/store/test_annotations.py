"""What both databases remember of vendors' words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from ports.store_contract import NOW, Play, accepted
from store.place import Place

from backfilld.engine.asking import ACCEPTED, CANCEL, Answered, Asked, Targets, Verdict, rejected
from backfilld.ports import Annotation, Store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each kind of database, with the lease taken."""
    place: Place = request.getfixturevalue(request.param)
    opened = place.open()
    opened.take_lease(NOW)
    yield opened
    opened.close()


def test_the_last_word_under_a_key_stands(store: Store) -> None:
    """A value replaces the one before it, none takes it back, and no two vendors, kinds or keys share one."""
    said = Annotation("prefect", "run", "7", "name", "Ä b")
    others = [Annotation("prefect", "run", "8", "name", {"a": [1, None]}), Annotation("cloudflare", "run", "7", "b", 1)]
    store.annotate([said, Annotation("prefect", "run", "7", "gone", True), *others], NOW)
    later = [Annotation("prefect", "run", "7", "name", "c"), Annotation("prefect", "run", "7", "gone", None)]
    store.annotate(later, NOW + timedelta(hours=1))

    assert store.annotations("prefect", "run", ["7", "8", "9"]) == {"7": {"name": "c"}, "8": {"name": {"a": [1, None]}}}
    assert store.annotations("cloudflare", "run", ["7"]) == {"7": {"b": 1}}
    assert store.annotations("cloudflare", "step", ["7"]) == {}


def test_a_key_is_found_wherever_it_is(store: Store) -> None:
    """The objects of one kind of one vendor that have it, with its values."""
    said = Annotation("prefect", "run", "7", "until", "a"), Annotation("prefect", "run", "12", "until", {"b": [1]})
    others = [("prefect", "run", "8", "name"), ("prefect", "step", "9", "until"), ("cloudflare", "run", "10", "until")]
    store.annotate([*said, *(Annotation(*each, 1) for each in others)], NOW)

    assert store.annotated("prefect", "run", "until") == {"7": "a", "12": {"b": [1]}}


def test_any_number_of_objects_is_asked_at_once(store: Store) -> None:
    """More ids than one statement takes are no error."""
    store.annotate((Annotation("prefect", "run", str(number), "n", number) for number in range(0, 1200, 100)), NOW)

    found = store.annotations("prefect", "run", map(str, range(1200)))

    assert found == {str(number): {"n": number} for number in range(0, 1200, 100)}


def test_what_is_said_with_an_act_is_as_durable_as_that(store: Store) -> None:
    """It is recorded in the act's own transaction, unless all of the act is rejected."""
    backfill = accepted(store)
    play = Play(store, backfill)

    def act(number: int, *verdicts: Verdict) -> None:
        notes = [Annotation("prefect", "run", str(number), "name", "n")]
        asked = Asked(CANCEL, Targets(backfill.id), name="cancel", notes=notes)
        play.tell([Answered(asked, "run", dict(zip(backfill.runs, verdicts, strict=False)))])

    act(1, ACCEPTED, rejected("it is done"))
    act(2, rejected("it is done"), rejected("it is done"))
    act(3)

    assert set(store.annotations("prefect", "run", ["1", "2", "3"])) == {"1", "3"}
