"""After a start: everything that was open goes on where it was."""

from __future__ import annotations

import logging
from dataclasses import replace

from backfilld.daemon.terms import come_to_terms
from backfilld.ports import Executor, Store
from backfilld.service.backfills import Backfills
from backfilld.service.book import Book
from backfilld.service.restoring import restored
from backfilld.service.ticker import Ticker

log = logging.getLogger(__name__)


def recover(store: Store, book: Book, executor: Executor, ticker: Ticker, backfills: Backfills) -> None:
    """Tell the ticker of every open backfill and attempt, and finish acceptances that were cut short.

    A backfill whose plan is not the accepted one any more is not continued: its stored states would be misread.
    """
    attempts = store.open_attempts()
    terms = come_to_terms(store, executor, attempts)
    for stored in store.open_backfills():
        entry = book.entry(stored.id)
        if entry.changed:
            log.error("%s", entry.changed, extra={"backfill": stored.id})
            continue
        ticker.running.enter(entry)
        ticker.tell(replace(restored(store, book, entry, attempts), open=True))
    for attempt in attempts:
        ticker.attempts.open(attempt.attempt, (attempt.instance, attempt.number))
    executor.reattach(terms.told_by_host)
    ticker.heard(terms.news)
    if terms.restored:
        ticker.later(lambda: ticker.later(store.came_to_terms))  # the news is durable before the second of the two
    for operation in store.pending_operations():
        backfills.begin(operation)
