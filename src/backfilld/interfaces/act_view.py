"""What an act came to, as JSON: the backfill after it, and a verdict for each item."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from typing_extensions import TypedDict

from backfilld.engine.asking import Answered, Word
from backfilld.interfaces.views import BackfillView, backfill_view
from backfilld.service.views import ShownBackfill

MOST_SHOWN = 1_000
_ORDER = (Word.REJECTED, Word.LATER, Word.ACCEPTED, Word.NO_CHANGE)


class VerdictView(TypedDict):
    """What became of one item: `of` is backfill, run or instance, `seconds` how long it takes at the most."""

    of: str
    id: int
    verdict: str
    reason: str | None
    seconds: int | None


class ActView(TypedDict):
    """The act, how many items were answered how, and at most 1,000 verdicts, those that were rejected first."""

    name: str
    counts: dict[str, int]
    verdicts: list[VerdictView]


class ActedView(BackfillView):
    """A backfill after an act."""

    act: ActView


def acted_view(name: str, shown: ShownBackfill, answered: Answered) -> ActedView:
    """The backfill and the verdicts as JSON."""
    counts = Counter(verdict.word for verdict in answered.verdicts.values())
    found = sorted(answered.verdicts.items(), key=lambda item: (_ORDER.index(item[1].word), item[0]))
    verdicts: list[VerdictView] = [
        {
            "of": answered.of,
            "id": number,
            "verdict": verdict.word.value,
            "reason": verdict.reason or None,
            "seconds": verdict.seconds,
        }
        for number, verdict in islice(found, MOST_SHOWN)
    ]
    act: ActView = {"name": name, "counts": {word.value: counts[word] for word in Word}, "verdicts": verdicts}
    return {**backfill_view(shown), "act": act}
