"""From documents to a catalog, or to every fault with its place and what to write instead."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from catalog.writing import catalog, faults, task
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.documents import Ambiguous, Document
from backfilld.catalog.ids import hashed_id
from backfilld.catalog.models import Command, PythonCallable, Virtual
from backfilld.catalog.parse import catalog_of, parse_catalog
from backfilld.config.documents import read_documents
from backfilld.errors import MORE, MOST_FAULTS, InvalidCatalog

EXAMPLE = Path(__file__).parents[2] / "config" / "catalog"


def test_the_example_is_a_catalog() -> None:
    """The catalog that is shipped as an example says what the documentation says it says."""
    found = parse_catalog(read_documents(EXAMPLE), frozenset({"default", "dev", "S_res_heavy"}))
    tasks = {found.full_name(number): one for number, one in found.tasks.items()}
    extract = tasks["nycflights/flights_daily/extract"]
    scorecard = tasks["nycflights/flights_daily/scorecard"]
    assert (extract.id, extract.retries, extract.timeout) == (1, 2, timedelta(hours=1))
    assert (extract.clock.zone, extract.clock.offset, extract.clock.cron.seconds) == ("America/New_York", 0, (7200,))
    assert (scorecard.retries, scorecard.timeout, scorecard.priority) == (0, timedelta(minutes=10), 3)
    assert scorecard.action == PythonCallable("flights.report:scorecard")
    assert [found.full_name(need.task) for need in scorecard.depends_on] == [
        "nycflights/flights_daily/month_to_date",
        "finance/rates/feed",
    ]
    assert tasks["finance/rates/published"].action == Virtual()
    assert found.projects[0].environments["Dev"].resource_group == "dev"


def test_defaults_of_a_task() -> None:
    """One cycle at midnight UTC of the next day, no retries, no timeout."""
    [found] = catalog(task("command: run")).tasks.values()
    assert found.action == Command("run")
    assert (found.clock.cron.seconds, found.clock.zone, found.clock.offset) == ((0,), "UTC", 1)
    assert (found.retries, found.timeout, found.resource_group, found.priority) == (0, None, "default", None)
    assert (found.recurrence, found.smoke_test) == ("Normal", False)


def test_settings_of_a_task() -> None:
    """Every key has its effect on the task."""
    [found] = catalog(
        task("""
          command: run, cron: "@hourly", timezone: Europe/Berlin, retries: 3, retry_delay: 1m30s, retry_backoff: 1.5,
          timeout: 2d, kill_grace: 5, max_active: 2, resource_group: heavy, priority: 11, on_lost: retry,
          skip_exit_codes: [75, 76], no_retry_exit_codes: 2, cwd: /srv, log_limit: 1MiB, owner: data,
          tags: {team: ops, year: 2024}, description: all of it, recurrence: Pause, smoke_test: true
        """)
    ).tasks.values()
    assert len(found.clock.cron.seconds) == 24
    assert (found.clock.zone, found.retries, found.retry_delay) == ("Europe/Berlin", 3, timedelta(seconds=90))
    assert (found.retry_backoff, found.timeout, found.kill_grace) == (1.5, timedelta(days=2), timedelta(seconds=5))
    assert (found.max_active, found.resource_group, found.priority, found.on_lost) == (2, "heavy", 11, "retry")
    assert (found.skip_exit_codes, found.no_retry_exit_codes) == ({75, 76}, {2})
    assert (found.cwd, found.log_limit, found.owner) == ("/srv", 2**20, "data")
    assert (found.tags, found.description) == ({"team": "ops", "year": "2024"}, "all of it")
    assert (found.recurrence, found.smoke_test) == ("Pause", True)


def test_defaults_reach_every_task_and_a_task_wins() -> None:
    """A task's own value beats the default, null takes it away, tags are joined, the nearest owner counts."""
    found = catalog("""
        project: p
        timezone: Asia/Shanghai
        defaults: {retries: 2, timeout: 1h, cron: "0 3 * * *", owner: far, tags: {a: "1", b: "1"}, parameters: {x: "1"}}
        workflows:
          - workflow: v
            owner: near
            tasks:
              - {task: one, virtual: true}
              - {task: two, virtual: true, retries: 0, timeout: null, cron: "0 4 * * *", owner: own, tags: {b: "2"}}
          - {workflow: w, tasks: [{task: three, virtual: true}]}
    """)
    one, two, three = found.tasks.values()
    assert (one.retries, one.timeout, one.clock.cron.seconds) == (2, timedelta(hours=1), (3 * 3600,))
    assert (two.retries, two.timeout, two.clock.cron.seconds) == (0, None, (4 * 3600,))
    assert [t.owner for t in (one, two, three)] == ["near", "own", "far"]
    assert [t.tags for t in (one, two)] == [{"a": "1", "b": "1"}, {"a": "1", "b": "2"}]
    assert (one.parameters, found.projects[0].parameters) == ({}, {"x": "1"})
    assert {t.clock.zone for t in (one, two, three)} == {"Asia/Shanghai"}


