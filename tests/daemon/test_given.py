"""What a task is given: parameters from every layer, environments, secrets."""

from __future__ import annotations

from typing import Any

from daemon.host import Host

SHOW = """for name in a b c d e f when; do eval "echo $name=\\$$name"; done; echo "key=$VAULT_KEY\""""


def shown(work: Host, backfill: int, task: str) -> dict[str, str]:
    """What the task found in its environment."""
    assert work.ended(backfill)["status"] == "succeeded"
    lines = work.log(work.one(backfill, task)).decode().splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines) if value}


def layers(work: Host, **dev: Any) -> None:
    """Each layer sets one name less than the one below it."""

    def all_but(word: str, names: str) -> dict[str, str]:
        return dict.fromkeys(names, word)

    work.serve(
        [{"task": "t", "command": SHOW, "parameters": all_but("task", "cdef") | {"when": "${yyyymmdd-1}"}}],
        defaults={"parameters": all_but("default", "abcdef")},
        environments={"Dev": {"parameters": all_but("dev", "def"), **dev}},
    )


def test_each_layer_of_parameters_wins_over_those_below(work: Host) -> None:
    """Project defaults, request workflow, catalog task, environment, request task: the last to speak is heard."""
    layers(work)
    asked = {"workflow_id": "w", "workflow_parameters": {"b": "asked", "c": "asked"}, "task_parameters": {"t": "f=me"}}

    dev = work.submit(roots=["t"], top={**asked, "env_type": "Dev"})
    prod = work.submit(roots=["t"], top=asked)
    bare = work.submit(roots=["t"])

    day = {"when": "20231231"}
    assert shown(work, dev, "t") == {"a": "default", "b": "asked", "c": "task", "d": "dev", "e": "dev", "f": "me"} | day
    assert (
        shown(work, prod, "t")
        == dict.fromkeys("de", "task") | {"a": "default", "b": "asked", "c": "task"} | {"f": "me"} | day
    )
    assert shown(work, bare, "t") == dict.fromkeys("ab", "default") | dict.fromkeys("cdef", "task") | day


def test_a_value_never_becomes_code(work: Host) -> None:
    """What a request sets reaches the shell as a value, whatever it says."""
    work.serve([{"task": "t", "command": 'printf %s "$a"', "parameters": {"a": ""}}])
    evil = "$(touch owned); `id`; ' \" $$HOME && exit 3"

    backfill = work.submit(roots=["t"], top={"task_parameters": {"t": {"a": evil}}})

    assert work.ended(backfill)["status"] == "succeeded"
    assert work.log(work.one(backfill, "t")).decode() == evil.replace("$$", "$")


def test_secrets_of_a_group_reach_the_tasks_of_that_group_alone(work: Host) -> None:
    """They are in the environment of its attempts, of no other's, and nowhere in what the daemon answers."""
    work.serve([{"task": "in", "command": SHOW, "resource_group": "vault"}, {"task": "out", "command": SHOW}])

    backfill = work.submit(roots=["in", "out"])

    assert shown(work, backfill, "in") == {"key": "open sesame"}
    assert shown(work, backfill, "out") == {}
    told = [work.client.get(f"/v1/task_instances/{work.one(backfill, task)['id']}").text for task in ("in", "out")]
    assert not any("sesame" in text for text in told)
    assert "sesame" not in work.told()


def test_an_environment_can_have_its_own_resource_group(work: Host) -> None:
    """The overlay's group beats the task's, the request's beats both: seen by whose secrets the task finds."""
    layers(work, resource_group="vault")

    dev = work.submit(roots=["t"], top={"env_type": "Dev"})
    prod = work.submit(roots=["t"])
    asked = work.submit(roots=["t"], top={"env_type": "Dev"}, runtime_resource="pair")

    assert shown(work, dev, "t")["key"] == "open sesame"
    assert "key" not in shown(work, prod, "t")
    assert "key" not in shown(work, asked, "t")
