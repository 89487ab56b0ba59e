"""The reference wallet: loads a certificate while online, pays by signing vouchers while not.

Invariants: a voucher is on the disk before it leaves the device, a counter is used once, an
invoice is paid once; what the limits do not allow is not signed.
"""

from edge.wallet.wallet import Wallet

__all__ = ["Wallet"]
