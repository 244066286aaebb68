"""Lists stay quick however long they are: counted only so far, leafed through only so far, found by an index."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment.models import Resident
from office import desk
from office.models import Staff
from tests.proofs import million_residents
from tests.town import Town

pytestmark = pytest.mark.django_db


def _list(staff: Staff, **query: str) -> str:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client.get("/work/residents/", query).content.decode()


def test_a_long_list_says_that_it_is_long_and_counts_no_further(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST_COUNTED", 3)
    monkeypatch.setattr(desk.ListPage, "per_page", 2)
    people = [town.resident() for _ in range(3)]
    assert "共 3 条" in _list(town.clerk)
    people.append(town.resident())
    pages = desk.Pages(Resident.objects.order_by("pk"), 2)
    assert (pages.count, pages.more, pages.num_pages) == (3, True, 2)
    with CaptureQueriesContext(connection) as asked:
        told = _list(town.clerk, page="9")
    assert "超过 3 条" in told
    assert people[2].name in told  # the last page that is shown, however far somebody asks to leaf
    counts = [query["sql"] for query in asked if "COUNT(*)" in query["sql"] and "enrollment_resident" in query["sql"]]
    assert counts
    assert all("LIMIT 4" in sql for sql in counts)


def test_number_and_household_find_each_by_itself(town: Town) -> None:
    one, other = town.resident("甲某"), town.resident("乙某")
    for asked, found, missed in (
        (one.id_number, one, other),
        (other.household.number, other, one),
        ("乙", other, one),
        ("jm", one, other),
    ):
        told = _list(town.clerk, q=asked)
        assert found.name in told
        assert missed.name not in told


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_searches_and_rosters_walk_through_no_table() -> None:
    told = list(million_residents.run(short=True))
    assert len(told) > 20
    assert [row for row in told if row["failed"]] == []
