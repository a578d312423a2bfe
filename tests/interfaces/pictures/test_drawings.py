"""What stands in a picture: every task once, every asked date once, and nothing that a name could smuggle in."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interfaces.pictures.views import out_view, plan_view, task_view

from backfilld.interfaces.pictures.dot import plan_dot, quoted
from backfilld.interfaces.pictures.marks import columns, shortened
from backfilld.interfaces.pictures.page import plan_svg
from backfilld.interfaces.pictures.reading import printable

GRAPHS = Path(__file__).parents[2] / "graphs"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ['<script>alert("x")</script>', "a&amp;b", "']]>", 'quo"te\\', "\\N \\G", "-->", "東京 naïve", "x" * 255]


def drawn(view: dict[str, Any]) -> ElementTree.Element:
    return ElementTree.fromstring(plan_svg(view))


def boxes(view: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """How each task is drawn, and what is said beside the pointer below its name."""
    found: dict[str, tuple[str, list[str]]] = {}
    for group in drawn(view).iter(f"{SVG}g"):
        classes = group.get("class", "").split()
        if "task" in classes:
            name, *facts = group.findtext(f"{SVG}title", "").split("\n")
            assert name not in found
            found[name] = (classes[-1], facts)
    return found


def arrows(view: dict[str, Any]) -> list[tuple[str, str]]:
    """What kind each arrow is, and what it says."""
    lines = ((path.get("class", ""), path.findtext(f"{SVG}title")) for path in drawn(view).iter(f"{SVG}path"))
    return [(kind, said) for kind, said in lines if said]


def days(view: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """How each asked date is drawn, and what is said of it."""
    found: dict[str, tuple[str, list[str]]] = {}
    for cell in drawn(view).iter(f"{SVG}rect"):
        if said := cell.findtext(f"{SVG}title"):
            day, *facts = said.split("\n")
            assert day not in found
            found[day.split()[1]] = (cell.get("class", ""), facts)
    return found


def written(view: dict[str, Any]) -> list[str]:
    """Every line of text."""
    return [text.text or "" for text in drawn(view).iter(f"{SVG}text")]


def test_every_task_is_a_box_that_says_how_it_stands():
    """Roots, tasks that run, tasks without instances, what is passed through and what is left out."""
    view = plan_view(
        [task_view("a", why="root"), "b", task_view("c", instances=0)],
        bridged=["d", "b"],
        left_out=[out_view("e", "excluded"), out_view("d", "excluded"), out_view("b", "exists", cycles=1)],
        passed_edges=[["a", "d"], ["d", "b"], ["a", "e"], ["a", "b"]],
        edges=[["a", "b"]],
    )

    found = boxes(view)
    assert {name: standing for name, (standing, _) in found.items()} == {
        "a": "root",
        "b": "selected",
        "c": "idle",
        "d": "bridged",
        "e": "left_out",
    }
    assert found["a"][1] == ["why: root", "2 instances", "priority 1, weight 3"]
    assert found["b"][1][-2:] == [
        "passed through on dates without a cycle of it",
        "left out: 1 cycle on 1 date (exists)",
    ]
    assert found["e"][1] == ["left out: excluded"]


def test_arrows_say_who_waits_for_whom():
    """Within a date, across dates with their reach, and through what is passed; never twice for one edge."""
    view = plan_view(
        ["a", "b", "c"],
        edges=[["a", "b"]],
        previous_edges=[["b", "b"], ["c", "a"]],
        dates_edges=[["a", "c", 7]],
        bridged=["b", "d"],
        passed_edges=[["a", "b"], ["a", "d"]],
    )

    assert sorted(arrows(view)) == [
        ("cross", "a waits for c, previous"),
        ("cross", "b waits for b, previous"),
        ("cross", "c waits for a, 7 dates"),
        ("passed", "in the catalog d depends on a"),
        ("same", "b waits for a"),
    ]
    assert {"previous", "7 dates"} <= set(written(view))


def pieces(view: dict[str, Any], kind: str) -> list[list[tuple[str, ...]]]:
    """The pieces of each arrow's line: where each starts, how it goes and where it ends."""
    lines = [path.get("d", "") for path in drawn(view).iter(f"{SVG}path") if path.get("class") == kind]
    found = []
    for line in lines:
        start, *steps = re.findall(r"[A-Z][^A-Z]*", line)
        ends = [start.split()[1:], *(step.split()[-2:] for step in steps)]
        found.append([(*end, step.strip()) for end, step in zip(ends, steps, strict=False)])
    return found


