"""Tables of funds: one file per noun, gathered here for Django."""

from funds.models.books import Account, Entry, Month, Posting
from funds.models.redress import Redress
from funds.models.settlement import Settlement, SettlementItem

__all__ = ["Account", "Entry", "Month", "Posting", "Redress", "Settlement", "SettlementItem"]
