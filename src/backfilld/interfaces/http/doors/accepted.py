"""What is left to do of a request once it is accepted: whoever asks again by himself would have it made twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backfilld.errors import MaybeDone, StoreUnavailable
from backfilld.interfaces.http.services import Services
from backfilld.ports import Operation, StoredBackfill


@contextmanager
def once_accepted() -> Iterator[None]:
    """A store in trouble from here on raises `MaybeDone`."""
    try:
        yield
    except StoreUnavailable as error:
        raise MaybeDone(str(error)) from None


def written(services: Services, operation: Operation) -> StoredBackfill:
    """The backfill of an operation, once its runs are written."""
    services.ticker.asked(lambda: ((), None))  # its turn comes after that of writing them
    return services.store.backfill(operation.backfill)
