"""Who sees which rows: one rule, an area and everything below it, for every list, page, count, export and call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from office.models import Staff


class Scoped(models.QuerySet[Any]):
    """Rows that belong to an area. `area_path` names the way from a row to the path of its area."""

    area_path = "area__path"

    def visible_to(self, staff: Staff) -> Self:
        """Rows in the area of this member of staff and in all areas below; none for somebody without an area."""
        if not staff.is_authenticated or staff.area_id is None:
            return self.none()
        return self.filter(**{f"{self.area_path}__startswith": staff.area.path})


def scoped(area_path: str) -> type[Scoped]:
    """A queryset whose rows reach their area by another way, such as `institution__area__path`."""
    return type("Scoped", (Scoped,), {"area_path": area_path})
