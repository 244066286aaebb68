"""Insurance physicians: registered once by a licence, practising, standing or not; files of them and of hospitals."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from claims import institution_files, physicians
from claims.models import Institution, InstitutionFacts, Physician, PhysicianStanding, Practice
from office import intake
from office.models import Batch
from tests.town import Town

pytestmark = pytest.mark.django_db

LICENCE = "110110100001234"


@pytest.mark.article("JZ25", "BZ30")
def test_a_physician_is_registered_once_moves_and_ends(town: Town) -> None:
    clinic, county = town.hospital("clinic"), town.hospital()
    act = {"by": town.manager, "at": town.now}
    one = physicians.register(LICENCE, "林医生", clinic, "全科", town.today, **act)
    with pytest.raises(physicians.CannotRegister, match="已登记"):
        physicians.register(LICENCE, "林医生", county, "全科", town.today, **act)
    later = town.today + timedelta(days=30)
    physicians.practise(one, county, "内科", later, leaves=True, **act)
    assert list(one.practices.values_list("institution__name", "until")) == [
        (county.name, None), (clinic.name, later - timedelta(days=1)),
    ]  # fmt: skip
    with pytest.raises(physicians.CannotRegister, match="已在"):
        physicians.practise(one, county, "内科", later, leaves=False, **act)
    with pytest.raises(physicians.CannotRegister, match="须在其后"):
        physicians.state(one, "suspended", town.today, "违规开药", **act)
    physicians.state(one, "suspended", later, "违规开药", **act)
    with pytest.raises(physicians.CannotRegister, match="现已"):
        physicians.state(one, "suspended", later + timedelta(days=1), "又", **act)
    physicians.state(one, "ended", later + timedelta(days=1), "吊销执照", **act)
    with pytest.raises(physicians.CannotRegister, match="终止"):
        physicians.state(one, "active", later + timedelta(days=2), "恢复", **act)


@pytest.mark.parametrize("told", ["140781197005050016", "200314110140781197005050016", "12", "医师一二三四五"])
def test_an_identity_number_is_no_licence(told: str) -> None:
    with pytest.raises(physicians.CannotRegister):
        physicians.licence(told)


def test_the_database_keeps_standings_and_one_practice_at_a_time(town: Town) -> None:
    hospital = town.hospital()
    one = physicians.register(LICENCE, "林医生", hospital, "全科", town.today, by=town.manager, at=town.now)
    for sql in ("UPDATE claims_physicianstanding SET why = '改'", "DELETE FROM claims_physicianstanding"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    stated = {"physician": one, "state": "ended", "stated_by": town.manager, "stated_at": town.now}
    broken: list[tuple[type, dict[str, object]]] = [
        (PhysicianStanding, {**stated, "since": town.today, "why": "同日"}),
        (PhysicianStanding, {**stated, "since": date(2025, 5, 1), "why": ""}),
        (Practice, {"physician": one, "institution": hospital, "specialty": "全科", "since": date(2025, 6, 1)}),
        (Practice, {"physician": one, "institution": hospital, "specialty": "全科", "since": date(2025, 6, 1),
                    "until": date(2025, 5, 31)}),
    ]  # fmt: skip
    for model, facts in broken:
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.create(**facts)  # type: ignore[attr-defined]


def _taken(town: Town, kind: str, text: str) -> Batch:
    batch = intake.receive(kind, town.city, f"{kind}.csv", text.encode(), {}, by=town.manager, at=town.now)
    return intake.take(batch, by=town.manager, at=town.now)


def test_files_load_institutions_and_physicians_and_say_what_is_wrong(town: Town) -> None:
    head = "机构代码,机构名称,经办区域,自何日起,级别,隶属,床位\n"
    good = f"H14070200001,东院,{town.county.code},2020-01-01,二级,县级,300\n"
    bad = "H1407020000X,西院,,2020-01-01,二级,县级,1\nH14070200003,南院,火星,2020-01-01,二级,县级,1\n"
    batch = _taken(town, institution_files.INSTITUTIONS, head + good + bad)
    assert (batch.taken, batch.refused, batch.duplicate) == (1, 2, 0)
    assert [problem.field for problem in batch.problems.order_by("line")] == ["机构代码", "经办区域"]
    east = Institution.objects.get()
    assert (east.area, InstitutionFacts.objects.get().beds) == (town.county, 300)
    again = _taken(town, institution_files.INSTITUTIONS, head + good + good.replace("东院", "别院"))
    assert (again.taken, again.refused, again.duplicate) == (0, 1, 1)
    people = f"执业证书编号,姓名,机构代码,专业,起\n{LICENCE},林医生,{east.code},全科,2024-01-01\n"
    wrong = f"140781197005050016,王医生,{east.code},全科,2024-01-01\n110110100009999,李医生,H0,全科,2024-01-01\n"
    batch = _taken(town, institution_files.PHYSICIANS, people + wrong)
    assert (batch.taken, batch.refused) == (1, 2)
    assert Physician.objects.get().practices.get().institution == east
    assert _taken(town, institution_files.PHYSICIANS, people + "\n").duplicate == 1
