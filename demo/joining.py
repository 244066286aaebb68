"""How people join and pay: rosters of villages and of a school, the counter, statuses, files of the tax authority."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from demo import people, stories
from demo.city import City, moment
from demo.people import Drawer, Person
from enrollment import collection, cover, ending, opening, proving, registration, renewal, sponsoring, statuses
from enrollment.models import CollectionPeriod, Enrollment, Resident
from enrollment.payments import COLUMNS
from enrollment.registration import Papers
from funds import booking
from office import export, intake, notices
from office.models import Area, Batch

STUDENTS: Final = 45
_BAD_NUMBER: Final = "110101199001011234"  # its check character does not hold
_STRANGER: Final = ("外乡客", "110101198001010010")
_GROUPS: Final = (
    ("minimum_living", "县民政局"),
    ("destitute", "县民政局"),
    ("severely_disabled", "县残疾人联合会"),
    ("registered_poor", "县乡村振兴局"),
    ("medical_assistance", "县医疗保障局"),
    ("rural_low_income", "县乡村振兴局"),
)


def as_csv(rows: Sequence[Mapping[str, str]], encoding: str = "utf-8-sig") -> bytes:
    """A file as offices send it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A workbook whose every cell is text."""
    return export.sheet(list(rows[0]), [list(row.values()) for row in rows])[0]


@dataclass(slots=True)
class Joining:
    """The people of the city, and on which day each of them means to pay for which year."""

    city: City
    drawer: Drawer
    plans: dict[tuple[int, int], date] = field(default_factory=dict)  # (resident, year) -> day of payment
    receipts: int = 0
    twice: Resident | None = None

    # --- registration -----------------------------------------------------------------------------------------
    def villages(self, period: CollectionPeriod) -> None:
        """Every village sends its roster: as UTF-8, as GB18030 or as a workbook, two with rows that go back."""
        city = self.city
        heads = (city.size - STUDENTS * city.size // 1200 - 20) // len(city.villages)
        for at, village in enumerate(city.villages):
            families = list(self.drawer.village(village.code[:6], heads))
            rows = people.roster(families, city.lots)
            if at in (1, 6):
                rows.insert(7, rows[7] | {"姓名": "赵抄错", "证件号码": _BAD_NUMBER, "户主证件号码": _BAD_NUMBER})
                rows.append(rows[0] | {"姓名": "", "证件号码": rows[3]["证件号码"]})
            name = f"{village}2025年度参保名册"
            if at % 4 == 2:
                content, name = as_csv(rows, "gb18030"), f"{name}.csv"
            elif at % 4 == 3:
                content, name = as_xlsx(rows), f"{name}.xlsx"
            else:
                content, name = as_csv(rows), f"{name}.csv"
            self._roster(village, name, content, period, period.opens_on + timedelta(days=2 + at // 2))

    def school(self, period: CollectionPeriod) -> None:
        """The university sends the roster of its students, one number of it miswritten."""
        city = self.city
        _name, seat = city.facts["university"]
        students = [self._student(at) for at in range(max(8, STUDENTS * city.size // 1200))]
        students[3].name = stories.STUDENT
        rows = [
            {
                "姓名": student.name,
                "证件号码": student.number,
                "学校代码": "90001",
                "班级": f"2024级{at % 2 + 1}班",
                "上次参保年度": str(student.insured_through or ""),
                "参保事由": "大学新生入学" if student.birth_on.year >= 2006 else "",
                "事由日期": "2024-09-01" if student.birth_on.year >= 2006 else "",
            }
            for at, student in enumerate(students)
        ]
        rows.insert(5, rows[5] | {"姓名": "钱错位", "证件号码": _BAD_NUMBER})
        day = period.opens_on + timedelta(days=10)
        self._roster(Area.objects.get(code=seat), f"{_name}2025年度名册.xlsx", as_xlsx(rows), period, day)

    def _student(self, at: int) -> Person:
        sex = self.city.lots.choice("12")
        return self.drawer.person(
            self.city.lots.choice(self.city.counties).code, self.drawer.surname(), sex, 18 + at % 4, ""
        )

    def _roster(self, area: Area, name: str, content: bytes, period: CollectionPeriod, day: date) -> Batch:
        by = self.city.clerk_of(area)
        batch = intake.receive("roster", area, name, content, {"period": period.pk}, by, moment(day, 9))
        return intake.take(batch, by, moment(day, 10))

    def counter(self, period: CollectionPeriod) -> None:
        """The people of the stories come to the counter with their families."""
        day = period.opens_on + timedelta(days=12)
        for number, (at, members) in enumerate(stories.HOUSEHOLDS, start=1):
            village = self.city.villages[at]
            head, *others = [
                Papers(
                    name=member.name,
                    id_number=self.drawer.number(village.code[:6], member.birth_on, member.sex),
                    relation=member.relation,
                    insured_through=member.insured_through,
                    phone=f"1990000{number:04}" if member.relation == people.HEAD else "",
                )
                for member in members
            ]
            by, time = self.city.clerk_of(village), moment(day, 9, number)
            household = registration.register_household(village, head, others, by=by, on=day, at=time, address="中街")
            residents = list(household.members.order_by("pk"))
            collection.enroll(residents, period, by=by, on=day, at=time)
            for resident, member in zip(residents, members, strict=True):
                self.plans[resident.pk, 2025] = member.paid_on or period.opens_on + timedelta(days=20 + number)

    def certify(self, period: CollectionPeriod) -> None:
        """Other departments certify whom they know: about one in sixteen, county by county."""
        day = period.opens_on + timedelta(days=13)
        drawn: dict[tuple[str, str], list[Resident]] = defaultdict(list)
        for resident in Resident.objects.filter(household__isnull=False).select_related("area").order_by("pk"):
            if resident.name not in stories.NAMES and self.city.lots.random() < 0.06:
                drawn[resident.area.path.split("/")[1], self.city.lots.choice(_GROUPS)[0]].append(resident)
        for (county, group), residents in sorted(drawn.items()):
            by = self.city.clerk_of(Area.objects.get(code=county))
            statuses.certify(
                residents, group, date(2024, 1, 1), None, certified_by=dict(_GROUPS)[group],
                document="2024年动态认定名单", by=by, on=day, at=moment(day, 15),
            )  # fmt: skip

    def newborn(self, period: CollectionPeriod) -> None:
        """A child is registered under its birth certificate, and pays where the city asks it to."""
        day = date(2025, 3, 25)
        mother = Resident.objects.select_related("area", "household").get(name="宋小满")
        papers = Papers(
            name=stories.NEWBORN, id_type=Resident.IdType.BIRTH_CERTIFICATE, id_number="P250318001", sex="1",
            birth_on=stories.BORN, relation="子",
        )  # fmt: skip
        by = self.city.clerk_of(mother.area)
        child = registration.register_resident(
            mother.area, papers, household=mother.household, by=by, on=day, at=moment(day, 10)
        )
        collection.enroll([child], period, by=by, on=day, at=moment(day, 10, 5))
        self.plans[child.pk, 2025] = day + timedelta(days=1)

    def identity_card(self) -> None:
        """The newborn's identity card takes the place of the birth certificate."""
        child = Resident.objects.select_related("area").get(name=stories.NEWBORN)
        number = self.drawer.number(child.area.code[:6], child.birth_on, child.sex)
        registration.take_id_card(child, number, by=self.city.clerk_of(child.area), at=moment(date(2025, 7, 10)))

    def endings(self) -> None:
        """A death, and somebody who found work with an employer's insurance."""
        day = date(2025, 9, 15)
        name, died = stories.DIED
        gone = Resident.objects.select_related("area").get(name=name)
        ending.end([gone], "death", died, by=self.city.clerk_of(gone.area), at=moment(day, 9))
        covered = Enrollment.objects.filter(year=2025, state=Enrollment.State.COVERED, area=self.city.villages[3])
        adults = covered.filter(resident__birth_on__range=(date(1985, 1, 1), date(2000, 1, 1)))
        employed = adults.exclude(resident__name__in=stories.NAMES).select_related("resident__area").order_by("pk")
        for enrollment in employed[:1]:
            by = self.city.clerk_of(enrollment.resident.area)
            ending.end([enrollment.resident], "employee_insurance", date(2025, 9, 1), by=by, at=moment(day, 10))

    # --- contributions ----------------------------------------------------------------------------------------
    def intend(self, period: CollectionPeriod, first: date, last: date, in_time: float, late: float) -> None:
        """Draw for everybody when they mean to pay: most within these days, some in the first quarter, some never."""
        for key in Resident.objects.filter(ended_on=None).order_by("pk").values_list("pk", flat=True):
            told, lot = (key, period.year), self.city.lots.random()
            days = (last - first).days
            chosen = first + timedelta(days=max(self.city.lots.randint(0, days), self.city.lots.randint(0, days)))
            quarter = date(period.year, 1, 8) + timedelta(days=self.city.lots.randint(0, 75))
            if told in self.plans:
                continue
            if lot < in_time:
                self.plans[told] = chosen
            elif lot < in_time + late:
                self.plans[told] = quarter

    def tax_file(self, period: CollectionPeriod, on: date) -> None:
        """The tax authority's file of a month comes in, is taken and booked; what people pay is what they are told."""
        due = {
            resident: day
            for (resident, year), day in sorted(self.plans.items())
            if year == period.year and (day.year, day.month) == (on.year, on.month) and day <= on
        }
        waiting = Enrollment.objects.filter(period=period, state=Enrollment.State.DUE, resident__in=due)
        rows = []
        for case in cover.gather(list(waiting.select_related("resident", "period").order_by("pk"))):
            day = due[case.enrollment.resident_id]
            answer = case.judge(day, day)
            amount = cover.individual(answer) if answer.eligible else period.individual
            if amount:
                rows.append(self._line(case.enrollment.resident, period.year, amount, day))
        self._irregular(rows, period, on)
        if not rows:
            return
        content = as_csv(rows, "gb18030" if on.month % 2 else "utf-8-sig")
        name = f"税务到账{on:%Y%m}_{period.year}年度.csv"
        by = self.city.accountant
        batch = intake.receive("payments", self.city.area, name, content, {}, by, moment(on, 15))
        intake.take(batch, by, moment(on, 15, 30))
        booking.book_payments(batch, on, by)

    def _line(self, resident: Resident, year: int, amount: Decimal, day: date) -> dict[str, str]:
        self.receipts += 1
        told = (f"3{year}{self.receipts:012}", resident.id_number, resident.name, str(year), str(amount), str(day))
        return dict(zip((column.heading for column in COLUMNS), told, strict=True))

    def _irregular(self, rows: list[dict[str, str]], period: CollectionPeriod, on: date) -> None:
        """What goes wrong every autumn: a stranger, a miswritten number, a wrong sum, somebody who pays twice."""
        if period.year != 2025 or len(rows) < 6:
            return
        if on.month == 10:
            name, number = _STRANGER
            rows.append(rows[0] | {"完税凭证号": "32025999999999001", "证件号码": number, "姓名": name})
            rows.append(rows[1] | {"完税凭证号": "32025999999999002", "证件号码": _BAD_NUMBER, "姓名": "赵抄错"})
            short = next(row for row in rows[3:] if row["姓名"] not in stories.NAMES)
            short["金额"] = "380.00"
            payer = Resident.objects.get(name=short["姓名"], birth_on=_birth(short["证件号码"]))
            self.plans[payer.pk, 2025] = date(on.year, 11, 8)
            self.twice = Resident.objects.get(name=rows[2]["姓名"], birth_on=_birth(rows[2]["证件号码"]))
        if on.month == 12 and self.twice is not None:
            rows.append(self._line(self.twice, 2025, period.individual, date(on.year, 12, 3)))

    def others_pay(self, period: CollectionPeriod, on: date) -> None:
        """Those for whom others pay prove who they are where it is asked; the list is confirmed, the money booked."""
        if period.policy in proving.ASKED_BY:
            clerk = self.city.staff["clerk"]
            people = proving.listed(period, clerk).filter(proved_on=None).values_list("resident", flat=True)
            proving.prove(list(people), period, "村（社区）现场核验", by=clerk, on=on, at=moment(on, 10))
        done = collection.confirm_paid_by_others(period, by=self.city.manager, on=on, at=moment(on, 11))
        if done.confirmed:
            booking.book_paid_by_others(period, on + timedelta(days=5), self.city.accountant)


