"""What operators do: acts on a whole backfill, a run, a task instance, or what passes a filter; each is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.responses import Response

from backfilld.catalog.documents import shown
from backfilld.engine.asking import Answered, Asked, Noun, Targets
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.act_view import ActedView, acted_view
from backfilld.interfaces.http.access import Admitted
from backfilld.interfaces.http.act_filters import filter_of
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import JsonBody, OptionsBody
from backfilld.interfaces.http.bulk import GOES_ON, goes_on
from backfilld.interfaces.http.documented import body, problems
from backfilld.interfaces.http.instances import task_ids
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served, Services
from backfilld.service.access import Scope
from backfilld.service.bulk import PATIENCE
from backfilld.service.choosing import Chosen
from backfilld.service.operators import Operators, Wish
from backfilld.service.wishes import ACTS, OPTIONS, ActKind, wish_of

router = Router(tags=["acts"], scope=Scope.OPERATE)


class Aim(NamedTuple):
    """What an act can be aimed at, by its id."""

    noun: str
    find: Callable[[Operators, int], Targets]


AIMS: Mapping[str, Aim] = {
    "backfills": Aim("a backfill", lambda operators, backfill: Targets(backfill)),
    "runs": Aim("a run", Operators.targets_of_run),
    "task_instances": Aim("a task instance", Operators.targets_of_instance),
}


@router.post(
    "/backfills/{backfill}/acts",
    summary="Act on the task instances that pass a filter",
    description="An object with `act`, `filter` (tasks, states, start_biz_date, end_biz_date) and the act's options.",
    dependencies=[only()],
    response_model=ActedView,
    responses=problems(404, 410, 413) | GOES_ON,
)
def act_on_chosen(services: Served, caller: Admitted, backfill: Id, document: JsonBody) -> Response:
    """The act on each instance that passes, as it stands then."""
    given = document.value
    if not isinstance(given, dict) or given.get("act") not in ACTS:
        found = shown(given.get("act") if isinstance(given, dict) else given)
        raise InvalidRequest([Fault("act", found, f"one of {', '.join(ACTS)}")])
    asked, options = given.get("filter"), {name: given[name] for name in given if name not in ("act", "filter")}
    wish, wanted = wish_of(given["act"], options).of(caller), filter_of(asked)
    tasks = None if wanted.tasks is None else task_ids(services.views, backfill, wanted.tasks, "filter.tasks")
    chosen = Chosen(tasks, wanted.states, wanted.first, wanted.last)
    targets = services.operators.targets_of(backfill, chosen)
    return _act(services, wish, targets, {"filter": asked})


def _open(what: str, aim: Aim, name: str, kind: ActKind) -> None:
    def endpoint(services: Served, caller: Admitted, number: Id, options: OptionsBody) -> Response:
        wish, targets = wish_of(name, options).of(caller), aim.find(services.operators, number)
        return _act(services, wish, targets)

    router.add_api_route(
        f"/{what}/{{number}}/{name}",
        endpoint,
        methods=["POST"],
        summary=f"{name.replace('_', ' ').capitalize()}: {aim.noun}",
        description=f"{kind.meaning} Answers the whole backfill and each verdict, once that is durable.",
        dependencies=[only()],
        response_model=ActedView,
        responses=problems(404, 410, 413) | (GOES_ON if what == "backfills" else {}),
        openapi_extra=_documented(kind),
    )


def _act(services: Services, wish: Wish, targets: Targets, told: Mapping[str, object] | None = None) -> Response:
    """In one round, or in parts where that would be a long one."""
    begun = services.bulk.begin_large(wish, targets, told or {})
    if begun is None:
        return _answered(services, wish, services.operators.act(wish, targets, told))
    verdicts = begun.verdicts(PATIENCE)
    if verdicts is None:
        return goes_on(services, begun)
    of: Noun = "run" if targets.instances is None else "instance"
    return _answered(services, wish, Answered(Asked(wish.act, targets), of, verdicts))


def _answered(services: Services, wish: Wish, found: Answered) -> Response:
    backfill = services.views.backfill(found.asked.targets.backfill)
    return answer(acted_view(wish.name, backfill, found))


def _documented(kind: ActKind) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {name: dict(OPTIONS[name].schema) for name in kind.options},
        "additionalProperties": False,
    }
    return body(schema, needed=False)


for _what, _aim in AIMS.items():
    for _name, _kind in ACTS.items():
        _open(_what, _aim, _name, _kind)
