"""The daemon as the client talks to it: JSON over HTTP, problems as errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import httpx

from backfilld.config.folders import ENDPOINT
from backfilld.errors import Fault, ProductError
from backfilld.interfaces.cli.certificates import known_by
from backfilld.interfaces.cli.contexts import endpoint_of
from backfilld.interfaces.cli.endpoint import START, Endpoint, TokenRefused, Unreachable, Where

TIMEOUT = httpx.Timeout(120, connect=3)
"""A daemon on this host is there or not; an act on millions of instances takes its time."""
QUICK = httpx.Timeout(2, connect=0.5)
"""For who would rather have no answer than wait for one."""
PAGE = 500
MOST_WAIT, SHORTEST_WAIT = 60.0, 0.1
"""Seconds for which a client that asks too often waits in all, and at least each time."""
View = Mapping[str, Any]


class Refused(ProductError):
    """The daemon understood and said no; `paths` in its faults are those of the request."""

    code = "refused"

    def __init__(self, problem: View, status: int) -> None:
        self.status = status
        self.problem = str(problem.get("code", self.code))
        errors = problem.get("errors") or []
        self._faults = tuple(Fault(str(e.get("path", "")), str(e["given"]), str(e["allowed"])) for e in errors)
        if self.problem == "plan_refused":  # findings: what they are about, what to do, and their code
            super().__init__("\n".join(f"{f.given}: {f.allowed} [{f.path}]" for f in self._faults))
            self._faults = ()
        else:
            super().__init__(str(problem.get("detail") or problem.get("title") or "refused"))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every fault of the problem."""
        return self._faults


class Daemon:
    """The daemon that this user means; found at the first call, and again after it did not answer."""

    def __init__(self, where: Where, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._where, self._timeout = where, timeout
        self._endpoint: Endpoint | None = None
        self._client: httpx.Client | None = None

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.forget()

    def forget(self) -> None:
        """Look for it anew at the next call: a restarted daemon may have another port."""
        if self._client:
            self._client.close()
        self._client = self._endpoint = None

    @property
    def endpoint(self) -> Endpoint:
        """Where it is, and by which token; raises as every call does that finds none."""
        return self._connected()[1]

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer to a GET. Raises `Unreachable`, `TokenRefused`, `Refused`, as every call does."""
        with self.answer("GET", path, params=params) as response:
            return _json_of(response)

    def post(self, path: str, body: object = None, **params: Any) -> Any:
        """The JSON answer to a POST of JSON."""
        return self._send("POST", path, body if body is not None else {}, params)

    def patch(self, path: str, body: object) -> Any:
        """The JSON answer to a PATCH of JSON."""
        return self._send("PATCH", path, body, {})

    def delete(self, path: str) -> Any:
        """The JSON answer to a DELETE."""
        with self.answer("DELETE", path) as response:
            return _json_of(response)

    def items(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Everything in a listing, page after page."""
        after: int | None = None
        while True:
            page = self.get(path, limit=PAGE, **({} if after is None else {"after": after}), **params)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    @contextmanager
    def answer(self, method: str, path: str, **rest: Any) -> Iterator[httpx.Response]:
        """A good answer, its body not read yet."""
        client, endpoint = self._connected()
        try:
            with _admitted(client, method, path, rest) as response:
                if not response.is_success:
                    response.read()
                    raise _error_of(response, endpoint)
                yield response
        except (httpx.TransportError, httpx.DecodingError) as error:
            self.forget()
            raise Unreachable(_unanswered(endpoint, error)) from None

    def _send(self, method: str, path: str, body: object, params: Mapping[str, Any]) -> Any:
        content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        with self.answer(method, path, params=params, content=content, headers=headers) as response:
            return _json_of(response)

    def _connected(self) -> tuple[httpx.Client, Endpoint]:
        if self._client is None or self._endpoint is None:
            self._endpoint = endpoint_of(self._where)
            self._client = _client_of(self._endpoint, self._timeout)
        return self._client, self._endpoint


@contextmanager
def _admitted(client: httpx.Client, method: str, path: str, rest: Mapping[str, Any]) -> Iterator[httpx.Response]:
    """The answer; who asks too often waits as long as he is told to and asks again, for a while.

    Nothing was done then, so also what changes something may be asked again.
    """
    left = MOST_WAIT
    while True:
        with client.stream(method, path, **rest) as response:
            pause = _pause_of(response)
            if pause is None or pause > left:
                yield response
                return
        left -= pause
        time.sleep(pause)


def _pause_of(response: httpx.Response) -> float | None:
    """The seconds for which this answer asks before the next try; None where it is a real answer."""
    told = response.headers.get("Retry-After", "")
    if response.status_code != httpx.codes.TOO_MANY_REQUESTS or not told.isdecimal():
        return None
    return max(float(told), SHORTEST_WAIT)


def _client_of(endpoint: Endpoint, timeout: httpx.Timeout) -> httpx.Client:
    try:
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        # the environment's proxies and .netrc are for the world outside, not for a daemon on loopback
        known = True if endpoint.certificate is None else known_by(endpoint.certificate)
        return httpx.Client(base_url=endpoint.url, headers=headers, timeout=timeout, trust_env=False, verify=known)
    except (httpx.InvalidURL, ValueError):
        raise Unreachable(_no_address(endpoint)) from None
    except OSError as error:
        raise Unreachable(f"the certificate of {endpoint.url} cannot be read: {error}") from None


def _json_of(response: httpx.Response) -> Any:
    response.read()
    try:
        return response.json()
    except ValueError:
        raise Unreachable(f"what answers at {response.url} is not backfilld") from None


def _error_of(response: httpx.Response, endpoint: Endpoint) -> ProductError:
    problem = _problem_of(response)
    told = problem.get("detail") or problem.get("title") or response.reason_phrase
    if response.status_code == httpx.codes.UNAUTHORIZED:
        why = "it was taken back, has expired, or is another daemon's"
        return TokenRefused(f"{endpoint.url} refuses the token ({endpoint.source}): {why}")
    if response.status_code == httpx.codes.FORBIDDEN:
        return TokenRefused(f"{endpoint.url} refuses that to this token ({endpoint.source}): {told}")
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        later = response.headers.get("Retry-After", "some")
        return Unreachable(f"{endpoint.url} is asked too often: {told}; try again in {later} seconds")
    if response.status_code >= 500:
        return Unreachable(f"the daemon at {endpoint.url} is in trouble: {told} (status {response.status_code})")
    if not problem and response.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        return Unreachable(f"what answers at {response.url} is not backfilld (status {response.status_code})")
    return Refused(problem, response.status_code)


def _problem_of(response: httpx.Response) -> View:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) and ("title" in problem or "code" in problem) else {}


def _no_address(endpoint: Endpoint) -> str:
    return f"{endpoint.url} is no address such as http://127.0.0.1:8732"


def _unanswered(endpoint: Endpoint, error: Exception) -> str:
    where = f"{endpoint.url} ({endpoint.source})"
    if isinstance(error, httpx.UnsupportedProtocol):
        return _no_address(endpoint)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        here = endpoint.source.endswith(ENDPOINT)
        return f"no daemon answers at {where}: {error}; is it running{f'? {START}' if here else ' there?'}"
    return f"the daemon at {where} did not finish its answer ({error}); what was asked may have been done"
