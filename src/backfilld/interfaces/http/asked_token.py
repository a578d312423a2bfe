"""What is asked of a new token, read from JSON with every fault at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from backfilld.catalog.documents import Document
from backfilld.catalog.fields import Reader, Refused, Section, choice, duration, name, seconds_of, section_of, sequence
from backfilld.catalog.models import Catalog
from backfilld.catalog.references import Unresolved, find_project
from backfilld.dates import aware
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.documented import body
from backfilld.ports import TokenKind
from backfilld.service.access import Scope
from backfilld.service.tokens import NewToken

SCOPES = tuple(scope.word for scope in Scope)
KINDS = tuple(kind.value for kind in TokenKind)
KEYS = ("name", "scope", "projects", "expires", "kind")
MOST_PROJECTS = 1_000
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=3660)
TOKEN_BODY = body(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 255},
            "scope": {"enum": list(SCOPES)},
            "projects": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_PROJECTS,
                "items": {"type": ["string", "integer"]},
                "description": "Ids or names; left out: all.",
            },
            "expires": {
                "type": "string",
                "description": "After how long (`90d`), or when (RFC 3339); left out: never.",
            },
            "kind": {
                "enum": list(KINDS),
                "default": TokenKind.NATIVE.value,
                "description": "At whose door it is shown.",
            },
        },
        "required": ["name", "scope"],
        "additionalProperties": False,
    }
)


def read_token(document: Document, now: datetime, catalog: Catalog) -> NewToken:
    """The token that is asked for, its projects by id; raises `InvalidRequest`."""
    faults: list[Fault] = []
    new = [_read(given, now, catalog) for given in section_of(document, (), document.value, faults)]
    if faults:
        raise InvalidRequest(faults)
    return new[0]


def _read(given: Section, now: datetime, catalog: Catalog) -> NewToken:
    given.allow_only(KEYS)
    called, word = given.needed("name", name), given.needed("scope", choice(*SCOPES))
    projects = given.take("projects", partial(_projects, catalog), None)
    expires = given.take("expires", _expiry(now), None)
    kind = TokenKind(given.take("kind", choice(*KINDS), TokenKind.NATIVE.value))
    return NewToken(called or "", Scope[(word or "read").upper()], projects, expires, kind)


def _projects(catalog: Catalog, value: object) -> frozenset[int]:
    refs = sequence(value)
    if not 1 <= len(refs) <= MOST_PROJECTS:
        raise Refused(f"a list of 1 to {MOST_PROJECTS:,} projects; left out: all")
    found = [find_project(catalog, ref) for ref in refs]
    if wrong := [each for each in found if isinstance(each, Unresolved)]:
        raise Refused("; ".join(f"{each.given} is none: {each.allowed}" for each in wrong[:5]))
    return frozenset(each.id for each in found if not isinstance(each, Unresolved))


def _expiry(now: datetime) -> Reader[datetime]:
    """A time from now on, or a moment."""
    length = duration(SHORTEST, LONGEST)

    def read(value: object) -> datetime:
        if seconds_of(value) is not None:
            return now + length(value)
        try:
            return aware(datetime.fromisoformat(str(value)))
        except ValueError:
            raise Refused("a time from now on, such as 90d, or a moment, such as 2031-01-31T00:00:00Z") from None

    return read