WRONG = [
    ("comand: run, virtual: true", "comand", "did you mean command?"),
    ("", "command", "exactly one of command, python, virtual"),
    ("command: run, virtual: true", "virtual", "exactly one of"),
    ("command: run, python: a:b, virtual: true", "virtual", "exactly one of"),
    ("virtual: false", "virtual", "true, or leave it out"),
    ("virtual: yes", "virtual", "true, or leave it out"),
    ('command: "  "', "command", "a text"),
    ("command: 5", "command", 'quote it: "5"'),
    ("python: report", "python", "module:function"),
    ('python: "a b:c"', "python", "module:function"),
    ('command: "run ${yyyymmdd-1}"', "command", 'parameters: {my_value: "${yyyymmdd-1}"}'),
    ('command: "run $[hh24]"', "command", 'parameters: {my_value: "$[hh24]"}'),
    ('command: "run $gmtdate"', "command", 'parameters: {my_value: "$gmtdate"}'),
    ('virtual: true, cron: "0 0 31 2 *"', "cron", "never fires"),
    ('virtual: true, cron: "0 0 0 * * *"', "cron", "five fields"),
    ("virtual: true, cron: 5", "cron", 'quote it: "5"'),
    ("virtual: true, timezone: Europe/Berln", "timezone", "did you mean Europe/Berlin"),
    ("virtual: true, timezone: 1", "timezone", "a time zone"),
    ('virtual: true, timezone: ""', "timezone", "a time zone"),
    ("virtual: true, id: 0", "id", "an integer from 1 to"),
    ("virtual: true, id: 010", "id", "in plain decimal digits"),
    ('virtual: true, id: "7"', "id", "an integer from 1 to"),
    ("virtual: true, retries: -1", "retries", "an integer from 0 to 100"),
    ("virtual: true, retries: true", "retries", "an integer from 0 to 100"),
    ("virtual: true, retries: 1.0", "retries", "an integer from 0 to 100"),
    ("virtual: true, retry_delay: 1w", "retry_delay", "such as 30s, 10m, 1h30m, 2d, or seconds"),
    ("virtual: true, retry_delay: null", "retry_delay", "a time from 0s to 7d"),
    ("virtual: true, retry_delay: 1:30", "retry_delay", "a time from 0s to 7d"),
    ("virtual: true, timeout: 0", "timeout", "a time from 1s to 30d"),
    ("virtual: true, timeout: 31d", "timeout", "a time from 1s to 30d"),
    ('virtual: true, timeout: ""', "timeout", "a time from 1s to 30d"),
    ("virtual: true, retry_backoff: 0.5", "retry_backoff", "a number from 1 to 10"),
    ("virtual: true, max_active: 0", "max_active", "an integer from 1"),
    ("virtual: true, priority: 12", "priority", "an integer from 1 to 11"),
    ("virtual: true, priority: 0", "priority", "an integer from 1 to 11"),
    ("virtual: true, on_lost: again", "on_lost", "stop or retry"),
    ("virtual: true, skip_exit_codes: [0]", "skip_exit_codes", "exit codes from 1 to 255"),
    ("virtual: true, skip_exit_codes: [256]", "skip_exit_codes", "exit codes from 1 to 255"),
    ("virtual: true, skip_exit_codes: [3], no_retry_exit_codes: [3]", "no_retry_exit_codes", "not in both"),
    ("virtual: true, cwd: srv", "cwd", "an absolute path"),
    ("virtual: true, log_limit: 16MB", "log_limit", "512KiB"),
    ("virtual: true, log_limit: 1", "log_limit", "4096 to"),
    ("virtual: true, tags: {team: on}", "tags.team", 'quote it: "on"'),
    ("virtual: true, tags: [team]", "tags", "a mapping"),
    ("virtual: true, owner: 5", "owner", 'quote it: "5"'),
    ("virtual: true, description: 2024-01-01", "description", 'quote it: "2024-01-01"'),
    ("virtual: true, parameters: {PATH: /bin}", "parameters.PATH", "another name"),
    ("virtual: true, parameters: {at: 22:00:00}", "parameters.at", 'quote it: "22:00:00"'),
    ('virtual: true, parameters: {at: "$nothing"}', "parameters.at", "$nothing is none of them"),
    ("virtual: true, parameters: [a]", "parameters", "a mapping"),
    ("virtual: true, depends_on: extract", "depends_on", "a list"),
    ("virtual: true, recurrence: Paused", "recurrence", "Normal or Pause or Skip"),
    ("virtual: true, recurrence: null", "recurrence", "Normal or Pause or Skip"),
    ("virtual: true, run_policy: 22:00:00", "run_policy", "a mapping"),
    ("virtual: true, smoke_test: yes", "smoke_test", "true or false"),
    ("virtual: true, smoke_test: 1", "smoke_test", "true or false"),
]


