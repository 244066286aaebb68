"""Decisions on care as a reviewer reads them: refusals in order, notices and terms, worksheets redone by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from policies import shelf
from policies.bands import Band, by_bands
from policies.ceilings import limited, paid_above
from policies.days import add_months, age
from policies.estimate import answer, answers
from policies.money import split, yuan
from policies.rules import Figure, Notice, UnknownParameter, parse
from policies.shapes import (
    Benefit,
    Care,
    Claim,
    Cover,
    Institution,
    Line,
    NotUnderstood,
    Person,
    YearToDate,
)
from policies.worksheet import Worksheet

D = Decimal
DAY = date(2025, 3, 3)
STAY = Claim(
    benefit="inpatient",
    person=Person(date(1980, 1, 1)),
    cover=Cover(date(2025, 1, 1), date(2025, 12, 31)),
    institution=Institution(designated=True, level=3, affiliation="city", location="in_city", grade="A"),
    care=Care(DAY, DAY),
    lines=(Line("西药费", "drug", "A", D("8000.00")),),
)
FIGURES = {
    "inpatient.deductible": {"1": D("300.00"), "2": D("500.00"), "3": D("900.00")},
    "inpatient.ratio": {"1": D("0.85"), "2": D("0.75"), "3": D("0.65")},
    "inpatient.ceiling": D("200000.00"),
}


def decided(city: str, claim: Claim = STAY, parameters: dict[str, Any] | None = None) -> Benefit:
    return shelf.regulation(city).benefit(claim, parameters)


def elsewhere(location: str, filing: str, level: int = 3, emergency: bool = False) -> Claim:
    return replace(
        STAY,
        institution=replace(STAY.institution, location=location, level=level),
        care=replace(STAY.care, filing=filing, emergency=emergency),
    )


class TestRefusals:
    """An excluded cause is asked first, then the institution, then the cover."""

    @pytest.mark.article("JZ19")
    def test_the_cause_is_named_before_the_institution_and_the_cover(self) -> None:
        claim = replace(
            STAY,
            cover=None,
            institution=replace(STAY.institution, designated=False),
            care=replace(STAY.care, cause="brawl"),
        )
        reasons = [decided("jinzhong_2017", claim).reasons[0].message]
        claim = replace(claim, care=replace(claim.care, cause="illness"))
        reasons.append(decided("jinzhong_2017", claim).reasons[0].message)
        claim = replace(claim, institution=STAY.institution)
        reasons.append(decided("jinzhong_2017", claim).reasons[0].message)
        assert [word in reason for word, reason in zip(("打架", "非定点", "没有参保"), reasons, strict=True)] == [
            True
        ] * 3

    def test_a_refused_claim_is_the_person_s_to_the_last_yuan(self) -> None:
        refused = decided("binzhou_2021", replace(STAY, care=replace(STAY.care, cause="abroad")))
        assert (refused.status, refused.personal, refused.basic, refused.ratio) == ("refused", D("8000.00"), 0, None)
        assert refused.year_to_date == STAY.year_to_date

    @pytest.mark.article("XZ19")
    def test_an_emergency_is_paid_at_an_institution_without_agreement(self) -> None:
        claim = replace(STAY, institution=replace(STAY.institution, designated=False))
        assert decided("xuzhou_2023", claim, FIGURES).status == "refused"
        claim = replace(claim, care=replace(claim.care, emergency=True))
        assert decided("xuzhou_2023", claim, FIGURES).status == "payable"

    @pytest.mark.article("XZ18")
    @pytest.mark.parametrize(
        ("inquiry", "status", "basic"),
        [(None, "pending", "4615.00"), ("covered", "payable", "4615.00"), ("not_covered", "refused", "0.00")],
    )
    def test_an_injury_waits_for_its_inquiry(self, inquiry: str | None, status: str, basic: str) -> None:
        claim = replace(STAY, care=replace(STAY.care, cause="poisoning", inquiry=inquiry))
        told = decided("xuzhou_2023", claim, FIGURES)
        assert (told.status, told.basic) == (status, D(basic))

    @pytest.mark.article("BZ12.1")
    def test_binzhou_knows_no_benefit_for_a_delivery(self) -> None:
        claim = replace(STAY, benefit="delivery", care=replace(STAY.care, delivery="normal"))
        assert decided("binzhou_2021", claim).reasons[0].article == "BZ12.1"


class TestSilence:
    """Outside the term, or without a figure, there is no rule: by name, never by guess."""

    @pytest.mark.article("BZ41")
    @pytest.mark.parametrize(
        ("day", "status"),
        [
            (date(2021, 2, 2), "no_rule"),
            (date(2021, 2, 3), "payable"),
            (date(2026, 2, 2), "payable"),
            (date(2026, 2, 3), "no_rule"),
        ],
    )
    def test_the_admission_day_decides_whether_the_regulation_holds(self, day: date, status: str) -> None:
        claim = replace(STAY, care=Care(day, day), cover=Cover(day, day))
        assert decided("binzhou_2021", claim).status == status

    def test_a_notice_extends_a_lapsed_regulation(self) -> None:
        day = date(2026, 5, 1)
        claim = replace(STAY, care=Care(day, day), cover=Cover(day, day))
        notice = Notice("regulation.until", None, "2026-12-31", date(2026, 1, 15), "滨政发〔2026〕1号")
        extended = shelf.regulation("binzhou_2021").with_notices([notice])
        assert extended.benefit(claim).status == "payable"
        assert extended.until == date(2026, 12, 31)

    @pytest.mark.article("XZ13", "PZ12.3")
    @pytest.mark.parametrize("city", ["xuzhou_2023", "panzhihua_2023"])
    @pytest.mark.parametrize("missing", ["inpatient.deductible", "inpatient.ratio", "inpatient.ceiling"])
    def test_a_missing_figure_is_named_with_who_sets_it(self, city: str, missing: str) -> None:
        told = decided(city, STAY, {key: value for key, value in FIGURES.items() if key != missing})
        assert told.status == "no_rule"
        assert missing in told.reasons[0].message and "市医疗保障局" in told.reasons[0].message

    @pytest.mark.article("XZ17.3", "PZ19")
    @pytest.mark.parametrize("city", ["xuzhou_2023", "panzhihua_2023"])
    def test_going_elsewhere_unfiled_needs_its_points(self, city: str) -> None:
        claim = elsewhere("out_of_province", "none")
        assert "out_of_area.unfiled_points" in decided(city, claim, FIGURES).reasons[0].message
        lowered = decided(city, claim, {**FIGURES, "out_of_area.unfiled_points": D(15)})
        assert (lowered.ratio, lowered.basic) == (D("0.50"), D("3550.00"))

    def test_critical_illness_without_figures_pays_nothing_and_says_so(self) -> None:
        told = decided("binzhou_2021", replace(STAY, year_to_date=YearToDate(compliant_personal=D("90000.00"))))
        assert told.critical_illness == 0
        assert "critical_illness.threshold" in told.reasons[0].message


class TestNotices:
    """A notice is cited by its document from its first day on; the newest one holds; the request overrides both."""

    NOTICES = (
        Notice("inpatient.deductible", None, "600", date(2025, 1, 1), "攀医保〔2024〕9号"),
        Notice("inpatient.deductible", "3", "800.50", date(2025, 3, 1), "攀医保〔2025〕2号"),
        Notice("inpatient.ratio", None, "0.6", date(2025, 1, 1), "攀医保〔2024〕9号"),
        Notice("inpatient.ceiling", None, "150000", date(2025, 1, 1), "攀医保〔2024〕9号"),
    )

    def test_the_newest_notice_of_the_tier_holds(self) -> None:
        city = shelf.regulation("panzhihua_2023").with_notices(self.NOTICES)
        assert city.rules(date(2025, 2, 28))("inpatient.deductible", "3").value == D("600.00")
        assert city.rules(DAY)("inpatient.deductible", "3") == Figure(
            D("800.50"), "攀医保〔2025〕2号", date(2025, 3, 1)
        )
        assert city.rules(DAY)("inpatient.deductible", "2").value == D("600.00")

    def test_the_worksheet_cites_the_document(self) -> None:
        told = shelf.regulation("panzhihua_2023").with_notices(self.NOTICES).benefit(STAY)
        assert told.basic == D("4319.70")
        assert "攀医保〔2025〕2号" in {step.article for step in told.steps}

    def test_a_parameter_of_the_request_comes_first(self) -> None:
        city = shelf.regulation("panzhihua_2023").with_notices(self.NOTICES)
        assert city.benefit(STAY, {"inpatient.deductible": {"3": D("100.00")}}).deductible == D("100.00")
        assert city.benefit(STAY, {"inpatient.deductible": {"2": D("100.00")}}).deductible == D("800.50")
        assert city.benefit(STAY, {"inpatient.deductible": D("50.00")}).deductible == D("50.00")

    def test_a_notice_about_nothing_known_is_refused(self) -> None:
        with pytest.raises(UnknownParameter):
            shelf.regulation("xuzhou_2023").with_notices([Notice("colour", None, "1", DAY, "x")]).rules(DAY)

    @pytest.mark.parametrize(
        ("unit", "text"), [("fraction", "1.2"), ("yuan", "1.234"), ("yuan", "-1"), ("count", "二")]
    )
    def test_a_notice_with_an_impossible_value_is_refused(self, unit: str, text: str) -> None:
        with pytest.raises(ValueError, match=text):
            parse(unit, text)


class TestOutOfTheCity:
    @pytest.mark.article("JZ24.1", "JZ24.2")
    @pytest.mark.parametrize(
        ("location", "filing", "emergency", "deductible", "ratio"),
        [
            ("in_province", "none", False, "1000.00", "0.50"),
            ("in_province", "none", True, "1000.00", "0.60"),
            ("in_province", "referral", False, "1000.00", "0.60"),
            ("out_of_province", "none", False, "1500.00", "0.45"),
            ("out_of_province", "referral", False, "1500.00", "0.55"),
            ("out_of_province", "resident", False, "1000.00", "0.60"),
        ],
    )
    def test_jinzhong(self, location: str, filing: str, emergency: bool, deductible: str, ratio: str) -> None:
        told = decided("jinzhong_2017", elsewhere(location, filing, emergency=emergency))
        assert (told.deductible, told.ratio) == (D(deductible), D(ratio))

    @pytest.mark.article("XZ17.1", "XZ17.2")
    @pytest.mark.parametrize(
        ("filing", "level", "ratio"),
        [("resident", 3, "0.65"), ("referral", 3, "0.60"), ("referral", 2, "0.70"), ("referral", 0, "0.80")],
    )
    def test_xuzhou(self, filing: str, level: int, ratio: str) -> None:
        assert decided("xuzhou_2023", elsewhere("in_province", filing, level), FIGURES).ratio == D(ratio)

    @pytest.mark.article("BZ18", "BZ19")
    @pytest.mark.parametrize(
        ("filing", "level", "first_share", "basic"),
        [("none", 1, "800.00", "3100.00"), ("referral", 1, "400.00", "3300.00"), ("resident", 1, "0.00", "7020.00")],
    )
    def test_binzhou(self, filing: str, level: int, first_share: str, basic: str) -> None:
        told = decided("binzhou_2021", elsewhere("out_of_province", filing, level))
        assert (told.first_share, told.basic) == (D(first_share), D(basic))

    @pytest.mark.article("BZ17")
    def test_a_private_hospital_without_beds_cannot_be_judged(self) -> None:
        with pytest.raises(NotUnderstood, match=r"institution\.beds"):
            decided("binzhou_2021", replace(STAY, institution=replace(STAY.institution, ownership="private")))


class TestLines:
    @pytest.mark.article("JZ15.6", "JZ18")
    def test_each_step_sees_only_what_the_one_before_left(self) -> None:
        lines = (
            Line("支架", "implant_imported", "B", D("1000.01"), first_share=D("0.30"), ceiling=D("900.00")),
            Line("针剂", "drug", "B", D("33.33"), first_share=D("0.15")),
            Line("营养品", "other", "C", D("20.00"), ceiling=D("1.00")),
            Line("旧账", "drug", "A", D("7.00"), date=date(2024, 12, 31)),
        )
        told = decided("jinzhong_2017", replace(STAY, lines=lines))
        assert told.out_of_scope == D("27.00")
        assert told.over_ceiling == D("100.01")
        assert told.first_share == D("450.00") + D("5.00")
        assert told.in_scope == D("450.00") + D("28.33")

    @pytest.mark.article("XZ15.2")
    @pytest.mark.parametrize(
        ("klass", "share", "emergency", "borne"),
        [
            ("B", "0.30", False, "100.00"),
            ("B", "0.29", False, "0.00"),
            ("C", None, False, "100.00"),
            ("A", None, False, "0.00"),
            ("C", None, True, "0.00"),
        ],
    )
    def test_the_hospital_bears_what_it_did_not_tell(
        self, klass: str, share: str | None, emergency: bool, borne: str
    ) -> None:
        line = Line("耗材", "disposable", klass, D("100.00"), D(share) if share else None, informed=False)
        claim = replace(STAY, lines=(line,), care=replace(STAY.care, emergency=emergency))
        assert decided("xuzhou_2023", claim, FIGURES).hospital_borne == D(borne)


class TestWorksheet:
    def test_it_can_be_redone_by_hand(self) -> None:
        claim = replace(
            STAY,
            person=Person(date(2012, 5, 1)),
            year_to_date=YearToDate(admissions=1, inpatient_basic=D("69000.00"), compliant_personal=D("9000.00")),
        )
        told = decided("jinzhong_2017", claim)
        written = [(step.article, step.what, str(step.amount), step.how) for step in told.steps]
        assert written[2:] == [
            ("JZ18", "政策范围内费用", "8000.00", "8000.00 − 0.00 − 0.00 − 0.00 − 0.00"),
            ("JZ15.2", "儿童起付线系数", "0.5", ""),
            ("JZ15.3", "二次及以上住院起付线系数", "0.25", "0.5 × 0.5"),
            ("JZ15.1", "起付标准", "250.00", "1000.00 × 0.25"),
            ("JZ15.1", "起付标准以上", "7750.00", "8000.00 − 250.00"),
            ("JZ15.1", "支付比例", "0.60", ""),
            ("JZ15.1", "统筹按比例", "4650.00", "7750.00 × 0.60"),
            ("JZ15.7", "年度限额尚余", "1000.00", "70000.00 − 69000.00"),
            ("JZ15.7", "统筹基金支付", "1000.00", "4650.00 与 1000.00 取低"),
            ("JZ17", "合规个人负担", "7000.00", "8000.00 − 1000.00"),
            (
                "JZ17",
                "大病保险起付线以上新增",
                "6000.00",
                "9000.00 + 7000.00 超过 10000.00 的部分，减去此前已超过的 0.00",
            ),
            ("JZ17", "大病保险按比例", "4500.00", "6000.00 × 0.75"),
            ("JZ17", "年度限额尚余", "400000.00", "400000.00 − 0.00"),
            ("JZ17", "大病保险支付", "4500.00", "4500.00 与 400000.00 取低"),
            (
                "JZ22.1",
                "个人负担",
                "2500.00",
                "8000.00 − 统筹 1000.00 − 大病 4500.00 − 救助 0.00 − 慈善 0.00 − 医疗机构 0.00",
            ),
        ]

    def test_the_counters_of_the_year_move_on(self) -> None:
        after = decided("jinzhong_2017").year_to_date
        assert after == YearToDate(
            admissions=1,
            admissions_level_2_3=1,
            basic=D("4200.00"),
            inpatient_basic=D("4200.00"),
            compliant_personal=D("3800.00"),
        )


class TestSharedTools:
    """Published examples of other places: deductibles, bands and ceilings as sums of the shared tools."""

    @pytest.mark.parametrize(
        ("amount", "since", "bands", "paid"),
        [
            ("150000", "12000", (("30000", "0.60"), ("100000", "0.65"), (None, "0.75")), "93800.00"),
            ("30000", "0", (("20000", "0.30"), (None, "0.40")), "10000.00"),
            ("20000", "0", (("5000", "0.25"), (None, "0.65")), "11000.00"),
            ("3000", "200", ((None, "0.60"),), "1680.00"),
            ("3000", "500", ((None, "0.40"),), "1000.00"),
            ("3000", "1000", ((None, "0.30"),), "600.00"),
        ],
    )
    def test_bands(self, amount: str, since: str, bands: tuple[tuple[str | None, str], ...], paid: str) -> None:
        cut = [Band(None if up_to is None else D(up_to), D(share)) for up_to, share in bands]
        assert by_bands(D(amount), cut, D(since)) == D(paid)

    @pytest.mark.parametrize(
        ("in_scope", "deductible", "ratio", "ceiling", "paid"),
        [
            ("90000", "600", "0.55", "999999", "49170.00"),
            ("30000", "404.20", "0.83", "999999", "24564.51"),
            ("60000", "970.08", "0.85", "46336", "46336.00"),
            ("117000", "2000", "0.80", "100000", "92000.00"),
            ("4600", "800", "0.70", "999999", "2660.00"),
            ("450", "0", "0.70", "999999", "315.00"),
        ],
    )
    def test_deductible_ratio_ceiling(
        self, in_scope: str, deductible: str, ratio: str, ceiling: str, paid: str
    ) -> None:
        share = yuan(D(ratio) * paid_above(D(in_scope), D(deductible)))
        limit = Figure(D(ceiling), "x", DAY)
        assert limited(share, limit, D("0.00"), Worksheet(), "支付") == D(paid)

    def test_days(self) -> None:
        assert [age(date(2012, 2, 29), day) for day in (date(2026, 2, 28), date(2026, 3, 1))] == [13, 14]
        assert add_months(date(2025, 12, 31), 2) == date(2026, 2, 28)

    def test_a_split_adds_up(self) -> None:
        assert split(D("100.00"), [D(1), D(1), D(1)]) == [D("33.34"), D("33.33"), D("33.33")]


REQUEST: dict[str, Any] = {
    "ref": "c1",
    "policy": "jinzhong_2017",
    "benefit": "inpatient",
    "person": {"birth_date": "1960-03-01", "groups": []},
    "cover": {"from": "2026-01-01", "to": "2026-12-31", "transition_until": None},
    "institution": {
        "designated": True,
        "level": 2,
        "grade": "A",
        "affiliation": "county",
        "location": "in_city",
        "ownership": "public",
        "beds": 400,
        "chinese_medicine": False,
    },
    "care": {
        "admitted": "2026-03-02",
        "discharged": "2026-03-12",
        "emergency": False,
        "filing": "none",
        "cause": "illness",
    },
    "year_to_date": {"admissions": 0},
    "parameters": {},
    "lines": [
        {"item": "西药费", "kind": "drug", "class": "A", "amount": "3000.00"},
        {"item": "CT", "kind": "large_equipment", "class": "A", "amount": "1000.00"},
    ],
}


def changed(path: str, value: object) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(json.dumps(REQUEST))
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = request
    for step in way:
        place = place[step]
    place[last] = value
    return request


class TestRequests:
    @pytest.mark.parametrize(
        ("path", "value", "field"),
        [
            ("colour", 1, "colour"),
            ("policy", "beijing", "policy"),
            ("policy", "national_2024", "policy"),
            ("benefit", "dental", "benefit"),
            ("person", None, "person"),
            ("person.birth_date", "1960-02-30", "person.birth_date"),
            ("person.birth_date", "19600301", "person.birth_date"),
            ("person.birth_date", 19600301, "person.birth_date"),
            ("person.groups", ["rich"], "person.groups[0]"),
            ("person.groups", "orphan", "person.groups"),
            ("cover.from", None, "cover.from"),
            ("institution.level", True, "institution.level"),
            ("institution.level", 4, "institution.level"),
            ("institution.level", "2", "institution.level"),
            ("institution.designated", 1, "institution.designated"),
            ("institution.grade", "D", "institution.grade"),
            ("care.discharged", "2026-03-01", "care.discharged"),
            ("care.colour", "red", "care.colour"),
            ("care.cause", "bad luck", "care.cause"),
            ("lines.0.amount", "-1.00", "lines[0].amount"),
            ("lines.1.amount", "1.001", "lines[1].amount"),
            ("lines.1.amount", 1, "lines[1].amount"),
            ("lines.1.amount", 1.5, "lines[1].amount"),
            ("lines.1.amount", "１００.００", "lines[1].amount"),
            ("lines.1.amount", "1e3", "lines[1].amount"),
            ("lines.0.first_share", "1.01", "lines[0].first_share"),
            ("lines.0.informed", "yes", "lines[0].informed"),
            ("lines.0.date", "2026-13-01", "lines[0].date"),
            ("lines.0", [], "lines[0]"),
            ("lines", {}, "lines"),
            ("year_to_date.admissions", -1, "year_to_date.admissions"),
            ("year_to_date.basic", "ten", "year_to_date.basic"),
            ("parameters", {"inpatient.ratio": "75%"}, "parameters.inpatient.ratio"),
            ("parameters", {"inpatient.ratio": {"4": "0.75"}}, "parameters.inpatient.ratio.4"),
            ("parameters", {"inpatient.colour": "1"}, "parameters.inpatient.colour"),
            ("parameters", {"inpatient.ceiling": None}, "parameters.inpatient.ceiling"),
        ],
    )
    def test_a_wrong_field_is_named_by_its_path(self, path: str, value: object, field: str) -> None:
        told = answer("claim", changed(path, value))
        assert told["ref"] == "c1"
        assert told["error"]["field"] == field
        assert told["error"]["message"]

    def test_outpatient_care_has_one_day(self) -> None:
        assert answer("claim", changed("benefit", "outpatient"))["error"]["field"] == "care.discharged"

    @pytest.mark.parametrize("benefit", ["delivery", "major_disease"])
    def test_a_benefit_needs_its_facts(self, benefit: str) -> None:
        assert answer("claim", changed("benefit", benefit))["error"]["field"] == f"care.{benefit}"

    @pytest.mark.parametrize(
        ("parameters", "basic"),
        [
            ({"inpatient.ratio": {"2": "0.50"}}, "1600.00"),
            ({"inpatient.ratio": {"2.county": "0.50"}}, "1600.00"),
            ({"inpatient.ratio": {"2.city": "0.50"}}, "2400.00"),
            ({"inpatient.ceiling": {"2": "1000.00"}}, "1000.00"),
            ({"inpatient.deductible": "0.00"}, "2700.00"),
        ],
    )
    def test_a_parameter_is_used_at_its_tier(self, parameters: dict[str, Any], basic: str) -> None:
        assert answer("claim", changed("parameters", parameters))["basic"] == basic

    def test_a_parameter_without_tiers_takes_none(self) -> None:
        told = answer("claim", changed("parameters", {"critical_illness.ratio": {"2": "0.50"}}))
        assert told["error"]["field"] == "parameters.critical_illness.ratio.2"

    def test_ten_points_are_a_tenth(self) -> None:
        request = changed("institution.location", "in_province")
        for written in ("10", 10, "0.10"):
            request["parameters"] = {"out_of_area.unfiled_points": written}
            assert answer("claim", request)["ratio"] == "0.65"

    def test_the_lines_of_a_stream_are_answered_in_order_and_the_bad_ones_do_not_stop_it(self) -> None:
        good = json.dumps(REQUEST).encode()
        lines = [b"\xef\xbb\xbf" + good, b"{", b"\n", b"\xff", b"[1]", b'{"ref": NaN}', good]
        told = [(json.loads(line), understood) for line, understood in answers("claim", lines)]
        assert [understood for _, understood in told] == [True, False, False, False, False, True]
        assert told[0][0] == told[-1][0]
        assert told[0][0]["basic"] == "2400.00"

    def test_a_field_written_twice_is_refused(self) -> None:
        line = json.dumps(REQUEST).replace('"amount": "3000.00"', '"amount": "3000.00", "amount": "1.00"').encode()
        [(told, understood)] = answers("claim", [line])
        assert (json.loads(told)["error"]["field"], understood) == ("amount", False)

    def test_half_a_character_in_the_reference_comes_back_as_it_was(self) -> None:
        line = json.dumps({**REQUEST, "ref": "\ud800"}).encode()
        [(told, _)] = answers("claim", [line])
        assert json.loads(told)["ref"] == "\ud800"
