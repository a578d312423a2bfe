"""What a stream is about, and where a client that comes back broke off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backfilld.errors import Fault, InvalidRequest

MOST_TOPICS = 32
ALLOWED = "topics such as `list`, `backfill:7`, `log:7340032/1` (from the start) or `log:7340032/1@-65536`"
_NUMBER = r"(?:0|[1-9]\d{0,18})"
_BACKFILL = re.compile(rf"backfill:({_NUMBER})", re.ASCII)
_LOG = re.compile(rf"log:({_NUMBER})/({_NUMBER})(?:@(-?{_NUMBER}))?", re.ASCII)
_PLACE = re.compile(rf"({_NUMBER})(?::({_NUMBER}(?:,{_NUMBER})*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogTopic:
    """The output of an attempt, from an offset on; a negative one counts from the end."""

    instance: int
    attempt: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Topics:
    """What a client wants to hear of."""

    lists: bool
    backfills: frozenset[int]
    logs: tuple[LogTopic, ...]


def topics_of(text: str) -> Topics:
    """Topics, separated by commas; raises `InvalidRequest`.

    >>> topics_of("list,backfill:7,log:9/1@-100")
    Topics(lists=True, backfills=frozenset({7}), logs=(LogTopic(instance=9, attempt=1, offset=-100),))
    """
    words = text.split(",")
    if len(words) > MOST_TOPICS:
        raise InvalidRequest([Fault("query.topics", f"{len(words)} topics", f"{MOST_TOPICS} at most")])
    backfills = [(word, _BACKFILL.fullmatch(word)) for word in words]
    logs = [(word, _LOG.fullmatch(word)) for word in words]
    known = {word for word, found in (*backfills, *logs) if found} | {"list"}
    if strange := [word for word in words if word not in known]:
        raise InvalidRequest([Fault("query.topics", word, ALLOWED) for word in strange])
    return Topics(
        "list" in words,
        frozenset(int(found[1]) for _, found in backfills if found),
        tuple(LogTopic(int(found[1]), int(found[2]), int(found[3] or 0)) for _, found in logs if found),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """How far a client has everything: a version, and an offset for each of its logs."""

    version: int
    offsets: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.version}:{','.join(map(str, self.offsets))}" if self.offsets else str(self.version)


def place_of(text: str | None, logs: Sequence[LogTopic]) -> Place | None:
    """What a client that comes back says; raises `InvalidRequest`.

    >>> str(place_of("68719476736:17,0", [LogTopic(1, 1), LogTopic(2, 1)]))
    '68719476736:17,0'
    """
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    offsets = tuple(map(int, found[2].split(","))) if found and found[2] else ()
    if found is None or len(offsets) != len(logs):
        raise InvalidRequest([Fault("header.Last-Event-ID", text, "an id that a stream of these topics has sent")])
    return Place(int(found[1]), offsets)
