"""The matrix of a backfill: its bytes, what they mean, their counts, and its dates on the clock."""

from __future__ import annotations

import gzip
from collections import Counter
from typing import Any

import pytest
from interfaces.http.site import Site
from pydantic import TypeAdapter

from backfilld.engine.states import HELD, STATE_MASK, State
from backfilld.interfaces.grid_view import GridView
from backfilld.interfaces.matrix_view import MatrixView
from backfilld.interfaces.timeline_view import DateTimelineView, TimelineView

DAYS = 40
DAY = {"from": "2024-01-06", "to": "2024-01-06"}
NAMES = [state.name.lower() for state in State]


@pytest.fixture(scope="module")
def backfill(site: Site) -> int:
    """Forty dates over two months: one task fails on each of them, an hourly one does not."""
    number = site.submit("picky", "after_picky", "often", days=DAYS, gate="never", parallelism=8, order="Desc")
    site.stands(number, "failed")
    return number


def cells(view: Any, grid: bytes) -> dict[int, tuple[str, str, int]]:
    """As a page reads it: date, task and byte of each instance, by its id."""
    found, begin = {}, 0
    for day, run, pattern in zip(view["dates"], view["runs"], view["pattern_of"], strict=True):
        tasks = [task for task, count in view["patterns"][pattern]["layout"] for _ in range(count)]
        assert len(tasks) == view["patterns"][pattern]["size"]
        for ordinal, task in enumerate(tasks):
            found[run * 2**20 + ordinal] = day, view["tasks"][task]["name"], grid[begin + ordinal]
        begin += len(tasks)
    assert begin == len(grid) == view["size"]
    return found


def test_every_byte_is_an_instance(site: Site, backfill: int) -> None:
    """The layout leads from each byte to the instance that has that state."""
    base = f"/v1/backfills/{backfill}"
    found = cells(site.get(f"{base}/tasks"), site.http.get(f"{base}/grid").content)
    items = site.pages(f"{base}/task_instances", limit=1000)
    shown = {item["id"]: (item["bizdate"], item["task"], item["state"]) for item in items}
    assert {number: (*where, NAMES[byte & STATE_MASK]) for number, (*where, byte) in found.items()} == shown


def test_dates_that_were_never_admitted(site: Site) -> None:
    """They have the bytes that they would begin with: held or cancelled where an act has said so."""
    number = site.submit("picky", days=3, gate="never")
    site.stands(number, "failed")
    runs = [run["id"] for run in site.get(f"/v1/backfills/{number}/runs")["items"]]
    site.post(f"/v1/runs/{runs[1]}/hold")
    site.post(f"/v1/runs/{runs[2]}/cancel")
    grid = site.http.get(f"/v1/backfills/{number}/grid").content
    assert list(grid) == [State.FAILED, State.WAITING | HELD, State.CANCELLED]


def test_counts_of_the_grid(site: Site, backfill: int) -> None:
    """Counts over weeks, months, quarters and groups of tasks are those of the bytes; the earliest comes first."""
    base = f"/v1/backfills/{backfill}"
    found = cells(site.get(f"{base}/tasks"), site.http.get(f"{base}/grid").content)
    months = site.get(f"{base}/grid", unit="month")
    assert [span["name"] for span in months["spans"]] == ["2024-01", "2024-02"]
    for name, of_task in zip(months["rows"], months["counts"], strict=True):
        for span, counts in zip(months["spans"], of_task, strict=True):
            mine = [byte for day, task, byte in found.values() if task == name and day.startswith(span["name"])]
            assert dict(zip(months["states"], counts, strict=True)) == {
                state: sum(NAMES[byte & STATE_MASK] == state for byte in mine) for state in NAMES
            }
    flow = site.get(f"{base}/grid", unit="quarter", group="workflow")
    assert (flow["rows"], [span["name"] for span in flow["spans"]]) == (["shop/daily"], ["2024-Q1"])
    assert sum(flow["counts"][0][0]) == len(found)
    layers = site.get(f"{base}/grid", unit="week", group="layer")
    assert layers["rows"] == ["0", "1"]
    assert layers["spans"][0] == {"name": "2024-W01", "first": "2024-01-01", "last": "2024-01-07"}


def test_who_has_it_already(site: Site, backfill: int) -> None:
    """The tag of what did not change spares the answer; bytes are deflated for those who understand that."""
    for path in ("grid", "tasks"):
        first = site.http.get(f"/v1/backfills/{backfill}/{path}", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in first.headers
        again = site.http.get(first.url, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert site.http.get(first.url, headers={"If-None-Match": '"other"'}).status_code == 200
    url = f"/v1/backfills/{backfill}/grid"
    with site.http.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())) == site.http.get(url).content
    assert answer.headers["x-plan"] == site.http.get(f"/v1/backfills/{backfill}/tasks").headers["etag"]


