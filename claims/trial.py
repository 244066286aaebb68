"""The trial calculation (试算) as a page: a made-up claim worked out by the rules and notices, written nowhere."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.adjudication import as_steps
from claims.forms import FactsForm, day_field
from claims.gathering import regulations_of
from claims.models import Claim, ClaimLine, Filing
from enrollment.models import Status
from office import days, desk, notices
from office.duties import Duty
from policies import shelf
from policies.estimate import claim as estimate
from policies.shapes import NotUnderstood

# Where in the form a field of a question stands, for what the rules do not understand.
FIELDS = {
    "person.birth_date": "birth_date",
    "care.admitted": "admitted",
    "care.discharged": "discharged",
    "care.delivery": "delivery",
    "institution.beds": "beds",
}
AMOUNTS = (
    ("total", gettext_lazy("医疗费总额")),
    ("basic", gettext_lazy("统筹基金支出")),
    ("critical_illness", gettext_lazy("大病保险支出")),
    ("assistance", gettext_lazy("医疗救助支出")),
    ("charity", gettext_lazy("慈善补助")),
    ("hospital_borne", gettext_lazy("医院负担")),
    ("personal", gettext_lazy("个人负担")),
)
USED = ("admissions", "admissions_level_2_3")
SUMS = ("basic", "inpatient_basic", "compliant_personal", "critical_illness")


def _money(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=0, max_digits=12, decimal_places=2, required=False, initial=0)


class TrialForm(FactsForm):
    """A claim as one asks about it at the counter: who, covered when, treated where and how, and the year so far."""

    policy = forms.ChoiceField(label=gettext_lazy("办法"))
    benefit = forms.ChoiceField(label=gettext_lazy("待遇类别"), choices=Claim.Benefit.choices)
    birth_date = day_field(gettext_lazy("出生日期"))
    cover_from = day_field(gettext_lazy("参保待遇起"), required=False)
    cover_to = day_field(gettext_lazy("参保待遇止"), required=False)
    admitted = day_field(gettext_lazy("入院（就诊）日期"))
    discharged = day_field(gettext_lazy("出院日期"))
    designated = forms.BooleanField(label=gettext_lazy("定点机构"), required=False)
    filing = forms.ChoiceField(
        label=gettext_lazy("异地备案"), choices=[("none", gettext_lazy("无备案")), *Filing.Kind.choices]
    )
    emergency = forms.BooleanField(label=gettext_lazy("急诊抢救"), required=False)
    cause = forms.ChoiceField(label=gettext_lazy("致病原因"), choices=Claim.Cause.choices)
    delivery = forms.ChoiceField(
        label=gettext_lazy("分娩方式"), choices=[("", "—"), *Claim.Delivery.choices], required=False
    )
    disease_class = forms.ChoiceField(
        label=gettext_lazy("重大疾病类别"), choices=[("", "—"), ("1", "1"), ("2", "2")], required=False
    )
    disease_quota = forms.DecimalField(
        label=gettext_lazy("病种限额（元）"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("人员身份"),
        choices=Status.Group.choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )
    admissions = forms.IntegerField(label=gettext_lazy("年内已住院次数"), min_value=0, required=False, initial=0)
    admissions_level_2_3 = forms.IntegerField(
        label=gettext_lazy("其中二、三级医院"), min_value=0, required=False, initial=0
    )
    basic = _money(gettext_lazy("统筹已支付"))
    inpatient_basic = _money(gettext_lazy("其中住院统筹"))
    compliant_personal = _money(gettext_lazy("合规自付累计"))
    critical_illness = _money(gettext_lazy("大病已支付"))
    since = None
    field_order = (
        *("policy", "benefit", "birth_date", "groups", "cover_from", "cover_to", "admitted", "discharged"),
        *("level", "grade", "affiliation", "location", "ownership", "beds", "designated", "chinese_medicine"),
        *("filing", "cause", "emergency", "delivery", "disease_class", "disease_quota"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        paying = (shelf.regulation(code) for code in shelf.codes())
        self.fields["policy"].choices = [(r.code, r.title) for r in paying if r.formulas.benefit]

    def question(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        """The question in the words of the trial calculation."""
        told = self.cleaned_data
        cover = None
        if told["cover_from"] and told["cover_to"]:
            cover = {"from": told["cover_from"].isoformat(), "to": told["cover_to"].isoformat()}
        place = {name: value for name, value in self.facts().items() if name in FactsForm.base_fields}
        care = {
            "admitted": told["admitted"].isoformat(),
            "discharged": told["discharged"].isoformat(),
            "emergency": told["emergency"],
            "filing": told["filing"],
            "cause": told["cause"],
            "delivery": told["delivery"] or None,
        }
        if told["benefit"] == Claim.Benefit.MAJOR_DISEASE:
            care["major_disease"] = {
                "class": int(told["disease_class"] or 0),
                "quota": f"{told['disease_quota'] or 0:.2f}",
                "named_hospital": told["designated"],
            }
        return {
            "policy": told["policy"],
            "benefit": told["benefit"],
            "person": {"birth_date": told["birth_date"].isoformat(), "groups": told["groups"]},
            "cover": cover,
            "institution": {**place, "grade": place["grade"] or None, "designated": told["designated"]},
            "care": care,
            "year_to_date": {
                **{name: told[name] or 0 for name in USED},
                **{name: f"{told[name] or 0:.2f}" for name in SUMS},
            },
            "lines": lines,
        }


class LineForm(forms.Form):
    """One fee line; an empty amount leaves the line out."""

    item = forms.CharField(label=gettext_lazy("项目"), max_length=80, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("费用类别"), choices=ClaimLine.Kind.choices)
    klass = forms.ChoiceField(label=gettext_lazy("目录分类"), choices=ClaimLine.Klass.choices)
    amount = forms.DecimalField(
        label=gettext_lazy("金额"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    first_share = forms.DecimalField(
        label=gettext_lazy("先行自付比例"), min_value=0, max_value=1, max_digits=5, decimal_places=4, required=False
    )

    def line(self) -> dict[str, Any] | None:
        """The line in the words of the trial calculation."""
        told = self.cleaned_data
        if not told.get("amount"):
            return None
        line = {"item": told["item"] or str(ClaimLine.Kind(told["kind"]).label), "kind": told["kind"]}
        line |= {"class": told["klass"], "amount": f"{told['amount']:.2f}"}
        return line if told["first_share"] is None else line | {"first_share": str(told["first_share"])}


Lines = forms.formset_factory(LineForm, extra=4)


@desk.page(Duty.SEE_RESIDENTS)
def estimate_page(request: HttpRequest) -> HttpResponse:
    """Ask what would be paid, with the notices approved so far; the answer comes with its worksheet."""
    if request.method == "POST":
        form, lines = TrialForm(request.POST), Lines(request.POST, prefix="line")
    else:
        form, lines = TrialForm(initial=_usual(request, days.today())), Lines(prefix="line", initial=_USUAL_LINES)
    answer = None
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        told = [line for line in (one.line() for one in lines) if line is not None]
        try:
            asked = estimate.read(form.question(told))
            benefit = notices.regulation(form.cleaned_data["policy"]).benefit(asked)
            answer = estimate.write(benefit) | {"steps": as_steps(benefit.steps)}
        except NotUnderstood as unclear:
            field = FIELDS.get(unclear.field)
            form.add_error(field, unclear.message if field else f"{unclear.message}（{unclear.field}）")
    context = {"title": _("试算"), "form": form, "lines": lines, "answer": answer}
    if answer is not None:
        context["amounts"] = [
            (label, answer[name]) for name, label in AMOUNTS if name == "total" or answer[name] != "0.00"
        ]
    return desk.render(request, "claims/estimate.html", context)


_USUAL_LINES = [{"item": "西药费", "kind": "drug", "klass": "A", "amount": "3000.00"}]


def _usual(request: HttpRequest, today: date) -> dict[str, Any]:
    own = regulations_of(request.user.area.path.partition("/")[0])
    return {
        "policy": own[-1].code if own else "",
        "birth_date": date(today.year - 50, 1, 1),
        "cover_from": date(today.year, 1, 1),
        "cover_to": date(today.year, 12, 31),
        "admitted": today,
        "discharged": today,
        "designated": True,
        "level": 2,
        "grade": "A",
        "affiliation": "county",
    }
