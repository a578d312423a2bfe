"""What becomes of a task: its exit codes, retries, timeouts, outputs and logs, as a user sees them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from daemon.host import NOTE, SOON, Host, alive, until

SECOND = timedelta(seconds=1)
PLANNED = {"bizdate", "cyctime"}
SAID = {"PROJECT", "WORKFLOW", "TASK", "PROJECT_ID", "WORKFLOW_ID", "TASK_ID", "ID", "RUN_ID", "INSTANCE_ID", "ENV"} | {
    *("ATTEMPT", "BIZDATE", "CYCLE_TIME", "KEY", "LOG_PATH", "OUTPUT_FILE"),
}
"""What the daemon tells every attempt, as `BACKFILL_...`."""


def states_of(instance: dict[str, Any]) -> list[str]:
    return [attempt["state"] for attempt in instance["attempts"]]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_task_that_fails_is_tried_again_later_and_later_until_it_succeeds(work: Host) -> None:
    """Each retry is a new attempt, not before its delay, which grows by the backoff; then downstream runs, once."""
    retries = {"retries": 5, "retry_delay": "1s", "retry_backoff": 2}
    work.serve(
        [
            {"task": "flaky", "command": f'{NOTE}; test "$BACKFILL_ATTEMPT" -ge 3', **retries},
            {"task": "after", "command": NOTE, "depends_on": ["flaky"]},
        ]
    )

    backfill = work.submit(roots=["flaky", "after"])

    assert work.ended(backfill)["status"] == "succeeded"
    flaky = work.one(backfill, "flaky")
    assert states_of(flaky) == ["failed", "failed", "succeeded"]
    assert [attempt["exit_code"] for attempt in flaky["attempts"]] == [1, 1, 0]
    first, second, third = flaky["attempts"]
    assert moment(second["started_at"]) - moment(first["ended_at"]) >= SECOND
    assert moment(third["started_at"]) - moment(second["ended_at"]) >= 2 * SECOND
    assert [line.split()[0::2] for line in work.lines()] == [
        ["flaky", "1"],
        ["flaky", "2"],
        ["flaky", "3"],
        ["after", "1"],
    ]


def test_when_retries_are_used_up_the_task_has_failed_and_what_waits_for_it_never_runs(work: Host) -> None:
    """A task with n retries is started n + 1 times; its downstream keeps waiting, and the backfill has failed."""
    work.serve(
        [
            {"task": "broken", "command": f"{NOTE}; echo so it goes; exit 9", "retries": 2, "retry_delay": 0},
            {"task": "after", "command": NOTE, "depends_on": ["broken"]},
        ]
    )

    backfill = work.submit(roots=["broken", "after"])

    assert work.ended(backfill)["status"] == "failed"
    assert states_of(work.one(backfill, "broken")) == ["failed"] * 3
    assert work.one(backfill, "after")["state"] == "waiting"
    assert [line.split()[0] for line in work.lines()] == ["broken"] * 3
    (failure,) = work.get(f"/v1/backfills/{backfill}/failures")["items"]
    assert (failure["instance"]["task"], failure["exit_code"], failure["attempt"]) == ("broken", 9, 3)
    assert failure["log_tail"] == "so it goes"


def test_an_exit_code_can_mean_that_no_retry_will_help(work: Host) -> None:
    """One of `no_retry_exit_codes` fails at once; any other is retried."""
    codes = f"{NOTE}; exit $(($BACKFILL_ATTEMPT + 1))"
    work.serve([{"task": "t", "command": codes, "retries": 5, "retry_delay": 0, "no_retry_exit_codes": [3]}])

    backfill = work.submit(roots=["t"])

    assert work.ended(backfill)["status"] == "failed"
    assert [attempt["exit_code"] for attempt in work.one(backfill, "t")["attempts"]] == [2, 3]
    assert len(work.lines()) == 2


def test_an_exit_code_can_mean_that_there_was_nothing_to_do(work: Host) -> None:
    """One of `skip_exit_codes` skips the instance, without a retry, and what waits for it runs."""
    work.serve(
        [
            {"task": "empty", "command": f"{NOTE}; exit 4", "retries": 3, "skip_exit_codes": [4]},
            {"task": "after", "command": NOTE, "depends_on": ["empty"]},
        ]
    )

    backfill = work.submit(roots=["empty", "after"])
    ended = work.ended(backfill)

    assert ended["status"] == "succeeded"
    assert (ended["counts"]["skipped"], ended["counts"]["succeeded"]) == (1, 1)
    empty = work.one(backfill, "empty")
    assert (empty["state"], [attempt["exit_code"] for attempt in empty["attempts"]]) == ("skipped", [4])


def test_a_timeout_ends_the_whole_group_and_counts_as_a_failure(work: Host) -> None:
    """After TERM and the grace nothing of an attempt lives, though a child ignores TERM; then the retry runs."""
    stubborn = """sh -c 'trap "" TERM; echo $$ >> "$ledger.pids"; while :; do sleep 1; done' & """
    hang = f'{stubborn} echo $$ >> "$ledger.pids"; wait'
    command = f'{NOTE}; test "$BACKFILL_ATTEMPT" = 2 && exit; {hang}'
    work.serve(
        [
            {
                "task": "hangs",
                "command": command,
                "timeout": "1s",
                "kill_grace": "1s",
                "retries": 1,
                "retry_delay": 0,
            }
        ]
    )

    backfill = work.submit(roots=["hangs"])

    assert work.ended(backfill)["status"] == "succeeded"
    hangs = work.one(backfill, "hangs")
    assert (states_of(hangs), hangs["failures"]) == (["stopped", "succeeded"], 1)
    pids = [int(line) for line in work.file("pids").read_text().split()]
    assert len(pids) == 2
    assert not any(map(alive, pids))


def test_a_task_that_only_times_out_has_failed(work: Host) -> None:
    """Without retries left a timeout fails the instance, also where the task answers TERM with exit code 0."""
    polite = f"{NOTE}; trap 'exit 0' TERM; while :; do sleep 0.1; done"
    work.serve([{"task": "slow", "command": polite, "timeout": 1}])

    backfill = work.submit(roots=["slow"])

    assert work.ended(backfill)["status"] == "failed"
    slow = work.one(backfill, "slow")
    assert (slow["state"], states_of(slow)) == ("failed", ["stopped"])


def test_what_a_task_leaves_behind_has_no_business_any_more(work: Host) -> None:
    """When the leader has ended, the rest of its group is killed before anything downstream starts."""
    leaves = f'{NOTE}; sleep 300 & echo $! > "$ledger.pid"'
    check = f'{NOTE}; grep -qs "^State:.[ZX]" /proc/$(cat "$ledger.pid")/status || ! kill -0 $(cat "$ledger.pid")'
    work.serve([{"task": "leaves", "command": leaves}, {"task": "looks", "command": check, "depends_on": ["leaves"]}])

    assert work.ended(work.submit(roots=["leaves", "looks"]))["status"] == "succeeded"


def test_a_python_callable_is_a_task(work: Host) -> None:
    """`python: module:name` is called in a process of its own; an exception fails it, with its traceback in the log."""
    (work.folder / "shop.py").write_text(
        "import os\n"
        "def good():\n"
        "    print('sold', os.environ['bizdate'], os.environ['BACKFILL_TASK'], os.getpgid(0) == os.getpid())\n"
        "class Till:\n"
        "    @staticmethod\n"
        "    def bad():\n"
        "        raise ValueError('no change')\n"
    )
    cwd = {"cwd": str(work.folder)}
    work.serve([{"task": "good", "python": "shop:good", **cwd}, {"task": "bad", "python": "shop:Till.bad", **cwd}])

    backfill = work.submit(roots=["good", "bad"])

    work.ended(backfill)
    good, bad = work.one(backfill, "good"), work.one(backfill, "bad")
    assert (good["state"], work.log(good)) == ("succeeded", b"sold 20240101 good True\n")
    assert (bad["state"], bad["attempts"][0]["exit_code"]) == ("failed", 1)
    assert b"ValueError: no change" in work.log(bad)


def test_a_virtual_task_joins_others_without_a_process(work: Host) -> None:
    """It succeeds as soon as its upstream has, takes no attempt and no slot, and downstream waits for it."""
    work.serve(
        [
            {"task": "left", "command": NOTE},
            {"task": "right", "command": NOTE},
            {"task": "join", "virtual": True, "depends_on": ["left", "right"]},
            {"task": "after", "command": NOTE, "depends_on": ["join"]},
        ]
    )

    backfill = work.submit(roots=["left", "right", "join", "after"])

    assert work.ended(backfill)["status"] == "succeeded"
    assert work.one(backfill, "join")["attempts"] == []
    assert work.lines()[-1].startswith("after")
    assert len(work.lines()) == 3


def test_a_command_that_is_not_there_fails_as_in_a_shell(work: Host) -> None:
    """127 where there is no such program, 126 where it may not be executed, a word in the log each time."""
    plain = work.folder / "plain"
    plain.touch(mode=0o600)
    work.serve([{"task": "missing", "command": "no-such-program --now"}, {"task": "denied", "command": str(plain)}])

    backfill = work.submit(roots=["missing", "denied"])

    assert work.ended(backfill)["status"] == "failed"
    for task, code in (("missing", 127), ("denied", 126)):
        instance = work.one(backfill, task)
        assert instance["attempts"][0]["exit_code"] == code
        assert work.log(instance).startswith(b"backfilld: cannot start: ")


def test_what_a_task_hands_back_is_its_output(work: Host) -> None:
    """JSON in BACKFILL_OUTPUT_FILE is the attempt's output; what is no JSON, or too long, is told and not taken."""
    work.serve(
        [
            {"task": "rows", "command": """echo '{"rows": 3, "late": null}' > "$BACKFILL_OUTPUT_FILE\""""},
            {"task": "words", "command": 'echo "three rows" > "$BACKFILL_OUTPUT_FILE"'},
            {"task": "heap", "command": """printf '"%070000d"' 0 > "$BACKFILL_OUTPUT_FILE\""""},
        ]
    )

    backfill = work.submit(roots=["rows", "words", "heap"])

    assert work.ended(backfill)["status"] == "succeeded"
    rows, words, heap = ((work.one(backfill, task)["attempts"][0]) for task in ("rows", "words", "heap"))
    assert rows["output"] == {"rows": 3, "late": None}
    assert (words["output"], words["reason"]) == (None, "its output file is not JSON")
    assert (heap["output"], heap["reason"]) == (None, "its output file has more than 65536 bytes")


