"""The sending process: hands messages to Apprise, one line of JSON in and one out for each (see `channels`).

A process of its own keeps the daemon small, can be killed when a channel hangs, and can be watched for where it
connects to. It imports nothing of ours that is not needed for that.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import apprise

from backfilld.alerts.guard import Guard
from backfilld.alerts.masking import masked

UNREADABLE = "the channel's URL is none that Apprise understands"
REFUSED = "the channel did not accept it"


def send(url: str, title: str, text: str, guard: Guard) -> str | None:
    """None once the channel has accepted the message, else what went wrong, without the URL's secrets."""
    guard.refused = None
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        channel = apprise.Apprise.instantiate(url)
        if channel is None:
            return UNREADABLE
        channels = apprise.Apprise()
        channels.add(channel)
        sent = channels.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT)
        said = log.getvalue()
    if sent:
        return None
    if guard.refused:
        return f"{guard.refused} is a private or loopback address, and alerts.allow_hosts does not list it"
    return masked("; ".join(filter(None, map(str.strip, said.splitlines()))) or REFUSED, url)


def answers(lines: Iterator[str]) -> Iterator[str]:
    """One JSON text for each message; the first line lists what may be connected to."""
    guard = Guard(json.loads(next(lines)))
    guard.install()
    for line in lines:
        url, title, text = json.loads(line)
        try:
            error = send(url, title, text, guard)
        except Exception as bug:  # a plugin's, not ours to mend; the next message may go through another
            error = masked(f"{type(bug).__name__}: {bug}", url)
        yield json.dumps(error)


def main() -> None:
    """Answer until there is no line left; what libraries print goes nowhere."""
    with os.fdopen(os.dup(1), "w") as out, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        for answer in answers(iter(sys.stdin.readline, "")):
            out.write(answer + "\n")
            out.flush()


if __name__ == "__main__":
    main()