def test_lines_that_share_a_way_are_drawn_once_there():
    """A task with many far neighbours has one line that parts, not a bundle."""
    view = plan_view("abcd", edges=[["a", "b"], ["b", "c"], ["c", "d"], ["a", "c"], ["a", "d"]])
    found = pieces(view, "same")

    assert [len(line) for line in found] == [1, 1, 1, 3, 3]
    assert len({piece for line in found for piece in line}) == sum(map(len, found))


def test_two_edges_between_the_same_tasks_are_both_there():
    """Previous cycle and last dates: each has its line to point at, from box to box."""
    view = plan_view("ab", previous_edges=[["a", "b"]], dates_edges=[["a", "b", 7]])
    one, other = pieces(view, "cross")

    assert one == other
    assert len(one) == 1


def test_the_legend_explains_what_is_there_and_nothing_else():
    """A plain plan needs two entries; an edge across dates is explained where there is one."""
    plain, across = plan_view(["a", "b"], edges=[["a", "b"]]), plan_view(["a"], previous_edges=[["a", "a"]])

    assert "waits for, on the same business date" in written(plain)
    assert "waits for earlier cycles" not in written(plain)
    assert "waits for earlier cycles" in written(across)
    assert "left out" not in written(across)


def test_every_asked_date_is_a_cell():
    """With its instances and what is left out; a closed date with its holiday; what nobody asks for says nothing."""
    view = plan_view(
        ["a", "b"],
        days=3,
        closed=[{"date": "2024-01-15", "why": "Martin Luther King Jr. Day"}],
        grid={"pattern_of": [0, 1, 0], "counts": [[1, 1], [24, 1]], "left_out": [0, 1, 2]},
    )

    found = days(view)
    assert {day: facts for day, (_, facts) in found.items()} == {
        "2024-01-01": ["2 instances"],
        "2024-01-02": ["24 instances", "1 instance more left out"],
        "2024-01-03": ["no instance", "2 instances more left out"],
        "2024-01-15": ["closed: Martin Luther King Jr. Day"],
    }
    assert [look for look, _ in found.values()] == ["shade1", "shade3", "none", "closed"]


@pytest.mark.parametrize("years", [1, 2, 10, 50])
def test_a_calendar_of_any_length_has_each_date_once(years: int):
    """Months, years and many years."""
    last = date(2000 + years, 1, 1) - timedelta(days=1)
    asked = [date(2000, 1, 1) + timedelta(days=n) for n in range((last - date(2000, 1, 1)).days + 1)]
    size = len(asked)
    grid = {"pattern_of": [0] * size, "counts": [[1]], "left_out": [0] * size}

    assert list(days(plan_view(["a"], days=size, dates=[day.isoformat() for day in asked], grid=grid))) == [
        day.isoformat() for day in asked
    ]


def test_dates_far_apart_share_a_picture():
    """Years without an asked date are not drawn."""
    view = plan_view(["a"], dates=["1970-01-01", "2199-12-31"])

    assert {"January 1970", "December 2199"} <= set(written(view))
    assert len(days(view)) == 2


def test_a_plan_of_nothing_is_a_picture():
    """No task, no date: still a document, with the findings that say why."""
    finding = {"code": "nothing_selected", "severity": "error", "subject": "selection", "message": "exclude fewer"}
    view = plan_view(days=0, findings=[finding], not_permitted=2)

    assert boxes(view) == days(view) == {}
    assert "error: selection: exclude fewer [nothing_selected]" in written(view)
    assert "2 tasks left out: not permitted" in written(view)