@pytest.mark.parametrize(("lines", "key", "words"), WRONG)
def test_what_a_task_may_not_say(lines: str, key: str, words: str) -> None:
    """One fault with the field's path, its place, what was given and what to write instead."""
    [fault] = faults(task(lines))
    assert fault.path == f"workflows[0].tasks[0].{key}"
    assert words in fault.allowed
    assert fault.place is not None
    assert (fault.place.file, fault.place.line) == ("test.yaml", 2)


HEAD = "project: p\nworkflows: [{workflow: w, tasks: []}]\n"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("- just text", "[0]", "a mapping"),
        ("just text", "", "a mapping"),
        ("timezone: UTC", "project", "`project:` is needed here"),
        ('project: "12"', "project", "not of digits alone"),
        ('project: ""', "project", "1 to 255 printable"),
        (f"project: {'x' * 256}", "project", "1 to 255 printable"),
        ('project: "a\\tb"', "project", "1 to 255 printable"),
        ("project: on", "project", 'quote it: "on"'),
        ("project: 2013-01-01", "project", 'quote it: "2013-01-01"'),
        (HEAD + "colour: red", "colour", "one of the keys project id"),
        (HEAD + "timezon: UTC", "timezon", "did you mean timezone?"),
        (HEAD + "timezone: Mars/Base", "timezone", "a time zone"),
        (HEAD + "business_date_offset: -1", "business_date_offset", "an integer from 0 to 31"),
        (HEAD + "id: 9223372036854775808", "id", "an integer from 1 to 9223372036854775807"),
        (HEAD + "defaults: {command: x}", "defaults.command", "one of the keys"),
        (HEAD + "defaults: {id: 1}", "defaults.id", "one of the keys"),
        (HEAD + "defaults: {depends_on: []}", "defaults.depends_on", "one of the keys"),
        (HEAD + "defaults: {run_policy: x}", "defaults.run_policy", "a mapping"),
        (HEAD + "defaults: {retries: x}", "defaults.retries", "an integer"),
        (HEAD + "defaults: {parameters: {IFS: x}}", "defaults.parameters.IFS", "another name"),
        (HEAD + "environments: {Prod: {}}", "environments.Prod", "Prod is the base"),
        (HEAD + "environments: {Test: {}}", "environments.Test", "Dev"),
        (HEAD + "environments: {Dev: {retries: 1}}", "environments.Dev.retries", "parameters resource_group"),
        (HEAD + "environments: {Dev: {parameters: {x: on}}}", "environments.Dev.parameters.x", "quote it"),
        ("project: p\nworkflows: {}", "workflows", "a list"),
        ("project: p\nworkflows: [w]", "workflows[0]", "a mapping"),
        ("project: p\nworkflows: [{tasks: []}]", "workflows[0].workflow", "is needed here"),
        ("project: p\nworkflows: [{workflow: w, id: 1}]", "workflows[0].id", "all Scheduled workflows"),
        (
            "project: p\nworkflows: [{workflow: w, type: Daily}]",
            "workflows[0].type",
            "Scheduled or Manual or Triggered",
        ),
        ("project: p\nworkflows: [{workflow: w, type: on}]", "workflows[0].type", "Scheduled or Manual or Triggered"),
        ("project: p\nworkflows: [{workflow: w, alias: a/b}]", "workflows[0].alias", "1 to 64 letters"),
        ("project: p\nworkflows: [{workflow: w, alias: '12'}]", "workflows[0].alias", "not of digits alone"),
        ("project: p\nworkflows: [{workflow: w}, {workflow: v, alias: w}]", "workflows[1].alias", "no other workflow"),
        (
            "project: p\nworkflows: [{workflow: w, alias: a}, {workflow: v, alias: a}]",
            "workflows[1].alias",
            "no other workflow",
        ),
        ("project: p\nworkflows: [{workflow: w, task: []}]", "workflows[0].task", "did you mean tasks or tags?"),
        ("project: p\nworkflows: [{workflow: w, tasks: [{virtual: true}]}]", "workflows[0].tasks[0].task", "is needed"),
    ],
)
def test_what_a_project_or_workflow_may_not_say(text: str, path: str, words: str) -> None:
    """One fault with the field's path, its place and what to write instead."""
    [fault] = faults(text)
    assert (fault.path, fault.place is not None) == (path, True)
    assert words in fault.allowed


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("- project: p\n- project: p\n", "[1].project"),
        ("- {project: p, id: 5}\n- {project: q, id: 5}\n", "[1].id"),
        ("project: p\nworkflows:\n- workflow: w\n- workflow: w\n", "workflows[1].workflow"),
        ("project: p\nworkflows:\n- {workflow: v, id: 5}\n- {workflow: w, id: 5}\n", "workflows[1].id"),
        (
            "project: p\nworkflows:\n- workflow: w\n  tasks: [{task: t, virtual: true}, {task: t, virtual: true}]",
            "workflows[0].tasks[1].task",
        ),
        (
            "- project: p\n  workflows: [{workflow: w, tasks: [{task: t, id: 5, virtual: true}]}]\n"
            "- project: q\n  workflows: [{workflow: w, tasks: [{task: u, id: 5, virtual: true}]}]\n",
            "[1].workflows[0].tasks[0].id",
        ),
    ],
)
def test_nothing_comes_twice(text: str, path: str) -> None:
    """Names in their scope and ids per kind are taken once; the fault names who has it."""
    [fault] = faults(text)
    assert fault.path == path
    assert "test.yaml:" in fault.allowed


