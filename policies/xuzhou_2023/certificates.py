"""The certificate of payment of an only child: which employer returns how much."""

from datetime import date

from policies import days
from policies.reimbursing import ReimbursementAnswer, ReimbursementQuestion, shared
from policies.rules import Rules


def reimbursement(question: ReimbursementQuestion, rules: Rules) -> ReimbursementAnswer:
    """Each parent's employer returns half of an only child's contribution, a single employer all of it [XZ09.6]."""
    limit, half = rules("only_child.adult_age"), rules("only_child.employer_share")
    age = days.age(question.birth_date, max(question.paid_on, date(question.year - 1, 12, 31)))
    if "only_child" not in question.groups:
        return ReimbursementAnswer((), half.article, "没有登记独生子女身份（须有《独生子女父母光荣证》）")
    if age >= limit.value:
        return ReimbursementAnswer((), limit.article, f"已满{limit.value}周岁，不再由父母单位报销")
    if not question.employers:
        return ReimbursementAnswer((), half.article, "父母双方均无工作单位，无单位报销")
    told = f"由父母双方单位各报销{half.value:.0%}" if question.employers == 2 else "由父母一方的单位全额报销"
    return ReimbursementAnswer(shared(question.amount, half.value, question.employers), half.article, told)
