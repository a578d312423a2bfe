"""What operators do: each act on a whole backfill, on one run, on one task instance; all answer the backfill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from fastapi import APIRouter
from starlette.responses import Response

from backfilld.engine.events import Targets
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import NoBody
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.views import BackfillView, backfill_view
from backfilld.service.operators import Operators

router = APIRouter(tags=["acts"])


class Act(NamedTuple):
    """Something to do, and what it does."""

    do: Callable[[Operators, Targets], None]
    meaning: str


class Aim(NamedTuple):
    """What an act can be aimed at, by its id."""

    noun: str
    find: Callable[[Operators, int], Targets]


ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "cancel": Act(Operators.cancel, "End what is not ended; what runs is stopped first."),
        "rerun": Act(Operators.rerun, "Run again what failed, was lost or cancelled, and what waits for it."),
        "hold": Act(Operators.hold, "Let nothing start that is not ended; what runs goes on, and its retry is held."),
        "release": Act(Operators.release, "Let go what is held, by an operator or by its `recurrence: Pause`."),
    }
)
AIMS: Mapping[str, Aim] = MappingProxyType(
    {
        "backfills": Aim("a backfill", lambda operators, backfill: Targets(backfill)),
        "runs": Aim("a run", Operators.targets_of_run),
        "task_instances": Aim("a task instance", Operators.targets_of_instance),
    }
)


def _open(what: str, aim: Aim, name: str, act: Act) -> None:
    def endpoint(services: Served, number: Id) -> Response:
        targets = aim.find(services.operators, number)
        act.do(services.operators, targets)
        return answer(backfill_view(services.views.backfill(targets.backfill)))

    router.add_api_route(
        f"/{what}/{{number}}/{name}",
        endpoint,
        methods=["POST"],
        summary=f"{name.capitalize()} {aim.noun}",
        description=f"{act.meaning} Answers the whole backfill, once that is durable.",
        dependencies=[only(), NoBody],
        response_model=BackfillView,
        responses=problems(400, 404, 413),
    )


for _what, _aim in AIMS.items():
    for _name, _act in ACTS.items():
        _open(_what, _aim, _name, _act)
