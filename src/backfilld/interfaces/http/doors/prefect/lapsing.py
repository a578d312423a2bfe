"""What becomes of a run whose pause was to end by now; the door is imported when the first of them has come."""

from __future__ import annotations

from functools import partial

from backfilld.errors import NotFound
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of


def lapse(services: Services, run: int) -> bool:
    """Do what a look at the run through the door does; False where it stays paused though its time is over."""
    from backfilld.interfaces.http.doors.prefect.acting import States
    from backfilld.interfaces.http.doors.prefect.reading import FlowRuns, is_given_up

    now = services.ticker.clock.now()
    give_up = partial(States(services.pauses.turn).give_up, services)
    try:
        seen = FlowRuns(services, now, give_up).one(id_of(Kind.FLOW_RUN, run))
    except NotFound:  # it was deleted
        return True
    return not is_given_up(seen, now)
