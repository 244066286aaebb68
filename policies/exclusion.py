"""What refuses a whole claim, in the order of asking: an excluded cause, a non-designated institution, no cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from policies.shapes import Claim, Reason

CAUSES = {
    "illness": "疾病",
    "accident_no_liability": "无责任人的意外伤害",
    "trauma": "外伤",
    "poisoning": "中毒",
    "third_party": "应当由第三人负担",
    "work_injury": "应当由工伤保险基金支付",
    "crime": "违法犯罪",
    "brawl": "打架斗殴",
    "drunkenness": "酗酒",
    "self_harm": "自残、自杀",
    "traffic_accident": "交通事故",
    "medical_accident": "医疗事故",
    "public_health": "应当由公共卫生负担",
    "abroad": "境外就医",
    "fitness_checkup": "健身、保健、体检",
}


class Exclusions(NamedTuple):
    """The articles by which a regulation refuses: the causes it names, the institution, the cover."""

    causes: Mapping[str, str]
    non_designated: str
    no_cover: str


def refusal(claim: Claim, exclusions: Exclusions) -> Reason | None:
    """The first reason to refuse the whole claim, or None."""
    care = claim.care
    if article := exclusions.causes.get(care.cause):
        return Reason(article, f"{CAUSES[care.cause]}，基金不予支付")
    if not claim.institution.designated and not care.emergency:
        return Reason(exclusions.non_designated, "非定点医疗机构且非急诊，基金不予支付")
    cover = claim.cover
    if cover is None:
        return Reason(exclusions.no_cover, "就诊时没有参保，基金不予支付")
    if not cover.since <= care.admitted <= cover.until:
        term = f"{cover.since} 至 {cover.until}"
        return Reason(exclusions.no_cover, f"{care.admitted} 不在参保期 {term} 内，基金不予支付")
    return None
