"""Money: integer minor units and an ISO 4217 code. No float ever touches an amount.

Units that a book declares beside the currencies, such as points, are learnt by the process.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal

import msgspec

from huoshui.core.errors import Problem

# Minor-unit digits that differ from 2 (ISO 4217, list one).
_DIGITS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}

# Active national and fund currencies (ISO 4217, list one, 2024).
_CODES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP
    BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR
    FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES
    KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
    MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
    UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG""".split()
)

_UNIT = re.compile(r"[A-Z][A-Z0-9]{2,11}", re.ASCII)
DIGITS_MAX = 9
_units: dict[str, int] = {}

_AMOUNT = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,9})?")
AMOUNT_MAX = 10**15

ROUNDINGS = {
    "half_even": ROUND_HALF_EVEN,
    "half_up": ROUND_HALF_UP,
    "down": ROUND_DOWN,
    "up": ROUND_UP,
}


class UnknownCurrency(Problem):
    """Not an active ISO 4217 code."""

    code = "unknown_currency"
    status = 422


class BadUnit(Problem):
    """Not a code that a unit may have, or more decimals than amounts are told with."""

    code = "bad_unit"
    status = 422


class AmountTooFine(Problem):
    """More decimals than the currency has."""

    code = "amount_too_fine"
    status = 422


class AmountUnreadable(Problem):
    """Not a plain decimal number within bounds."""

    code = "amount_unreadable"
    status = 422


class CurrencyMix(Problem):
    """Two currencies where one is needed."""

    code = "currency_mix"
    status = 422


def digits(currency: str) -> int:
    """Decimal places of a currency's or a learnt unit's minor unit. Raises UnknownCurrency."""
    if currency in _CODES:
        return _DIGITS.get(currency, 2)
    if currency not in _units:
        raise UnknownCurrency(currency=currency[:12])
    return _units[currency]


def is_currency(code: str) -> bool:
    """Whether a code is an active one of ISO 4217."""
    return code in _CODES


def check_unit(code: str, digits: int) -> None:
    """Whether a unit may be called so: 3 to 12 capital letters and digits, no currency's code.

    Raises BadUnit.
    """
    known = _units.get(code, digits)
    if not _UNIT.fullmatch(code) or code in _CODES or not 0 <= digits <= DIGITS_MAX:
        raise BadUnit(unit=code[:20], most=DIGITS_MAX, known="-")
    if known != digits:
        raise BadUnit(unit=code, most=DIGITS_MAX, known=known)


def learn_unit(code: str, digits: int) -> None:
    """From now on this process reads and shows amounts of a declared unit; the first word counts."""
    _units.setdefault(code, digits)


class Money(msgspec.Struct, frozen=True, order=False, forbid_unknown_fields=True):
    """An amount in minor units of one currency, e.g. Money(1234, "CNY") is 12.34 yuan."""

    amount: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMix(first=self.currency, second=other.currency)
        return other.amount

    def __str__(self) -> str:
        return f"{major(self.amount, self.currency)} {self.currency}"


def major(amount_minor: int, currency: str) -> Decimal:
    """Minor units as an exact decimal of the major unit: 1234 CNY is Decimal("12.34")."""
    return Decimal(amount_minor).scaleb(-digits(currency))


def parse_amount(text: str, currency: str) -> int:
    """Minor units of a plain decimal text. Raises AmountUnreadable, AmountTooFine, UnknownCurrency."""
    if not _AMOUNT.fullmatch(text):
        raise AmountUnreadable(text=text[:40])
    minor = Decimal(text).scaleb(digits(currency))
    if minor != minor.to_integral_value():
        raise AmountTooFine(text=text, currency=currency, digits=digits(currency))
    if abs(minor) > AMOUNT_MAX:
        raise AmountUnreadable(text=text[:40])
    return int(minor)


def rounded(value: Decimal, rule: str = "half_even") -> int:
    """The one rounding function: an exact number of minor units to a whole one, by named rule."""
    return int(value.quantize(Decimal(1), rounding=ROUNDINGS[rule]))


def share(amount_minor: int, rate: Decimal, rule: str = "half_even") -> int:
    """A rate of an amount in minor units, rounded once by the named rule."""
    return rounded(Decimal(amount_minor) * rate, rule)