def test_a_hash_that_is_taken_is_a_fault() -> None:
    """An id left out may be the one that somebody wrote; the fault says so, and never picks another."""
    taken = hashed_id("p", "w", "t")
    [fault] = faults(f"""
        project: p
        workflows: [{{workflow: w, tasks: [{{task: u, id: {taken}, virtual: true}}, {{task: t, virtual: true}}]}}]
    """)
    assert (fault.path, fault.given) == ("workflows[0].tasks[1].id", str(taken))


def test_the_same_name_is_good_in_another_scope() -> None:
    """Task names are unique in their workflow, workflow names in their project; ids differ by kind."""
    found = catalog("""
        - project: p
          id: 5
          workflows:
            - {workflow: v, id: 5, tasks: [{task: t, id: 5, virtual: true}]}
            - {workflow: w, tasks: [{task: t, virtual: true}]}
        - {project: q, workflows: [{workflow: v, tasks: [{task: t, virtual: true}]}]}
    """)
    assert len(found.tasks) == len(found.tasks_named["t"]) == 3


def test_ids_left_out_are_stable() -> None:
    """The hash is the same in every version of the program, differs by where the slash stands, and is never 0 or 1."""
    found = catalog("""
        project: p
        workflows:
          - {workflow: a, tasks: [{task: b/c, virtual: true}]}
          - {workflow: a/b, tasks: [{task: c, virtual: true}]}
    """)
    assert sorted(found.tasks) == sorted([hashed_id("p", "a", "b/c"), hashed_id("p", "a/b", "c")])
    assert hashed_id("nycflights", "flights_daily", "weekly") == 152546659542688
    assert all(1 < number < 2**48 for number in found.tasks)


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("defaults: {resource_group: heavi}", "workflows[0].tasks[0].resource_group"),
        ("environments: {Dev: {resource_group: heavi}}", "environments.Dev.resource_group"),
    ],
)
def test_unknown_resource_groups(lines: str, path: str) -> None:
    """With settings, a group must be one of theirs; without, any will do."""
    text = f"{task()}{lines}"
    [fault] = faults(text, groups={"default", "heavy"})
    assert (fault.path, fault.given) == (path, "heavi")
    assert catalog(text).tasks


