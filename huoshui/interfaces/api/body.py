"""Bodies and parameters read strictly: what is wrong is told by field, in the caller's language."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from huoshui.core import money
from huoshui.core.errors import FieldError, Malformed
from huoshui.core.fields import field_error
from huoshui.core.money import AmountTooFine

T = TypeVar("T")
# A null character can be written in JSON but kept in no PostgreSQL text.
_NULL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class NotJson(Malformed):
    """The body is not JSON in UTF-8, or breaks off."""

    code = "not_json"


class BadBody(Malformed):
    """The body is JSON, but not what the operation asks for; the errors name the fields."""

    code = "bad_body"


class BadParameter(Malformed):
    """A parameter of the address that cannot be read; the errors name it."""

    code = "bad_parameter"


class UnknownParameter(Malformed):
    """A parameter that the operation does not have; the problem lists those that it has."""

    code = "unknown_parameter"


def decoded(body: bytes, kind: type[T]) -> T:
    """The body as a `kind`. Raises NotJson, BadBody, and AmountTooFine for a broken minor unit."""
    if _NULL.search(body):
        raise NotJson(reason="U+0000", errors=(FieldError("", "null_character"),))
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        fault = field_error(str(error))
        if fault.code == "type" and fault.pointer.endswith("/amount"):
            _refuse_fine(body, fault)
        raise BadBody(field=fault.pointer or "/", errors=(fault,)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(reason=str(error)[:120]) from error


def _refuse_fine(body: bytes, fault: FieldError) -> None:
    """Raise AmountTooFine where the amount is a broken number of minor units."""
    holder = json.loads(body, parse_float=Decimal)
    for step in fault.pointer.strip("/").split("/")[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    amount: Any = holder["amount"]
    if not isinstance(amount, Decimal) or amount == amount.to_integral_value():
        return
    currency = str(holder.get("currency", ""))[:8]
    digits = money.digits(currency)
    facts = {
        "text": str(amount.scaleb(-digits))[:40],
        "currency": currency,
        "digits": digits,
    }
    raise AmountTooFine(errors=(FieldError(fault.pointer, "minor_units"),), **facts)
