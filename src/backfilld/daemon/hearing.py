"""Requests are read one after the other, and what is none is not read on."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backfilld.daemon.answers import Answer, Pen
from backfilld.daemon.heads import LARGEST_HEAD, StrangeHead, refuse_strange


class LastHeard(Exception):
    """A request after one that was the connection's last."""


class Hearing(HttpToolsProtocol):
    """The library's protocol, with a parser of no leniencies, and a limit to what may come and tell nothing.

    What comes before an answer is given waits unread, as far as it did not come in one piece with the request.
    """

    cycle: Answer | None  # type: ignore[assignment]  # the newest request
    url = b""
    _under_way: Answer | None = None
    """The one that is being answered, or was the last."""
    _unread = b""
    _silent = 0
    """Bytes since the parser last told something: of a head, of the size of a chunk, of trailers."""
    _in_body = False
    _deaf = False
    """Nothing more is read on this connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cycle = None
        self.parser = HttpRequestParser(self)  # the library lets its own read on after `Connection: close`

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever answers, and forget who would have been next."""
        self._hear_no_more()
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        if self._under_way is not None and not self._under_way.response_complete:
            _abandon(self._under_way)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read it as soon as it is its turn."""
        if not self._deaf:
            self._unread += data
            self._hear()

    def on_response_complete(self) -> None:
        """It is the turn of what came meanwhile."""
        super().on_response_complete()
        if self._silent:  # the next request has begun: nobody waits for one
            self._unset_keepalive_if_required()
        if not self.transport.is_closing():
            self._hear()

    def _hear(self) -> None:
        """Read in pieces no larger than a head may still be: what follows them is too much of it."""
        while self._unread and not self._is_early():
            self._unset_keepalive_if_required()
            room = LARGEST_HEAD - self._silent
            if not room:
                self.send_400_response("a head too large")
                return
            piece, self._unread = self._unread[:room], self._unread[room:]
            self._silent += len(piece)
            self._parse(piece)
        if self._unread:
            self.flow.pause_reading()

    def _is_early(self) -> bool:
        return bool(self.pipeline) or (self._is_answering() and not self._in_body)

    def _is_answering(self) -> bool:
        return self._under_way is not None and not self._under_way.response_complete

    def _parse(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except HttpParserUpgrade as stop:
            self._unread = piece[stop.args[0] :] + self._unread
            self._stay()
        except HttpParserError as error:
            if not isinstance(error.__context__, StrangeHead | LastHeard | None):
                raise  # a fault of ours, which the parser has caught
            if not self._deaf:
                self.send_400_response("no request")

    def _stay(self) -> None:
        """Go on in HTTP/1.1, as we may (RFC 9110, 7.8): the parser would leave out the body of who asks for another."""
        line = f"{self.scope['method']} {self.url.decode()} HTTP/{self.scope['http_version']}\r\n"
        headers = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self._parse(line.encode() + b"".join(headers) + b"\r\n")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._deaf:
            raise LastHeard
        self._silent = max(self._silent, 1)  # one that begins behind another in one piece has begun all the same
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of the head; a trailer is none (RFC 9110, 6.5.1), and nobody asked for it."""
        if not self._in_body:
            super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        """Begin to answer, or let it wait for its turn; raises `StrangeHead`."""
        self._silent = 0
        method, version = self.parser.get_method(), self.parser.get_http_version()
        refuse_strange(method, self.url, version, self.headers)
        self.scope["method"], self.scope["http_version"] = method.decode(), version
        if self.parser.should_upgrade():
            return
        self._in_body = True
        self._place()
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        self._take(self._answer(self.scope, keep_alive=keep_alive), self.app)

    def _place(self) -> None:
        raw_path, _, query = self.url.partition(b"?")
        path = raw_path.decode()
        self.scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        self.scope["raw_path"] = self.root_path.encode() + raw_path
        self.scope["query_string"] = query

    def _answer(self, scope: Any, *, keep_alive: bool) -> Answer:
        return Answer(
            scope=scope,
            transport=Pen(self.transport),
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue and scope["http_version"] != "1.0",
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )

    def _refused(self) -> dict[str, Any]:
        """As much of a request as its refusal takes: to a HEAD, as far as it is known for one, there is no body."""
        method = self.parser.get_method().decode() if self.url else "GET"
        known = {"type": "http", "http_version": "1.1", "client": self.client, "method": method}
        return {**known, "path": "", "query_string": b"", "headers": []}

    def _take(self, answer: Answer, app: Any) -> None:
        self.cycle = answer
        if self._is_answering():
            self.flow.pause_reading()
            self.pipeline.appendleft((answer, app))
        else:
            self._start_asgi_task(answer, app)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._under_way = cycle
        super()._start_asgi_task(cycle, app)

    def on_chunk_header(self) -> None:
        """The size of a chunk."""
        self._silent = 0

    def on_body(self, body: bytes) -> None:
        """A part of it."""
        self._silent = 0
        assert self.cycle is not None
        self.cycle.waiting_for_100_continue = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole; one that says so is the last."""
        if self.parser.should_upgrade():
            return
        assert self.cycle is not None
        self._in_body, self._silent = False, 0
        self.url = b""
        if not self.cycle.keep_alive:
            self._hear_no_more()
        super().on_message_complete()

    def _hear_no_more(self) -> None:
        self._deaf, self._unread = True, b""

    def _give_up(self) -> bool:
        """Read no more, and answer nobody whose request is not whole; whether there was one with an answer begun."""
        self._hear_no_more()
        if not self._in_body:
            return False
        self._in_body = False
        if self.pipeline:
            self.pipeline.popleft()
            return False
        assert self._under_way is not None
        faulty, self._under_way = self._under_way, None
        _abandon(faulty)
        return faulty.response_started


def _abandon(cycle: Answer) -> None:
    cycle.disconnected = True
    cycle.message_event.set()
