"""What is asked of the ledger: which tasks and dates are meant, and every fault at once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.dates import Period
from backfilld.errors import InvalidRequest
from backfilld.service.question import Meaning, Question, meaning_of

NOW = datetime(2024, 3, 10, 2, tzinfo=UTC)
"""In New York still the day before."""
FIRST, LAST = date(2024, 1, 1), date(2024, 1, 31)


def flow(name: str, *tasks: tuple[int, str], kind: str = "Scheduled") -> dict[str, object]:
    made = [{"task": task, "id": number, "virtual": True} for number, task in tasks]
    return {"workflow": name, "type": kind, "tasks": made}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    shop = [flow("daily", (1, "extract"), (2, "load/orders"), (3, "twice")), flow("weekly", (4, "twice"))]
    by_hand = flow("by_hand", (9, "mend"), kind="Manual")
    projects = [
        {"project": "shop", "timezone": "America/New_York", "workflows": [*shop, by_hand]},
        {"project": "bank", "timezone": "UTC", "workflows": [flow("daily", (5, "feed"), (6, "extract"))]},
    ]
    return parse_catalog([Document("test.yaml", projects)])


@pytest.mark.parametrize(
    ("question", "tasks"),
    [
        (Question(["1"], FIRST, LAST), {1}),
        (Question(["feed", "load/orders"], FIRST, LAST), {5, 2}),
        (Question(["extract", "feed", "extract"], FIRST, LAST, project="bank"), {6, 5}),
        (Question(["twice"], FIRST, LAST, project="shop", workflow="weekly"), {4}),
        (Question(["shop/daily/twice", "shop/daily/load/orders", "bank/daily/extract"], FIRST, LAST), {3, 2, 6}),
        (Question(["bank/daily/feed"], FIRST, LAST, project="shop"), {5}),
    ],
)
def test_the_tasks_that_are_meant(catalog: Catalog, question: Question, tasks: set[int]) -> None:
    """An id or a full name means one task wherever names are looked up; a bare name has to be unique there."""
    assert meaning_of(question, catalog, NOW) == Meaning(frozenset(tasks), Period(FIRST, LAST))


@pytest.mark.parametrize(
    ("question", "dates"),
    [
        (Question(["load/orders"], "-1w", "yesterday"), Period(date(2024, 3, 2), date(2024, 3, 8))),
        (Question(["feed"], "-1w", "today"), Period(date(2024, 3, 3), date(2024, 3, 10))),
        (Question(["feed"], FIRST, "today", project="shop"), None),
        (Question(["5"], FIRST, "today", project="shop"), Period(FIRST, date(2024, 3, 9))),
    ],
)
def test_today_is_the_projects(catalog: Catalog, question: Question, dates: Period | None) -> None:
    """Words for dates are told from today in the zone of the project that is given, else of the first task's."""
    if dates is None:
        with pytest.raises(InvalidRequest, match="elsewhere"):
            meaning_of(question, catalog, NOW)
    else:
        assert meaning_of(question, catalog, NOW).dates == dates


@pytest.mark.parametrize(
    ("question", "faults"),
    [
        (Question(["nope"], FIRST, LAST), ["task: given"]),
        (Question(["extract", "twice"], FIRST, LAST), ["task: given", "task: given"]),
        (Question(["mend"], FIRST, LAST), ["task: given"]),
        (Question(["feed"], FIRST, LAST, project="no"), ["project: given"]),
        (Question(["feed"], FIRST, LAST, workflow="daily"), ["workflow: given"]),
        (Question(["extract"], FIRST, LAST, project="bank", workflow="no"), ["workflow: given"]),
        (Question(["feed"], LAST, FIRST), ["end_biz_date: given 2024-01-01; allowed: not before"]),
        (Question(["feed"], "-99999d", "-88888w"), ["start_biz_date: given", "end_biz_date: given"]),
        (
            Question(["nope", "feed"], LAST, FIRST, project="no", workflow="x"),
            ["project: given", "task: given", "end_biz_date: given"],
        ),
    ],
)
def test_every_fault_at_once(catalog: Catalog, question: Question, faults: list[str]) -> None:
    """Each fault names its field; without a project nobody can say more of its workflow."""
    with pytest.raises(InvalidRequest) as caught:
        meaning_of(question, catalog, NOW)
    said = str(caught.value).splitlines()
    assert len(said) == len(faults)
    assert all(line.startswith(start) for line, start in zip(said, faults, strict=True)), said


def test_a_task_without_cycles_says_why(catalog: Catalog) -> None:
    """Tasks of Manual workflows have no cycles, which is what the ledger is about."""
    with pytest.raises(InvalidRequest, match="others have no cycles"):
        meaning_of(Question(["9"], FIRST, LAST), catalog, NOW)
