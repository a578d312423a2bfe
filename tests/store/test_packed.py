"""Pages that come as one text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    create_engine,
    or_,
    select,
)

from backfilld.store.columns import KEY, Moment
from backfilld.store.packed import packed, rows_of

THINGS = Table(
    "things",
    MetaData(),
    Column("id", KEY, primary_key=True),
    Column("number", Integer),
    Column("text", Text),
    Column("flag", Boolean),
    Column("day", Date),
    Column("moment", Moment),
    Column("name", Uuid),
    Column("bytes", LargeBinary),
)
BY_THEN = or_(THINGS.c.moment.is_(None), THINGS.c.moment <= bindparam("by"), THINGS.c.day.in_([date(2013, 1, 1)]))
PAGE = (
    select(THINGS)
    .where(THINGS.c.id > bindparam("after"), BY_THEN)
    .order_by(THINGS.c.id.desc())
    .limit(bindparam("most"))
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | TEXTS,
        st.none() | st.booleans(),
        st.none() | st.dates(),
        st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
        st.none() | st.uuids(),
        st.none() | st.binary(),
    ),
    max_size=9,
)


@given(ROWS, st.integers(0, 9), st.integers(1, 9))
def test_the_same_rows(rows: list[tuple[int, str, bool, date, datetime, UUID, bytes]], after: int, most: int) -> None:
    """What comes as one text are the rows themselves, in their order, whatever stands in them."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        THINGS.create(connection)
        names = [column.name for column in THINGS.columns]
        if rows:
            made = [dict(zip(names, (number, *row), strict=True)) for number, row in enumerate(rows, 1)]
            connection.execute(THINGS.insert(), made)
        numbers = {"after": after, "most": most, "by": datetime(2013, 1, 31, tzinfo=UTC)}
        found = rows_of(connection, PAGE, numbers)
        assert [tuple(row) for row in found] == [tuple(row) for row in connection.execute(PAGE, numbers)]
    engine.dispose()


def test_what_a_text_does_not_keep_is_refused() -> None:
    """Fractions are refused before anybody reads them."""
    engine = create_engine("sqlite://")
    with pytest.raises(TypeError, match="lossy"):
        packed(select(Table("other", MetaData(), Column("id", Integer), Column("lossy", Float))), engine.dialect)
