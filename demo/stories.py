"""The people a newcomer can follow: who they are, when they pay, where they are treated, and what to look at."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Story:
    """One story: its title, the people's names, what to look at, and the page on which it is found by name."""

    title: str | Promise
    who: tuple[str, ...]
    look: str | Promise
    page: str  # name of the address, such as "enrollment:residents"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a story's household; `paid_on` is the day of the contribution for 2025, where it is told."""

    name: str
    birth_on: date
    sex: str
    relation: str
    insured_through: int | None = 2024
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """Care of a story: who, where, when, what it cost (yuan), and what was wrong."""

    who: str
    hospital: str
    admitted: date
    discharged: date
    cost: int
    diagnosis: str
    benefit: str = "住院"
    cause: str = ""
    emergency: bool = False
    delivery: str = ""


# Households at the counter: index of the village, and the members with the head first.
HOUSEHOLDS: Final[tuple[tuple[int, tuple[Member, ...]], ...]] = (
    (
        0,
        (
            Member("郭安民", date(1995, 6, 12), "1", "户主"),
            Member("宋小满", date(1997, 5, 21), "2", "配偶"),
        ),
    ),
    (1, (Member("陈迟春", date(1983, 2, 9), "1", "户主", paid_on=date(2025, 2, 10)),)),
    (
        2,
        (
            Member("李长河", date(1986, 8, 3), "1", "户主"),
            Member("韩月半", date(1988, 9, 17), "2", "配偶"),
            Member("李小桐", date(2016, 10, 8), "2", "女"),
        ),
    ),
    (4, (Member("张远行", date(1971, 3, 30), "1", "户主"), Member("吕归家", date(1973, 12, 1), "2", "配偶"))),
    (5, (Member("赵福来", date(1945, 6, 18), "1", "户主"), Member("乔古稀", date(1955, 5, 20), "2", "配偶"))),
    (8, (Member("刘久安", date(1968, 11, 11), "2", "户主"),)),
    (9, (Member("孙德归", date(1949, 4, 4), "1", "户主"), Member("田守望", date(1952, 7, 7), "2", "配偶"))),
    (10, (Member("马挂床", date(1966, 1, 15), "1", "户主"), Member("高退单", date(1969, 4, 25), "2", "配偶"))),
    (11, (Member("何摔跤", date(1979, 10, 10), "1", "户主"), Member("罗碰车", date(1982, 2, 2), "1", "弟"))),
)
NEWBORN: Final = "郭子安"
BORN: Final = date(2025, 3, 18)
STUDENT: Final = "周思远"
DIED: Final = ("孙德归", date(2025, 9, 10))

VISITS: Final = (
    Visit(NEWBORN, "county", date(2025, 3, 20), date(2025, 3, 28), 4200, "新生儿黄疸"),
    Visit("宋小满", "county", date(2025, 3, 17), date(2025, 3, 21), 3600, "足月分娩", "生育", delivery="自然分娩"),
    Visit("陈迟春", "county", date(2025, 2, 18), date(2025, 2, 25), 5200, "肺炎"),
    Visit("陈迟春", "county", date(2025, 6, 10), date(2025, 6, 18), 5200, "胆囊结石"),
    Visit("李小桐", "second_county", date(2025, 3, 3), date(2025, 3, 10), 3800, "支气管肺炎"),
    Visit("李小桐", "second_county", date(2025, 10, 9), date(2025, 10, 16), 3800, "急性阑尾炎"),
    Visit("张远行", "elsewhere", date(2025, 6, 5), date(2025, 6, 16), 26000, "冠心病支架术"),
    Visit("吕归家", "elsewhere", date(2025, 7, 3), date(2025, 7, 14), 26000, "甲状腺肿瘤"),
    Visit("乔古稀", "clinic", date(2025, 5, 22), date(2025, 5, 22), 160, "高血压复诊", "普通门诊"),
    Visit("赵福来", "city", date(2025, 8, 11), date(2025, 8, 22), 14000, "脑梗死"),
    Visit(STUDENT, "city", date(2025, 4, 14), date(2025, 4, 19), 6800, "急性阑尾炎", emergency=True),
    Visit("孙德归", "city", date(2025, 8, 30), date(2025, 9, 10), 21000, "心力衰竭"),
    Visit("孙德归", "clinic", date(2025, 9, 18), date(2025, 9, 18), 150, "高血压复诊", "普通门诊"),
    Visit("马挂床", "private", date(2025, 4, 3), date(2025, 4, 12), 4100, "腰肌劳损"),
    Visit("高退单", "private", date(2025, 5, 5), date(2025, 5, 12), 3900, "颈椎病"),
    Visit("何摔跤", "county", date(2025, 6, 9), date(2025, 6, 18), 7300, "桡骨骨折", cause="外伤"),
    Visit("罗碰车", "county", date(2025, 6, 12), date(2025, 6, 20), 6900, "软组织挫伤", cause="外伤"),
)
# The long illness: the same person at the city's hospital in these months; what each stay costs is the city's figure.
LONG_ILLNESS: Final = ("刘久安", (2, 4, 6, 8))

