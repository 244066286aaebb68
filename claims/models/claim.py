"""Claims and their fee lines as the hospital sent them, what the rules made of them, and every move of their status."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.catalogue import CatalogueItem
from claims.models.institution import Institution
from enrollment.models import Resident
from office.money import FenField, fen
from office.scope import Scoped, scoped


class Claim(models.Model):
    class Benefit(models.TextChoices):
        INPATIENT = "inpatient", _("住院")
        OUTPATIENT = "outpatient", _("普通门诊")
        DELIVERY = "delivery", _("生育")
        MAJOR_DISEASE = "major_disease", _("重特大疾病")

    class State(models.TextChoices):
        RECEIVED = "received", _("已接收")
        ADJUDICATED = "adjudicated", _("待审核")
        INQUIRY = "inquiry", _("待核查")
        PARKED = "parked", _("无规则挂起")
        APPROVED = "approved", _("审核通过")
        REFUSED = "refused", _("不予支付")
        RETURNED = "returned", _("已退回")
        SETTLED = "settled", _("已结算")
        REVERSED = "reversed", _("已冲销")
        CANCELLED = "cancelled", _("已作废")

    class Cause(models.TextChoices):
        ILLNESS = "illness", _("疾病")
        ACCIDENT_NO_LIABILITY = "accident_no_liability", _("无责任人意外伤害")
        TRAUMA = "trauma", _("外伤")
        POISONING = "poisoning", _("中毒")
        THIRD_PARTY = "third_party", _("第三人责任")
        WORK_INJURY = "work_injury", _("工伤")
        CRIME = "crime", _("违法犯罪")
        BRAWL = "brawl", _("打架斗殴")
        DRUNKENNESS = "drunkenness", _("酗酒")
        SELF_HARM = "self_harm", _("自残自杀")
        TRAFFIC_ACCIDENT = "traffic_accident", _("交通事故")
        MEDICAL_ACCIDENT = "medical_accident", _("医疗事故")
        PUBLIC_HEALTH = "public_health", _("公共卫生负担")
        ABROAD = "abroad", _("境外就医")
        FITNESS_CHECKUP = "fitness_checkup", _("健身体检")

    class Inquiry(models.TextChoices):
        COVERED = "covered", _("核查属实，予以支付")
        NOT_COVERED = "not_covered", _("核查不属支付范围")

    class Delivery(models.TextChoices):
        NORMAL = "normal", _("自然分娩")
        COMPLICATED = "complicated", _("合并症")
        CAESAREAN = "caesarean", _("剖宫产")

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="claims", verbose_name=_("医疗机构"))
    number = models.CharField(_("结算单号"), max_length=40)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    # A corrected claim points to the one it stands for; its number stays the hospital's own.
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("更正自")
    )
    digest = models.CharField(_("内容指纹"), max_length=64, editable=False)
    batch = models.ForeignKey("office.Batch", models.PROTECT, null=True, related_name="+", verbose_name=_("文件"))
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="claims", verbose_name=_("居民"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("经办区域"))
    benefit = models.CharField(_("待遇类别"), max_length=16, choices=Benefit)
    admitted = models.DateField(_("入院日期"))
    discharged = models.DateField(_("出院日期"))
    # The year it counts in: the year of discharge.
    year = models.PositiveSmallIntegerField(_("结算年度"))
    diagnosis = models.CharField(_("诊断"), max_length=80, blank=True)
    emergency = models.BooleanField(_("急诊抢救"), default=False)
    # Settled between the hospital's system and ours while the patient was there: care elsewhere then goes by the
    # catalogue of its place [BZ18].
    online = models.BooleanField(_("联网结算"), default=False)
    cause = models.CharField(_("致病原因"), max_length=24, choices=Cause, default=Cause.ILLNESS)
    inquiry = models.CharField(_("核查结论"), max_length=12, choices=Inquiry, blank=True)
    delivery = models.CharField(_("分娩方式"), max_length=12, choices=Delivery, blank=True)
    disease_class = models.PositiveSmallIntegerField(_("重大疾病类别"), null=True, blank=True)
    disease_quota = FenField(_("病种限额"), null=True, blank=True)

    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.RECEIVED)
    policy = models.CharField(_("办法"), max_length=32, blank=True)
    total = FenField(_("医疗费总额"))
    hospital_borne = fen(verbose_name=_("医院负担"))
    out_of_scope = fen(verbose_name=_("全自费"))
    over_ceiling = fen(verbose_name=_("超限价自费"))
    first_share = fen(verbose_name=_("先行自付"))
    in_scope = fen(verbose_name=_("符合政策范围金额"))
    deductible = fen(verbose_name=_("起付线"))
    ratio = models.DecimalField(_("统筹支付比例"), max_digits=6, decimal_places=4, null=True)
    basic = fen(verbose_name=_("统筹基金支出"))
    compliant_personal = fen(verbose_name=_("合规个人负担"))
    critical_illness = fen(verbose_name=_("大病保险支出"))
    assistance = fen(verbose_name=_("医疗救助支出"))
    charity = fen(verbose_name=_("慈善补助"))
    personal = FenField(_("个人负担"))
    reasons = models.JSONField(_("理由"), default=list)
    # The steps the rules took, in order: [{"article", "what", "amount", "how"}]; enough to redo the sum by hand.
    worksheet = models.JSONField(_("计算过程"), default=list)
    # What this claim added to the resident's year, so that taking it back takes back exactly that.
    added = models.JSONField(_("计入累计"), default=dict)

    entered_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("录入人"))
    entered_at = models.DateTimeField(_("录入时间"))
    adjudicated_at = models.DateTimeField(_("核算时间"), null=True)
    reviewed_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审核人")
    )
    reviewed_at = models.DateTimeField(_("审核时间"), null=True)
    review_note = models.CharField(_("审核意见"), max_length=200, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("费用申报")
        verbose_name_plural = pgettext_lazy("many", "费用申报")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_claim_per_institution_number_and_version", fields=["institution", "number", "version"]
            ),
            models.UniqueConstraint(
                name="one_live_claim_per_institution_and_number",
                fields=["institution", "number"],
                condition=~Q(state__in=["returned", "cancelled", "reversed"]),
            ),
            models.CheckConstraint(
                name="a_later_version_replaces_an_earlier",
                condition=Q(version=1, replaces=None) | Q(version__gt=1, replaces__isnull=False),
            ),
            models.CheckConstraint(name="discharge_follows_admission", condition=Q(discharged__gte=F("admitted"))),
            models.CheckConstraint(
                name="payers_carry_the_whole_claim",
                condition=Q(
                    total=F("basic")
                    + F("critical_illness")
                    + F("assistance")
                    + F("charity")
                    + F("hospital_borne")
                    + F("personal")
                ),
            ),
            models.CheckConstraint(
                name="fees_add_up_to_the_claim",
                condition=Q(state__in=["received", "refused", "parked", "returned", "cancelled"])
                | Q(in_scope=0, basic=0, personal=F("total"))
                | Q(
                    total=F("hospital_borne") + F("out_of_scope") + F("over_ceiling") + F("first_share") + F("in_scope")
                ),
            ),
            models.CheckConstraint(
                name="no_part_of_a_claim_is_negative",
                condition=Q(
                    total__gt=0,
                    hospital_borne__gte=0,
                    out_of_scope__gte=0,
                    over_ceiling__gte=0,
                    first_share__gte=0,
                    in_scope__gte=0,
                    deductible__gte=0,
                    basic__gte=0,
                    compliant_personal__gte=0,
                    critical_illness__gte=0,
                    assistance__gte=0,
                    charity__gte=0,
                    personal__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="claim_maker_is_not_checker", condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("entered_by"))
            ),
            models.CheckConstraint(
                name="a_decided_claim_names_its_reviewer",
                condition=~Q(state__in=["approved", "settled"]) | Q(reviewed_by__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="claim_queue", fields=["state", "area", "id"]),
            models.Index(name="claim_by_resident_and_year", fields=["resident", "year"]),
            models.Index(name="claim_by_discharge", fields=["institution", "discharged"]),
        ]

    def __str__(self) -> str:
        return self.number


class ClaimLine(models.Model):
    class Kind(models.TextChoices):
        DRUG = "drug", _("药品")
        SERVICE = "service", _("诊疗服务")
        LARGE_EQUIPMENT = "large_equipment", _("大型设备")
        IMPLANT_DOMESTIC = "implant_domestic", _("国产植入材料")
        IMPLANT_IMPORTED = "implant_imported", _("进口植入材料")
        DISPOSABLE = "disposable", _("一次性材料")
        BLOOD = "blood", _("输血")
        BED = "bed", _("床位")
        OTHER = "other", _("其他")

    class Klass(models.TextChoices):
        A = "A", _("甲类")
        B = "B", _("乙类")
        C = "C", _("丙类（目录外）")

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="lines", verbose_name=_("费用申报"))
    number = models.PositiveIntegerField(_("行号"))
    item = models.CharField(_("项目"), max_length=80)
    kind = models.CharField(_("类别"), max_length=16, choices=Kind)
    klass = models.CharField(_("目录分类"), max_length=1, choices=Klass)
    amount = FenField(_("金额"))
    first_share = models.DecimalField(_("先行自付比例"), max_digits=5, decimal_places=4, null=True, blank=True)
    ceiling = FenField(_("限价"), null=True, blank=True)
    day = models.DateField(_("费用日期"), null=True, blank=True)
    informed = models.BooleanField(_("已告知患者"), default=True)
    # The national code decides by the catalogue of its day; class, share and ceiling above stay as the hospital sent
    # them, and beside them stands the row of the catalogue that was used.
    code = models.CharField(_("国家编码"), max_length=40, blank=True, default="")
    quantity = models.DecimalField(_("数量"), max_digits=12, decimal_places=4, null=True, blank=True)
    catalogue = models.ForeignKey(
        CatalogueItem, models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("目录项目"),
    )  # fmt: skip

    objects = scoped("claim__area__path").as_manager()

    class Meta:
        verbose_name = _("费用明细")
        verbose_name_plural = pgettext_lazy("many", "费用明细")
        ordering: ClassVar = ["claim", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_line_per_claim_and_number", fields=["claim", "number"]),
            models.CheckConstraint(name="a_line_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="a_quantity_is_positive", condition=Q(quantity=None) | Q(quantity__gt=0)),
            models.CheckConstraint(
                name="a_line_without_code_uses_no_catalogue", condition=Q(catalogue=None) | ~Q(code="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.item}"


class ClaimMove(models.Model):
    """One move of a claim's status: written by `claims.lifecycle` with the move itself, never changed."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="moves", verbose_name=_("费用申报"))
    before = models.CharField(_("原状态"), max_length=12, choices=Claim.State)
    after = models.CharField(_("新状态"), max_length=12, choices=Claim.State)
    by = models.ForeignKey("office.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))
    at = models.DateTimeField(_("时间"))
    why = models.CharField(_("原因"), max_length=300, blank=True)

    objects = scoped("claim__area__path").as_manager()

    class Meta:
        verbose_name = _("状态变动")
        verbose_name_plural = pgettext_lazy("many", "状态变动")
        ordering: ClassVar = ["claim", "id"]

    def __str__(self) -> str:
        return f"{self.get_before_display()} → {self.get_after_display()}"
