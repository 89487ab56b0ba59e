"""Which products are live for orders: switched on with their settings, and off for new business.

A product that is on is offered by its own file: a loan to buyers at the checkout, factoring to sellers
once an order is shipped. What stands when it is switched off lives on as it was signed.
"""

from huoshui.scenarios.switching.model import NotSwitchedOn, Settings, Switched
from huoshui.scenarios.switching.service import live, live_one, switch_off, switch_on

__all__ = ["NotSwitchedOn", "Settings", "Switched", "live", "live_one", "switch_off", "switch_on"]
