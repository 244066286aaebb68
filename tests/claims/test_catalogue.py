"""Catalogues decide about fee lines by their code, their day and the right place; new lists show what they change."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import adjudication, catalogue_files, catalogues, dated_lists
from claims.models import CatalogueItem, Claim, ClaimLine, DiseaseCode, OperationCode
from office import intake, jobs
from office.models import Batch, Job
from tests.town import Town

YUAN = Decimal
HOME = "140000"
CODE = "XA01ABD075A002010100483"
HEADINGS = (
    "国家编码",
    "名称",
    "目录",
    "目录分类",
    "先行自付比例",
    "限价",
    "三级限价",
    "限年龄起",
    "限年龄止",
    "起始日期",
    "变动",
)


def item(since: date = date(2020, 1, 1), klass: str = "A", region: str = HOME, **facts: Any) -> CatalogueItem:
    """A row of a catalogue, as a file would have written it."""
    usual = {"code": CODE, "name": "阿莫西林胶囊", "kind": "drug"}
    return CatalogueItem.objects.create(**{**usual, "region": region, "since": since, "klass": klass, **facts})


def coded(**line: Any) -> list[dict[str, Any]]:
    return [{"amount": YUAN("1000.00"), "code": CODE, "item": "阿莫西林", **line}]


@pytest.mark.article("JZ18", "XZ15.1", "PZ13")
@pytest.mark.parametrize(
    ("day", "klass", "first_share", "in_scope"),
    [(date(2025, 3, 4), "A", "0.00", "1000.00"), (date(2025, 3, 5), "B", "200.00", "800.00")],
)
def test_the_day_of_the_fee_decides_which_class_counts(
    town: Town, day: date, klass: str, first_share: str, in_scope: str
) -> None:
    item()
    item(date(2025, 3, 5), "B", first_share=YUAN("0.2"))
    claim = town.claim(town.patient(), town.hospital(), coded(day=day, klass="C"))
    assert (claim.first_share, claim.in_scope, claim.out_of_scope) == (YUAN(first_share), YUAN(in_scope), 0)
    used = claim.lines.get().catalogue
    assert used is not None and (used.klass, claim.lines.get().klass) == (klass, "C")
    assert f"140000 目录 {used.since} 起" in " ".join(step["how"] for step in claim.worksheet)


def test_a_line_without_a_day_goes_by_the_day_of_admission_and_a_later_version_corrects_a_day(town: Town) -> None:
    item()
    item(date(2025, 3, 2), "B", first_share=YUAN("0.5"))
    item(date(2025, 3, 2), "B", first_share=YUAN("0.1"), version=2)
    on_the_day = town.claim(town.patient(), town.hospital(), coded(), on=date(2025, 3, 12), days=10)
    before = town.claim(town.patient(), town.hospital(), coded(), on=date(2025, 3, 11), days=10)
    assert (on_the_day.first_share, before.first_share) == (YUAN("100.00"), YUAN("0.00"))


@pytest.mark.article("BZ16")
@pytest.mark.parametrize("listed", [None, False])
def test_a_code_that_is_not_in_force_is_class_c_and_the_reason_names_catalogue_and_day(
    town: Town, listed: bool | None
) -> None:
    if listed is False:
        item()
        item(date(2025, 1, 1), "C", listed=False)
    claim = town.claim(town.patient(), town.hospital(), coded(day=date(2025, 3, 5)))
    assert (claim.out_of_scope, claim.basic, claim.state) == (YUAN("1000.00"), 0, "adjudicated")
    [reason] = claim.reasons
    assert "140000 目录 2025-03-05 没有编码" in reason["message"]
    [seen] = catalogues.seen(list(claim.lines.select_related("catalogue")), 2)
    assert seen.unknown and seen.sent == ("甲类",)


def test_a_line_without_a_code_is_judged_as_the_hospital_sent_it(town: Town) -> None:
    item(klass="C")
    claim = town.claim(town.patient(), town.hospital(), [{"amount": YUAN("1000.00")}])
    assert (claim.in_scope, claim.reasons, claim.lines.get().catalogue) == (YUAN("1000.00"), [], None)


def test_the_ceiling_is_that_of_the_level_times_the_quantity(town: Town) -> None:
    item(ceiling=YUAN("100.00"), ceiling_3=YUAN("120.00"))
    county = town.claim(town.patient(), town.hospital("county"), coded(quantity=YUAN(3), ceiling=YUAN("900.00")))
    city = town.claim(town.patient(), town.hospital("city"), coded(quantity=YUAN(3)))
    alone = town.claim(town.patient(), town.hospital("city"), coded())
    assert [claim.over_ceiling for claim in (county, city, alone)] == [YUAN("700.00"), YUAN("640.00"), YUAN("880.00")]
    [seen] = catalogues.seen(list(county.lines.select_related("catalogue")), 2)
    assert (seen.ceiling, seen.sent) == (YUAN("300.00"), ("限价 900.00",))


@pytest.mark.article("JZ15.6")
def test_the_catalogue_says_which_kind_of_fee_an_item_is(town: Town) -> None:
    item(kind="consumable", fee_kind="implant_imported")
    claim = town.claim(town.patient(), town.hospital(), coded(kind="other"))
    assert claim.in_scope == YUAN("500.00")


@pytest.mark.article("BZ14.3")
@pytest.mark.parametrize(("chinese", "in_scope"), [(True, "1000.00"), (False, "0.00")])
def test_preparations_of_chinese_medicine_are_paid_in_its_designated_institutions(
    town: Town, chinese: bool, in_scope: str
) -> None:
    item(chinese_medicine=True)
    claim = town.claim(town.patient(), town.hospital(chinese_medicine=chinese), coded())
    assert claim.in_scope == YUAN(in_scope)


@pytest.mark.article("BZ18")
@pytest.mark.parametrize(
    ("location", "online", "region", "used"),
    [
        ("in_city", True, "110100", HOME),
        ("out_of_province", False, "110100", HOME),
        ("out_of_province", True, "110100", "110000"),
        ("in_province", True, "140100", "140100"),
        ("in_province", True, "", HOME),
        ("out_of_province", True, "", "140700"),
    ],
)
def test_care_elsewhere_goes_by_the_catalogue_of_its_place_only_when_settled_online(
    town: Town, location: str, online: bool, region: str, used: str
) -> None:
    for place in (HOME, "110000", "140100") if used != "140700" else ("140700", "110000"):
        item(region=place)
    hospital = town.hospital("city", location=location)
    catalogues.locate(hospital, region, by=town.manager, at=town.now)
    claim = town.claim(town.patient(), hospital, coded(), adjudicated=False)
    Claim.objects.filter(pk=claim.pk).update(online=online)
    adjudication.adjudicate([claim.pk], at=town.now)
    row = claim.lines.get().catalogue
    assert row is not None and row.region == used


def test_a_set_with_codes_asks_one_query_more_and_one_without_none(town: Town) -> None:
    rows = [item(code=f"X{n}") for n in range(5)]
    hospital = town.hospital()

    def asked(**line: Any) -> int:
        claims = [
            town.claim(
                town.patient(), hospital, [{"amount": YUAN("9.00"), **line} for _n in range(3)], adjudicated=False
            )
            for _n in range(4)
        ]
        loaded = list(
            Claim.objects.filter(pk__in=[c.pk for c in claims]).select_related("resident__area", "institution")
        )
        with CaptureQueriesContext(connection) as queries:
            adjudication.questions(loaded)
        return len(queries)

    assert asked(code=rows[0].code) == asked() + 1


def test_a_claim_over_the_wire_with_codes_costs_one_statement_more_and_names_its_rows(town: Town) -> None:
    item(klass="B", first_share=YUAN("0.1"))
    wire = town.connected(town.hospital("county"))
    fees = [
        {"item": f"药{n}", "kind": "drug", "klass": "A", "amount": "800.00", "code": CODE, "quantity": "2"}
        for n in range(5)
    ]
    body = town.message(town.patient(), lines=fees)
    with CaptureQueriesContext(connection) as queries:
        answer = town.send(wire, "/api/claims", body)
    told = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert (answer.status_code, len(told)) == (200, 16), told
    assert answer.json()["amounts"]["first_share"] == "400.00"
    claim = Claim.objects.get()
    assert claim.online and {line.catalogue.klass for line in claim.lines.all() if line.catalogue} == {"B"}


# --- files ------------------------------------------------------------------------------------------------------------
def send(town: Town, *lines: dict[str, str], full: bool = False, day: date = date(2025, 7, 1)) -> Batch:
    told = dated_lists.parameters(day, full=full, region=HOME)
    content = town.csv(lines, HEADINGS)
    return intake.receive(catalogue_files.CATALOGUE, town.city, "目录.csv", content, told, by=town.manager, at=town.now)


def line(code: str, klass: str = "甲类", **more: str) -> dict[str, str]:
    return {"国家编码": code, "名称": f"药{code}", "目录": "药品", "目录分类": klass} | more


def take(town: Town, batch: Batch) -> Batch:
    return intake.take(batch, by=town.manager, at=town.now)


def standing() -> dict[str, tuple[str, bool, date]]:
    rows = CatalogueItem.objects.order_by("since", "version")
    return {row.code: (row.klass, row.listed, row.since) for row in rows}


@pytest.mark.article("JZ18")
def test_a_full_list_shows_what_it_changes_and_what_it_leaves_out_is_gone_from_its_day(town: Town) -> None:
    first = [line("A1"), line("A2", "乙类", 先行自付比例="10%"), line("A3"), line("A4", 限价="5")]
    assert take(town, send(town, *first, full=True, day=date(2025, 1, 1))).taken == 4
    second = [line("A1"), line("A2", "乙类", 先行自付比例="0.2"), line("A4", 限价="6"), line("A5"), line("A6", "乙类")]
    batch = send(town, *second, full=True)
    assert batch.parameters["difference"]["counts"] == {"share": 1, "ceiling": 1, "new": 1, "gone": 1}
    assert (batch.taken, batch.duplicate, batch.refused) == (3, 1, 1)
    assert batch.problems.get().field == "先行自付比例"
    take(town, batch)
    assert standing()["A3"] == ("C", False, date(2025, 7, 1))
    assert standing()["A1"] == ("A", True, date(2025, 1, 1))
    assert standing()["A5"] == ("A", True, date(2025, 7, 1))
    assert CatalogueItem.objects.filter(code="A2").count() == 2
    again = send(town, *[one for one in second if one["国家编码"] != "A6"], full=True)
    assert (again.taken, again.parameters["difference"]["counts"]) == (0, {})


def test_what_a_refused_line_may_mean_does_not_leave_the_list(town: Town) -> None:
    take(town, send(town, line("A1"), line("A2"), full=True, day=date(2025, 1, 1)))
    batch = send(town, line("A1"), line("A2", 限年龄起="60", 限年龄止="18"), full=True)
    assert (batch.refused, batch.parameters["difference"]["counts"]) == (1, {})


def test_changes_move_single_codes_and_a_row_of_the_same_day_corrects_it(town: Town) -> None:
    take(town, send(town, line("A1"), line("A2"), day=date(2025, 1, 1)))
    take(
        town, send(town, line("A1", 变动="调出"), line("A2", 限价="3", 起始日期="2025-01-01"), line("A9", 变动="调出"))
    )
    assert standing() == {"A1": ("C", False, date(2025, 7, 1)), "A2": ("A", True, date(2025, 1, 1))}
    assert list(CatalogueItem.objects.filter(code="A2").values_list("version", "ceiling")) == [
        (2, YUAN("3.00")),
        (1, None),
    ]


def test_a_large_list_is_a_job_whose_chunks_together_say_what_the_file_says(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(town, send(town, *(line(f"G{n}") for n in range(7)), day=date(2025, 1, 1)))
    monkeypatch.setattr(intake, "INLINE", 5)
    monkeypatch.setattr(intake, "PIECE", 4)
    batch = take(town, send(town, *(line(f"N{n}") for n in range(10)), full=True))
    job = Job.objects.get(key__startswith=f"intake:{batch.pk}:")
    assert job.chunks.count() > 2
    jobs.work(job.pk, lambda: town.now)
    batch.refresh_from_db()
    assert (batch.state, batch.taken) == ("taken", 10)
    told = standing()
    assert sum(1 for _klass, listed, _day in told.values() if listed) == 10
    assert {code for code, row in told.items() if not row[1]} == {f"G{n}" for n in range(7)}


@pytest.mark.parametrize(
    ("kind", "model"), [(catalogue_files.DISEASES, DiseaseCode), (catalogue_files.OPERATIONS, OperationCode)]
)
def test_codes_of_diseases_and_operations_come_by_the_same_way(town: Town, kind: str, model: Any) -> None:
    content = town.csv([{"编码": "I10.x00", "名称": "高血压"}, {"编码": "E11.900", "名称": ""}], ("编码", "名称"))
    told = dated_lists.parameters(date(2025, 1, 1), full=True)
    batch = intake.receive(kind, town.city, "编码.csv", content, told, by=town.manager, at=town.now)
    assert (take(town, batch).taken, batch.problems.get().field) == (1, "名称")
    row = model.objects.get()
    assert (row.code, row.initials, row.since) == ("I10.X00", "GXY", date(2025, 1, 1))


# --- rules of the tables ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("table", ["catalogueitem", "diseasecode", "operationcode"])
def test_rows_of_a_list_are_written_once(town: Town, table: str) -> None:
    item()
    for model in (DiseaseCode, OperationCode):
        model.objects.create(code="I10", name="高血压", since=date(2020, 1, 1))
    for sql in (f"UPDATE claims_{table} SET name = '改'", f"DELETE FROM claims_{table}"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, "one_catalogue_row|UNIQUE"),
        ({"version": 2, "first_share": YUAN("0.1")}, "class_b_alone"),
        ({"version": 2, "klass": "B"}, "class_b_alone"),
        ({"version": 2, "listed": False}, "what_left_the_catalogue"),
        ({"version": 2, "ceiling_2": YUAN("0.00")}, "a_price_ceiling_is_positive"),
        ({"version": 2, "age_from": 60, "age_to": 18}, "an_age_limit"),
        ({"version": 2, "least_level": 4}, "a_level_limit"),
        ({"version": 2, "region": "山西"}, "a_catalogue_belongs"),
    ],
)
def test_the_database_refuses_rows_that_cannot_be(town: Town, facts: dict[str, Any], says: str) -> None:
    item()
    with pytest.raises(DatabaseError, match=says), transaction.atomic():
        item(**facts)


@pytest.mark.parametrize("model", [DiseaseCode, OperationCode])
def test_a_code_has_one_row_of_a_day_and_version(town: Town, model: Any) -> None:
    model.objects.create(code="I10", name="高血压", since=date(2020, 1, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.create(code="I10", name="原发性高血压", since=date(2020, 1, 1))


def test_a_line_without_code_uses_no_catalogue_and_a_quantity_is_positive(town: Town) -> None:
    row, claim = item(), town.claim(town.patient(), town.hospital())
    for change in ({"catalogue": row}, {"quantity": YUAN(0)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ClaimLine.objects.filter(claim=claim).update(**change)


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_pages_find_an_item_and_answer_for_a_day(town: Town) -> None:
    first = item(initials="AMXLJN", ceiling=YUAN("12.00"))
    item(date(2025, 3, 5), "B", first_share=YUAN("0.2"), initials="AMXLJN", ceiling_3=YUAN("9.50"))
    client = Client()
    client.force_login(town.manager)
    page = client.get(reverse("claims:catalogue"), {"q": "amxl", "on": "2025-03-04"}).content.decode()
    assert "阿莫西林胶囊" in page and "2020-01-01" in page and "乙类</span>" not in page
    assert client.get(reverse("claims:catalogue"), {"q": "amxl", "on": "2019-12-31"}).context["results"] == []
    address = reverse("claims:catalogue-item", args=[first.pk])
    before = client.get(address, {"on": "2025-03-04", "level": "3"}).context
    after = client.get(address, {"on": "2025-03-05", "level": "3"}).context
    assert (before["held"].klass, before["price"], after["held"].klass, after["price"]) == (
        "A", YUAN("12.00"), "B", YUAN("9.50"),
    )  # fmt: skip
    batch = send(town, line("A1"))
    shown = client.get(reverse("claims:compare-codes", args=[batch.pk])).content.decode()
    assert "新增" in shown and "药A1" in shown
    for name in ("claims:diseases", "claims:operations"):
        assert client.get(reverse(name), {"on": "错"}).status_code == 200
