"""What others wrote, made safe to show: a name or a log may hold what moves the cursor or turns the text round."""

from __future__ import annotations

import json
import re
from unicodedata import category

_SUSPECTS = re.compile(r"[^\t\n -~]")
_CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def legible(text: str) -> str:
    r"""The text with every control character spelled out, except ends of lines and tabs.

    >>> legible("a\x1b[31mb\x9b1m\u202ec\n"), legible("naïve 東京")
    ('a\\x1b[31mb\\x9b1m\\u202ec\n', 'naïve 東京')
    """
    return _SUSPECTS.sub(lambda found: _spelled(found[0]), text)


def one_line(text: object) -> str:
    r"""The same for what stands in one line.

    >>> one_line("first\nsecond")
    'first\\nsecond'
    """
    return legible(str(text)).replace("\n", "\\n").replace("\t", "\\t")


def json_text(value: object) -> str:
    r"""JSON that no terminal trips over: in it, control characters stand only within texts and may be spelled out.

    >>> json_text({"name": "a\x9bb\x1b é"})
    '{"name": "a\\u009bb\\u001b é"}'
    """
    text = json.dumps(value, ensure_ascii=False)
    return _SUSPECTS.sub(
        lambda found: json.dumps(found[0])[1:-1] if category(found[0]) in _CONTROLS else found[0], text
    )


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii") if category(character) in _CONTROLS else character
