"""The newcomer's page: the stories of the demo city, each with the names by which it is found."""

from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from demo.stories import STORIES
from office import desk, duties
from office.duties import Duty
from office.models import Staff

# What the page of a story asks of whoever opens it.
_DUTIES: Final = {
    "enrollment:residents": Duty.SEE_RESIDENTS,
    "claims:claims": Duty.SEE_CLAIMS,
    "office:files": Duty.SEE_RESIDENTS,
    "funds:settlements": Duty.SEE_BOOKS,
}


@desk.page(Duty.SEE_RESIDENTS)
def stories_page(request: HttpRequest) -> HttpResponse:
    """Every story with links to its people, where this person's duties allow them; empty where no demo was built."""
    told = []
    for story in STORIES if Staff.objects.filter(is_demo=True).exists() else ():
        address, allowed = reverse(story.page), duties.may(request.user, _DUTIES[story.page])
        people = [(name, f"{address}?{urlencode({'q': name})}") for name in story.who]
        told.append({"story": story, "people": people, "address": address, "open": allowed})
    return desk.render(request, "demo/stories.html", {"title": _("演示故事"), "stories": told})
