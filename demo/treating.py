"""How people are treated: hospitals send their months, claims are worked out, and reviewers decide."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import yaml

from claims import filing, review
from claims import intake as claims_intake
from claims.models import Claim, Institution
from demo import stories
from demo.cataloguing import CODES
from demo.city import DATA, City, moment
from demo.joining import as_csv, as_xlsx
from demo.stories import Visit
from enrollment.models import Enrollment, Resident
from office import intake
from office.models import Batch, Job
from policies import days
from policies.money import FEN, split

CARE: Final[dict[str, Any]] = yaml.safe_load((DATA / "care.yaml").read_text(encoding="utf-8"))
CLEAN_UP_TO: Final = Decimal(20_000)
_KINDS: Final = {"普通门诊": "visit"}


@dataclass(slots=True)
class Patient:
    """Somebody covered, as a hospital knows them."""

    resident: Resident
    since: date
    until: date


@dataclass(slots=True)
class Treating:
    """The care of a year; nobody lies in two beds at once."""

    city: City
    busy: dict[int, list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))
    batches: dict[tuple[int, int], list[tuple[Institution, Batch]]] = field(default_factory=lambda: defaultdict(list))

    def month(self, first: date, last: date) -> int:
        """Every hospital sends the care that ended in these days; answers how many claims there were."""
        told: dict[str, list[tuple[Resident, Visit]]] = defaultdict(list)
        known = {resident.name: resident for resident in Resident.objects.filter(name__in=stories.NAMES)}
        for visit in self._of_stories():
            if first <= visit.discharged <= last:
                told[visit.hospital].append((known[visit.who], visit))
                self.busy[known[visit.who].pk].append((visit.admitted, visit.discharged))
        for patient, visit in self._drawn(first, last):
            told[visit.hospital].append((patient, visit))
        for word, visits in sorted(told.items()):
            self._send(word, first, last, sorted(visits, key=lambda one: (one[1].discharged, one[0].pk)))
        return sum(len(visits) for visits in told.values())

    def _of_stories(self) -> list[Visit]:
        name, months = stories.LONG_ILLNESS
        costs = zip(months, self.city.facts["long_illness"], strict=True)
        long = [
            Visit(name, "city", date(2025, month, 3), date(2025, month, 24), cost, "急性白血病")
            for month, cost in costs
        ]
        return [*stories.VISITS, *long]

    def _drawn(self, first: date, last: date) -> list[tuple[Resident, Visit]]:
        """Whom the lots strike in these days: old people more often, everybody only where covered and well."""
        lots = self.city.lots
        covered = Enrollment.objects.filter(benefits_from__lte=first, benefits_until__gte=last)
        patients = [
            Patient(enrollment.resident, enrollment.benefits_from, enrollment.benefits_until)
            for enrollment in covered.select_related("resident").order_by("resident")
            if enrollment.resident.name not in stories.NAMES
        ]
        weights = [1 + max(0, days.age(one.resident.birth_on, first) - 40) // 8 for one in patients]
        length = (last - first).days
        part = self.city.size / 1200 * (length + 1) / 30
        wanted = [(word, least, most, stay) for word, (n, least, most, stay) in CARE["stays"].items()
                  for _one in range(max(1, round(n * part)))]  # fmt: skip
        wanted += [("clinic", 60, 260, 0)] * max(1, round(CARE["visits"] * part))
        if first.month % 4 == 0:
            wanted.append(("elsewhere", 18_000, 30_000, 9))
        drawn = []
        for word, least, most, stay in wanted:
            [patient] = lots.choices(patients, weights)
            ended = first + timedelta(days=lots.randint(0, length))
            began = ended - timedelta(days=lots.randint(max(2, stay - 4), stay + 4)) if stay else ended
            cost = lots.randint(least, most)
            if began < patient.since or self._lies(patient.resident.pk, began, ended):
                continue
            self.busy[patient.resident.pk].append((began, ended))
            kind = "住院" if stay else "普通门诊"
            visit = Visit(patient.resident.name, word, began, ended, cost, self._diagnosis(patient, ended, stay), kind)
            drawn.append((patient.resident, visit))
        return drawn

    def _lies(self, resident: int, began: date, ended: date) -> bool:
        return any(since <= ended and began <= until for since, until in self.busy[resident])

    def _diagnosis(self, patient: Patient, day: date, stay: int) -> str:
        years = days.age(patient.resident.birth_on, day)
        group = "outpatient" if not stay else "young" if years < 18 else "grown" if years < 60 else "old"
        return str(self.city.lots.choice(CARE[group]))

    def _send(self, word: str, first: date, last: date, visits: list[tuple[Resident, Visit]]) -> None:
        hospital = self.city.hospitals[word]
        rows = [
            row
            for number, (resident, visit) in enumerate(visits, start=1)
            for row in self._rows(f"{hospital.code}{first:%y%m}{number:04}", resident, visit)
        ]
        if first.month == 3 and word == "private":
            rows[0]["姓名"] = "张写错"
        name = f"{hospital}{first:%Y%m}费用"
        if word == "city":
            content, name = as_xlsx(rows), f"{name}.xlsx"
        else:
            content, name = as_csv(rows, "gb18030" if word == "second_county" else "utf-8-sig"), f"{name}.csv"
        batch = self._receive(hospital, name, content, last)
        batch = intake.take(batch, self.city.manager, moment(last, 17, 30))
        for job in Job.objects.filter(key=f"adjudication:{batch.pk}"):
            self.city.finish(job, moment(last, 18))
        self.batches[first.year, first.month].append((hospital, batch))

    def _receive(self, hospital: Institution, name: str, content: bytes, day: date) -> Batch:
        parameters = {"institution": hospital.code}
        return intake.receive(
            claims_intake.KIND, hospital.area, name, content, parameters, self.city.manager, moment(day, 17)
        )

    def _rows(self, number: str, resident: Resident, visit: Visit) -> list[dict[str, str]]:
        """A claim as the hospital writes it: its facts on each line, the bill split by the usual weights."""
        fees = CARE[_KINDS.get(visit.benefit, "stay")]
        weights = [Decimal(weight + self.city.lots.randint(0, 4)) for *_fee, weight in fees]
        # A hospital's bill ends in fen; the lots know only yuan.
        total = Decimal(visit.cost) + (Decimal(visit.cost % 97) * FEN if visit.who not in stories.NAMES else 0)
        return [
            {
                "结算单号": number,
                "证件号码": resident.id_number,
                "姓名": resident.name,
                "待遇类别": visit.benefit,
                "入院日期": visit.admitted.isoformat(),
                "出院日期": visit.discharged.isoformat(),
                "诊断": visit.diagnosis,
                "致病原因": visit.cause,
                "急诊": "是" if visit.emergency else "",
                "分娩方式": visit.delivery,
                "项目": item,
                "费用类别": kind,
                "目录分类": klass,
                "金额": str(amount),
                "先行自付比例": share,
                # One hospital does not know the national codes yet.
                "国家编码": CODES.get(item, "") if visit.hospital != "private" else "",
            }
            for (item, kind, klass, share, _weight), amount in zip(fees, split(total, weights), strict=True)
            if amount
        ]

    # --- decisions ----------------------------------------------------------------------------------------------
    def decide(self, month: date, on: date) -> None:
        """Reviewers look at what a month brought: first what is special, then what is clean, then the rest."""
        for hospital, batch in self.batches[month.year, month.month]:
            by, at = self.city.reviewer_of(hospital.area), moment(on, 10)
            waiting = Claim.objects.filter(batch=batch).select_related("resident")
            for claim in waiting.filter(resident__name__in=_DECISIONS):
                _DECISIONS[claim.resident.name](claim, by=by, at=at)
            review.approve_clean(batch, by=by, at=moment(on, 11), up_to=CLEAN_UP_TO)
            rest = list(waiting.filter(state=Claim.State.ADJUDICATED).order_by("pk"))
            if rest:
                review.approve(*rest, by=by, at=moment(on, 15), note="已核对病历与计算表")

    def answer(self, on: date) -> None:
        """What was found out: one injury was nobody's fault, the other was a traffic accident."""
        asked = Claim.objects.filter(state=Claim.State.INQUIRY).select_related("resident", "institution__area")
        for claim in asked.order_by("pk"):
            by, at = self.city.reviewer_of(claim.institution.area), moment(on, 10)
            if claim.resident.name == "罗碰车":
                note = "交警认定书：对方负全责，由责任人承担"
                review.answer_inquiry(claim, Claim.Inquiry.NOT_COVERED, by=by, at=at, note=note)
            else:
                found = review.answer_inquiry(
                    claim, Claim.Inquiry.COVERED, by=by, at=at, note="走访村委会，在自家院中摔伤，无责任人"
                )
                review.approve(found, by=by, at=moment(on, 11), note="核查属实")

    def refer(self) -> None:
        """One of a couple has herself referred before she travels."""
        patient = Resident.objects.select_related("area").get(name="吕归家")
        filing.file(
            patient, "referral", date(2025, 6, 28), date(2025, 12, 31),
            by=self.city.clerk_of(patient.area), at=moment(date(2025, 6, 27), 10),
        )  # fmt: skip

    def leave_waiting(self, day: date) -> None:
        """A hospital's file that was looked at and not taken yet, one claim of it in a wrong name."""
        first = day.replace(day=1)
        drawn = [(patient, visit) for patient, visit in self._drawn(first, day) if visit.hospital == "county"]
        rows = [
            row for number, (patient, visit) in enumerate(drawn, start=1)
            for row in self._rows(f"{self.city.hospitals['county'].code}2512B{number:03}", patient, visit)
        ]  # fmt: skip
        rows[0]["姓名"] = "张写错"
        self._receive(self.city.hospitals["county"], "补报费用202512.csv", as_csv(rows), day)


def _refuse(claim: Claim, **act: Any) -> None:
    review.refuse(claim, message="三次查房均不在院，属挂床住院，不予支付", **act)


def _return(claim: Claim, **act: Any) -> None:
    review.return_to_institution(claim, why="床位费天数与住院天数不符，请更正后以新单号申报", **act)


def _inquire(claim: Claim, **act: Any) -> None:
    if claim.state == Claim.State.ADJUDICATED:
        review.send_to_inquiry(claim, why="外伤住院，须核查有无责任人", **act)


_DECISIONS: Final = {"马挂床": _refuse, "高退单": _return, "何摔跤": _inquire, "罗碰车": _inquire}