def test_a_log_is_read_while_it_grows(work: Host) -> None:
    """A range from where the last one ended brings what was written since, byte for byte, also after the end."""
    gate = 'until test -e "$ledger.go"; do sleep 0.02; done'
    work.serve([{"task": "talks", "command": f"echo one; echo zwei ü >&2; {gate}; echo three; printf end"}])
    backfill = work.submit(roots=["talks"])
    until(lambda: work.instances(backfill, state="running"))
    talks = work.one(backfill, "talks")
    until(lambda: len(work.log(talks)) == 12)

    first = work.log(talks, "bytes=4-")
    nothing = work.client.get(f"/v1/task_instances/{talks['id']}/log", headers={"Range": "bytes=12-"})
    work.file("go").touch()
    work.ended(backfill)

    assert first == "zwei ü\n".encode()
    assert (nothing.status_code, nothing.headers["Content-Range"]) == (416, "bytes */12")
    assert work.log(talks, "bytes=12-") == b"three\nend"
    assert work.log(talks, "bytes=-3") == b"end"
    assert work.log(talks) == "one\nzwei ü\nthree\nend".encode()


def test_a_log_beyond_its_limit_keeps_head_and_tail(work: Host) -> None:
    """The middle goes, from the disk too; offsets stay what they were, and the hole is told."""
    chatty = 'i=0; while [ $i -lt 40000 ]; do echo "line $i"; i=$((i + 1)); done'
    work.serve([{"task": "chatty", "command": chatty, "log_limit": "64KiB"}])
    backfill = work.submit(roots=["chatty"])
    work.ended(backfill)
    chatty_one = work.one(backfill, "chatty")
    whole = "".join(f"line {number}\n" for number in range(40_000)).encode()

    answer = work.client.get(f"/v1/task_instances/{chatty_one['id']}/log")
    start, end = map(int, answer.headers["X-Log-Hole"].split("-"))

    assert answer.content == whole[:start] + whole[end:]
    assert start >= 32 * 1024
    assert len(whole) - end >= 32 * 1024
    assert work.log(chatty_one, "bytes=-10") == whole[-10:]
    (file,) = (work.state / "spool").glob(f"{chatty_one['attempts'][0]['id']}.out")
    assert file.stat().st_blocks * 512 <= 64 * 1024 + 2 * 4096


