"""Schedules as they are read: each with its clock and its request, or every fault with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from request.asking import CIRCUMSTANCES

from backfilld.catalog.parse import parse_catalog
from backfilld.catalog.schedules import Schedule, due_firings
from backfilld.config.documents import document_of, read_documents
from backfilld.config.schedules import load_schedules
from backfilld.config.settings import load_settings
from backfilld.errors import InvalidRequest, InvalidSchedules
from backfilld.planning.planner import make_plan
from backfilld.request.resolve import understand
from backfilld.request.schedules import parse_schedules

CONFIG = Path(__file__).parents[2] / "config"
NIGHTLY = """
schedule: nightly
cron: "30 1 * * *"
timezone: Europe/Berlin
request:
  name: reload
  project_id: shop
  type: SupplementData
  periods: {biz_dates: [{start_biz_date: -7d, end_biz_date: yesterday}]}
  default_run_properties: {root_task_ids: [extract]}
"""


def read(text: str) -> tuple[Schedule, ...]:
    return parse_schedules([document_of(text, "nights.yaml")])


def faults(text: str) -> list[str]:
    with pytest.raises(InvalidSchedules) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def test_a_schedule_is_a_clock_and_a_request() -> None:
    """Its name, its times, and the request as it stands; the latest missed firing is made up for unless it says so."""
    (found,) = read(NIGHTLY)

    assert (found.name, found.times, found.catch_up) == ("nightly", "30 1 * * * Europe/Berlin", "once")
    night = datetime(2024, 5, 6, 23, 30, tzinfo=UTC)
    assert due_firings(found, datetime(2024, 5, 6, tzinfo=UTC), night) == [night]
    assert found.request_at(night).value == {**found.template.value, "name": "reload 2024-05-07"}  # type: ignore[dict-item]


def test_a_request_in_pascal_case_is_named_too() -> None:
    """A DataWorks body is a template as it is."""
    (found,) = read(
        "{schedule: n1, cron: '@daily', request: {Name: reload, ProjectId: shop, Type: Manual,"
        " DefaultRunProperties: {RootTaskIds: [a]}}}"
    )
    asked = found.request_at(datetime(2024, 5, 6, tzinfo=UTC)).value
    assert isinstance(asked, dict)
    assert asked["Name"] == "reload 2024-05-06"


def test_several_stand_in_a_list_in_order() -> None:
    """A file may hold one or several."""
    listed = "".join(
        f'- {{schedule: {name}, cron: "@daily", request: {{name: x, project_id: p, type: Manual}}}}\n' for name in "ba"
    )
    assert [each.name for each in read(listed)] == ["b", "a"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("schedule: nightly", "schedule: a/b"), 'nights.yaml:2:1: schedule: given "a/b"; allowed: a name of 1 to 100'),
        (("schedule: nightly", 'schedule: "12"'), 'nights.yaml:2:1: schedule: given "12"; allowed: a name'),
        (('"30 1 * * *"', '"30 1 31 2 *"'), 'nights.yaml:3:1: cron: given "30 1 31 2 *"; allowed: a cron that has a'),
        (('cron: "30 1 * * *"\n', ""), "nights.yaml:2:1: cron: given nothing; allowed: `cron:` is needed here"),
        (("Europe/Berlin", "Europe/Berln"), "nights.yaml:4:1: timezone: given"),
        (("request:", "catch_up: twice\nrequest:"), 'catch_up: given "twice"; allowed: once or all or none'),
        (
            ("request:", "paused: true\nrequest:"),
            "paused: given the key paused; allowed: one of the keys schedule cron",
        ),
        (("project_id: shop", "project_id: [shop]"), "nights.yaml:7:3: request.project_id: given"),
        (("[extract]", "[extract], parallelism: 0"), "request.default_run_properties.parallelism: given 0"),
        (("-7d", "tomorrow"), "request.periods.biz_dates[0].start_biz_date: given"),
        (("name: reload", f"name: {'x' * 245}"), "request.name: given 245 characters; allowed: at most 244"),
        (("  type: SupplementData", "  type: Manual\n  first: 1"), "request.first: given 1; allowed: to be left out"),
        (("request:", "requests:"), "request: given nothing; allowed: `request:` is needed here"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(change: tuple[str, str], told: str) -> None:
    """Path, value, what is allowed, and where it stands: of the schedule and of the shape of its request."""
    assert change[0] in NIGHTLY
    assert any(fault.find(told) >= 0 for fault in faults(NIGHTLY.replace(*change))), faults(NIGHTLY.replace(*change))


def test_every_fault_at_once() -> None:
    """Nobody mends one to see the next."""
    assert len(faults(NIGHTLY.replace("nightly", "12").replace("30 1", "61 1").replace("project_id", "prject"))) >= 3
    assert faults("- 1\n- 2") == [
        "nights.yaml:1:3: [0]: given 1; allowed: a mapping (`key: value`)",
        "nights.yaml:2:3: [1]: given 2; allowed: a mapping (`key: value`)",
    ]


def test_a_name_stands_once() -> None:
    """The second one is refused, and told where the first one is."""
    documents = [document_of(NIGHTLY, name) for name in ("a.yaml", "b.yaml")]
    with pytest.raises(InvalidSchedules, match=r"b\.yaml:2:1: .*one that is not taken; a\.yaml:2:1 has it already"):
        parse_schedules(documents)


def test_what_a_firing_selects_is_told_at_its_place() -> None:
    """A task that the catalog does not have is a fault of that firing, with the line of the file."""
    catalog = parse_catalog(read_documents(CONFIG / "catalog"))
    (found,) = read(NIGHTLY.replace("shop", "nycflights"))
    request, resolved = understand(found.request_at(CIRCUMSTANCES.accepted_at), catalog, CIRCUMSTANCES)
    assert request.name.startswith("reload ")
    assert resolved.selection is not None
    (lost,) = read(NIGHTLY)
    with pytest.raises(InvalidRequest, match=r"nights\.yaml:7:3: project_id"):
        understand(lost.request_at(CIRCUMSTANCES.accepted_at), catalog, CIRCUMSTANCES)


def test_the_example_reloads_seven_days() -> None:
    """What users copy first is right against the example catalog: the last seven dates, and only what is missing."""
    catalog = parse_catalog(read_documents(CONFIG / "catalog"))
    (nightly,) = load_schedules(load_settings(CONFIG / "backfilld.toml", catalog_dir=CONFIG / "catalog"))
    _, resolved = understand(nightly.request_at(CIRCUMSTANCES.accepted_at), catalog, CIRCUMSTANCES)
    plan = make_plan(resolved, catalog)

    assert len(plan.dates) == 7
    assert (resolved.reprocess, resolved.on_conflict) == ("Missing", "Queue")
    assert plan.size > 0
    assert not [finding for finding in plan.findings if finding.severity == "error"]


def test_where_schedules_stand(tmp_path: Path) -> None:
    """Beside the catalog, where having none is fine; a folder that is named must be there."""
    toml = CONFIG / "backfilld.toml"
    (tmp_path / "catalog").mkdir()
    assert load_schedules(load_settings(toml, catalog_dir=tmp_path / "catalog")) == ()
    (tmp_path / "schedules").mkdir()
    assert load_schedules(load_settings(toml, catalog_dir=tmp_path / "catalog")) == ()
    (tmp_path / "schedules" / "nightly.yaml").write_text(NIGHTLY)
    assert [each.name for each in load_schedules(load_settings(toml, catalog_dir=tmp_path / "catalog"))] == ["nightly"]
    with pytest.raises(InvalidSchedules, match="a folder that can be read"):
        load_schedules(load_settings(toml, schedules_dir=tmp_path / "none"))
