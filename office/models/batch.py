"""Files that come in: what was read, taken, refused or already known, and every problem with its line and field."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.scope import Scoped, scoped


class Batch(models.Model):
    class Kind(models.TextChoices):
        ROSTER = "roster", _("参保名册")
        PAYMENTS = "payments", _("缴费文件")
        SCHOOL_SUMS = "school_sums", _("学校汇缴文件")
        DEBITED = "debited", _("银行代扣回盘文件")
        REFUNDED = "refunded", _("退费回盘文件")
        TAX_DETAIL = "tax_detail", _("税务入库明细")
        FUND_DETAIL = "fund_detail", _("基金账户到账明细")
        CLAIMS = "claims", _("医院费用文件")
        STATUSES = "statuses", _("部门身份名册")
        DEATHS = "deaths", _("死亡信息")
        EMPLOYEES = "employees", _("职工医保参保名册")
        MOVED_OUT = "moved_out", _("转出名册")
        ELSEWHERE = "elsewhere", _("重复参保比对名册")
        CATALOGUE = "catalogue", _("医保目录")
        DISEASES = "diseases", _("疾病编码")
        OPERATIONS = "operations", _("手术编码")
        INSTITUTIONS = "institutions", _("医疗机构名册")
        PHYSICIANS = "physicians", _("医保医师名册")

    class State(models.TextChoices):
        READING = "reading", _("正在读取")
        MAPPING = "mapping", _("待对应栏目")
        UNREADABLE = "unreadable", _("无法读取")
        PREVIEWED = "previewed", _("已预览")
        TAKING = "taking", _("正在导入")
        TAKEN = "taken", _("已导入")
        UNDONE = "undone", _("已撤销")
        DISCARDED = "discarded", _("已放弃")

    kind = models.CharField(_("种类"), max_length=12, choices=Kind)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PREVIEWED)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    file_name = models.CharField(_("文件名"), max_length=200)
    digest = models.CharField(_("文件指纹"), max_length=64, editable=False)
    # What the file was sent with where that changes what it says (its group, its period), digested; empty for nothing.
    terms = models.CharField(max_length=32, blank=True, default="", editable=False)
    # Who sends such files: a bank, the tax authority, a school. Where its headings lead is remembered by this name.
    source = models.CharField(_("来源"), max_length=60, blank=True, default="")
    # The line of the heading and, heading by heading from the left, the column it leads to ("" for none); null where
    # every heading is known by its own name.
    mapping = models.JSONField(_("栏目对应"), null=True, blank=True)
    # Why a file could not be read that was read in the background.
    message = models.CharField(_("说明"), max_length=300, blank=True, default="", editable=False)
    # The file as it came, sealed: rosters hold identity numbers.
    content = models.BinaryField(editable=False)
    # What the taking needs besides the file: the village of a roster, the period of a payment file.
    parameters = models.JSONField(_("参数"), default=dict)
    # The first rows as they stood in the file, identity numbers masked; what a page shows without reading the file.
    sample = models.JSONField(null=True, editable=False)
    # The good lines of a large file as the preview found them, cut into the chunks of the taking.
    plan = models.JSONField(null=True, editable=False)
    read = models.PositiveIntegerField(_("读入"), default=0)
    taken = models.PositiveIntegerField(_("导入"), default=0)
    refused = models.PositiveIntegerField(_("退回"), default=0)
    duplicate = models.PositiveIntegerField(_("重复"), default=0)
    uploaded_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("上传人"))
    uploaded_at = models.DateTimeField(_("上传时间"))
    taken_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("导入人")
    )
    taken_at = models.DateTimeField(_("导入时间"), null=True, blank=True)
    undone_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤销人")
    )
    undone_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("导入文件")
        verbose_name_plural = pgettext_lazy("many", "导入文件")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="a_file_is_taken_once",
                fields=["kind", "area", "digest", "terms"],
                condition=Q(state__in=("taking", "taken")),
            ),
            models.CheckConstraint(
                name="every_row_read_is_taken_refused_or_duplicate",
                condition=Q(read=F("taken") + F("refused") + F("duplicate")) | ~Q(state="taken"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.file_name}"


class Mapping(models.Model):
    """Where the headings of a sender's files lead, as a clerk of an office said once for all files that look so."""

    kind = models.CharField(_("种类"), max_length=12, choices=Batch.Kind)
    source = models.CharField(_("来源"), max_length=60, blank=True, default="")
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    headings = models.JSONField(_("表头"))  # from the left, as they stood in the file
    digest = models.CharField(max_length=64, editable=False)  # of the headings
    columns = models.JSONField(_("栏目"))  # beside each heading the name of our column, "" where it is not imported
    said_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("对应人"))
    said_at = models.DateTimeField(_("对应时间"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("栏目对应")
        verbose_name_plural = pgettext_lazy("many", "栏目对应")
        ordering: ClassVar = ["kind", "source", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="the_headings_of_a_sender_lead_one_way", fields=["area", "kind", "source", "digest"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source}".strip()


class Portion(models.Model):
    """Good rows of a large file as the preview understood them, sealed: what one chunk takes without reading again."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="portions", verbose_name=_("文件"))
    number = models.PositiveIntegerField()
    content = models.BinaryField(editable=False)

    objects = scoped("batch__area__path").as_manager()

    class Meta:
        ordering: ClassVar = ["batch", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_portion_per_number_of_a_file", fields=["batch", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"


class Problem(models.Model):
    """One thing wrong with one field of one line, with the row itself so that it can be given back."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="problems", verbose_name=_("文件"))
    line = models.PositiveIntegerField(_("行"))
    field = models.CharField(_("栏目"), max_length=60, blank=True)
    message = models.CharField(_("问题"), max_length=300)
    row = models.BinaryField(null=True, editable=False)  # the cells as sealed JSON

    objects = scoped("batch__area__path").as_manager()

    class Meta:
        verbose_name = _("导入问题")
        verbose_name_plural = pgettext_lazy("many", "导入问题")
        ordering: ClassVar = ["batch", "line", "id"]

    def __str__(self) -> str:
        told = {"line": self.line, "field": self.field, "message": self.message}
        return str(_("第 %(line)s 行 %(field)s：%(message)s") % told)


class Made(models.Model):
    """What the taking of a file brought into being, table by table: each key with the mark of the row as made."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="made", verbose_name=_("文件"))
    table = models.CharField(_("表"), max_length=60)
    rows = models.JSONField(_("行"), default=dict)  # {"17": "9f3a…"}

    objects = scoped("batch__area__path").as_manager()

    class Meta:
        verbose_name = _("导入所建")
        verbose_name_plural = pgettext_lazy("many", "导入所建")
        ordering: ClassVar = ["batch", "id"]

    def __str__(self) -> str:
        return f"{self.table}×{len(self.rows)}"