NAMES: Final = frozenset({member.name for _village, members in HOUSEHOLDS for member in members} | {NEWBORN, STUDENT})

STORIES: Final = (
    Story(
        _("新生儿"),
        (NEWBORN, "宋小满"),
        _("2025年3月18日出生，先凭出生医学证明登记，待遇自出生之日起；7月换登居民身份证，此前的住院费用仍在名下。"),
        "enrollment:residents",
    ),
    Story(
        _("晚缴费的人"),
        ("陈迟春",),
        _(
            "集中缴费期过后才在2月10日缴费：看应缴金额、待遇起始日；2月的住院不予支付（在徐州次日即恢复待遇），6月的按规定核算。"
        ),
        "enrollment:residents",
    ),
    Story(
        _("孩子第二次住院"),
        ("李小桐",),
        _(
            "8岁，3月和10月各住院一次，费用相同。对照两张计算表的起付线：在晋中，儿童减半、再次住院再减半，只扣四分之一。"
        ),
        "claims:claims",
    ),
    Story(
        _("未备案的省外住院"),
        ("张远行", "吕归家"),
        _("夫妻二人在同一家省外医院花费相同：丈夫没有备案，妻子办了转诊备案。对照两人的支付比例和先行自付。"),
        "claims:claims",
    ),
    Story(
        _("年满七十与八十"),
        ("乔古稀", "赵福来"),
        _("2025年里一人满70岁、一人满80岁。对照两年的应缴：在徐州满70岁、在晋中和滨州满80岁，2026年度由政府资助。"),
        "enrollment:residents",
    ),
    Story(
        _("一所大学的名册"),
        (STUDENT,),
        _("学校一次报来全部学生，名册里有一行证件号码写错而被退回；4月的急诊住院按学生身份核算。"),
        "office:files",
    ),
    Story(
        _("到达封顶线"),
        ("刘久安",),
        _("一年四次住院，统筹基金付到年度封顶线为止；合规的个人负担超过起付线后由大病保险接着支付。"),
        "claims:claims",
    ),
    Story(
        _("去世"),
        ("孙德归", "田守望"),
        _("9月10日去世：住院费用付到当日，待遇同日终止；9月18日冒用其身份的门诊不予支付；2026年度不再参保。"),
        "enrollment:residents",
    ),
    Story(
        _("审核员的四种决定"),
        ("马挂床", "高退单", "何摔跤", "罗碰车"),
        _("挂床住院被拒付、单据有误被退回、外伤核查属实后支付、外伤核查为交通事故后拒付。看每笔的状态变动。"),
        "claims:claims",
    ),
    Story(
        _("月底与年底"),
        (),
        _("11月的机构结算已复核、待支付；12月的申报在审核台等待；1至10月已结账。2026年度的缴费正在进行。"),
        "funds:settlements",
    ),
)
