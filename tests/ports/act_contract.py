"""What every store promises of acts that are done in parts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from ports.store_contract import NOW, OnEveryStore

from backfilld.engine.asking import ACCEPTED, SKIP, Answered, Asked, Part, Targets, Verdict, Word, rejected
from backfilld.errors import NotFound
from backfilld.planning.plan import instance_id
from backfilld.ports import NewAct, Refusal, Round, Sight, Store

LATER = NOW + timedelta(minutes=5)
ITEMS = {7: [0, 3, 9, 4_097], 4_000_000_000: list(range(20))}


def new_act(**changes: Any) -> NewAct:
    asked = json.dumps({"filter": {"state": {"any_": ["failed"]}}, "backfill": 3})
    given: dict[str, Any] = {"id": str(uuid4()), "name": "skip", "by": "night shift", "asked": asked}
    return NewAct(**given | {"of": "instance", "items": ITEMS, "project": 70} | changes)


class ActContract(OnEveryStore):
    """What every store promises of acts that are done in parts."""

    def test_an_act_is_known_with_all_that_it_is_aimed_at(self, store: Store) -> None:
        """It is open until it has ended, and nothing of it is decided yet."""
        new = new_act(token="3f9a0c1be2d47788")
        store.begin_act(new, NOW)
        found = store.act(new.id)
        assert (found.name, found.by, found.asked, found.of) == ("skip", "night shift", new.asked, "instance")
        assert (found.project, found.total, found.done, found.status) == (70, 24, 0, "pending")
        assert found.token == new.token
        assert {run: list(ordinals) for run, ordinals in store.items_of(new.id).items()} == ITEMS
        assert store.open_acts() == (found,)
        others = [new_act(project=71), new_act(project=None, by="day shift")]
        for each in others:
            store.begin_act(each, NOW)
        pages = store.acts(None, 2), store.acts(found.number + 1, 2)
        assert [[each.id for each in page.items] for page in pages] == [[others[1].id, others[0].id], [new.id]]
        assert (pages[0].next, pages[1].next) == (found.number + 1, None)
        mine = Sight("day shift", frozenset({70}))
        assert [each.id for each in store.acts(None, 9, mine).items] == [others[1].id, new.id]
        with pytest.raises(NotFound):
            store.act(str(uuid4()))

    def test_a_part_is_decided_by_its_round(self, store: Store) -> None:
        """Counts and cursor move with the round that did it, once; the audit has nothing of it before the end."""
        new = new_act()
        store.begin_act(new, NOW)
        one, two = instance_id(7, 0), instance_id(7, 3)
        for _ in range(2):
            self.decide(store, 1, new.id, {one: ACCEPTED, two: rejected("it is skipped")})
        self.decide(store, 2, new.id, {instance_id(7, 9): Verdict(Word.LATER, "its process is stopped first", 10)})
        found = store.act(new.id)
        assert (found.decided, found.done, found.status) == (instance_id(7, 9), 3, "running")
        assert found.counts == {"accepted": 1, "rejected": 1, "no_change": 0, "later": 1}
        told = [
            Refusal(two, "rejected", "it is skipped", None),
            Refusal(instance_id(7, 9), "later", "its process is stopped first", 10),
        ]
        assert list(found.refusals) == told
        assert store.audit(None, 10).items == ()

    def test_items_that_nobody_could_be_asked_about_are_rejected_once(self, store: Store) -> None:
        """All for one reason, of which a few are remembered."""
        new = new_act()
        store.begin_act(new, NOW)
        items = [instance_id(4_000_000_000, ordinal) for ordinal in range(20)] + [instance_id(4_000_000_001, 0)]
        for _ in range(2):
            store.reject_items(new.id, items, "it is not kept any more")
        found = store.act(new.id)
        assert (found.counts["rejected"], found.decided, len(found.refusals)) == (21, items[-1], 20)

    def test_an_act_ends_once_with_one_entry_of_the_audit(self, store: Store) -> None:
        """The entry has what was asked and how many items were answered how; what ends later changes nothing."""
        new = new_act()
        store.begin_act(new, NOW)
        self.decide(store, 1, new.id, {instance_id(7, 0): ACCEPTED})
        store.end_act(new.id, NOW)
        store.end_act(new.id, LATER, "too late")
        found = store.act(new.id)
        assert (found.status, found.completed_at, found.error) == ("completed", NOW, None)
        assert store.open_acts() == ()
        (entry,) = store.audit(None, 10).items
        assert (entry.by, entry.what, json.loads(entry.counts)["accepted"]) == ("night shift", "skip", 1)
        assert json.loads(entry.about) == {"operation": new.id, **json.loads(new.asked)}
        assert store.broken_audit() is None

        failed = new_act(of="run", project=None)
        store.begin_act(failed, NOW)
        store.end_act(failed.id, LATER, "an error of the daemon")
        assert (store.act(failed.id).status, store.act(failed.id).error) == ("failed", "an error of the daemon")
        assert json.loads(store.audit(None, 1).items[0].about)["error"] == "an error of the daemon"

    @staticmethod
    def decide(store: Store, number: int, act: str, verdicts: dict[int, Verdict]) -> None:
        """A round in which a part is done."""
        asked = Asked(SKIP, Targets(3, instances=tuple(verdicts)), part=Part(act, max(verdicts)))
        store.record(Round(number, NOW, [Answered(asked, "instance", verdicts)]))
