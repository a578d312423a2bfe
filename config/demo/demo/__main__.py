"""`python -m demo prepare --data DIR`, then, when the pipeline has run, `python -m demo report --out DIR`."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from demo.job import BadInput
from demo.month import read_month
from demo.prepare import prepare
from demo.show import Pen, report


def main() -> int:
    """The exit code: 0, or 1 with one line on standard error."""
    given = parser().parse_args()
    try:
        given.act(given)
    except BadInput as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The two acts and their options."""
    top = argparse.ArgumentParser(prog="demo", description="The demo's data before the pipeline, and its report after.")
    acts = top.add_subparsers(required=True)
    first = acts.add_parser("prepare", help="cut the year's files into one for each date")
    first.add_argument("--data", type=Path, required=True, help="the folder to make")
    first.set_defaults(act=act_prepare)
    last = acts.add_parser("report", help="print what the tasks found out about a month")
    last.add_argument("--out", type=Path, required=True, help="the folder that the tasks wrote to")
    last.add_argument("--month", type=month, default=date(2013, 1, 1), help="like 2013-01, the default")
    last.set_defaults(act=act_report)
    return top


def month(text: str) -> date:
    """The first day of a month such as 2013-01."""
    return date.fromisoformat(f"{text}-01")


def act_prepare(given: argparse.Namespace) -> None:
    """Prepare the data, once."""
    made = prepare(given.data)
    print(f"{given.data}: {'ready' if made else 'was ready already'}")


def act_report(given: argparse.Namespace) -> None:
    """Print the month; nothing to print is an error."""
    found = read_month(given.out, given.month)
    if not found.days:
        raise BadInput(f"no daily report of {given.month:%Y-%m} is under {given.out}: run the pipeline first")
    blocks = sys.stdout.isatty() and (sys.stdout.encoding or "").lower().startswith("utf")
    print("\n".join(report(found, Pen(terminal=blocks))))  # in one write, so that `| head` may close early


if __name__ == "__main__":
    sys.exit(main())
