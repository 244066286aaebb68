"""One small town for all tests: `town.resident(...)`, `town.claim(...)`, each app's part in a file of its own."""

import pytest

from tests.town_claims import ClaimsTown
from tests.town_enrollment import EnrollmentTown
from tests.town_funds import FundsTown
from tests.town_office import OfficeTown


class Town(FundsTown, ClaimsTown, EnrollmentTown, OfficeTown):
    """The whole town; built anew for each test, inside its transaction."""


@pytest.fixture
def town(db: None) -> Town:
    """A fresh town."""
    return Town()
