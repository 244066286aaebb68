"""Residents, the households and schools they enroll with, and the statuses that others certify."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.scope import Scoped, scoped
from office.secrecy import SealedField, mask


class Household(models.Model):
    number = models.CharField(_("户号"), max_length=20, unique=True)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="households", verbose_name=_("村（社区）"))
    address = models.CharField(_("住址"), max_length=120, blank=True)
    head = models.OneToOneField(
        "enrollment.Resident", models.PROTECT, null=True, blank=True, related_name="heads", verbose_name=_("户主")
    )
    registered_on = models.DateField(_("登记日期"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("家庭")
        verbose_name_plural = pgettext_lazy("many", "家庭")
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return self.number


class School(models.Model):
    class Kind(models.TextChoices):
        PUPIL = "pupil", _("中小学、幼儿园")
        UNIVERSITY = "university", _("大中专院校")

    code = models.CharField(_("学校代码"), max_length=20, unique=True)
    name = models.CharField(_("学校名称"), max_length=80)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="schools", verbose_name=_("所在地"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("学校")
        verbose_name_plural = pgettext_lazy("many", "学校")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class Resident(models.Model):
    class IdType(models.TextChoices):
        ID_CARD = "id_card", _("居民身份证")
        BIRTH_CERTIFICATE = "birth_certificate", _("出生医学证明")
        HOUSEHOLD_BOOK = "household_book", _("户口簿")
        HMT_PERMIT = "hmt_permit", _("港澳台居民居住证")
        FOREIGN_PERMIT = "foreign_permit", _("外国人永久居留身份证")
        PASSPORT = "passport", _("护照")
        OTHER = "other", _("其他证件")

    class Sex(models.TextChoices):
        MALE = "1", _("男")
        FEMALE = "2", _("女")

    class Basis(models.TextChoices):
        """On what ground a person may join; the codes of the trial calculation."""

        HOUSEHOLD = "household", _("本地户籍")
        PUPIL = "pupil", _("中小学生、幼儿")
        RESIDENCE_PERMIT = "residence_permit", _("居住证")
        UNIVERSITY = "university", _("大中专学生")
        OTHER = "other", _("其他")

    class EndReason(models.TextChoices):
        DEATH = "death", _("死亡")
        MOVED_OUT = "moved_out", _("转出本市")
        EMPLOYEE_INSURANCE = "employee_insurance", _("转职工医保")
        DUPLICATE = "duplicate", _("重复登记")

    name = models.CharField(_("姓名"), max_length=60)
    initials = models.CharField(_("拼音首字母"), max_length=30, blank=True, db_index=True)
    id_type = models.CharField(_("证件类型"), max_length=20, choices=IdType, default=IdType.ID_CARD)
    id_number = SealedField(_("证件号码"))
    id_index = models.CharField(max_length=32, editable=False)
    # Another blind index, of the last four characters: what people say over the counter.
    id_tail = models.CharField(max_length=32, editable=False, blank=True, default="")
    sex = models.CharField(_("性别"), max_length=1, choices=Sex)
    birth_on = models.DateField(_("出生日期"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="residents", verbose_name=_("参保地"))
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("家庭")
    )
    relation = models.CharField(_("与户主关系"), max_length=20, blank=True)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="students", verbose_name=_("学校")
    )
    school_class = models.CharField(_("班级"), max_length=40, blank=True, default="")
    basis = models.CharField(_("参保依据"), max_length=20, choices=Basis, default=Basis.HOUSEHOLD)
    # Apart from where somebody is insured: a code of the divisions where there is one, and words ("320321 丰县孙楼镇").
    registry = models.CharField(_("户籍地"), max_length=100, blank=True, default="")
    residence = models.CharField(_("居住地"), max_length=100, blank=True, default="")
    phone = models.CharField(_("电话"), max_length=20, blank=True)
    # The last year insured before this office knew the person: whoever comes with it renews instead of joining anew.
    insured_through = models.PositiveSmallIntegerField(_("此前最近参保年度"), null=True, blank=True)
    pension_elsewhere = models.BooleanField(_("在外地享受养老待遇后迁入"), default=False)
    registered_on = models.DateField(_("登记日期"))
    # The last thing that happened to the person from which a wait or its absence is counted (graduation, birth, ...).
    event = models.CharField(_("参保事由"), max_length=32, blank=True)
    event_on = models.DateField(_("事由日期"), null=True, blank=True)
    ended_on = models.DateField(_("终止日期"), null=True, blank=True)
    end_reason = models.CharField(_("终止原因"), max_length=20, choices=EndReason, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("居民")
        verbose_name_plural = pgettext_lazy("many", "居民")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_resident_per_document", fields=["id_type", "id_index"]),
            models.CheckConstraint(
                name="an_end_has_a_day_and_a_reason",
                condition=Q(ended_on=None, end_reason="") | (Q(ended_on__isnull=False) & ~Q(end_reason="")),
            ),
            models.CheckConstraint(
                name="an_event_has_a_day",
                condition=Q(event="", event_on=None) | (Q(event_on__isnull=False) & ~Q(event="")),
            ),
        ]
        indexes: ClassVar = [
            # Made for `begins with`; an index in the order of a language serves only whole names.
            models.Index(name="resident_by_beginning_of_name", fields=["name"], opclasses=["varchar_pattern_ops"]),
            # The constraint above begins with the type of the document, which nobody types into a search.
            models.Index(name="resident_by_number", fields=["id_index"]),
            models.Index(name="resident_by_area", fields=["area", "id"]),
            models.Index(name="resident_by_last_digits", fields=["id_tail", "area"]),
            # The work list of lacking papers looks at whoever was registered lately.
            models.Index(name="resident_by_day_of_registering", fields=["registered_on", "id"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def id_masked(self) -> str:
        return mask(self.id_number)


class Status(models.Model):
    """A standing that a department certifies for a time; several may overlap, the best entitlement applies."""

    class Group(models.TextChoices):
        MINIMUM_LIVING = "minimum_living", _("最低生活保障对象")
        DESTITUTE = "destitute", _("特困供养人员")
        REGISTERED_POOR = "registered_poor", _("建档立卡贫困人口")
        LOW_INCOME_FAMILY = "low_income_family", _("低收入家庭成员")
        MEDICAL_ASSISTANCE = "medical_assistance", _("医疗救助对象")
        SEVERELY_DISABLED = "severely_disabled", _("重度残疾人（一、二级）")
        DISABLED_NO_WORK = "disabled_no_work", _("丧失劳动能力的残疾人")
        ORPHAN = "orphan", _("孤儿、事实无人抚养儿童")
        SPECIAL_CARE = "special_care", _("优抚对象")
        HARDSHIP_BY_ILLNESS = "hardship_by_illness", _("因病致困人员")
        FAMILY_PLANNING_REWARD = "family_planning_reward", _("农村计划生育奖扶对象")
        ONLY_CHILD = "only_child", _("独生子女")
        RURAL_LOW_INCOME = "rural_low_income", _("农村低收入人口")
        POOR_FAMILY_CHILD = "poor_family_child", _("贫困家庭儿童")

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="statuses", verbose_name=_("居民"))
    group = models.CharField(_("身份"), max_length=24, choices=Group)
    since = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    certified_by = models.CharField(_("认定部门"), max_length=60)
    document = models.CharField(_("依据"), max_length=80, blank=True)

    objects = scoped("resident__area__path").as_manager()

    class Meta:
        verbose_name = _("人员身份")
        verbose_name_plural = pgettext_lazy("many", "人员身份")
        ordering: ClassVar = ["resident", "since"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_status_per_group_and_first_day", fields=["resident", "group", "since"]),
            models.CheckConstraint(
                name="status_ends_after_it_begins", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return self.get_group_display()
