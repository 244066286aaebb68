"""What claims keep of a resident follows the register: claims hang on cover."""

from collections.abc import Collection

from claims.models import Claim
from enrollment import changing
from enrollment.changing import Touched
from enrollment.models import Resident

_OVER = (Claim.State.RETURNED, Claim.State.CANCELLED)


@changing.touches
def claims_of(resident: Resident, years: Collection[int]) -> list[Touched]:
    """The live claims of these years, which may have to be worked out anew when cover becomes another."""
    live = Claim.objects.filter(resident=resident, year__in=years).exclude(state__in=_OVER).order_by("discharged")
    return [Touched(claim.number, claim.get_state_display(), claim.discharged) for claim in live]