def test_the_clean_environment_of_a_task(work: Host) -> None:
    """Nothing of the daemon's own environment reaches a task; what the daemon says about the attempt does."""
    work.serve([{"task": "env", "cron": "30 2 * * *", "timezone": "Europe/Berlin", "command": "env -0"}])
    backfill = work.submit(roots=["env"])
    work.ended(backfill)
    instance = work.one(backfill, "env")
    pairs = [pair.partition("=") for pair in work.log(instance).decode().split("\0") if pair]
    found = {name: value for name, _, value in pairs}

    assert {name.removeprefix("BACKFILL_") for name in found if name.startswith("BACKFILL_")} == SAID
    assert {name for name in found if not name.startswith("BACKFILL")} <= {"PATH", "LANG", "PWD", "ledger", *PLANNED}
    assert (found["bizdate"], found["cyctime"]) == ("20240101", "20240102023000")
    assert found["BACKFILL_CYCLE_TIME"] == instance["cycle_time"] == "2024-01-02T01:30:00Z"
    assert found["BACKFILL_INSTANCE_ID"] == str(instance["id"])
    assert Path(found["BACKFILL_LOG_PATH"]).read_bytes() == work.log(instance)


def test_an_instance_starts_when_its_cycle_comes(work: Host) -> None:
    """Accepted before its cycle was due, it has waited for it, and then ran once without anybody asking."""
    ended = work.ended(SOON)
    soon = work.one(SOON, "soon")

    assert ended["status"] == "succeeded"
    assert moment(ended["accepted_at"]) < moment(soon["cycle_time"]) <= moment(soon["attempts"][0]["started_at"])
    assert (work.folder / "ledger").read_text() == f"soon {soon['cycle_time']} 1\n"


