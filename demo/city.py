"""The city before its year begins: areas, staff, sample notices, open books, institutions under agreement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml
from django.contrib.auth.hashers import make_password

from claims import institutions
from claims.models import Institution
from enrollment.models import School
from funds import booking, months
from funds.models import Posting
from office import areas, audit, jobs, notices
from office.models import Area, Job, Staff
from office.refusal import Refusal
from policies.money import yuan

DATA: Final = Path(__file__).parent / "data"
CITIES: Final[dict[str, dict[str, Any]]] = yaml.safe_load((DATA / "cities.yaml").read_text(encoding="utf-8"))
PASSWORD: Final = "yan-shi-cheng-shi-2025"  # noqa: S105  printed for everybody: demo accounts guard made-up people
FOUNDED: Final = date(2024, 8, 1)
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

Role = Staff.Role
# Login, role, where ("city", or the index of a county, of its town, of its village), what the person is called.
STAFF: Final[tuple[tuple[str, str, tuple[int, ...], str], ...]] = (
    ("clerk", Role.CLERK, (0, 0, 0), "村经办员 小云"),
    ("clerk-town", Role.CLERK, (0, 0), "镇经办员 老乔"),
    ("clerk-a", Role.CLERK, (0,), "县经办员 阿琴"),
    ("clerk-b", Role.CLERK, (1,), "县经办员 阿勇"),
    ("clerk-c", Role.CLERK, (2,), "县经办员 阿芬"),
    ("reviewer", Role.REVIEWER, (), "市审核员 冀明"),
    ("reviewer-a", Role.REVIEWER, (0,), "县审核员 温良"),
    ("reviewer-b", Role.REVIEWER, (1,), "县审核员 安宁"),
    ("reviewer-c", Role.REVIEWER, (2,), "县审核员 盛楠"),
    ("rechecker", Role.RECHECKER, (), "复核员 严谨"),
    ("accountant", Role.ACCOUNTANT, (), "基金会计 毕清"),
    ("manager", Role.MANAGER, (), "业务主管 方正"),
    ("manager2", Role.MANAGER, (), "业务主管 齐平"),
    ("system", Role.SYSTEM, (), "系统管理员 季稳"),
    ("security", Role.SECURITY, (), "安全管理员 安守"),
    ("auditor", Role.AUDITOR, (), "审计员 明鉴"),
)
_ADMINS: Final = {Role.MANAGER, Role.RECHECKER, Role.SYSTEM, Role.SECURITY, Role.AUDITOR}
_TOWNS: Final = ("清河镇", "槐树镇")
_VILLAGES: Final = (("河东村", "河西村"), ("上庄村", "下庄村"))
_NOTICE: Final = "样本〔2024〕1号"

# Which county handles a hospital's claims (None: the city), and what it is from the first day on.
_HOSPITALS: Final[dict[str, tuple[int | None, dict[str, Any]]]] = {
    "clinic": (0, {"level": 1, "affiliation": "township", "beds": 30}),
    "county": (1, {"level": 2, "grade": "A", "affiliation": "county", "beds": 420}),
    "second_county": (2, {"level": 2, "grade": "A", "affiliation": "county", "beds": 360}),
    "city": (None, {"level": 3, "grade": "A", "affiliation": "city", "beds": 1200}),
    "private": (0, {"level": 2, "grade": "B", "affiliation": "county", "ownership": "private", "beds": 120}),
    "elsewhere": (
        None,
        {"level": 3, "grade": "A", "affiliation": "province", "location": "out_of_province", "beds": 2000},
    ),
}
# Terms that differ from fee for service without a budget; yuan.
_TERMS: Final[dict[str, dict[str, Any]]] = {
    "clinic": {"method": "capitation", "heads": 600, "quota": Decimal(60)},
    "county": {"year_budget": Decimal(290_000)},
    "second_county": {"year_budget": Decimal(190_000)},
    "private": {"year_budget": Decimal(110_000)},
}


class CannotBuild(Refusal):
    """No such demo city, or people live here already."""


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of a Shanghai day."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


@dataclass(slots=True)
class City:
    """The city under construction: where things are, who works there, and the lots that decide what happens."""

    facts: dict[str, Any]
    size: int
    tell: Callable[[str], object]
    lots: Random
    area: Area
    counties: list[Area]
    villages: list[Area]
    staff: dict[str, Staff] = field(default_factory=dict)
    hospitals: dict[str, Institution] = field(default_factory=dict)

    @property
    def policy(self) -> str:
        return str(self.facts["policy"])

    @property
    def manager(self) -> Staff:
        return self.staff["manager"]

    @property
    def accountant(self) -> Staff:
        return self.staff["accountant"]

    def clerk_of(self, area: Area) -> Staff:
        """The clerk of the county that an area lies in."""
        return self._of_county("clerk", area) or self.staff["clerk-a"]

    def reviewer_of(self, area: Area) -> Staff:
        """The reviewer of a county, or the city's."""
        return self._of_county("reviewer", area) or self.staff["reviewer"]

    def _of_county(self, role: str, area: Area) -> Staff | None:
        logins = dict(zip(self.counties, ("a", "b", "c"), strict=True))
        return next((self.staff[f"{role}-{one}"] for county, one in logins.items() if county.covers(area)), None)

    def finish(self, job: Job, at: datetime) -> Job:
        """Do a job here and now, as a worker would; a failure ends the building."""
        jobs.work(job.pk, clock=lambda: at)
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            why = "；".join(job.chunks.exclude(error="").values_list("error", flat=True)) or str(job.report)
            raise CannotBuild(f"任务“{job.title}”没有完成：{why}")
        return job


