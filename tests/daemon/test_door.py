"""Tokens never travel in the clear, and whoever is asked for is one of us."""

from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backfilld.config.settings import Settings, load_settings
from backfilld.daemon.clock import SystemClock
from backfilld.daemon.door import config_of, names_of, rates_of, refuse_unguarded
from backfilld.daemon.endpoint import read_token, write_endpoint
from backfilld.daemon.serving import Server, listening
from backfilld.errors import InvalidSettings
from backfilld.interfaces.cli.client import Daemon
from backfilld.interfaces.cli.endpoint import Unreachable, Where
from backfilld.interfaces.http.rates import RateLimits

ELSEWHERE = "0.0.0.0"
TOLD_TO_WAIT = 5
"""Seconds after which whoever was answered 503 asks again."""


def certificate(folder: Path, name: str = "tls") -> dict[str, str]:
    """The settings of a certificate that nobody else has signed, and of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "backfills.example")])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(secret)
    return {"tls_certificate": str(folder / f"{name}.pem"), "tls_key": str(folder / f"{name}.key")}


async def who_asks(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """Answers how the request came, and from where."""
    told = json.dumps({"scheme": scope["scheme"], "client": scope["client"][0]}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": told})


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    """A socket that the whole network reaches, and nobody listens on."""
    with socket.socket() as sock:
        sock.bind((ELSEWHERE, 0))
        yield sock


def served(settings: Settings, ask: Callable[[socket.socket], Any]) -> Any:
    """What is answered by a door of these settings."""
    with listening("127.0.0.1", 0, {}) as sock:
        server = Server(config_of(who_asks, settings), SystemClock())
        thread = Thread(target=server.run, args=([sock],))
        thread.start()
        try:
            return ask(sock)
        finally:
            server.end()
            thread.join()


def test_who_is_told_to_wait_is_heard_on_the_same_connection() -> None:
    """A connection is never closed at about the time for which its client was told to wait."""

    def asks_twice(sock: socket.socket) -> set[int]:
        with closing(HTTPConnection(*sock.getsockname())) as asking:
            ports = set()
            for seconds in (0, TOLD_TO_WAIT + 1):
                sleep(seconds)
                asking.request("GET", "/")
                asking.getresponse().read()
                ports.add(asking.sock.getsockname()[1])
            return ports

    assert len(served(Settings(), asks_twice)) == 1


def test_another_address_is_refused_without_tls(tmp_path: Path, bound: socket.socket) -> None:
    """Neither by its settings nor by a socket that systemd has opened does a daemon start in the clear."""
    with pytest.raises(InvalidSettings, match=r"host: given .*tls_certificate and tls_key, or with trusted_proxies"):
        load_settings(host=ELSEWHERE)
    with pytest.raises(OSError, match="can be reached from elsewhere"):
        refuse_unguarded(Settings(), bound)
    for guard in (certificate(tmp_path), {"trusted_proxies": ["10.0.0.5"]}):
        settings = load_settings(host=ELSEWHERE, **guard)
        refuse_unguarded(settings, bound)
        assert names_of(settings, bound) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"host": "backfills.example"}, "host: given .* an IP address, or localhost"),
        ({"trusted_proxies": ["10.0.0.0/33"]}, r"trusted_proxies\[0\]: given .*IP addresses or networks"),
        ({"tls_key": "nowhere.key"}, "tls_key: given .*both, tls_certificate and tls_key, or neither"),
        ({"tls_certificate": "nowhere.pem", "tls_key": "nowhere.key"}, "tls_key: given .*in readable PEM files"),
        ({"rate_limits": {"token": 0}}, "rate_limits.token: given 0"),
        ({"rate_limits": {"token_streams": 0}}, "rate_limits.token_streams: given 0"),
        ({"allowed_hosts": [""]}, r"allowed_hosts\[0\]: given"),
        ({"cloudflare_accounts": {"shop": "12"}}, r"cloudflare_accounts.*32 hexadecimal digits"),
        (
            {"cloudflare_accounts": {"shop": "a" * 32, "7": "a" * 32}},
            r"cloudflare_accounts: .*another account for each",
        ),
    ],
)
def test_what_is_no_door(given: dict[str, Any], told: str) -> None:
    """A wrong setting of the door is told by its path."""
    with pytest.raises(InvalidSettings, match=told):
        load_settings(**given)


def test_a_certificate_needs_its_own_key(tmp_path: Path) -> None:
    """Neither alone, nor with the key of another, is a certificate taken."""
    one, other = certificate(tmp_path), certificate(tmp_path, "other")
    for wrong in ({**one, "tls_key": other["tls_key"]}, {"tls_certificate": one["tls_certificate"]}):
        with pytest.raises(InvalidSettings, match="tls_key: given"):
            load_settings(**wrong)


def test_for_whom_requests_may_be(bound: socket.socket) -> None:
    """On loopback for its names and those that are allowed; where others reach us for any, unless some are allowed."""
    with listening("127.0.0.1", 0, {}) as sock:
        assert names_of(Settings(), sock) == {"127.0.0.1", "localhost", "::1"}
        proxied = load_settings(trusted_proxies=["127.0.0.1"])
        assert names_of(proxied, sock) is None
        named = load_settings(trusted_proxies=["127.0.0.1"], allowed_hosts=["backfills.example"])
        assert names_of(named, sock) == {"127.0.0.1", "localhost", "::1", "backfills.example"}
        assert "backfills.example" in (names_of(named, bound) or ())
    assert rates_of(load_settings(rate_limits={"token": 3})) == RateLimits(token=3)
    others = {"token_streams": 2, "address_streams": 4, "executions": 5, "address_executions": 6, "waiting": 7}
    assert rates_of(load_settings(rate_limits=others)) == RateLimits(**others)


def test_the_client_of_this_host_knows_the_daemon_by_its_certificate(tmp_path: Path) -> None:
    """Through TLS, whatever names the certificate has; whoever has another key is not given the token."""
    settings = load_settings(**certificate(tmp_path))

    def ask(sock: socket.socket) -> Any:
        write_endpoint(tmp_path, sock, "secret", settings.tls_certificate)
        with Daemon(Where(state=tmp_path)) as daemon:
            answer = daemon.get("/")
        certificate(tmp_path)
        with Daemon(Where(state=tmp_path)) as deceived, pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            deceived.get("/")
        return answer

    assert served(settings, ask) == {"scheme": "https", "client": "127.0.0.1"}


@pytest.mark.parametrize(("trusted", "client"), [([], "127.0.0.1"), (["127.0.0.1"], "203.0.113.9")])
def test_only_trusted_proxies_say_who_asks(tmp_path: Path, trusted: list[str], client: str) -> None:
    """What a request says of its way is believed of the proxies in the settings alone."""

    def ask(sock: socket.socket) -> Any:
        write_endpoint(tmp_path, sock, "secret")
        told = {"X-Forwarded-For": "203.0.113.9"}
        with Daemon(Where(state=tmp_path)) as daemon, daemon.answer("GET", "/", headers=told) as response:
            return json.loads(response.read())["client"]

    assert served(load_settings(trusted_proxies=trusted), ask) == client


def test_a_token_file_without_a_word(tmp_path: Path) -> None:
    """What a full disk, or somebody's `touch`, has left there is no token: a new one is made, once."""
    (tmp_path / "token").write_text("\n")
    made = read_token(tmp_path)
    assert len(made) > 40
    assert read_token(tmp_path) == made
