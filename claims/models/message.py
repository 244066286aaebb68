"""What hospitals' systems send over the wire: their connections, and every message with the answer that it got."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.claim import Claim
from claims.models.institution import Institution
from office.scope import scoped
from office.secrecy import SealedField


class Connection(models.Model):
    """The right of one institution's system to send claims: a key that names it, and a secret that signs."""

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="connections", verbose_name=_("医疗机构"))
    key = models.CharField(_("接入标识"), max_length=32, unique=True)
    secret = SealedField(_("签名密钥"))
    # Who opened it answers for what comes over it, and so does not check it.
    opened_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("开通人"))
    opened_at = models.DateTimeField(_("开通时间"))
    closed_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    objects = scoped("institution__area__path").as_manager()

    class Meta:
        verbose_name = _("接口接入")
        verbose_name_plural = pgettext_lazy("many", "接口接入")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_connection_closes_after_it_opens",
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Message(models.Model):
    """One message and its answer, for ever: whoever asks again gets the same."""

    class Kind(models.TextChoices):
        CLAIM = "claim", _("费用申报")
        CORRECTION = "correction", _("更正")
        REVERSAL = "reversal", _("冲正")

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="messages", verbose_name=_("医疗机构"))
    message_id = models.CharField(_("报文标识"), max_length=40)
    kind = models.CharField(_("种类"), max_length=12, choices=Kind)
    number = models.CharField(_("结算单号"), max_length=40)
    digest = models.CharField(_("内容指纹"), max_length=64)
    status = models.PositiveSmallIntegerField(_("应答码"))
    answer = models.JSONField(_("应答"))
    claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="messages", verbose_name=_("费用申报")
    )
    # The number is taken from here on: by the claim that came first, or by its reversal that came before it.
    opens = models.BooleanField(_("首次占用单号"), default=False)
    received_at = models.DateTimeField(_("接收时间"))

    objects = scoped("institution__area__path").as_manager()

    class Meta:
        verbose_name = _("接口报文")
        verbose_name_plural = pgettext_lazy("many", "接口报文")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_effect_per_message", fields=["institution", "message_id"]),
            models.UniqueConstraint(
                name="a_number_is_opened_once_over_the_wire", fields=["institution", "number"], condition=Q(opens=True)
            ),
        ]

    def __str__(self) -> str:
        return self.message_id
