"""How residents are found by what is typed: whole numbers and beginnings of names, each by an index of its own."""

from django.db.models import Q, QuerySet

from enrollment import documents
from enrollment.models import Household, Resident
from office import identity
from office.secrecy import blind_index


def found(rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
    """Whoever is meant by what was typed at the counter: a name, initials, a number, its last four, a household."""
    text = identity.normal(text)
    if not any(character.isdigit() for character in text):
        return by_name(rows, text)
    return rows.filter(id_tail=documents.tail(text)) if documents.is_tail(text) else by_number(rows, text)


def by_number(rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
    """Whoever has this document number, or lives in the household with this number. Two queries."""
    # The household first: asked for in one breath, the database would walk through everybody with their households.
    home = Household.objects.filter(number=text).values_list("pk", flat=True).first()
    asked = Q(id_index=blind_index(text))
    return rows.filter(asked if home is None else asked | Q(household=home))


def by_name(rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
    """Whoever's name begins like this, or the initials of whose name do."""
    return rows.filter(initials__startswith=text) if text.isascii() else rows.filter(name__startswith=text)
