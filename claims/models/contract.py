"""The way of an agreement: application, assessments, acts of two people, suspensions, appraisals, history."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.institution import Agreement, Institution
from office.scope import scoped


class Application(models.Model):
    """An institution asks to be designated. `claims.contract_moves` alone writes its state."""

    class State(models.TextChoices):
        APPLIED = "applied", _("待评估")
        ASSESSED = "assessed", _("评估合格")
        PUBLISHED = "published", _("公示")
        SIGNED = "signed", _("已签约")
        REFUSED = "refused", _("不予定点")
        WITHDRAWN = "withdrawn", _("已撤回")

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="applications", verbose_name=_("医疗机构")
    )
    applied_on = models.DateField(_("申请日期"))
    contact = models.CharField(_("联系人"), max_length=60, blank=True)
    materials = models.CharField(_("申请材料"), max_length=300)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.APPLIED)
    published_from = models.DateField(_("公示起"), null=True, blank=True)
    published_until = models.DateField(_("公示止"), null=True, blank=True)
    entered_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("受理人"))

    objects = scoped("institution__area__path").as_manager()

    class Meta:
        verbose_name = _("定点申请")
        verbose_name_plural = pgettext_lazy("many", "定点申请")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_open_application_per_institution",
                fields=["institution"],
                condition=Q(state__in=("applied", "assessed", "published")),
            ),
            models.CheckConstraint(
                name="a_publication_ends_after_it_begins",
                condition=Q(published_from=None, published_until=None) | Q(published_until__gte=F("published_from")),
            ),
            models.CheckConstraint(
                name="signed_means_published", condition=~Q(state__in=("published", "signed"))
                | Q(published_from__isnull=False, published_until__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"DD{self.pk:06}" if self.pk else ""


class Assessment(models.Model):
    """What one assessor found at an applicant; two different people look."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="assessments", verbose_name=_("定点申请"))
    assessed_on = models.DateField(_("评估日期"))
    score = models.DecimalField(_("得分"), max_digits=5, decimal_places=2)
    fit = models.BooleanField(_("合格"))
    findings = models.CharField(_("评估意见"), max_length=300)
    by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("评估人"))
    at = models.DateTimeField(_("时间"))

    objects = scoped("application__institution__area__path").as_manager()

    class Meta:
        verbose_name = _("定点评估")
        verbose_name_plural = pgettext_lazy("many", "定点评估")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_assessment_per_application_and_assessor", fields=["application", "by"]),
            models.CheckConstraint(name="an_assessment_scores_0_to_100", condition=Q(score__gte=0, score__lte=100)),
            models.CheckConstraint(name="an_assessment_has_findings", condition=~Q(findings="")),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.by}"


