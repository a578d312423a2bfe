"""The `backfill` command."""

from __future__ import annotations

from typing import Annotated

import typer

from backfilld.interfaces.cli import (
    acts,
    alerts,
    amend,
    audit,
    explain,
    failures,
    forecast,
    gaps,
    listing,
    logs,
    plan,
    schedules,
    show,
    submit,
)
from backfilld.interfaces.cli.output import EXIT_CODES
from backfilld.interfaces.cli.usage import Commands
from backfilld.interfaces.cli.version import tell_version

app = typer.Typer(cls=Commands, pretty_exceptions_enable=False, epilog=EXIT_CODES)


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=tell_version("backfill"), help="Say which, and leave.")
    ] = False,
) -> None:
    """Plan, submit and watch backfills."""


app.command()(plan.plan)
app.command()(submit.submit)
app.command("list")(listing.backfills)
app.command()(show.show)
app.command()(submit.watch)
app.command()(logs.logs)
app.command()(explain.explain)
app.command()(forecast.forecast)
app.command()(failures.failures)
app.command()(gaps.gaps)
app.command()(acts.start)
app.command()(acts.pause)
app.command()(acts.resume)
app.command()(acts.cancel)
app.command()(acts.rerun)
app.command()(acts.skip)
app.command()(acts.hold)
app.command()(acts.release)
app.command()(acts.trigger)
app.command()(acts.stop)
app.command("set")(acts.set_)
app.command()(acts.set_state)
app.command()(amend.amend)
app.command()(amend.cut)
app.add_typer(schedules.schedules, name="schedules")
app.add_typer(alerts.alerts, name="alerts")
app.command()(audit.audit)