def test_a_group_left_out_must_exist_too() -> None:
    """The group that a task gets by default is judged like a written one."""
    [fault] = faults(task(), groups={"heavy"})
    assert fault.given == "default"


def test_every_fault_at_once_with_its_place() -> None:
    """Faults of all documents and kinds come together, each pointing at its key."""
    found = faults("""\
        project: p
        timezone: Mars
        workflows:
          - workflow: w
            tasks:
              - task: a
                comand: x
                retries: many
                depends_on: [b]
        ---
        project: q
        workflows: [{workflow: w, tasks: [{task: t, id: 0, virtual: true}]}]
    """)
    assert {(fault.path, fault.place and (fault.place.line, fault.place.column)) for fault in found} == {
        ("timezone", (2, 1)),
        ("workflows[0].tasks[0].comand", (7, 9)),
        ("workflows[0].tasks[0].command", (6, 9)),
        ("workflows[0].tasks[0].retries", (8, 9)),
        ("workflows[0].tasks[0].depends_on[0]", (9, 22)),
        ("workflows[0].tasks[0].id", (12, 45)),
    }


def test_a_fault_reads_as_a_sentence() -> None:
    """File, line and column, the path, what was given, what is allowed."""
    [fault] = faults(task("virtual: true, priority: 12"))
    assert str(fault) == ("test.yaml:2:60: workflows[0].tasks[0].priority: given 12; allowed: an integer from 1 to 11")


SAME = """
    # a comment
    workflows: [{tasks: [{virtual: true,   task: t, parameters: {b: "2", a: "1"}}], workflow: w}]
    project: p
"""


def test_the_version_is_of_what_is_said() -> None:
    """Comments, order of keys, quotes and white space do not matter; anything else does."""
    text = task('virtual: true, parameters: {a: "1", b: "2"}')
    assert catalog(text).version == catalog(SAME).version
    assert catalog(text).version != catalog(text.replace('"2"', '"3"')).version
    # a daemon finds the versions of its backfills by these ids: they may never change
    assert str(catalog(task()).version) == "05a47bf1-c004-59f8-b4af-937dffab9f11"


