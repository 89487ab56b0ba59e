"""Result codes of the ledger as a caller reads them: which field is at fault, and how to mend it."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.errors import FieldError, Problem
from huoshui.ledger.model import (
    AMOUNT_MAX,
    LEGS_MAX,
    TIMEOUT_MAX_S,
    Command,
    PostingRefused,
    Result,
    Transaction,
    UnknownAccount,
    UnknownHold,
)

BELONGS_TO_LINE, CURRENCIES_MIXED = "belongs_to_line", "currencies_mixed"

# The field of a command that each code is about; what is missing is about the command as a whole.
_OF_FROM = ("differs_from", "from_not_found", "from_closed", "insufficient_from", "same_account")
_OF_TO = ("differs_to", "to_not_found", "to_closed", "limit_exceeded_to")
_OF_AMOUNT = (
    "differs_amount", "amount_out_of_range", "exceeds_hold", "release_amount_mismatch",
    "counter_full",
)  # fmt: skip
_OF_CURRENCY = (
    "currency_required", "accounts_in_different_currency", "currency_differs_from_accounts",
    CURRENCIES_MIXED,
)  # fmt: skip
_FIELD: dict[str, str] = {
    **dict.fromkeys(_OF_FROM, "from"),
    **dict.fromkeys(_OF_TO, "to"),
    **dict.fromkeys(_OF_AMOUNT, "amount/amount"),
    **dict.fromkeys(_OF_CURRENCY, "amount/currency"),
    **dict.fromkeys(("no_legs", "too_many_legs", "hold_has_one_leg"), "legs"),
    **dict.fromkeys(("exists", "differs_kind", "differs_code", "id_already_failed", "id_too_old",
                     "bad_id", "id_in_future"), "id"),
    **dict.fromkeys(("differs_hold", "hold_not_found", "not_a_hold", "hold_already_captured",
                     "hold_already_released", "hold_expired"), "hold"),
    **dict.fromkeys(("differs_timeout", "timeout_only_on_hold", "timeout_out_of_range"),
                    "timeout_s"),
    **dict.fromkeys(("effective_in_future", "period_sealed"), "effective_at"),
    "differs_reference": "reference",
    "closing_must_be_hold": "close",
    "linked_failed": "linked",
    "chain_left_open": "linked",
}  # fmt: skip
_LEG_FIELDS = {"from", "to", "amount/amount", "amount/currency"}
# Of the fields of a command, those that a call names in its address.
ADDRESSED = frozenset(("hold",))


def fault(command: Command, code: str, account: str = "", *, within: str = "") -> FieldError:
    """What is wrong with a command that was refused, in the field that it is about."""
    field = _FIELD.get(code, "")
    if isinstance(command, Transaction) and not command.hold and field in _LEG_FIELDS:
        field = f"legs/{_leg(command, code, account)}/{field}"
    facts = {"account": account or "-", "most": _most(code), "id": ids.show("txn", command.id)}
    return FieldError(f"{within}/{field}" if field else within, code, facts)


def refusal(result: Result) -> Problem:
    """A result that does not stand, as the problem of a call on one object."""
    code, command = result.code, result.command
    if code in ("from_not_found", "to_not_found"):
        return UnknownAccount(account=result.account[:200])
    if code in ("hold_not_found", "not_a_hold") and not isinstance(command, Transaction):
        return UnknownHold(kind="hold", id=ids.show("txn", command.hold))
    found = fault(command, code, result.account)
    if found.pointer.strip("/") in ADDRESSED:
        found = FieldError("", found.code, found.facts)
    return PostingRefused(result=code, account=result.account or "-", errors=(found,))


def _leg(command: Transaction, code: str, account: str) -> int:
    for number, leg in enumerate(command.legs):
        wrong = not 0 <= leg.amount <= AMOUNT_MAX
        if wrong if code == "amount_out_of_range" else account in (leg.source, leg.target):
            return number
    return 0


def _most(code: str) -> int:
    limits = {"too_many_legs": LEGS_MAX, "timeout_out_of_range": TIMEOUT_MAX_S}
    return limits.get(code, AMOUNT_MAX)
