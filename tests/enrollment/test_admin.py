"""Enrollment in the admin: every list opens, nothing can be changed there, and the scope holds."""

from django.test import Client
from django.urls import reverse

from tests.enrollment.test_pages import signed_in
from tests.town import Town

MODELS = ["resident", "household", "school", "status", "collectionperiod", "enrollment", "due", "payment"]


def listed(client: Client, model: str, **query: str) -> str:
    answer = client.get(reverse(f"admin:enrollment_{model}_changelist"), query)
    assert answer.status_code == 200, model
    return str(answer.content.decode())


def test_every_record_is_listed_and_opens_read_only(town: Town) -> None:
    resident = town.covered("王志强", groups=["only_child"])
    town.school()
    client = signed_in(town.manager)
    for model in MODELS:
        listed(client, model)
        assert client.get(reverse(f"admin:enrollment_{model}_add")).status_code == 403
    html = client.get(reverse("admin:enrollment_resident_change", args=[resident.pk])).content.decode()
    assert "王志强" in html
    assert resident.id_number not in html
    payment = resident.payments.get()
    html = client.get(reverse("admin:enrollment_payment_change", args=[payment.pk])).content.decode()
    assert resident.id_number not in html


def test_a_resident_is_found_by_the_whole_number_only(town: Town) -> None:
    resident = town.resident("王志强")
    client = signed_in(town.manager)
    assert "王志强" in listed(client, "resident", q=resident.id_number)
    assert "王志强" in listed(client, "resident", q="wzq")
    assert "王志强" not in listed(client, "resident", q=resident.id_number[:10])


def test_a_county_sees_its_own_people_only(town: Town) -> None:
    town.covered("王志强")
    town.covered("李秀英", village=town.far_village)
    client = signed_in(town.member("manager", town.county))
    for model in ("resident", "enrollment", "payment", "household", "due"):
        html = listed(client, model)
        assert "王志强" in html
        assert "李秀英" not in html
