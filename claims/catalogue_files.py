"""Files of catalogues and of code lists: which columns they have, and what a line of them must say."""

from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from claims.dated_lists import CHANGE, CODE, LEAVES, NAME, SINCE, Book, Lists
from claims.models import CatalogueItem, DiseaseCode, OperationCode
from office import cells, intake
from office.intake import Row
from office.models import Batch

CATALOGUE: Final = Batch.Kind.CATALOGUE.value
DISEASES: Final = Batch.Kind.DISEASES.value
OPERATIONS: Final = Batch.Kind.OPERATIONS.value
_ANYBODY: Final = (("", "不限"), ("1", "男"), ("2", "女"))
_MOST: Final = 32_767  # what the column of a limit holds


def _limit(cell: cells.Cell) -> int:
    number = cells.whole(cell)
    if not 0 < number <= _MOST:
        raise cells.BadCell(_("应为 1 至 %(most)s 的整数") % {"most": _MOST})
    return number


def _age(cell: cells.Cell) -> int:
    number = cells.whole(cell)
    if number > 150:
        raise cells.BadCell(_("不是年龄：%(age)s") % {"age": number})
    return number


def _level(cell: cells.Cell) -> int:
    number = cells.whole(cell)
    if not 1 <= number <= 3:
        raise cells.BadCell(_("级别应为 1、2 或 3"))
    return number


COLUMNS: Final = (
    CODE,
    NAME,
    intake.Column("kind", "目录", cells.label(CatalogueItem.Kind.choices), synonyms=("目录类别", "目录类型")),
    intake.Column(
        "klass",
        "目录分类",
        cells.label(
            [*CatalogueItem.Klass.choices, ("C", "丙类"), ("C", "目录外"), ("A", "甲"), ("B", "乙"), ("C", "丙")]
        ),
        required=False,
        synonyms=("甲乙类", "支付类别", "收费项目等级"),
    ),
    intake.Column("first_share", "先行自付比例", cells.fraction, required=False, synonyms=("自付比例",)),
    intake.Column("ceiling", "限价", cells.positive, required=False, synonyms=("支付标准", "最高限价")),
    intake.Column("ceiling_1", "一级限价", cells.positive, required=False),
    intake.Column("ceiling_2", "二级限价", cells.positive, required=False),
    intake.Column("ceiling_3", "三级限价", cells.positive, required=False),
    intake.Column("fee_kind", "费用类别", cells.label(CatalogueItem.Fee.choices), required=False),
    intake.Column("sex", "限性别", cells.label(_ANYBODY), required=False),
    intake.Column("age_from", "限年龄起", _age, required=False),
    intake.Column("age_to", "限年龄止", _age, required=False),
    intake.Column("least_level", "限机构级别", _level, required=False),
    intake.Column("most_days", "限天数", _limit, required=False),
    intake.Column("per_day", "每日限次", _limit, required=False),
    intake.Column("per_stay", "每次住院限次", _limit, required=False),
    intake.Column("indications", "限适应症", cells.words(300), required=False, synonyms=("限定支付范围", "备注限定")),
    intake.Column("chinese_medicine", "限定点中医机构", cells.yes_no, required=False),
    SINCE,
    CHANGE,
)
FACTS: Final = (
    "name", "kind", "klass", "first_share", "ceiling", "ceiling_1", "ceiling_2", "ceiling_3", "fee_kind", "sex",
    "age_from", "age_to", "least_level", "most_days", "per_day", "per_stay", "indications", "chinese_medicine",
)  # fmt: skip
ITEMS: Final = Book(CatalogueItem, FACTS, frozenset({"name", "kind", "fee_kind"}), {"klass": "C"})


def _item(row: Row) -> list[str]:
    """The facts of an item. Refused: no class, class B without a first share, another class with one, ages reversed."""
    leaves = row["change"] == LEAVES
    klass = row["klass"] or ("C" if leaves else "")
    if not klass:
        raise cells.BadCell(_("请填写甲类、乙类或丙类"), field="目录分类")
    share = row["first_share"]
    if not leaves and klass == CatalogueItem.Klass.B and share is None:
        raise cells.BadCell(_("乙类须填写先行自付比例，没有的填 0"), field="先行自付比例")
    if not leaves and klass != CatalogueItem.Klass.B and share:
        raise cells.BadCell(_("只有乙类项目有先行自付比例，请改正目录分类或清空"), field="先行自付比例")
    if row["age_from"] is not None and row["age_to"] is not None and row["age_to"] < row["age_from"]:
        raise cells.BadCell(_("早于限年龄起 %(age)s") % {"age": row["age_from"]}, field="限年龄止")
    told: dict[str, Any] = {name: row[name] for name in FACTS}
    told |= {"klass": klass, "first_share": (share or Decimal(0)) if klass == CatalogueItem.Klass.B else None}
    return ITEMS.plain(told.values())


items = Lists(CATALOGUE, ITEMS, COLUMNS, _item)


# --- diseases and operations ------------------------------------------------------------------------------------------
CODE_COLUMNS: Final = (
    intake.Column("code", "编码", cells.code, synonyms=("疾病编码", "手术编码", "诊断代码", "手术操作代码", "代码")),
    intake.Column("name", "名称", cells.words(120), synonyms=("疾病名称", "手术名称", "诊断名称", "手术操作名称")),
    SINCE,
    CHANGE,
)


def _named(row: Row) -> list[str]:
    return [str(row["name"])]


_STAYS: Final = frozenset({"name"})
diseases = Lists(DISEASES, Book(DiseaseCode, ("name",), _STAYS), CODE_COLUMNS, _named)
operations = Lists(OPERATIONS, Book(OperationCode, ("name",), _STAYS), CODE_COLUMNS, _named)