def open_period(city: City, year: int) -> CollectionPeriod:
    """The collection for a year is opened on the first day of its window, with the standards of a sample notice."""
    window = opening.window(city.policy, year)
    at = moment(window.opens, 8)
    for key, value in zip(opening.keys(city.policy), (*city.facts["standards"][year], 380), strict=False):
        document = f"样本〔{year - 1}〕1号"
        told = notices.enter(
            city.policy, key, str(value), window.opens, document, city.manager, at, str(year), is_sample=True
        )
        notices.approve(told, city.staff["manager2"], at)
    return opening.open_period(city.area, city.policy, year, by=city.manager, at=at)


def beside(city: City, period: CollectionPeriod) -> None:
    """Where the text knows them: a county's own days of collecting, and a village that pays a part for its people."""
    if "county" not in opening.allowed(period).value:
        return
    day, village = period.opens_on + timedelta(days=1), city.villages[0]
    opening.set_county_window(
        period, city.counties[0], period.opens_on + timedelta(days=14), period.closes_on - timedelta(days=31),
        f"样本县〔{period.year - 1}〕2号", by=city.manager, at=moment(day, 9),
    )  # fmt: skip
    kept = sponsoring.enter(
        period, village, "village", f"{village.name}村民委员会", "样本村民会议决议1号", Decimal(50), period.opens_on,
        period.closes_on, None, by=city.manager, at=moment(day, 10),
    )  # fmt: skip
    city.finish(sponsoring.confirm(kept, by=city.accountant, at=moment(day, 11)), moment(day, 11, 1))
    owed = sponsoring.account(kept).open
    if owed:
        receipt, at = f"样本资助{period.year}", moment(day, 15)
        payment, job = sponsoring.receive(kept, owed, day, receipt, by=city.accountant, at=at)
        city.finish(job, moment(day, 15, 1))
        booking.book_sponsor(payment, city.accountant)


def renew(city: City, period: CollectionPeriod) -> None:
    """Everybody is put down for the new year by the renewal's job."""
    day = period.opens_on + timedelta(days=1)
    job = renewal.start(period, by=city.manager, on=day, at=moment(day, 8))
    city.finish(job, moment(day, 8, 1))


def leave_waiting(city: City, drawer: Drawer, day: date) -> None:
    """A roster that was looked at and not taken yet, with a row that will go back."""
    village = city.villages[0]
    rows = people.roster([drawer.family(village.code[:6]) for _family in range(3)], city.lots)
    rows.insert(1, rows[0] | {"姓名": "赵抄错", "证件号码": _BAD_NUMBER})
    clerk = city.staff["clerk"]
    name = f"{village}补充名册.csv"
    intake.receive("roster", village, name, as_csv(rows), {}, clerk, moment(day, 16))


def _birth(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
