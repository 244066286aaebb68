"""What a renewal or its dry run counted, and what became of days of cover that stood already."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.contribution import Enrollment
from enrollment.models.resident import Resident
from office.scope import Scoped


class RenewalCount(models.Model):
    """How many people of one piece of a village stand in one of the three lists for one reason.

    Written by a piece of the renewal, or of its dry run, in the piece's own transaction: pages add up these rows and
    walk through no people.
    """

    class List(models.TextChoices):
        RENEWING = "renewing", _("续保人员")
        NEW = "new", _("新参保人员")
        LAPSED = "lapsed", _("不再续保人员")

    job = models.ForeignKey("office.Job", models.CASCADE, related_name="+", verbose_name=_("任务"))
    chunk = models.ForeignKey("office.Chunk", models.CASCADE, related_name="+", verbose_name=_("任务分片"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    listed = models.CharField(_("名单"), max_length=8, choices=List)
    reason = models.CharField(_("原因"), max_length=200)
    article = models.CharField(_("依据"), max_length=40, blank=True)
    people = models.PositiveIntegerField(_("人数"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("续保人数")
        verbose_name_plural = pgettext_lazy("many", "续保人数")
        ordering: ClassVar = ["job", "area", "listed", "-people"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_count_per_piece_list_and_reason", fields=["chunk", "listed", "reason", "article"]
            ),
            models.CheckConstraint(name="a_count_names_somebody", condition=Q(people__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.get_listed_display()} {self.reason}"


class CoverChange(models.Model):
    """Days of cover that stood already became others, because a fact was corrected or cover was cut.

    Also days given for a time that had passed. Kept by `cover.record`; whoever judged a claim before looks again.
    """

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="+", verbose_name=_("参保"))
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="cover_changes", verbose_name=_("居民"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("参保地"))
    was_from = models.DateField(_("原待遇起"), null=True, blank=True)
    was_until = models.DateField(_("原待遇止"), null=True, blank=True)
    was_transition = models.DateField(_("原过渡期止"), null=True, blank=True)
    was_factor = models.DecimalField(_("原住院待遇系数"), max_digits=5, decimal_places=4)
    now_from = models.DateField(_("现待遇起"), null=True, blank=True)
    now_until = models.DateField(_("现待遇止"), null=True, blank=True)
    now_transition = models.DateField(_("现过渡期止"), null=True, blank=True)
    now_factor = models.DecimalField(_("现住院待遇系数"), max_digits=5, decimal_places=4)
    # Days on which something is different, both ends included.
    since = models.DateField(_("影响起"))
    until = models.DateField(_("影响止"))
    changed_at = models.DateTimeField(_("更正时间"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("待遇期变更")
        verbose_name_plural = pgettext_lazy("many", "待遇期变更")
        ordering: ClassVar = ["-changed_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="a_changed_stretch_has_days", condition=Q(until__gte=models.F("since"))),
        ]
        indexes: ClassVar = [models.Index(name="cover_changed_by_resident", fields=["resident", "changed_at"])]

    def __str__(self) -> str:
        return f"{self.enrollment} {self.since} – {self.until}"
