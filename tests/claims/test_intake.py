"""A hospital's file: previewed, taken claim by whole claim, once; what is wrong comes back with its reason."""

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from claims import intake as hospital_files
from claims.models import Claim, Institution
from enrollment.models import Resident
from office import intake
from office.models import Batch
from tests.town import Town

HEADINGS = [column.heading for column in hospital_files.COLUMNS]
Cells = dict[str, Any]


def line(resident: Resident, number: str = "JS0001", **cells: Any) -> Cells:
    """One fee line of a stay of this resident, as a hospital writes it."""
    usual = {
        "结算单号": number,
        "证件号码": resident.id_number,
        "姓名": resident.name,
        "待遇类别": "住院",
        "入院日期": "2025-03-02",
        "出院日期": "2025-03-12",
        "诊断": "肺炎",
        "项目": "西药费",
        "费用类别": "药品",
        "目录分类": "甲类",
        "金额": "3000.00",
    }
    return {**usual, **cells}


def csv(*lines: Cells, encoding: str = "utf-8", headings: list[str] = HEADINGS) -> bytes:
    rows = [",".join(headings), *(",".join(str(told.get(h, "")) for h in headings) for told in lines)]
    return "\r\n".join(rows).encode(encoding)


def xlsx(*lines: Cells) -> bytes:
    file = io.BytesIO()
    with Workbook(file) as book:
        sheet = book.add_worksheet()
        for place, heading in enumerate(HEADINGS):
            sheet.write_string(0, place, heading)
            for at, told in enumerate(lines, start=1):
                value = told.get(heading, "")
                if isinstance(value, int | float):
                    sheet.write_number(at, place, value)
                else:
                    sheet.write_string(at, place, str(value))
    return file.getvalue()


def receive(town: Town, hospital: Institution, content: bytes, name: str = "费用.csv") -> Batch:
    return intake.receive(
        "claims", hospital.area, name, content, {"institution": hospital.code}, by=town.manager, at=town.now
    )


def taken(town: Town, hospital: Institution, content: bytes, name: str = "费用.csv") -> Batch:
    return intake.take(receive(town, hospital, content, name), by=town.manager, at=town.now)


def counts(batch: Batch) -> tuple[int, int, int, int]:
    return batch.read, batch.taken, batch.refused, batch.duplicate


def problems(batch: Batch) -> list[tuple[int, str]]:
    return list(batch.problems.order_by("line", "pk").values_list("line", "field"))


@pytest.fixture
def hospital(town: Town) -> Iterator[Institution]:
    yield town.hospital("county")


def test_a_file_is_previewed_then_taken_and_worked_out(town: Town, hospital: Institution) -> None:
    patient = town.patient()
    content = csv(line(patient, 金额="9000.00"), line(patient, 项目="CT", 费用类别="大型设备", 金额="1000.00"))
    batch = receive(town, hospital, content)
    assert (batch.state, counts(batch)) == ("previewed", (2, 2, 0, 0))
    assert not Claim.objects.exists()
    intake.take(batch, by=town.manager, at=town.now)
    claim = Claim.objects.get()
    assert (claim.number, claim.total, claim.state, claim.diagnosis) == (
        "JS0001",
        Decimal("10000.00"),
        "adjudicated",
        "肺炎",
    )
    assert claim.first_share == Decimal("400.00")
    assert claim.lines.count() == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_other_encodings_are_read(town: Town, hospital: Institution, encoding: str) -> None:
    assert counts(taken(town, hospital, csv(line(town.patient()), encoding=encoding))) == (1, 1, 0, 0)


def test_a_workbook_is_read_and_codes_are_understood(town: Town, hospital: Institution) -> None:
    told = line(town.patient(), 待遇类别="inpatient", 费用类别="drug", 目录分类="A", 金额=3000, 急诊="是")
    assert counts(taken(town, hospital, xlsx(told), "费用.xlsx")) == (1, 1, 0, 0)
    assert Claim.objects.get().emergency


def test_a_number_stored_as_a_number_is_refused_with_line_and_field(town: Town, hospital: Institution) -> None:
    good = line(town.patient(), "JS0001")
    bad = line(town.patient(), "JS0002", 证件号码=140702197005051e3)
    batch = taken(town, hospital, xlsx(good, bad), "费用.xlsx")
    assert (counts(batch), problems(batch)) == ((2, 1, 1, 0), [(3, "证件号码")])


