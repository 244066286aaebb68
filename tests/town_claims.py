"""What the small town of the tests knows of claims: hospitals under agreement, covered patients, claims."""

import json
import time
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client

from claims import adjudication, admission, connecting, contract_acts, institutions, intake, physicians, review
from claims.models import CatalogueItem, Claim, ClaimLine, Connection, Institution, Message
from enrollment.models import CollectionPeriod, Enrollment, Resident, Status
from office import identity
from office.models import Batch
from office.secrecy import blind_index

_numbers = count(1)

# Hospitals as they stand in the city, by a word for each.
HOSPITALS: dict[str, dict[str, Any]] = {
    "clinic": {"name": "城关镇卫生院", "level": 1, "affiliation": "township", "beds": 40},
    "county": {"name": "县人民医院", "level": 2, "grade": "A", "affiliation": "county", "beds": 400},
    "city": {"name": "市第一人民医院", "level": 3, "grade": "A", "affiliation": "city", "beds": 1200},
    "province": {
        "name": "省人民医院",
        "level": 3,
        "grade": "A",
        "affiliation": "province",
        "location": "in_province",
        "beds": 2000,
    },
}


class ClaimsTown:
    """Methods of the town for stories about claims."""

    county: Any
    city: Any
    village: Any
    policy: str
    now: Any
    manager: Any
    reviewer: Any

    def hospital(self, word: str = "county", *, agreed: bool = True, area: Any = None, **facts: Any) -> Institution:
        """A hospital of the town by its word, under agreement for 2024 to 2027 unless told otherwise."""
        stated = {**HOSPITALS[word], **facts}
        name, number = stated.pop("name"), f"H{next(_numbers):07d}"
        area = area or (self.county if stated["affiliation"] in ("township", "county") else self.city)
        hospital = institutions.admit(
            number, name, area, since=date(2020, 1, 1), by=self.manager, at=self.now, **stated
        )
        if agreed:
            institutions.sign(
                hospital, f"XY{number}", date(2024, 1, 1), date(2027, 12, 31), by=self.manager, at=self.now
            )
        return hospital

    def patient(
        self,
        birth_on: date = date(1970, 5, 5),
        *,
        cover: tuple[date, date] | None = (date(2025, 1, 1), date(2025, 12, 31)),
        groups: Iterable[str] = (),
        area: Any = None,
        name: str = "王小病",
        transition_until: date | None = None,
    ) -> Resident:
        """Somebody who is covered in 2025 unless told otherwise, as enrollment would have left the rows."""
        seventeen = f"140781{birth_on:%Y%m%d}{next(_numbers) % 1000:03d}"
        number = seventeen + identity.check_character(seventeen)
        resident = Resident.objects.create(
            name=name,
            id_number=number,
            id_index=blind_index(number),
            sex="1",
            birth_on=birth_on,
            area=area or self.village,
            registered_on=date(2024, 1, 1),
        )
        Status.objects.bulk_create(
            Status(resident=resident, group=group, since=date(2024, 1, 1), certified_by="民政局") for group in groups
        )
        if cover is not None:
            self.grant_cover(resident, *cover, transition_until=transition_until)
        return resident

    def grant_cover(
        self, resident: Resident, since: date, until: date, transition_until: date | None = None
    ) -> Enrollment:
        """Cover from a day to a day of one year."""
        period, _made = CollectionPeriod.objects.get_or_create(
            area=self.city,
            year=until.year,
            defaults={
                "policy": self.policy,
                "opens_on": date(until.year - 1, 9, 1),
                "closes_on": date(until.year - 1, 12, 20),
                "individual": Decimal(400),
                "subsidy": Decimal(670),
                "document": "测试",
                "opened_by": self.manager,
                "opened_at": self.now,
            },
        )
        return Enrollment.objects.create(
            resident=resident,
            period=period,
            year=until.year,
            area=resident.area,
            state=Enrollment.State.COVERED,
            paid_on=date(until.year - 1, 10, 1),
            benefits_from=since,
            benefits_until=until,
            transition_until=transition_until,
        )

    def claim(
        self,
        resident: Resident,
        institution: Institution,
        amount: int | str | Iterable[dict[str, Any]] = "3000.00",
        *,
        on: date = date(2025, 3, 12),
        days: int = 10,
        adjudicated: bool = True,
        **facts: Any,
    ) -> Claim:
        """A claim discharged on a day after a stay of so many days, worked out unless told otherwise.

        `amount` is one fee of class A, or the lines as keyword dictionaries of ClaimLine.
        """
        told = [{"amount": Decimal(amount)}] if isinstance(amount, int | str) else list(amount)
        usual = {"item": "西药费", "kind": "drug", "klass": "A"}
        lines = [ClaimLine(**{**usual, "number": number, **line}) for number, line in enumerate(told, 1)]
        facts.setdefault("benefit", Claim.Benefit.INPATIENT)
        admitted = date.fromordinal(on.toordinal() - (0 if facts["benefit"] == "outpatient" else days))
        draft = intake.Draft(
            number=facts.pop("number", f"JS{next(_numbers):08d}"),
            facts={"resident_id": resident.pk, "admitted": facts.pop("admitted", admitted), "discharged": on, **facts},
            lines=lines,
        )
        [claim] = intake.enter([draft], institution, by=self.manager, at=self.now)
        if adjudicated:
            adjudication.adjudicate([claim.pk], at=self.now, by=self.manager)
            claim.refresh_from_db()
        return claim

    def approved(self, *told: Any, **facts: Any) -> Claim:
        """A claim that a reviewer has approved, ready for the month's settlement."""
        claim = self.claim(*told, **facts)
        [approved] = review.approve(claim, by=self.reviewer, at=self.now)
        return approved

    def claims_batch(self, hospital: Institution) -> Batch:
        """A file of this hospital that was taken, for claims that are said to have come with it."""
        return Batch.objects.create(
            kind="claims",
            state="taken",
            area=hospital.area,
            file_name="费用.csv",
            digest=f"{next(_numbers):064d}",
            content=b"",
            parameters={"institution": hospital.pk},
            uploaded_by=self.manager,
            uploaded_at=self.now,
        )

    def contracted(self, hospital: Institution, mark: str = "") -> None:
        """Around a hospital under agreement: an application, a suspension to confirm, a physician, a message."""
        admission.apply_for(hospital, self.today, f"{mark}材料", by=self.manager, at=self.now)
        contract_acts.propose(
            hospital, "suspend", {"since": self.today}, by=self.manager, at=self.now, why=f"{mark}抽查",
            agreement=hospital.agreements.first(),
        )  # fmt: skip
        physicians.register(
            f"1101{next(_numbers):011d}", f"{mark}医师", hospital, "内科", self.today, by=self.manager, at=self.now
        )
        self.connected(hospital)
        Message.objects.create(
            institution=hospital, message_id=f"{mark}报文", kind="claim", number=f"{mark}号", digest="0", status=422,
            answer={"message": "拒"}, received_at=self.now,
        )  # fmt: skip

    def catalogued(self, **facts: Any) -> CatalogueItem:
        """A drug in the province's catalogue."""
        usual = {"region": "140000", "code": "XA01ABD075A002010100483", "name": "阿莫西林胶囊", "kind": "drug"}
        return CatalogueItem.objects.create(**{**usual, "klass": "A", "since": date(2020, 1, 1), **facts})

    # --- hospitals' systems ---------------------------------------------------------------------------------------
    def connected(self, hospital: Institution) -> Connection:
        """The hospital's system may send claims."""
        return connecting.open_for(hospital, by=self.manager, at=self.now)

    @staticmethod
    def message(patient: Resident, number: str = "W1", **more: Any) -> dict[str, Any]:
        """A claim of one fee as a hospital's system sends it."""
        told = {
            "number": number,
            "id_number": patient.id_number,
            "name": patient.name,
            "benefit": "inpatient",
            "admitted": "2025-03-02",
            "discharged": "2025-03-12",
            "lines": [{"item": "西药费", "kind": "drug", "klass": "A", "amount": "10000.00"}],
        }
        return told | more

    @staticmethod
    def send(
        connection: Connection, path: str, body: Any = None, *, message: str = "", secret: str = "", skew: int = 0
    ) -> Any:
        """One signed request, as the hospital's system makes it; a POST where there is a body."""
        method, content = ("GET", b"") if body is None else ("POST", body if isinstance(body, bytes) else _json(body))
        stamp = str(int(time.time()) + skew)
        message = message or f"M{next(_numbers)}"
        signed = connecting.signature(secret or connection.secret, method, path, stamp, message, content)
        headers = {"X-Huimin-Key": connection.key, "X-Huimin-Time": stamp, "X-Huimin-Message": message,
                   "X-Huimin-Signature": signed}  # fmt: skip
        return Client().generic(method, path, content, content_type="application/json", headers=headers)


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
