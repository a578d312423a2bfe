"""Names of time zones."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from backfilld.catalog.fields import near


def known_zone(name: str) -> bool:
    """Whether this is the name of a time zone.

    >>> known_zone("Europe/Berlin"), known_zone("Europe/Atlantis"), known_zone("../etc/passwd")
    (True, False, False)
    """
    try:
        return ZoneInfo(name).key == name != ""
    except (ValueError, OSError, KeyError):
        return False


def near_zones(name: str) -> str:
    """A hint to zones with a name like this one, or nothing.

    >>> near_zones("Europe/Berln").startswith("; did you mean Europe/Berlin")
    True
    """
    return near(name, sorted(available_timezones()))