def test_a_version_can_be_read_again() -> None:
    """The content of a catalog gives the same catalog, unquoted dates and numbers included."""
    text = task("virtual: true, parameters: {since: 2013-01-01, limit: 10, month: '${yyyymm-1}'}, retry_backoff: 1.5")
    for found in (catalog(text), parse_catalog(read_documents(EXAMPLE))):
        again = catalog_of(found.content)
        assert again == found
        assert list(again.tasks.values()) == list(found.tasks.values())


def test_a_date_keeps_its_text() -> None:
    """An ISO date reads the same to everybody: a parameter takes it without quotes."""
    [found] = catalog(task("virtual: true, parameters: {since: 2013-01-01}")).tasks.values()
    assert found.parameters == {"since": "2013-01-01"}
    document = Document("built", {"project": "p", "workflows": [], "defaults": {"parameters": {"d": date(2013, 1, 1)}}})
    assert parse_catalog([document]).projects[0].parameters == {"d": "2013-01-01"}


KEYS = st.sampled_from(
    ["project", "id", "timezone", "defaults", "environments", "workflows", "workflow", "type", "tasks", "task", "cron",
     "command", "python", "virtual", "depends_on", "parameters", "tags", "Dev", "resource_group", "timeout", "cycle",
     "calendar", "weekend", "holidays", "business_days", "date", "name", "2024-12-25"]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 10) | st.floats(allow_nan=False) | st.dates()
    | st.sampled_from(["a", "b", "7", "", "$x", "0 0 31 2 *", "1h", "UTC", Ambiguous("010"), "${yyyymmdd}", "Manual"])
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=40
)
TASKS = st.lists(st.dictionaries(KEYS, ANYTHING, max_size=5), max_size=4)
PROJECTS = st.builds(
    lambda tasks, more: {**more, "project": "p", "workflows": [{"workflow": "w", "tasks": tasks}]},
    TASKS,
    st.dictionaries(KEYS, ANYTHING, max_size=4),
)
CALENDARS = st.fixed_dictionaries(
    {"calendar": st.sampled_from("cd")},
    optional={
        "weekend": ANYTHING | st.lists(st.sampled_from(["Sunday", "Mon"]), max_size=2),
        "holidays": ANYTHING | st.lists(st.dates(), max_size=3) | st.dictionaries(st.dates().map(str), st.text()),
        "business_days": ANYTHING | st.lists(st.dates().map(str), max_size=3),
    },
)


@given(st.lists(ANYTHING | PROJECTS | CALENDARS, max_size=3))
def test_nothing_that_is_written_breaks_the_reader(values: list[object]) -> None:
    """Whatever the documents hold, the answer is a catalog that can be read again, or faults."""
    try:
        found = parse_catalog([Document("any", value) for value in values])
    except InvalidCatalog:
        return
    assert catalog_of(found.content) == found


def test_no_documents_are_an_empty_catalog() -> None:
    """A library caller may have none; the folder reader refuses an empty folder itself."""
    assert parse_catalog([]).tasks == {}
    with pytest.raises(InvalidCatalog):
        parse_catalog([Document("none", None)])


def test_more_faults_than_anybody_reads_are_not_listed() -> None:
    """A catalog of a hundred thousand mistakes is refused with the first thousand, and word that there are more."""
    tasks = [{"task": f"t{number}", "command": "true", "retries": -1} for number in range(3_000)]
    with pytest.raises(InvalidCatalog) as refused:
        parse_catalog([Document("p.yaml", {"project": "p", "workflows": [{"workflow": "w", "tasks": tasks}]})])
    assert len(refused.value.faults) == MOST_FAULTS + 1
    assert refused.value.faults[-1] is MORE
