"""Counts kept by triggers, targets and certificates of payment."""

import django.db.models.deletion
import office.money
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from enrollment import tally_triggers
from office import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("enrollment", "0014_dues_are_not_rewritten"),
        ("office", "0007_payments_of_every_channel"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="证明编号")),
                ("copy", models.PositiveSmallIntegerField(verbose_name="第几次打印")),
                ("code", models.CharField(max_length=32, unique=True, verbose_name="核验码")),
                ("amount", office.money.FenField(verbose_name="个人缴费")),
                ("paid_on", models.DateField(verbose_name="到账日")),
                ("split", models.JSONField(blank=True, default=list, verbose_name="单位报销")),
                ("issued_at", models.DateTimeField(verbose_name="开具时间")),
                (
                    "enrollment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="enrollment.enrollment",
                        verbose_name="参保",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="开具人",
                    ),
                ),
            ],
            options={
                "verbose_name": "缴费证明",
                "verbose_name_plural": "缴费证明",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("enrollment", "copy"), name="one_certificate_per_enrollment_and_print"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0), ("copy__gte", 1)), name="a_certificate_is_about_money"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="参保年度")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("here", "在册人员"),
                            ("due", "待缴费"),
                            ("covered", "已参保"),
                            ("refused", "不予参保"),
                            ("ended", "已终止"),
                            ("gone", "已离开人员的登记"),
                            ("paid", "当日到账人数"),
                            ("money", "当日入账缴费"),
                        ],
                        max_length=8,
                        verbose_name="类别",
                    ),
                ),
                ("day", models.DateField(blank=True, null=True, verbose_name="日期")),
                ("number", models.BigIntegerField(verbose_name="数量")),
                ("amount", office.money.FenField(default=Decimal("0.00"), verbose_name="金额")),
                ("folded", models.BooleanField(default=False, verbose_name="已合并")),
                (
                    "area",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="office.area",
                        verbose_name="区域",
                    ),
                ),
            ],
            options={
                "verbose_name": "参保计数",
                "verbose_name_plural": "参保计数",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["year", "kind", "area", "day"], name="tally_by_year_kind_and_area"),
                    models.Index(condition=models.Q(("folded", False)), fields=["id"], name="tally_not_folded_yet"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("day__isnull", False), ("kind__in", ["paid", "money"])),
                            models.Q(models.Q(("kind__in", ["paid", "money"]), _negated=True), ("day", None)),
                            _connector="OR",
                        ),
                        name="a_count_of_a_day_has_a_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="参保年度")),
                ("version", models.PositiveSmallIntegerField(verbose_name="版次")),
                ("people", models.PositiveIntegerField(verbose_name="目标人数")),
                ("why", models.CharField(max_length=120, verbose_name="依据")),
                ("set_at", models.DateTimeField(verbose_name="下达时间")),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="office.area",
                        verbose_name="区域",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="下达人",
                    ),
                ),
            ],
            options={
                "verbose_name": "参保目标",
                "verbose_name_plural": "参保目标",
                "ordering": ["-year", "area__path", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("area", "year", "version"), name="one_target_per_area_year_and_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="targets_are_counted_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("why", ""), _negated=True), name="a_target_has_its_reason"
                    ),
                ],
            },
        ),
        # What is there already is counted once; from here on the triggers count.
        triggers.by_vendor(tally_triggers.COUNTED, tally_triggers.COUNTED),
        *tally_triggers.kept(),
        *triggers.append_only("enrollment_target"),
        *triggers.append_only("enrollment_certificate"),
    ]
