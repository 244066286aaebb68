"""How the demo city keeps its agreements: a new clinic on its whole way, a suspension, physicians, a connection."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from claims import admission, connecting, contract_acts, institutions, physicians
from claims.models import Agreement, Application, ContractAct, Institution
from demo.city import City, moment

_PHYSICIANS: Final[Sequence[tuple[str, str, str]]] = (
    ("clinic", "杜若", "全科"),
    ("clinic", "白芷", "中医"),
    ("county", "秦艽", "内科"),
    ("city", "沈丹", "外科"),
    ("private", "苏叶", "骨科"),
)


def admit(city: City, today: date) -> None:
    """Weeks before the day on which the demo is left: one applies and is signed, another is suspended, one waits."""
    new = _listed(city, "51", "康安社区卫生服务站", today - timedelta(days=70))
    made = admission.apply_for(
        new, today - timedelta(days=60), "执业许可证、法人证照、信息系统说明", by=city.manager,
        at=moment(today - timedelta(days=60)),
    )  # fmt: skip
    _assessed(city, made, today - timedelta(days=50))
    admission.publish(made, today - timedelta(days=45), today - timedelta(days=39), by=city.manager,
                      at=moment(today - timedelta(days=45)))  # fmt: skip
    terms = {"number": f"协{new.code}-2025", "since": today - timedelta(days=30), "until": date(2026, 12, 31),
             "method": Agreement.Method.FEE_FOR_SERVICE, "deposit_rate": Decimal("0.05")}  # fmt: skip
    _done(city, new, ContractAct.Kind.SIGN, today - timedelta(days=32), "新增定点", terms, application=made)
    waiting = _listed(city, "52", "仁和门诊部", today - timedelta(days=20))
    admission.apply_for(waiting, today - timedelta(days=5), "执业许可证、法人证照", by=city.manager,
                        at=moment(today - timedelta(days=5)))  # fmt: skip
    private = city.hospitals["private"]
    agreement = private.agreements.get()
    # From tomorrow on, so that no claim of the year was judged otherwise.
    _done(city, private, ContractAct.Kind.SUSPEND, today, "重复收费，限期整改",
          {"since": today + timedelta(days=1), "until": today + timedelta(days=60)}, agreement=agreement)  # fmt: skip
    year = {"year": 2024, "score": Decimal("93.5"), "coefficient": Decimal(1)}
    contract_acts.propose(
        city.hospitals["county"], ContractAct.Kind.APPRAISE, year, by=city.manager, at=moment(today, 10),
        why="2024 年度考核", agreement=city.hospitals["county"].agreements.get(),
    )  # fmt: skip
    _register(city, today)
    connecting.open_for(city.hospitals["city"], by=city.manager, at=moment(today - timedelta(days=40)))


def _listed(city: City, number: str, name: str, on: date) -> Institution:
    return institutions.admit(
        f"H{city.counties[0].code}000{number}", name, city.counties[0], since=on, by=city.manager, at=moment(on),
        level=1, affiliation="township", beds=20,
    )  # fmt: skip


def _assessed(city: City, application: Application, on: date) -> None:
    for login, score in (("reviewer", "91"), ("rechecker", "88.5")):
        admission.assess(
            application,
            on,
            Decimal(score),
            True,
            "人员、设备和信息系统符合条件",
            by=city.staff[login],
            at=moment(on, 15),
        )


def _done(
    city: City, institution: Institution, kind: str, on: date, why: str, terms: dict[str, Any], **about: Any
) -> None:
    """Put forward in the morning, confirmed by the other person in the afternoon."""
    act = contract_acts.propose(institution, kind, terms, by=city.manager, at=moment(on), why=why, **about)
    contract_acts.confirm(act, by=city.staff["rechecker"], at=moment(on, 15))


def _register(city: City, today: date) -> None:
    made = [
        physicians.register(
            f"1101401000{number:05}", name, city.hospitals[word], specialty, date(2024, 9, 1), title="主治医师",
            by=city.manager, at=moment(today - timedelta(days=90)),
        )
        for number, (word, name, specialty) in enumerate(_PHYSICIANS, start=1)
    ]  # fmt: skip
    physicians.state(made[-1], "suspended", today - timedelta(days=10), "超量开药，暂停六个月", by=city.manager,
                     at=moment(today - timedelta(days=10)))  # fmt: skip
