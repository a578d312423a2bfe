"""Figures as Prometheus reads them: names, words of help, and the text. Loaded when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from backfilld.engine.states import AttemptState
from backfilld.service.measuring import Figures, OneBackfill
from backfilld.service.tally import Histogram, Tally

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
PREFIX = "backfilld_"
ENDINGS = (AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.STOPPED, AttemptState.LOST, AttemptState.VOID)


class _Given(Collector):
    """What was measured already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def metrics_text(figures: Figures, loop_lag: float) -> bytes:
    """The page that a scrape gets; `loop_lag` is what the door has seen of its own event loop, in seconds."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given([*_of(figures), _gauge("event_loop_lag_seconds", _LAG, loop_lag)]))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


_LAG = "How long this scrape has waited for its turn on the event loop."


def _of(figures: Figures) -> Iterator[Metric]:
    info = {"version": version("backfilld"), "catalog": figures.catalog}
    yield InfoMetricFamily(f"{PREFIX}build", "The version that runs, and the catalog's.", info)
    yield _gauge("ready", "1 while work goes on, 0 while store or host are in trouble.", figures.ready)
    yield _by("instances", "Task instances of open backfills, by state.", "state", figures.instances)
    yield _by("backfills", "Open backfills, by their word.", "status", figures.words)
    wait = "For how long the instance that waits longest has lacked nothing but a slot; 0 where none does."
    yield _gauge("queue_age_seconds", wait, figures.oldest_wait)
    yield from _of_slots(figures)
    yield from _of_each(figures.backfills)
    backlog = figures.backlog
    alerts = {"waiting": backlog.waiting, "failed": backlog.failed} if backlog else {}
    yield _by("alerts", "Messages that no channel has accepted, by whether they are tried again.", "state", alerts)
    yield from _of_tally(figures.tally)


def _of_slots(figures: Figures) -> Iterator[Metric]:
    told = {"total": "that it has", "reserved": "that only scheduled requests may take", "taken": "in use"}
    for part, words in told.items():
        counts = {name: getattr(slots, part) for name, slots in figures.slots.items()}
        yield _by(f"slots_{part}", f"Slots of a resource group {words}.", "group", counts)


def _of_each(backfills: Iterable[OneBackfill]) -> Iterator[Metric]:
    """Of the oldest open backfills alone, so that there is a limit to the number of series."""
    window = "1 while a run window of the backfill is open, 0 while all are shut; none where it has none."
    opened = GaugeMetricFamily(f"{PREFIX}window_open", window, labels=["backfill"])
    end = "When the backfill ends by the last forecast made of it, half of the time or nine of ten times (Unix time)."
    ends = GaugeMetricFamily(f"{PREFIX}forecast_end_timestamp_seconds", end, labels=["backfill", "pace"])
    for each in backfills:
        if each.window_open is not None:
            opened.add_metric([str(each.number)], each.window_open)
        for pace, moment in zip(("p50", "p90"), each.ends, strict=True):
            if isinstance(moment, datetime):
                ends.add_metric([str(each.number), pace], moment.timestamp())
    yield from (opened, ends)


def _of_tally(tally: Tally) -> Iterator[Metric]:
    yield CounterMetricFamily(f"{PREFIX}attempts_started", "Attempts handed to their hosts.", tally.starts)
    ended = CounterMetricFamily(f"{PREFIX}attempts_ended", "Attempts that have ended, by outcome.", labels=["outcome"])
    for state in ENDINGS:
        ended.add_metric([state.value], tally.ends[state])
    yield ended
    starved = "Attempts that were started out of turn, as their backfill had waited too long for a slot."
    yield CounterMetricFamily(f"{PREFIX}starved_starts", starved, tally.starved)
    yield _histogram("scheduling_seconds", "From the news that let an attempt start to its host.", tally.starting)
    yield _histogram("round_seconds", "From the first news of a round to being durable.", tally.rounds)
    yield _histogram("store_commit_seconds", "How long it took to record a round, with all tries.", tally.commits)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", words, float(value))


def _by(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    found = GaugeMetricFamily(f"{PREFIX}{name}", words, labels=[label])
    for key, value in values.items():
        found.add_metric([key], value)
    return found


def _histogram(name: str, words: str, seen: Histogram) -> Metric:
    found = HistogramMetricFamily(f"{PREFIX}{name}", words)
    bounds = [*map(str, seen.bounds), "+Inf"]
    found.add_metric([], list(zip(bounds, accumulate(seen.counts), strict=True)), seen.seconds)
    return found