def found(word: str, size: int, tell: Callable[[str], object], books_until: date) -> City:
    """Everything that stands before the first resident registers. Refuses a city that the demo does not know."""
    if word not in CITIES:
        raise CannotBuild(f"没有名为 {word} 的演示城市，可选：{'、'.join(CITIES)}", field="DEMO_CITY")
    facts = CITIES[word]
    area = areas.plant(facts["code"])
    counties = [Area.objects.get(code=code) for code in facts["counties"]]
    villages = []
    for county in counties:
        for number, town in enumerate(_TOWNS):
            seat = areas.add(county, f"{county.code}{100 + number}", town)
            villages += [
                areas.add(seat, f"{seat.code}{201 + at}", f"{facts['counties'][county.code]}{name}")
                for at, name in enumerate(_VILLAGES[number])
            ]
    city = City(facts, size, tell, Random(f"{word}:{size}"), area, counties, villages)
    _appoint(city)
    _notify(city)
    _open_books(city, books_until)
    _contract(city)
    code, seat = facts["university"]
    School.objects.create(code="90001", name=code, kind=School.Kind.UNIVERSITY, area=Area.objects.get(code=seat))
    tell(f"{area}：{len(counties)} 个县、{len(villages)} 个村、{len(city.staff)} 名工作人员、6 家医疗机构")
    return city


def _appoint(city: City) -> None:
    """One account per role and place. They share a password and are marked as accounts of the demo."""
    password = make_password(PASSWORD)
    for login, role, where, name in STAFF:
        area = city.area
        if where:
            area = city.counties[where[0]]
        for below in where[1:]:
            area = area.children.order_by("code")[below]
        city.staff[login] = Staff.objects.create(
            username=login, name=name, role=role, area=area, password=password,
            is_staff=role in _ADMINS, is_demo=True, date_joined=moment(FOUNDED),
        )  # fmt: skip
        detail = {"username": login, "role": role}
        audit.record(None, "office.appoint", city.staff[login], detail, at=moment(FOUNDED))


def _notify(city: City) -> None:
    """Samples in the place of the notices that the text waits for: entered by one manager, approved by the other."""
    for key, tier, value, title in city.facts["notices"]:
        entered = notices.enter(
            city.policy, key, value, date(2024, 1, 1), _NOTICE, city.manager, moment(FOUNDED, 10),
            tier=tier, title=f"演示样本：{title}", is_sample=True,
        )  # fmt: skip
        notices.approve(entered, by=city.staff["manager2"], at=moment(FOUNDED, 11))


def _open_books(city: City, until: date) -> None:
    """Every month up to this day stands open, and the counties bring in what earlier years left over."""
    months.open_until(city.area, FOUNDED, until)
    left = yuan(Decimal(500 * city.size + 200_000) / len(city.counties))
    amounts = [(Posting.SubFund.INPATIENT.value, county.pk, left) for county in city.counties]
    booking.book_opening(city.area, FOUNDED, amounts, city.accountant)


def _contract(city: City) -> None:
    at = moment(FOUNDED, 14)
    for number, ((word, (county, facts)), name) in enumerate(
        zip(_HOSPITALS.items(), city.facts["hospitals"], strict=True), start=1
    ):
        area = city.area if county is None else city.counties[county]
        hospital = institutions.admit(
            f"H{city.area.code}{number:02}", name, area, since=date(2020, 1, 1), by=city.manager, at=at, **facts
        )
        terms = dict(_TERMS.get(word, {}))
        if "year_budget" in terms:
            terms["year_budget"] = yuan(terms["year_budget"] * city.size / 1200)
        institutions.sign(
            hospital, f"协{hospital.code}-2025", date(2024, 9, 1), date(2026, 12, 31), by=city.manager, at=at, **terms
        )
        city.hospitals[word] = hospital
