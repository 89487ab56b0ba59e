"""Annual rates by law, all by one solver: what a loan costs, as each jurisdiction states it."""

from huoshui.lines.lending.rates.apr import (
    Actuarial,
    ChinaRate,
    Flow,
    UnitFlow,
    china_rate,
    eu_apr,
    periodic_rate,
    reg_z_apr,
)

__all__ = [
    "Actuarial",
    "ChinaRate",
    "Flow",
    "UnitFlow",
    "china_rate",
    "eu_apr",
    "periodic_rate",
    "reg_z_apr",
]
