"""A small HTTP server that speaks the daemon's contract, to be told what to answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "correct-horse"
NO_FORECAST = {"forecast": None, "reason": "it is being worked out"}
STATES = ("waiting", "ready", "running", "succeeded", "failed", "lost", "skipped", "cancelled", "left_out")


@dataclass(frozen=True)
class Answer:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


def backfill(number: int = 3, name: str = "january", status: str = "running", **counts: int) -> dict[str, Any]:
    """A backfill of four task instances on two dates, as the daemon shows it."""
    counts = counts or {"waiting": 4}
    return {
        "id": number,
        "name": name,
        "schedule": None,
        "status": status,
        "env_type": "Prod",
        "project": "nycflights",
        "workflow": None,
        "dates": {"count": 2, "first": "2013-01-01", "last": "2013-01-02"},
        "instances": sum(counts.values()),
        "to_run": sum(counts.values()) - counts.get("left_out", 0),
        "counts": dict.fromkeys(STATES, 0) | counts,
        "runs": {status: 2},
        "parallelism": 1,
        "order": "Asc",
        "priority": None,
        "on_failure": "Hold",
        "run_policy": None,
        "fairness": None,
        "alert": None,
        "reason": None,
        "type": "SupplementData",
        "reprocess": "All",
        "on_conflict": "Queue",
        "accepted_at": "2024-05-01T10:00:00Z",
        "expired_at": None,
        "done_at": "2024-05-01T10:01:05Z" if status in ("succeeded", "failed", "cancelled") else None,
        "amendments": [],
        "plan_hash": "f00dec6e05ba",
        "version_id": "aee2ca32-0d33-5a84-ad43-9203fe9ea0a9",
        "tags": [{"key": "ticket", "value": "D-17"}],
        "comment": None,
    }


def acted(name: str, *verdicts: tuple[str, str | None, int | None], **counts: int) -> dict[str, Any]:
    """The backfill after an act; a verdict is its word, its reason and its seconds."""
    listed = [
        {"of": "instance", "id": number, "verdict": word, "reason": reason, "seconds": seconds}
        for number, (word, reason, seconds) in enumerate(verdicts, 7)
    ]
    counts = dict.fromkeys(("accepted", "rejected", "no_change", "later"), 0) | counts
    return {**backfill(), "act": {"name": name, "counts": counts, "verdicts": listed}}


def run_of(number: int, day: str, status: str = "succeeded", **counts: int) -> dict[str, Any]:
    counts = dict.fromkeys(STATES, 0) | (counts or {"succeeded": 2})
    return {"id": number, "backfill_id": 3, "bizdate": day, "status": status, "counts": counts}


def instance(number: int = 7, state: str = "failed", cycle: str = "2013-01-02T05:00:00Z") -> dict[str, Any]:
    return {
        "id": number,
        "backfill_id": 3,
        "run_id": 12,
        "task_id": 1,
        "task": "load/orders",
        "bizdate": "2013-01-02",
        "cycle_time": cycle,
        "state": state,
        "attempt": 2,
    }


def problem(status: int, code: str, detail: str, *errors: tuple[str, str, str]) -> Answer:
    listed = [{"path": path, "given": given, "allowed": allowed} for path, given, allowed in errors]
    body = {"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code, "errors": listed}
    return Answer(body, status, {"Content-Type": "application/problem+json"})


class FakeDaemon:
    """Answers by method and path: the answers in turn, then the last one for ever."""

    def __init__(self, state: Path) -> None:
        self.state, self.asked = state, list[Asked]()
        self._answers: dict[tuple[str, str], list[Answer | Callable[[Asked], Answer]]] = {}
        self._server: ThreadingHTTPServer | None = None

    def on(self, method: str, path: str, *answers: Any) -> None:
        """Answer so; what is no `Answer` is a JSON body."""
        made = [each if isinstance(each, Answer) or callable(each) else Answer(each) for each in answers]
        self._answers[method, path] = made

    def listing(self, path: str, *items: Any) -> None:
        """Answer with pages of two."""

        def page(asked: Asked) -> Answer:
            first = int(asked.query.get("after", ["0"])[0])
            return Answer({"items": items[first : first + 2], "next": first + 2 if first + 2 < len(items) else None})

        self.on("GET", path, page)

    def bodies(self, path: str) -> list[Any]:
        """What was posted there."""
        return [each.body for each in self.asked if each.method == "POST" and each.path == path]

    def start(self) -> None:
        """Listen on a free port and say so in the endpoint file, as a daemon does at each start."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        (self.state / "endpoint.json").write_text(json.dumps({"url": self.url, "token": TOKEN}))

    def stop(self) -> None:
        """No longer answer."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "unauthorized", "no token")
        self.asked.append(asked)
        answers = self._answers.get((asked.method, asked.path))
        if not answers and asked.path.endswith("/forecast/latest"):
            return Answer(NO_FORECAST)
        if not answers:
            return problem(404, "not_found", f"there is no {asked.method} {asked.path}")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return found if isinstance(found, Answer) else found(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._reply()

            def do_POST(self) -> None:
                self._reply()

            def do_PATCH(self) -> None:
                self._reply()

            def do_DELETE(self) -> None:
                self._reply()

            def _reply(self) -> None:
                parts = urlsplit(self.path)
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.loads(sent) if sent else None
                asked = Asked(self.command, parts.path, parse_qs(parts.query), dict(self.headers), body)
                answer = fake.answer(asked)
                data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")  # so that `stop` is the end of every conversation
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                pass

        return Handler


@contextmanager
def fake_daemon(state: Path) -> Iterator[FakeDaemon]:
    """One that listens."""
    fake = FakeDaemon(state)
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
