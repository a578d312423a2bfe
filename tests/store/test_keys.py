"""What both databases remember of callers' words: keys, what was answered, and names of backfills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from ports.store_contract import NOW, accepted, new_backfill
from store.place import Place

from backfilld.engine.asking import Answered, Asked, Order, Targets
from backfilld.errors import AlreadyExists, KeyReused
from backfilld.ports import IdempotencyKey, KeptAnswer, NewAmendment, Round, Store

KEY = IdempotencyKey("ann", "k", "digest")
ANSWER = KeptAnswer(202, "application/json", "/v1/operations/1", b'{"id":1}')


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store of each kind, leased."""
    home: Place = request.getfixturevalue(request.param)
    opened = home.open()
    opened.take_lease(NOW)
    yield opened
    opened.close()


def test_a_key_knows_what_was_accepted_and_answered(store: Store) -> None:
    """From the acceptance on it is known, and answered with the first answer that was kept."""
    assert store.used(KEY) is None
    operation = store.accept(new_backfill(idempotency=KEY), NOW)
    used = store.used(KEY)
    assert used is not None
    assert (used.at, used.operations, used.answer) == (NOW, (operation.id,), None)
    store.keep_answer(KEY, ANSWER, NOW)
    store.keep_answer(KEY, KeptAnswer(200, None, None, b"later"), NOW)
    used = store.used(KEY)
    assert used is not None
    assert used.answer == ANSWER


def test_a_key_is_its_caller_s(store: Store) -> None:
    """The same word of somebody else is another key; of the same caller for something else it is refused."""
    store.keep_answer(KEY, ANSWER, NOW)
    assert store.used(IdempotencyKey("bob", "k", "other")) is None
    with pytest.raises(KeyReused):
        store.used(IdempotencyKey("ann", "k", "other"))


def test_what_is_done_is_known_from_the_same_transaction(store: Store) -> None:
    """An act and an amendment are remembered by the round, or the call, that makes them durable."""
    backfill = accepted(store)
    of_act, of_amendment = IdempotencyKey("ann", "act", "d"), IdempotencyKey("ann", "amendment", "d")
    asked = Asked(Order.HOLD, Targets(backfill.id), by="ann", name="hold", once=of_act)
    store.record(Round(1, NOW, [Answered(asked, "backfill", {})]))
    new = NewAmendment(backfill.id, 1, "ann", "{}", "def", backfill.dates, (), 6, 6, once=of_amendment)
    store.amend(new, NOW)
    for key in (of_act, of_amendment):
        used = store.used(key)
        assert used is not None
        assert (used.operations, used.answer) == ((), None)


def test_keys_are_forgotten_the_oldest_first(store: Store) -> None:
    """A few at a time; what stays says when the next may go."""
    for number in range(4):
        store.keep_answer(IdempotencyKey("ann", str(number), "d"), ANSWER, NOW + timedelta(hours=number))
    limit = NOW + timedelta(hours=3)
    assert store.forget_keys(limit, 2) == NOW + timedelta(hours=2)
    assert store.forget_keys(limit, 2) == limit
    assert store.forget_keys(limit, 2) == limit
    assert store.used(IdempotencyKey("ann", "0", "d")) is None
    assert store.used(IdempotencyKey("ann", "3", "d")) is not None
    assert store.forget_keys(limit + timedelta(hours=1), 2) is None


def test_several_are_accepted_or_none(store: Store) -> None:
    """Each has its operation in order; one name that is taken refuses all, with every such name."""
    first = [new_backfill(instance_id=name, idempotency=KEY) for name in ("a", "b", None)]
    operations = store.accept_all(first, NOW)
    assert [each.id for each in operations] == [each.operation for each in first]
    assert [each.instance_id for each in store.named(["a", "b", "c"])] == ["a", "b"]
    again = [new_backfill(instance_id=name, idempotency=KEY) for name in ("a", "b", None)]
    assert store.accept_all(again, NOW) == operations
    with pytest.raises(AlreadyExists) as refused:
        store.accept_all([new_backfill(instance_id=name) for name in ("c", "b", "a")], NOW)
    assert refused.value.instance_ids == ("b", "a")
    assert store.named(["c"]) == ()
    assert len(store.backfills(None, 10).items) == 3


def test_a_name_is_of_its_project(store: Store) -> None:
    """Another project may have the same name."""
    here = store.accept(new_backfill(instance_id="a"), NOW).backfill
    there = store.accept(new_backfill(instance_id="a", project=2), NOW).backfill
    assert [each.id for each in store.named(["a"])] == [here, there]
    assert [each.id for each in store.named(["a"], 2)] == [there]
