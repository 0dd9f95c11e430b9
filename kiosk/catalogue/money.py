"""Prices: whole numbers of a currency's smallest unit, written as each language writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from babel.numbers import format_currency, get_currency_precision, list_currencies

from kiosk.config import Language

_MOST_MINOR: Final = 10**12
_AMOUNT: Final = re.compile(r"\d{1,10}(?:\.\d{1,4})?", re.ASCII)
_DIRECTION_MARKS: Final = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
_NARROW_SPACE: Final = {ord("\u202f"): "\u00a0"}
"""Not every font has it."""


@dataclass(frozen=True)
class Money:
    """An amount in the smallest unit of an ISO 4217 currency, such as cents; never negative."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Raises `ValueError` for a currency that does not exist or an amount that is no price."""
        if self.currency not in list_currencies():
            raise ValueError(f"{self.currency!r} is no ISO currency, such as EUR")
        if not 0 <= self.minor <= _MOST_MINOR:
            raise ValueError(f"{self.minor} is no price")

    def shown(self, language: Language) -> str:
        """The price as a shopper reads it, in logical order."""
        places = get_currency_precision(self.currency)
        amount = Decimal(self.minor).scaleb(-places)
        text = str(format_currency(amount, self.currency, locale=language))
        return text.translate(_DIRECTION_MARKS).translate(_NARROW_SPACE)


def money(amount: str, currency: str) -> Money:
    """The price that "29.90" says. Raises `ValueError` for what is none, or is finer than the currency's coins."""
    if not _AMOUNT.fullmatch(amount):
        raise ValueError(f'{amount!r} is no price, such as "29.90"')
    priced = Money(0, currency)  # refuses an unknown currency
    minor = Decimal(amount).scaleb(get_currency_precision(priced.currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} is finer than {currency} has coins")
    return Money(int(minor), currency)