def test_a_payload_is_a_file_and_its_scalars_are_parameters(work: Host) -> None:
    """Every attempt finds the payload in BACKFILL_PAYLOAD_FILE, byte for byte, its retry too; others have no file."""
    read = 'cat "$BACKFILL_PAYLOAD_FILE"; echo; echo "$limit ${other-unset}"; test "$BACKFILL_ATTEMPT" = 2'
    work.serve([{"task": "reads", "command": read, "parameters": {"limit": "0"}, "retries": 1, "retry_delay": 0}])
    payload = {"limit": 10, "other": "x", "rows": [{"name": 'Zoë \\ "quoted"\n', "amount": 1.5}, None, True]}

    given = work.submit(roots=["reads"], top={"payload": payload})
    plain = work.submit("2024-01-02", roots=["reads"])

    work.ended(given)
    reads = work.one(given, "reads")
    file, parameters = work.log(reads).decode().splitlines()
    assert file == json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    assert (parameters, states_of(reads)) == ("10 unset", ["failed", "succeeded"])
    work.ended(plain)
    assert b"BACKFILL_PAYLOAD_FILE" not in work.log(work.one(plain, "reads"))
    assert work.log(work.one(plain, "reads")).endswith(b"0 unset\n")


def test_a_request_outside_the_schedule_runs_at_once(work: Host) -> None:
    """A Manual workflow runs once a request, twice at the same time if asked twice, and its cycle is the acceptance."""
    meet = f'{NOTE}; until test $(wc -l < "$ledger") = 2; do sleep 0.02; done; echo "$cyctime $bizdate"'
    work.serve([{"task": "meets", "command": meet}], "Manual", timezone="Asia/Tokyo")
    request = {"name": "now", "project_id": work.project, "type": "ManualWorkflow", "workflow_id": "w"}

    answers = [work.client.post("/v1/backfills", json=request) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    for backfill in (int(answer.json()["backfill_id"]) for answer in answers):
        assert work.ended(backfill)["status"] == "succeeded"
        accepted = moment(work.get(f"/v1/backfills/{backfill}")["accepted_at"]).astimezone(ZoneInfo("Asia/Tokyo"))
        cycle, day = work.log(work.one(backfill, "meets")).decode().split()
        assert (cycle, day) == (f"{accepted:%Y%m%d%H%M%S}", f"{accepted - timedelta(days=1):%Y%m%d}")


def test_what_is_held_stays_held_over_a_restart_until_it_is_released(host: Host) -> None:
    """A paused task, and a date that was held before it began, start when they are released, each once."""
    host.catalog(
        [
            {"task": "first", "command": NOTE},
            {"task": "paused", "command": NOTE, "depends_on": ["first"], "recurrence": "Pause"},
        ]
    )
    host.start()
    roots = ["first", "paused"]
    backfill = host.submit("2024-01-01", "2024-01-02", roots=roots, analysis={"blocked": False})
    until(lambda: host.get(f"/v1/backfills/{backfill}")["counts"]["ready"] == 1)
    _, held, ahead, _ = host.instances(backfill)
    host.act("runs", ahead["run_id"], "hold")
    before = [(each["state"], each["held"]) for each in host.instances(backfill)]
    host.kill()
    host.start()

    assert before == [("succeeded", False), ("ready", True), ("waiting", True), ("waiting", True)]
    assert [(each["state"], each["held"]) for each in host.instances(backfill)] == before
    host.act("task_instances", held["id"], "release")
    until(lambda: host.get(f"/v1/backfills/{backfill}")["runs"].get("succeeded") == 1)
    assert [each["held"] for each in host.instances(backfill)] == [False, False, True, True]
    host.act("backfills", backfill, "release")
    assert host.ended(backfill)["status"] == "succeeded"
    assert [line.split()[0::2] for line in host.lines()] == [["first", "1"], ["paused", "1"]] * 2