def test_timeline(site: Site, backfill: int) -> None:
    """Each date from admission to settling, in run order, and of the asked dates only."""
    base = f"/v1/backfills/{backfill}"
    found = site.get(f"{base}/timeline", by="date", **{"from": "2024-01-05", "to": "2024-01-07"})
    runs = {run["bizdate"]: run for run in site.pages(f"{base}/runs", limit=1000)}
    assert [row["name"] for row in found["rows"]] == ["2024-01-07", "2024-01-06", "2024-01-05"]
    for row in found["rows"]:
        run = runs[row["name"]]
        assert (row["begin"], row["end"], row["runs"]) == (run["admitted_at"], run["settled_at"], {"failed": 1})
        assert row["counts"] == run["counts"]
    assert (found["forecast_at"], found["reason"]) == (None, "it is done")


def test_what_is_expected(site: Site) -> None:
    """Of a backfill that goes on, the dates to come have an expected end at either pace."""
    number = site.submit("hold", days=2, gate="of-the-timeline")
    path = f"/v1/backfills/{number}/timeline"
    found = site.until(path, lambda it: it["forecast_at"] is not None)
    site.gate("of-the-timeline").write_text("open")
    assert all(row["end"] is None and row["expected_end_p50"] <= row["expected_end_p90"] for row in found["rows"])
    assert Counter(row["begin"] is None for row in found["rows"]) == {True: 1, False: 1}
    TypeAdapter(TimelineView).validate_python(found, strict=True)


def test_attempts_of_a_date(site: Site, backfill: int) -> None:
    """Each task instance of the date, in pages, with the times of its attempts, as they are told of it alone."""
    base = f"/v1/backfills/{backfill}"
    path = f"{base}/timeline/2024-01-06"
    found = site.get(path, limit=1000)
    (run,) = (run for run in site.pages(f"{base}/runs", limit=1000) if run["bizdate"] == "2024-01-06")
    assert (found["rows"], found["next"]) == (site.get(f"{base}/timeline", **DAY)["rows"], None)
    assert [each["id"] for each in found["items"]] == [
        each["id"] for each in site.get(f"{base}/task_instances", run=run["id"], limit=1000)["items"]
    ]
    for each in found["items"]:
        whole = site.get(f"/v1/task_instances/{each['id']}")["attempts"]
        assert each["attempts"] == [{key: attempt[key] for key in each["attempts"][0]} for attempt in whole]
    assert any(each["attempts"] for each in found["items"])
    assert (found["before"], found["behind"]) == ("2024-01-07", "2024-01-05")  # in run order, which is descending
    assert site.get(f"{base}/timeline/2024-01-01")["behind"] is None
    assert site.pages(path, limit=3) == found["items"]
    TypeAdapter(DateTimelineView).validate_python(found, strict=True)


def test_dates_that_are_not_of_the_backfill(site: Site, backfill: int) -> None:
    """They have no timeline; what is no date is refused."""
    path = f"/v1/backfills/{backfill}/timeline/"
    answers = [site.http.get(path + day) for day in ("1999-01-01", "20240106", "tomorrow")]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (404, "not_found"),
        (422, "invalid_request"),
        (422, "invalid_request"),
    ]


def test_forms(site: Site, backfill: int) -> None:
    """Answers have the documented form, and no field beyond it."""
    base = f"/v1/backfills/{backfill}"
    for form, value in [
        (MatrixView, site.get(f"{base}/tasks")),
        (GridView, site.get(f"{base}/grid", unit="month")),
        (TimelineView, site.get(f"{base}/timeline")),
    ]:
        assert TypeAdapter(form).validate_python(value, strict=True) == value


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("grid", {"unit": "day"}),
        ("grid", {"group": "1"}),
        ("timeline", {"by": "task"}),
        ("timeline", {"from": "2024-02-30"}),
        ("timeline", {"from": "20240101"}),
        ("tasks", {"unit": "month"}),
    ],
)
def test_bad_questions(site: Site, backfill: int, path: str, query: dict[str, str]) -> None:
    """What is not understood is refused."""
    answer = site.http.get(f"/v1/backfills/{backfill}/{path}", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["grid", "tasks", "timeline"])
def test_unknown(site: Site, path: str) -> None:
    """There is nothing of what is not there."""
    assert site.http.get(f"/v1/backfills/999999/{path}").status_code == 404
