"""The people of the small town: households, residents, the yearly collection and what was paid."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import enrollment.tasks  # noqa: F401  the renewal is known here as it is in a worker
from enrollment import collection, opening, proving, registration, statuses
from enrollment.models import CollectionPeriod, Enrollment, Household, Resident, School
from enrollment.registration import Papers
from office import identity, intake, notices
from office.models import Area, Batch, Notice

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "建国秀英志强桂兰海燕晓梅春生玉珍文博思远雨桐子涵"
HEADINGS = ("完税凭证号", "证件号码", "姓名", "年度", "金额", "到账日期")


class EnrollmentTown:
    """Methods of the town for stories about enrollment.

    `town.resident(...)` registers somebody, `town.paid(resident, on)` lets a tax file with their contribution come in,
    `town.covered(...)` does both within the window.
    """

    _lot = None

    # --- papers ---------------------------------------------------------------------------------------------------
    def _next(self) -> int:
        if self._lot is None:
            self._lot = count(1)
        return next(self._lot)

    def number(self, birth: date = date(1980, 5, 5), sex: str = "1") -> str:
        """A new identity number for this birthday and sex."""
        seventeen = f"140702{birth:%Y%m%d}{self._next() % 100:02}{1 if sex == '1' else 2}"
        return seventeen + identity.check_character(seventeen)

    def name(self) -> str:
        n = self._next()
        return _SURNAMES[n % len(_SURNAMES)] + _GIVEN[n * 2 % len(_GIVEN)] + _GIVEN[n * 3 % len(_GIVEN)]

    def papers(self, name: str = "", birth: date = date(1980, 5, 5), sex: str = "1", **more: Any) -> Papers:
        """Papers with an identity card, unless told otherwise."""
        more.setdefault("id_number", self.number(birth, sex))
        if more.get("id_type", Resident.IdType.ID_CARD) != Resident.IdType.ID_CARD:
            more |= {"birth_on": birth, "sex": sex}
        return Papers(name=name or self.name(), **more)

    # --- registration ---------------------------------------------------------------------------------------------
    def household(self, *people: Papers, village: Area | None = None, on: date = date(2024, 8, 1)) -> Household:
        """A household of these people (one, where none are named), registered by the city's clerk."""
        head, *members = people or (self.papers(),)
        return registration.register_household(
            village or self.village, head, members, by=self.clerk, on=on, at=self.moment(on)
        )

    def resident(
        self,
        name: str = "",
        birth: date = date(1980, 5, 5),
        *,
        village: Area | None = None,
        groups: Iterable[str] = (),
        on: date = date(2024, 8, 1),
        **papers: Any,
    ) -> Resident:
        """Somebody who lives alone in the village, with the statuses named; born after `on`: registered at birth."""
        on = max(on, birth)
        head = self.household(self.papers(name, birth, **papers), village=village, on=on).head
        for group in groups:
            self.status(head, group, since=date(2024, 1, 1), on=on)
        return head

    def newborn(self, birth: date = date(2025, 2, 1), on: date | None = None, **papers: Any) -> Resident:
        """A child under its birth certificate, in a household of its own."""
        papers |= {"id_type": Resident.IdType.BIRTH_CERTIFICATE, "id_number": f"P{140000000 + self._next()}"}
        return self.resident(birth=birth, on=on or birth, **papers)

    def status(
        self, resident: Resident, group: str, since: date, until: date | None = None, on: date | None = None
    ) -> None:
        on = on or self.today
        statuses.certify(
            [resident], group, since, until, certified_by="县民政局", by=self.clerk, on=on, at=self.moment(on)
        )

    def school(self, code: str = "10125", name: str = "晋中学院", kind: str = "university") -> School:
        return School.objects.get_or_create(code=code, defaults={"name": name, "kind": kind, "area": self.county})[0]

    # --- collection -----------------------------------------------------------------------------------------------
    def period(self, year: int = 2025, individual: str = "400.00", subsidy: str = "670.00") -> CollectionPeriod:
        """The city's collection for the year, opened by the manager when first asked for."""
        there = CollectionPeriod.objects.filter(area=self.city, year=year).first()
        if there:
            return there
        self.standards(year, individual, subsidy)
        at = self.moment(date(year - 1, 9, 1))
        return opening.open_period(self.city, self.policy, year, by=self.manager, at=at)

    def standards(
        self, year: int = 2025, individual: str = "400.00", subsidy: str = "670.00", on: date | None = None
    ) -> None:
        """The notices of a year's standards, entered by one and approved by another."""
        for key in opening.keys(self.policy):
            value = {opening.INDIVIDUAL: individual, opening.SUBSIDY: subsidy}.get(key, "380")
            since = on or date(year - 1, 8, 1)
            if not Notice.objects.filter(policy=self.policy, key=key, tier=str(year), since=since).exists():
                self.sample_notice(key, value, since, str(year))

    def enrolled(self, resident: Resident, year: int = 2025, on: date | None = None) -> Enrollment:
        """Put somebody down for the year."""
        on = on or date(year - 1, 9, 10)
        collection.enroll([resident], self.period(year), by=self.clerk, on=on, at=self.moment(on))
        return Enrollment.objects.get(resident=resident, year=year)

    def proved(self, *residents: Resident, year: int = 2025, on: date | None = None) -> int:
        """These residents, for whom others pay, show who they are within the window."""
        on = on or date(year - 1, 10, 15)
        ids = [resident.pk for resident in residents]
        return proving.prove(ids, self.period(year), "现场核验", by=self.clerk, on=on, at=self.moment(on))

    def tax_line(self, resident: Resident, on: date, amount: str | Decimal = "400.00", **cells: Any) -> dict[str, str]:
        """One line of a tax file."""
        told = {
            "完税凭证号": f"314{self._next():012}",
            "证件号码": resident.id_number,
            "姓名": resident.name,
            "年度": cells.pop("year", 2025),
            "金额": amount,
            "到账日期": on,
        }
        return {heading: str(cell) for heading, cell in (told | cells).items()}

    def tax_file(self, *lines: Mapping[str, str], name: str = "税务.csv", take: bool = True) -> Batch:
        """A file of the tax authority comes in and is taken by the accountant."""
        content = self.csv(lines, HEADINGS)
        at = max([self.now, *(self.moment(date.fromisoformat(line["到账日期"])) for line in lines)])
        batch = intake.receive("payments", self.city, name, content, {}, by=self.accountant, at=at)
        return intake.take(batch, by=self.accountant, at=at) if take else batch

    @staticmethod
    def csv(lines: Iterable[Mapping[str, str]], headings: Iterable[str], encoding: str = "utf-8") -> bytes:
        """A file as offices send it."""
        out = io.StringIO()
        writer = csv.DictWriter(out, list(headings), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
        return out.getvalue().encode(encoding)

    def paid(
        self, resident: Resident, on: date = date(2024, 10, 10), year: int = 2025, amount: str | Decimal = "400.00"
    ) -> Enrollment:
        """Somebody is put down for the year and the payment comes in with a tax file."""
        self.enrolled(resident, year)
        self.tax_file(self.tax_line(resident, on, amount, year=year))
        return Enrollment.objects.get(resident=resident, year=year)

    def covered(self, name: str = "", birth: date = date(1980, 5, 5), year: int = 2025, **more: Any) -> Resident:
        """Somebody who paid within the window and is covered for the whole year."""
        resident = self.resident(name, birth, **more)
        self.paid(resident, date(year - 1, 10, 10), year)
        return resident

    def sample_notice(self, key: str, value: str, since: date, tier: str = "") -> None:
        """A notice entered by one person and approved by another, as the rules ask."""
        at = self.moment(since)
        told = notices.enter(self.policy, key, value, since, "样本〔2024〕1号", by=self.manager, at=at, tier=tier)
        notices.approve(told, by=self.rechecker, at=at)


def refund_terms(reason: str = "paid_twice") -> dict[str, Any]:
    """What an application for a refund brings along: an heir after a death, else the person."""
    heir = reason == "death"
    papers = ["identity", "account", *(["death", "relation"] if heir else ["employment"])]
    told = {"applicant": "王小明", "relation": "child" if heir else "self", "papers": papers}
    return told | {"payee": "王小明", "bank": "农业银行晋中分行", "account": "6228480011112222"}