class ContractAct(models.Model):
    """What is to happen to an agreement: put forward by one, confirmed or refused by another."""

    class Kind(models.TextChoices):
        SIGN = "sign", _("签订协议")
        SUSPEND = "suspend", _("暂停协议")
        RESUME = "resume", _("恢复协议")
        END = "end", _("终止协议")
        APPRAISE = "appraise", _("年度考核")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待复核")
        CONFIRMED = "confirmed", _("已生效")
        REFUSED = "refused", _("未通过")

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="acts", verbose_name=_("医疗机构"))
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, null=True, blank=True, related_name="acts", verbose_name=_("服务协议")
    )
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, blank=True, related_name="acts", verbose_name=_("定点申请")
    )
    kind = models.CharField(_("事项"), max_length=10, choices=Kind)
    # Days and amounts as text, as the person put them forward; read again when the other person confirms.
    terms = models.JSONField(_("内容"), default=dict)
    why = models.CharField(_("原因"), max_length=300)
    article = models.CharField(_("依据"), max_length=40, blank=True)
    paper = models.CharField(_("文号"), max_length=80, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("提出人"))
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    answer = models.CharField(_("复核意见"), max_length=300, blank=True)

    objects = scoped("institution__area__path").as_manager()

    class Meta:
        verbose_name = _("协议办理")
        verbose_name_plural = pgettext_lazy("many", "协议办理")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_open_act_per_institution", fields=["institution"], condition=Q(state="proposed")
            ),
            models.CheckConstraint(
                name="act_maker_is_not_checker", condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by"))
            ),
            models.CheckConstraint(
                name="a_decided_act_names_who_and_when",
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(name="an_act_says_why", condition=~Q(why="")),
            models.CheckConstraint(
                name="an_act_is_about_an_agreement", condition=Q(kind="sign") | Q(agreement__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"XB{self.pk:06}" if self.pk else ""


class Suspension(models.Model):
    """Days on which an agreement does not count, both inclusive; without `until`, until it is resumed."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="suspensions", verbose_name=_("服务协议"))
    since = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    act = models.OneToOneField(ContractAct, models.PROTECT, related_name="suspension", verbose_name=_("协议办理"))

    objects = scoped("agreement__institution__area__path").as_manager()

    class Meta:
        verbose_name = _("协议暂停")
        verbose_name_plural = pgettext_lazy("many", "协议暂停")
        ordering: ClassVar = ["since"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_suspension_ends_after_it_begins", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.since}"


class Appraisal(models.Model):
    """What an agreement's year was worth: the score, and the part of the deposits that it gives back [JZ22.2]."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="appraisals", verbose_name=_("服务协议"))
    year = models.PositiveSmallIntegerField(_("年度"))
    score = models.DecimalField(_("得分"), max_digits=5, decimal_places=2)
    coefficient = models.DecimalField(_("保证金返还系数"), max_digits=5, decimal_places=4)
    act = models.OneToOneField(ContractAct, models.PROTECT, related_name="appraisal", verbose_name=_("协议办理"))

    objects = scoped("agreement__institution__area__path").as_manager()

    class Meta:
        verbose_name = _("年度考核")
        verbose_name_plural = pgettext_lazy("many", "年度考核")
        ordering: ClassVar = ["-year"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_appraisal_per_agreement_and_year", fields=["agreement", "year"]),
            models.CheckConstraint(name="an_appraisal_scores_0_to_100", condition=Q(score__gte=0, score__lte=100)),
            models.CheckConstraint(
                name="a_deposit_comes_back_at_most_whole", condition=Q(coefficient__gte=0, coefficient__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.year}"


class ContractMove(models.Model):
    """One move on the way of an application or an agreement: written with the move itself, never changed."""

    class Stand(models.TextChoices):
        APPLIED = "applied", _("待评估")
        ASSESSED = "assessed", _("评估合格")
        PUBLISHED = "published", _("公示")
        SIGNED = "signed", _("已签约")
        REFUSED = "refused", _("不予定点")
        WITHDRAWN = "withdrawn", _("已撤回")
        IN_FORCE = "in_force", _("有效")
        SUSPENDED = "suspended", _("暂停")
        ENDED = "ended", _("终止")

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="contract_moves", verbose_name=_("医疗机构")
    )
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, blank=True, related_name="moves", verbose_name=_("定点申请")
    )
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, null=True, blank=True, related_name="moves", verbose_name=_("服务协议")
    )
    before = models.CharField(_("原状态"), max_length=10, choices=Stand, blank=True)
    after = models.CharField(_("新状态"), max_length=10, choices=Stand)
    on = models.DateField(_("生效日"))
    by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("办理人"))
    checked_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    at = models.DateTimeField(_("时间"))
    why = models.CharField(_("原因"), max_length=300, blank=True)
    article = models.CharField(_("依据"), max_length=40, blank=True)

    objects = scoped("institution__area__path").as_manager()

    class Meta:
        verbose_name = _("协议变动")
        verbose_name_plural = pgettext_lazy("many", "协议变动")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_contract_move_is_of_one_thing",
                condition=Q(application__isnull=False, agreement=None) | Q(application=None, agreement__isnull=False),
            ),
            models.CheckConstraint(
                name="contract_move_maker_is_not_checker", condition=Q(checked_by=None) | ~Q(checked_by=F("by"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application or self.agreement} {self.get_after_display()}"
