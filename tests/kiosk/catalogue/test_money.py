"""Prices: exact, and written as each language writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.catalogue.money import Money, money
from kiosk.config import LANGUAGES


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("29.90", "EUR", 2990), ("29.9", "EUR", 2990), ("1290", "JPY", 1290), ("1.234", "KWD", 1234), ("0", "USD", 0)],
)
def test_amounts_become_whole_numbers_of_the_smallest_coin(amount, currency, minor):
    assert money(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("29.999", "EUR"), ("12.5", "JPY"), ("-1", "EUR"), ("1e3", "EUR"), ("", "EUR"), ("٣", "EUR"), ("1", "XYZ")],
)
def test_what_is_no_price_is_refused(amount, currency):
    with pytest.raises(ValueError, match=r"price|currency|coins"):
        money(amount, currency)


def test_each_language_writes_it_its_own_way():
    price = Money(2990, "EUR")
    shown = {language: price.shown(language) for language in LANGUAGES}
    assert shown["en"] == shown["zh"] == "€29.90"
    assert shown["de"] == shown["fr"] == shown["es"] == "29,90\u00a0€"
    assert shown["ar"] == "29.90\u00a0€"


@given(st.integers(0, 10**9), st.sampled_from(["EUR", "JPY", "KWD", "USD", "CHF"]), st.sampled_from(LANGUAGES))
def test_every_price_can_be_shown(minor, currency, language):
    digits = "".join(filter(str.isdigit, Money(minor, currency).shown(language)))
    assert int(digits) == minor