def test_one_bad_line_gives_the_whole_claim_back_and_nothing_of_the_others(town: Town, hospital: Institution) -> None:
    bad, good = town.patient(), town.patient()
    batch = taken(
        town,
        hospital,
        csv(line(bad, "JS1"), line(bad, "JS1", 金额="-5"), line(good, "JS2"), line(bad, "JS1", 金额="7")),
    )
    assert counts(batch) == (4, 1, 3, 0)
    assert problems(batch) == [(2, "结算单号"), (3, "金额"), (5, "结算单号")]
    assert list(Claim.objects.values_list("number", flat=True)) == ["JS2"]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"证件号码": "1407021970050512345"}, "证件号码"),
        ({"证件号码": "140702197005051234"}, "证件号码"),
        ({"姓名": "别人"}, "姓名"),
        ({"出院日期": "2025-02-30"}, "出院日期"),
        ({"出院日期": "2025-03-01"}, "出院日期"),
        ({"待遇类别": "门急诊"}, "待遇类别"),
        ({"金额": "1.005"}, "金额"),
        ({"金额": "=1+1"}, "金额"),
        ({"待遇类别": "生育"}, "分娩方式"),
        ({"待遇类别": "普通门诊"}, "出院日期"),
        ({"先行自付比例": "0.1"}, "先行自付比例"),
        ({"先行自付比例": "1.1", "目录分类": "乙类"}, "先行自付比例"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field(town: Town, hospital: Institution, cells: Cells, field: str) -> None:
    batch = taken(town, hospital, csv(line(town.patient(), **cells)))
    assert (counts(batch), problems(batch)[0]) == ((1, 0, 1, 0), (2, field))


def test_lines_of_one_claim_have_to_agree(town: Town, hospital: Institution) -> None:
    patient = town.patient()
    batch = taken(town, hospital, csv(line(patient), line(patient, 出院日期="2025-03-13")))
    assert problems(batch) == [(2, "结算单号"), (3, "出院日期")]


def test_a_missing_column_is_named(town: Town, hospital: Institution) -> None:
    headings = [heading for heading in HEADINGS if heading != "目录分类"]
    with pytest.raises(intake.Unreadable, match="目录分类"):
        receive(town, hospital, csv(line(town.patient()), headings=headings))


def test_somebody_nobody_has_registered_is_refused(town: Town, hospital: Institution) -> None:
    stranger = Resident(name="陌生人", id_number=town.number())
    assert problems(taken(town, hospital, csv(line(stranger)))) == [(2, "证件号码")]


def test_the_same_claim_sent_again_is_one_and_with_other_content_is_refused(town: Town, hospital: Institution) -> None:
    patient, other = town.patient(), town.patient()
    taken(town, hospital, csv(line(patient, "JS1")))
    again = taken(town, hospital, csv(line(other, "JS2"), line(patient, "JS1")))
    assert counts(again) == (2, 1, 0, 1)
    changed = taken(town, hospital, csv(line(patient, "JS1", 金额="3000.01")))
    assert (counts(changed), problems(changed)) == ((1, 0, 1, 0), [(2, "结算单号")])
    assert Claim.objects.count() == 2


def test_the_same_file_twice_changes_nothing(town: Town, hospital: Institution) -> None:
    content = csv(line(town.patient()))
    first = taken(town, hospital, content)
    assert taken(town, hospital, content) == first
    assert Claim.objects.count() == 1


def test_the_problem_file_gives_the_rows_back_with_the_reason(town: Town, hospital: Institution) -> None:
    batch = taken(town, hospital, csv(line(town.patient(), 金额="-5")))
    book = CalamineWorkbook.from_filelike(io.BytesIO(intake.problem_file(batch, by=town.manager, at=town.now)))
    rows = book.get_sheet_by_index(0).to_python()
    assert "金额" in str(rows[2]) and "-5" in str(rows[2])


def test_a_hospital_of_another_county_is_not_ones_own(town: Town, hospital: Institution) -> None:
    stranger = town.member("manager", town.other_county)
    content = csv(line(town.patient()))
    with pytest.raises(intake.CannotTake):
        intake.receive("claims", hospital.area, "a.csv", content, {"institution": hospital.code}, stranger, town.now)
    with pytest.raises(hospital_files.NotThisHospital):
        intake.receive(
            "claims", town.other_county, "a.csv", content, {"institution": hospital.code}, stranger, town.now
        )


def test_a_large_file_comes_in_chunks_of_whole_claims(
    town: Town, hospital: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "INLINE", 4)
    monkeypatch.setattr(intake, "PIECE", 4)
    patients = [town.patient() for _ in range(4)]
    rows = [line(patient, f"JS{n}", 项目=f"药{fee}") for n, patient in enumerate(patients) for fee in range(3)]
    batch = taken(town, hospital, csv(*rows))
    assert (batch.state, Claim.objects.count()) == ("taking", 0)
    assert [len(chunk.keys) for chunk in intake.job_of(batch).chunks.order_by("number")] == [3, 3, 3, 3]
    town.work()
    batch.refresh_from_db()
    assert (batch.state, batch.taken) == ("taken", 12)
    assert set(Claim.objects.filter(batch=batch).values_list("state", flat=True)) == {"adjudicated"}
    assert {claim.lines.count() for claim in Claim.objects.all()} == {3}


def test_a_file_asks_the_same_number_of_queries_whatever_its_size(town: Town, hospital: Institution) -> None:
    patients = [town.patient() for _ in range(20)]
    asked = []
    for number, some in enumerate((patients[:2], patients[2:])):
        batch = receive(town, hospital, csv(*(line(p, f"JS{number}{n}") for n, p in enumerate(some))))
        with CaptureQueriesContext(connection) as queries:
            intake.take(batch, by=town.manager, at=town.now)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_claim_of_a_newborn_day_by_day(town: Town, hospital: Institution) -> None:
    """A line dated before the cover begins stays with the person."""
    newborn = town.patient(date(2025, 3, 3), cover=(date(2025, 3, 3), date(2025, 12, 31)))
    told = [line(newborn, 入院日期="2025-03-03", 费用日期=day, 金额="1000") for day in ("2025-03-02", "2025-03-04")]
    taken(town, hospital, csv(*told))
    assert Claim.objects.get().out_of_scope == Decimal("1000.00")
