"""Boxes, layers and lines keep their distance, whatever the graph."""

from __future__ import annotations

import json
from itertools import combinations, pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from backfilld.interfaces.pictures.layers import layers, parts
from backfilld.interfaces.pictures.layout import Hold, Layout, Link, Room, arranged
from backfilld.interfaces.pictures.places import settle
from backfilld.interfaces.pictures.rows import crossings, rows, threaded

ROOM = Room(width=100, height=20, across=40, between=8, line=6)
GRAPHS = Path(__file__).parents[2] / "graphs"
Pairs = list[tuple[int, int]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[Link]]:
    """Firm links without loops among boxes in any order, and other links as they come, loops and all."""
    count = draw(st.integers(1, 12))
    order = draw(st.permutations(range(count)))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    firm = [Link(order[a], order[b], Hold.FIRM) for a, b in draw(st.lists(pair, max_size=20)) if a < b]
    rest = [Link(a, b, draw(st.sampled_from([Hold.SOFT, Hold.NONE]))) for a, b in draw(st.lists(pair, max_size=8))]
    return count, draw(st.permutations([*firm, *rest]))


@given(graphs())
def test_firm_links_lead_to_the_right(graph: tuple[int, list[Link]]) -> None:
    """Whoever waits within the date stands in a later layer."""
    layout = arranged(*graph, ROOM)

    for link in graph[1]:
        if link.hold is Hold.FIRM:
            assert layout.corners[link.up][0] + ROOM.width + ROOM.across <= layout.corners[link.down][0]


@given(graphs())
def test_boxes_keep_their_distance(graph: tuple[int, list[Link]]) -> None:
    """No two boxes overlap or touch, and all lie within the picture."""
    check_boxes(arranged(*graph, ROOM), ROOM)


def check_boxes(layout: Layout, room: Room) -> None:
    for (x, y), (to_x, to_y) in combinations(layout.corners, 2):
        assert abs(x - to_x) >= room.width + room.across or abs(y - to_y) >= room.height + room.between
    for x, y in layout.corners:
        assert 0 <= x <= layout.width - room.width
        assert 0 <= y <= layout.height - room.height


@given(graphs())
def test_lines_join_their_boxes_and_pass_no_other(graph: tuple[int, list[Link]]) -> None:
    """A route ends at the sides of its boxes, and where it goes through a layer no box of that layer is in its way."""
    layout = arranged(*graph, ROOM)

    for link, route in zip(graph[1], layout.routes, strict=True):
        if link.up == link.down:
            assert route == ()
            continue
        assert route[0] in sides(layout, link.up)
        assert route[-1] in sides(layout, link.down)
        for (x, y), (to_x, to_y) in list(pairwise(route))[1::2]:
            assert (abs(x - to_x), y) == (ROOM.width, to_y)
            assert all(
                other_x != min(x, to_x) or not other_y < y < other_y + ROOM.height
                for other_x, other_y in layout.corners
            )


