"""The offices of the small town in which tests tell their stories: its areas and the people who work there."""

from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.contrib.auth.hashers import make_password
from django.utils import timezone

import office.tasks  # noqa: F401  the bell is answered in this process, as in a worker
from office import areas, jobs
from office.models import Area, Job, Staff

PASSWORD = "ping-an-2025-xiao-zhen"
POLICY = "jinzhong_2017"


class OfficeTown:
    """A city (Jinzhong unless told otherwise) with two counties, two villages in each, and staff of every role.

    Staff are reached as `town.clerk` (the city's) or `town.member("clerk", town.county)`; all sign in with PASSWORD.
    """

    def __init__(self, city_code: str = "140700", policy: str = POLICY) -> None:
        self.policy = policy
        self.city = areas.plant(city_code)
        self.counties = list(Area.objects.filter(parent=self.city).order_by("code")[:2])
        self.county, self.other_county = self.counties
        self.towns = [areas.add(county, f"{county.code}100", f"{county.name}城关镇") for county in self.counties]
        self.villages = [
            areas.add(seat, f"{seat.code}{number}", f"{name}村")
            for seat, names in zip(self.towns, (("东", "西"), ("南", "北")), strict=True)
            for number, name in zip(("201", "202"), names, strict=True)
        ]
        self.village, self.second_village, self.far_village, _ = self.villages
        self._staff: dict[tuple[str, int], Staff] = {}
        self._password = make_password(PASSWORD)

    # --- days -----------------------------------------------------------------------------------------------------
    today = date(2025, 3, 10)

    @staticmethod
    def moment(day: date, hour: int = 9) -> datetime:
        """A moment of a Shanghai day."""
        return timezone.make_aware(datetime.combine(day, time(hour)))

    @property
    def now(self) -> datetime:
        """The moment of `town.today` at nine in the morning."""
        return self.moment(self.today)

    # --- people ---------------------------------------------------------------------------------------------------
    def member(self, role: str, area: Area | None = None) -> Staff:
        """The one member of staff with this role in this area (the city unless told otherwise), made when asked for."""
        area = area or self.city
        if (role, area.pk) not in self._staff:
            self._staff[role, area.pk] = Staff.objects.create(
                username=f"{role}-{area.code}",
                name=f"{area.name}{Staff.Role(role).label}",
                role=role,
                area=area,
                password=self._password,
                is_staff=role in (Staff.Role.MANAGER, Staff.Role.SYSTEM, Staff.Role.SECURITY, Staff.Role.AUDITOR),
            )
        return self._staff[role, area.pk]

    @cached_property
    def everyone(self) -> list[Staff]:
        """Every role in the city, in each county and in one village of each county."""
        places = [self.city, *self.counties, self.village, self.far_village]
        return [self.member(role, place) for place in places for role in Staff.Role.values]

    @property
    def clerk(self) -> Staff:
        return self.member("clerk")

    @property
    def reviewer(self) -> Staff:
        return self.member("reviewer")

    @property
    def rechecker(self) -> Staff:
        return self.member("rechecker")

    @property
    def accountant(self) -> Staff:
        return self.member("accountant")

    @property
    def manager(self) -> Staff:
        return self.member("manager")

    @property
    def system(self) -> Staff:
        return self.member("system")

    @property
    def security(self) -> Staff:
        return self.member("security")

    @property
    def auditor(self) -> Staff:
        return self.member("auditor")

    # --- jobs -----------------------------------------------------------------------------------------------------
    def work(self) -> None:
        """Do everything that waits, as a worker would; a test's transaction never commits, so no bell has rung."""
        moment = self.now
        for job_id in Job.objects.filter(state__in=("waiting", "running")).values_list("pk", flat=True):
            jobs.work(job_id, clock=lambda: moment + timedelta(seconds=1))
