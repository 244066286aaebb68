"""Nobody sees or touches what lies outside their area or their duty: every page, list, export and call, every role."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from claims import filing
from claims.models import (
    Adjustment,
    Agreement,
    Application,
    CatalogueItem,
    Claim,
    ClaimLine,
    ClaimMove,
    Connection,
    ContractAct,
    ContractMove,
    Filing,
    Institution,
    InstitutionFacts,
    Message,
    Physician,
    PhysicianStanding,
    Practice,
)
from enrollment import changing, debiting, merging, papers, reconciling, refund_paying, refunds
from enrollment.models import (
    CollectionPeriod,
    Comparison,
    DayCount,
    Debit,
    DebitLine,
    Doubt,
    Due,
    DueCorrection,
    Enrollment,
    Household,
    Mandate,
    Merge,
    Paper,
    Payment,
    Proof,
    Reassignment,
    Refund,
    RefundList,
    RefundMove,
    ReportedLine,
    Resident,
    ResidentChange,
    Scan,
    ScanPiece,
    School,
    SponsoredPerson,
    Sponsorship,
    Status,
)
from funds import ledger, settlement
from funds.models import Entry, Month, Posting, Settlement, SettlementItem
from office import duties, intake, jobs
from office.models import Area, AuditEvent, Batch, Chunk, Job, Mapping, Problem, Staff
from tests.town import Town
from tests.town_enrollment import HEADINGS, refund_terms

pytestmark = pytest.mark.django_db

NEAR, FAR = "近水", "远山"


@pytest.fixture
def two_counties(town: Town) -> Town:
    """The same story in two counties: every name in one begins with 近水, in the other with 远山."""
    town.everyone  # noqa: B018
    town.books_open()
    town.catalogued()
    for mark, county, village in ((NEAR, town.county, town.village), (FAR, town.other_county, town.far_village)):
        School.objects.create(code=f"S{county.code}", name=f"{mark}学校", kind="university", area=county)
        patient = town.covered(f"{mark}病人", village=village, groups=["orphan"])
        Household.objects.filter(pk=patient.household_id).update(address=f"{mark}路1号")
        at = {"by": town.clerk, "on": town.today, "at": town.now}
        papers.file(patient, "id_card", remark=f"{mark}材料", scan=[b"%PDF-1.4 obj startxref %%EOF"], **at)
        born = {"birth": date(2025, 2, 1), "name": "孩子", "village": village}
        why = f"{mark}重复"
        merging.merge(town.newborn(**born), town.resident(**born), by=town.clerk, on=town.today, at=town.now, why=why)
        changing.change(patient, phone="1", by=town.clerk, on=town.today, at=town.now, why=f"{mark}申请")
        hospital = town.hospital("county", name=f"{mark}医院", area=county)
        town.contracted(hospital, mark)
        year = (date(2025, 1, 1), date(2025, 12, 31))
        filing.file(patient, "resident", *year, by=town.clerk, at=town.now, number=f"{mark}备案")
        town.approved(patient, hospital, number=f"{mark}单一")
        settlement.draft(hospital.pk, town.policy, date(2025, 3, 1), town.accountant, town.now)
        town.claim(patient, hospital, number=f"{mark}单二", on=date(2025, 4, 9))
        town.claim(patient, hospital, number=f"{mark}单三", on=date(2025, 2, 9))  # moves what is settled: a difference
        sponsor(town, patient, mark)
        Doubt.objects.create(kind="elsewhere", resident=patient, area=village, place=f"{mark}市", found_on=town.today)
        line = town.tax_line(patient, date(2025, 1, 9), 完税凭证号=f"{mark}凭证")
        accountant = town.member("accountant", county)
        batch = intake.receive(
            "payments", county, f"{mark}.csv", town.csv([line], HEADINGS), {}, by=accountant, at=town.now
        )
        Mapping.objects.create(
            kind="payments", source=f"{mark}银行", area=county, headings=["户名"], columns=["name"], digest="",
            said_by=accountant, said_at=town.now,
        )  # fmt: skip
        Problem.objects.create(batch=batch, line=2, field="姓名", message=f"{mark}有误")
        intake.take(batch, by=accountant, at=town.now)
        _debits(town, patient, county, mark)
        _refund(town, patient, county, mark)
        jobs.start(
            "none", f"none:{county.code}", f"{mark}任务", county, [jobs.Piece(f"{mark}块", [1])], accountant, town.now
        )
    ledger.book("manual:1", town.city, date(2025, 1, 9), "全市凭证", [_leg(town)], town.accountant)
    return town


def sponsor(town: Town, person: Resident, mark: str) -> None:
    """Somebody pays for a person of the village, and what that person owes was corrected after the payment."""
    enrollment = Enrollment.objects.get(resident=person, year=2025)
    term = {"since": date(2024, 9, 1), "until": date(2024, 12, 20)}
    kept = Sponsorship.objects.create(
        period=enrollment.period, area=person.area, kind="village", name=f"{mark}资助", document="决议", per_head=1,
        entered_by=town.manager, entered_at=town.now, **term,
    )  # fmt: skip
    SponsoredPerson.objects.create(sponsorship=kept, resident=person)
    DueCorrection.objects.create(
        enrollment=enrollment, corrected_on=town.today, reason="facts", note=f"{mark}更正", before=400, after=300,
        after_payment=True,
    )  # fmt: skip


def _debits(town: Town, patient: Resident, county: Area, mark: str) -> None:
    """A mandate, a file to a bank, and money that is to change its person."""
    payment, who = Payment.objects.get(receipt=f"{mark}凭证"), town.member("accountant", county)
    Reassignment.objects.create(payment=payment, resident=patient, why=f"{mark}改认", asked_by=who, asked_at=town.now)
    told = {"bank": f"{mark}银行", "holder": f"{mark}户", "account": "62284800", "since": town.today}
    mandate = debiting.authorize(patient, **told, by=town.clerk, at=town.now)
    debit = Debit.objects.create(
        number=f"D{county.code}", area=county, period=town.period(), bank=f"{mark}银行", lines=1, amount=1, made_by=who,
        made_at=town.now,
    )  # fmt: skip
    DebitLine.objects.create(
        debit=debit, line=1, mandate=mandate, enrollment=patient.enrollments.get(year=2025), amount=1
    )


def _refund(town: Town, patient: Resident, county: Area, mark: str) -> None:
    """A refund of this county on a list, and a difference of a day, both under its name."""
    town.tax_file(town.tax_line(patient, date(2024, 11, 9), 完税凭证号=f"{mark}又付"), name=f"又付{mark}.csv")
    payment, at = Payment.objects.get(receipt=f"{mark}又付"), town.now
    terms = refund_terms() | {"applicant": f"{mark}申请人", "by": town.clerk, "on": town.today, "at": at}
    refund = refunds.apply_for(payment, "paid_twice", **terms)
    refunds.check(refund, by=town.manager, at=at)
    refunds.approve(refund, by=town.rechecker, at=at)
    refund_paying.make_list(patient.area, by=town.accountant, on=town.today, at=at)
    line = ReportedLine.objects.create(
        batch=payment.batch, line=1, side="tax", day=date(2025, 3, 9), receipt=f"{mark}对账", name=f"{mark}缴费人",
        amount=Decimal("1.00"), area=patient.area,
    )  # fmt: skip
    Comparison.objects.create(
        day=line.day, channel="tax", area=line.area, receipt=line.receipt, name=line.name, tax_line=line,
        tax=line.amount, verdict="theirs_only", found_by="alone", state="open",
    )  # fmt: skip
    reconciling.recount(town.city, {line.day})


def _leg(town: Town) -> ledger.Leg:
    return ledger.Leg("1003", "4101", Decimal("1.00"), ledger.SubFund.INPATIENT, town.county.pk)


def _patterns(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _patterns(pattern, prefix + str(pattern.pattern), inner)
        elif prefix.startswith("work/"):
            yield f"{space}{pattern.name}", pattern


DOORS = dict(_patterns(get_resolver()))
# Open to everybody who is signed in: what it shows is chosen by the duties of whoever looks.
OPEN = {"funds:dashboard"}

# Which row an address with a key stands for. A new page with a key that is missing here fails the test.
ROWS: dict[str, type[Model]] = {
    "office:job": Job,
    "office:retry-job": Job,
    "office:file": Batch,
    "office:take": Batch,
    "office:discard": Batch,
    "office:undo": Batch,
    "office:problems": Batch,
    "office:headings": Batch,
    "office:mapping": Mapping,
    "office:forget-mapping": Mapping,
    "enrollment:resident": Resident,
    "enrollment:show-number": Resident,
    "enrollment:enroll": Resident,
    "enrollment:certify": Resident,
    "enrollment:end": Resident,
    "enrollment:id-card": Resident,
    "enrollment:change": Resident,
    "enrollment:move": Resident,
    "enrollment:merge": Resident,
    "enrollment:undo-merge": Merge,
    "enrollment:split-household": Household,
    "enrollment:change-head": Household,
    "enrollment:relocate-household": Household,
    "enrollment:change-page": ResidentChange,
    "enrollment:decide-change": ResidentChange,
    "enrollment:add-paper": Resident,
    "enrollment:withdraw-paper": Paper,
    "enrollment:paper-scan": Paper,
    "enrollment:school": School,
    "enrollment:print-school": School,
    "enrollment:school-roster": School,
    "enrollment:print-resident": Resident,
    "enrollment:household": Household,
    "enrollment:print-household": Household,
    "enrollment:village": Area,
    "enrollment:print-village": Area,
    "enrollment:compare-statuses": Batch,
    "claims:compare-codes": Batch,
    "enrollment:doubt": Doubt,
    "enrollment:payment-file": Batch,
    "enrollment:exception": Payment,
    "enrollment:settle-exception": Payment,
    "enrollment:assign-payment": Payment,
    "enrollment:decide-reassignment": Reassignment,
    "enrollment:mandate": Resident,
    "enrollment:withdraw-mandate": Mandate,
    "enrollment:debit": Debit,
    "enrollment:debit-file": Debit,
    "enrollment:apply-refund": Payment,
    "enrollment:refund": Refund,
    "enrollment:check-refund": Refund,
    "enrollment:approve-refund": Refund,
    "enrollment:refund-again": Refund,
    "enrollment:refund-notice": Refund,
    "enrollment:bounce-refund": Refund,
    "enrollment:refund-list": RefundList,
    "enrollment:refund-bank-file": RefundList,
    "enrollment:refunds-paid": RefundList,
    "enrollment:comparison": Comparison,
    "enrollment:settle-comparison": Comparison,
    "enrollment:targets-of": Area,
    "enrollment:set-target": Area,
    "enrollment:split-target": Area,
    "enrollment:unpaid": Area,
    "enrollment:print-unpaid": Area,
    "enrollment:unpaid-messages": Area,
    "enrollment:certify-payment": Enrollment,
    "claims:claim": Claim,
    "claims:decide": Claim,
    "claims:withdraw": Claim,
    "claims:reveal": Claim,
    "claims:institution": Institution,
    "claims:locate": Institution,
    "claims:state-facts": Institution,
    "claims:sign": Institution,
    "claims:end-agreement": Agreement,
    "claims:suspend": Agreement,
    "claims:resume": Agreement,
    "claims:appraise": Agreement,
    "claims:apply": Institution,
    "claims:institution-history": Institution,
    "claims:connect": Institution,
    "claims:disconnect": Connection,
    "claims:message": Message,
    "claims:application": Application,
    "claims:assess": Application,
    "claims:publish": Application,
    "claims:close-application": Application,
    "claims:act": ContractAct,
    "claims:decide-act": ContractAct,
    "claims:physician": Physician,
    "claims:state-physician": Physician,
    "claims:practise": Physician,
    "funds:settlement": Settlement,
    "funds:approve": Settlement,
    "funds:pay": Settlement,
    "funds:redress": Adjustment,
    "funds:prepare-redress": Adjustment,
    "funds:settle-redress": Adjustment,
    "enrollment:sponsor": Sponsorship,
    "enrollment:confirm-sponsor": Sponsorship,
    "enrollment:end-sponsor": Sponsorship,
    "enrollment:receive-sponsor": Sponsorship,
    "enrollment:dues": Enrollment,
    "enrollment:even": DueCorrection,
}
# Rows of the whole city, seen by its counties as far as their own part goes or not at all.
CITY_ROWS: dict[str, type[Model]] = {
    "enrollment:period": CollectionPeriod,
    "enrollment:confirm": CollectionPeriod,
    "enrollment:county-window": CollectionPeriod,
    "enrollment:enter-sponsor": CollectionPeriod,
    "enrollment:enroll-missing": CollectionPeriod,
    "enrollment:enrollments": CollectionPeriod,
    "enrollment:proofs": CollectionPeriod,
    "enrollment:prove": CollectionPeriod,
    "enrollment:renewal": CollectionPeriod,
    "enrollment:plan-renewal": CollectionPeriod,
    "enrollment:start-renewal": CollectionPeriod,
    "enrollment:renewal-list": CollectionPeriod,
    "claims:catalogue-item": CatalogueItem,
    "funds:entry": Entry,
    "funds:month": Month,
    "funds:close-month": Month,
    "funds:book-payments": Month,
    "funds:book-releases": Month,
    "funds:book-refunds": Month,
}
MORE = {"period_pk": 1, "which": "renewing", "code": "roster", "day": "2025-03-09"}


def _address(name: str, key: int = 0) -> str:
    wanted = DOORS[name].pattern.converters
    return reverse(name, kwargs={word: MORE.get(word, key) for word in wanted} if wanted else None)


def _of(model: type[Model], mark: str) -> Model:
    """The row of this model that belongs to the county of this mark."""
    where = {
        Job: {"title__startswith": mark},
        Batch: {"file_name__startswith": mark},
        Mapping: {"source__startswith": mark},
        Resident: {"name__startswith": mark},
        Enrollment: {"resident__name__startswith": mark, "year": 2025},
        Household: {"address__startswith": mark},
        Area: {"residents__name__startswith": mark},
        Doubt: {"place": f"{mark}市"},
        Paper: {"remark": f"{mark}材料"},
        School: {"name__startswith": mark},
        Claim: {"number": f"{mark}单二"},
        Institution: {"name__startswith": mark},
        Agreement: {"institution__name__startswith": mark},
        Application: {"institution__name__startswith": mark},
        ContractAct: {"institution__name__startswith": mark},
        Physician: {"name__startswith": mark},
        Connection: {"institution__name__startswith": mark},
        Message: {"message_id__startswith": mark},
        ResidentChange: {"resident__name__startswith": mark},
        Merge: {"why__startswith": mark},
        Settlement: {"institution__name__startswith": mark},
        Sponsorship: {"name__startswith": mark},
        DueCorrection: {"note__startswith": mark},
        Adjustment: {"claim__number__startswith": mark},
        Reassignment: {"why__startswith": mark},
        Mandate: {"bank__startswith": mark},
        Debit: {"bank__startswith": mark},
        Payment: {"receipt": f"{mark}凭证"},
        Refund: {"applicant__startswith": mark},
        RefundList: {"area__residents__name": f"{mark}病人"},
        Comparison: {"receipt": f"{mark}对账"},
    }[model]
    return model._default_manager.get(**where)


def test_every_page_with_a_key_is_walked() -> None:
    keyed = {name for name, door in DOORS.items() if "pk" in door.pattern.converters}
    assert not keyed - ROWS.keys() - CITY_ROWS.keys(), "say in tests/test_scope.py which row this page shows"


def test_every_door_names_its_duty() -> None:
    nameless = {name for name, door in DOORS.items() if not hasattr(door.callback, "duty")}
    # A decorator around the door hides its name; it is still behind it.
    inner = {name for name in nameless if hasattr(getattr(DOORS[name].callback, "__wrapped__", None), "duty")}
    assert nameless - inner == OPEN


def _duty(name: str) -> duties.Duty:
    callback = DOORS[name].callback
    return getattr(callback, "duty", None) or callback.__wrapped__.duty


def _as(staff: Staff) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_strangers_are_sent_to_the_way_in(two_counties: Town) -> None:
    for name in DOORS:
        for answer in (Client().get(_address(name)), Client().post(_address(name))):
            assert answer.status_code in (302, 405), name
            assert answer.status_code == 405 or answer.url.startswith("/login/"), name


def test_nobody_passes_a_door_that_is_not_their_duty(two_counties: Town) -> None:
    tried = 0
    for role in Staff.Role.values:
        staff = two_counties.member(role, two_counties.county)
        client = _as(staff)
        for name in DOORS.keys() - OPEN:
            if duties.may(staff, _duty(name)):
                continue
            address = _address(name, 1)
            assert client.get(address).status_code in (403, 405), (role, name)
            assert client.post(address).status_code in (403, 405), (role, name)
            tried += 1
    assert tried > 100


def test_rows_of_another_county_do_not_exist_for_anybody_here(two_counties: Town) -> None:
    tried = 0
    for staff in Staff.objects.exclude(area=two_counties.city):
        here = NEAR if two_counties.county.covers(staff.area) else FAR
        elsewhere = FAR if here == NEAR else NEAR
        client = _as(staff)
        for name, model in ROWS.items():
            if name not in DOORS or not duties.may(staff, _duty(name)):
                continue
            key = _of(model, elsewhere).pk
            address = _address(name, key)
            assert client.get(address).status_code in (404, 405), (staff, name)
            assert client.post(address, {}).status_code in (404, 405), (staff, name)
            tried += 1
    assert tried > 50


def _seen(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code in (200, 302, 404, 405), address
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8-sig", errors="replace")


def test_no_list_page_or_export_shows_another_county(two_counties: Town) -> None:
    plain = [name for name, door in DOORS.items() if not door.pattern.converters]
    looked = 0
    for staff in Staff.objects.filter(area__in=[two_counties.county, two_counties.far_village]):
        client = _as(staff)
        here = NEAR if two_counties.county.covers(staff.area) else FAR
        elsewhere = FAR if here == NEAR else NEAR
        strange = [elsewhere, *(village.name for village in two_counties.villages if not staff.area.covers(village))]
        city_pages = [
            _address(name, model._default_manager.values_list("pk", flat=True)[0])
            for name, model in CITY_ROWS.items()
            if duties.may(staff, _duty(name))
        ]
        pages = [_address(name) for name in plain if name in OPEN or duties.may(staff, _duty(name))]
        for address in pages + city_pages:
            for query in ("", f"?q={elsewhere}", "?export=csv"):
                told = _seen(client, address + query)
                if "q=" in query:  # the page repeats what was asked for
                    told = told.replace(f"“{elsewhere}”", "").replace(f'value="{elsewhere}"', "")
                for word in strange:
                    assert word not in told, (staff, address + query, word)
                looked += 1
    assert looked > 300


def test_whoever_is_at_home_there_sees_it(two_counties: Town) -> None:
    """The walk above would pass on empty pages; these are not."""
    for name, role in {
        "enrollment:residents": "clerk",
        "enrollment:payments": "clerk",
        "enrollment:refunds": "clerk",
        "enrollment:differences": "clerk",
        "enrollment:exceptions": "clerk",
        "enrollment:mandates": "clerk",
        "enrollment:debits": "clerk",
        "enrollment:doubts": "clerk",
        "claims:claims": "reviewer",
        "claims:institutions": "reviewer",
        "claims:designated": "clerk",
        "claims:applications": "clerk",
        "claims:acts": "clerk",
        "claims:physicians": "clerk",
        "claims:messages": "reviewer",
        "claims:filings": "clerk",
        "funds:settlements": "accountant",
        "office:jobs": "clerk",
        "office:files": "accountant",
    }.items():
        told = _seen(_as(two_counties.member(role, two_counties.other_county)), _address(name))
        assert FAR in told, name
        city = _seen(_as(two_counties.member(role)), _address(name))
        assert FAR in city, name
        assert NEAR in city, name


ADMIN_ROWS: dict[type[Model], str] = {
    Resident: "name",
    ResidentChange: "resident__name",
    Merge: "why",
    Household: "address",
    School: "name",
    Paper: "resident__name",
    Scan: "paper__resident__name",
    ScanPiece: "scan__paper__resident__name",
    Status: "resident__name",
    Doubt: "resident__name",
    Proof: "resident__name",
    Enrollment: "resident__name",
    Due: "enrollment__resident__name",
    DueCorrection: "note",
    Sponsorship: "name",
    SponsoredPerson: "resident__name",
    Payment: "receipt",
    Refund: "applicant",
    RefundMove: "refund__applicant",
    RefundList: "area__name",
    ReportedLine: "receipt",
    Comparison: "receipt",
    DayCount: "area__name",
    Reassignment: "why",
    Mandate: "bank",
    Debit: "bank",
    DebitLine: "debit__bank",
    Institution: "name",
    Application: "institution__name",
    ContractAct: "institution__name",
    ContractMove: "institution__name",
    Physician: "name",
    Practice: "institution__name",
    PhysicianStanding: "physician__name",
    Message: "message_id",
    Connection: "institution__name",
    InstitutionFacts: "institution__name",
    Filing: "number",
    Claim: "number",
    ClaimLine: "claim__number",
    ClaimMove: "claim__number",
    Adjustment: "claim__number",
    Settlement: "institution__name",
    SettlementItem: "claim__number",
    Posting: "entry__memo",
    Batch: "file_name",
    Mapping: "source",
    Problem: "message",
    Job: "title",
    Chunk: "label",
    AuditEvent: "subject",
}


def test_the_admin_shows_no_row_of_another_county(two_counties: Town) -> None:
    Staff.objects.update(is_staff=True)
    looked = 0
    for staff in Staff.objects.filter(area=two_counties.county):
        client = _as(staff)
        for model in admin.site._registry:
            label = f"{model._meta.app_label}_{model._meta.model_name}"
            listed = client.get(reverse(f"admin:{label}_changelist"))
            assert listed.status_code in (200, 403), (staff, label)
            if listed.status_code == 200:
                assert FAR not in listed.content.decode(), (staff, label)
                looked += 1
            field = ADMIN_ROWS.get(model)
            foreign: Any = field and model._default_manager.filter(**{f"{field}__startswith": FAR}).first()
            if foreign is not None:
                page = client.get(reverse(f"admin:{label}_change", args=[foreign.pk]))
                assert page.status_code in (302, 403, 404), (staff, label)
                looked += 1
    assert looked > 60


def test_every_table_has_its_page_in_the_admin() -> None:
    ours = {
        model
        for label in ("office", "enrollment", "claims", "funds")
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical")
    }
    hidden = {model.__name__ for model in ours - admin.site._registry.keys()}
    assert hidden == {"AuditHead", "Portion"}  # the link of the chain, and what a preview laid by, sealed