def sides(layout: Layout, box: int) -> set[tuple[int, int]]:
    x, y = layout.corners[box]
    return {(x, y + ROOM.height // 2), (x + ROOM.width, y + ROOM.height // 2)}


@given(graphs())
def test_the_same_graph_has_the_same_layout(graph: tuple[int, list[Link]]) -> None:
    """Nothing is left to chance."""
    assert arranged(*graph, ROOM) == arranged(*graph, ROOM)


def test_no_box_needs_no_room() -> None:
    """Nothing is laid out as nothing."""
    assert arranged(0, [], ROOM) == Layout(0, 0, (), ())


def test_a_thousand_tasks_keep_their_distance() -> None:
    """A real graph of 1,031 tasks: no boxes overlap, and edges lead to the right."""
    tasks = json.loads((GRAPHS / "dbt_mitodl_ol_data_platform.json").read_text())["tasks"]
    at = {task["name"]: number for number, task in enumerate(tasks)}
    links = [Link(at[up], at[task["name"]], Hold.FIRM) for task in tasks for up in dict.fromkeys(task["depends_on"])]

    layout = arranged(len(tasks), links, ROOM)

    check_boxes(layout, ROOM)
    assert all(layout.corners[link.up][0] < layout.corners[link.down][0] for link in links)


@given(st.integers(1, 10).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_soft_pairs_hold_unless_they_lie_on_a_loop(graph: tuple[int, Pairs]) -> None:
    """Without a loop soft pairs decide as firm ones do; with loops there still is a layer for each node."""
    count, pairs = graph
    forward = [(a, b) for a, b in pairs if a < b]

    assert layers(count, [], forward) == layers(count, forward, [])
    assert len(layers(count, forward, pairs)) == count


@given(graphs())
def test_sources_stand_right_before_the_first_that_needs_them(graph: tuple[int, list[Link]]) -> None:
    """What waits for nothing is drawn where it is needed, not at the far left; so lines are short."""
    count, links = graph
    firm = [(link.up, link.down) for link in links if link.hold is Hold.FIRM]
    found = layers(count, firm, [])

    for source in set(range(count)) - {down for _, down in firm}:
        needed = [found[down] for up, down in firm if up == source]
        assert found[source] == min(needed, default=1) - 1


@given(graphs())
def test_parts_hang_together(graph: tuple[int, list[Link]]) -> None:
    """Each node is in one part, and no pair joins two parts."""
    count, links = graph
    found = parts(count, [(link.up, link.down) for link in links])
    part_of = {node: number for number, part in enumerate(found) for node in part}

    assert sorted(node for part in found for node in part) == list(range(count))
    assert all(part_of[link.up] == part_of[link.down] for link in links)


@given(graphs())
def test_crossings_are_counted_and_never_grow(graph: tuple[int, list[Link]]) -> None:
    """The count is that of all pairs of lines between two layers; the order found has no more than the first one."""
    count, links = graph
    firm = [(link.up, link.down) for link in links if link.hold is Hold.FIRM]
    lines = threaded(layers(count, firm, []), firm, [0] * len(firm))
    by_number = [
        [n for n, layer in enumerate(lines.layer) if layer == wanted] for wanted in range(max(lines.layer) + 1)
    ]
    order = rows(lines)

    for each in (by_number, order):
        place = {node: number for row in each for number, node in enumerate(row)}
        ends = [(lines.layer[n], place[n], place[other]) for n in range(len(lines.layer)) for other in lines.right[n]]
        crossed = [(a, b) for a, b in combinations(ends, 2) if a[0] == b[0] and (a[1] - b[1]) * (a[2] - b[2]) < 0]
        assert crossings(lines, each) == len(crossed)
    assert sorted(map(sorted, order)) == sorted(by_number)


places = st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 9), st.integers(0, 20)), min_size=1, max_size=8)


@given(places)
def test_places_are_the_nearest_that_keep_the_distance(asked: list[tuple[int, int, int]]) -> None:
    """Distances hold, what is settled stays, and no pool of neighbours wins by moving: its pulls are balanced."""
    wanted, pull, distances = ([float(each[n]) for each in asked] for n in range(3))
    found = settle(wanted, pull, distances[1:])

    gaps = [other - one - distance for (one, other), distance in zip(pairwise(found), distances[1:], strict=True)]
    assert all(gap >= -1e-9 for gap in gaps)
    assert all(abs(a - b) < 1e-9 for a, b in zip(settle(found, pull, distances[1:]), found, strict=True))
    forces = [weight * (place - got) for place, weight, got in zip(wanted, pull, found, strict=True)]
    for pool in pooled(forces, gaps):
        assert abs(sum(pool)) < 1e-6
        assert all(sum(pool[:end]) > -1e-6 for end in range(len(pool)))  # none above would rather go up alone


def pooled(forces: list[float], gaps: list[float]) -> list[list[float]]:
    """The forces of those that touch, together."""
    pools = [[forces[0]]]
    for force, gap in zip(forces[1:], gaps, strict=True):
        if gap < 1e-9:
            pools[-1].append(force)
        else:
            pools.append([force])
    return pools
