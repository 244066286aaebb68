"""What the small town of the tests knows of funds."""

from datetime import date
from decimal import Decimal

from funds import booking, ledger, months
from funds.models import Entry, Month


class FundsTown:
    """Methods of the town for stories about funds."""

    def books_open(self, first: date = date(2025, 1, 1), last: date = date(2025, 12, 31)) -> list[Month]:
        """Open the books of the city for these months."""
        return months.open_until(self.city, first, last)

    def booked(self, amount: str, source: str = "test:1", on: date = date(2025, 1, 15), move: str = "subsidy") -> Entry:
        """One entry of one leg through the table of moves, in the first county's inpatient pool."""
        way = booking.MOVES[move]
        leg = ledger.Leg(way.debit, way.credit, Decimal(amount), ledger.SubFund.INPATIENT, self.county.pk)
        return ledger.book(source, self.city, on, way.meaning, [leg], self.accountant)