def test_many_findings_are_listed_short():
    """The first ones in full beside the pointer, and how many more there are."""
    findings = [
        {"code": "bridged", "severity": "warning", "subject": f"task {number}", "message": "word " * 99}
        for number in range(30)
    ]
    lines = [line for line in written(plan_view(["a"], findings=findings)) if line.startswith(("warning: ", "and "))]

    assert len(lines) == 13
    assert lines[-1] == "and 18 findings more"
    assert all(len(line) < 200 for line in lines)


def test_hostile_names_stay_names():
    """Whatever a name holds, the document parses, has one box for it, and no element that is not ours."""
    view = plan_view(HOSTILE, edges=[[HOSTILE[0], HOSTILE[1]]], previous_edges=[[HOSTILE[3], HOSTILE[3]]])

    assert list(boxes(view)) == HOSTILE
    assert not list(drawn(view).iter(f"{SVG}script"))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique_by=printable))
def test_any_text_is_drawn(names: list[str]):
    """Names of any characters, control characters and halves of pairs among them, give documents that parse."""
    view = plan_view(names, findings=[{"code": "c", "severity": "info", "subject": names[0], "message": names[-1]}])

    assert list(boxes(view)) == [printable(name) for name in names]
    assert plan_dot(view).encode()


def test_the_same_plan_is_the_same_bytes():
    """Pictures can be compared and kept under version control."""
    view = plan_view(["a", "b", "c"], edges=[["a", "b"], ["a", "c"]], bridged=["d"], passed_edges=[["a", "d"]])

    assert plan_svg(view) == plan_svg(deepcopy(view))
    assert plan_dot(view) == plan_dot(deepcopy(view))


def test_a_thousand_tasks_are_all_there():
    """A real graph of 1,031 tasks: one box and one node each, and every edge."""
    tasks = json.loads((GRAPHS / "dbt_mitodl_ol_data_platform.json").read_text())["tasks"]
    edges = [[up, task["name"]] for task in tasks for up in dict.fromkeys(task["depends_on"])]
    view = plan_view([task["name"] for task in tasks], edges=edges)

    assert set(boxes(view)) == {task["name"] for task in tasks}
    assert len(arrows(view)) == len(edges)
    assert len(plan_dot(view).splitlines()) == len(tasks) + len(edges) + 3


@given(st.text())
def test_graphviz_reads_back_what_was_quoted(text: str):
    """Within quotes only a backslash before a quote or a backslash means anything, and no quote is left bare."""
    inner = quoted(text)[1:-1]

    assert inner.replace("\\\\", "").replace('\\"', "").count('"') == 0
    assert inner.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\") == printable(text)


def test_graphviz_gets_every_task_and_edge():
    """Nodes are named as the tasks are; what is passed through, left out and across dates looks different."""
    view = plan_view(
        [task_view("a", why="root"), "b"],
        edges=[["a", "b"]],
        dates_edges=[["a", "b", 7]],
        bridged=["d"],
        left_out=[out_view('say "no"', "excluded")],
        passed_edges=[["a", "d"]],
    )
    head, style, *lines, tail = plan_dot(view).splitlines()

    assert (head, tail) == ("digraph plan {", "}")
    assert "rankdir=LR" in style
    assert [line.split(" [")[0].strip() for line in lines] == [
        '"a"',
        '"b"',
        '"d"',
        '"say \\"no\\""',
        '"a" -> "d"',
        '"a" -> "b"',
        '"a" -> "b"',
    ]
    assert 'label="7 dates", style="dashed"' in lines[-1]
    assert "dashed" in lines[2]
    assert ["constraint=false" in line for line in lines[-3:]] == [False, False, True]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="…")), st.integers(3, 30))
def test_long_names_keep_both_ends(text: str, room: int):
    """A name that does not fit loses its middle; one that fits nothing."""
    found = shortened(text, room)

    assert columns(found) <= room
    if columns(text) <= room:
        assert found == text
    else:
        head, _, tail = found.partition("…")
        assert text.startswith(head)
        assert text.endswith(tail)
        assert columns(head) + columns(tail) >= room - 4
