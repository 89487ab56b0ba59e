"""Shoppers: payments as plans, and those who carry them out over HTTP whatever dies meanwhile.

A plan says all that its shopper will ever ask; it is made from a seed alone. A request that brought
no answer is made again with the same Idempotency-Key until there is one.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import httpx
import msgspec

BUYERS = [f"byr_{n}" for n in range(12)]
POOR = "byr_poor"
SHOPPERS, BASKETS = 8, 12  # threads, and payments that each has under way at once
_RETRY_S, _ANSWER_S = 0.1, 900
# How likely a payment is made by these means; the first ones give a third each, the last the rest.
MIXES: list[tuple[int, str, tuple[str, ...]]] = [
    (14, "automatic", ("card",)),
    (16, "manual", ("card",)),
    (10, "automatic", ("transfer",)),
    (8, "automatic", ("qr",)),
    (8, "automatic", ("balance",)),
    (5, "manual", ("balance",)),
    (8, "automatic", ("balance", "card")),
    (8, "manual", ("balance", "card")),
    (6, "automatic", ("voucher", "transfer")),
    (8, "automatic", ("card", "transfer")),
    (4, "automatic", ("card", "qr")),
    (5, "automatic", ("balance", "voucher", "card")),
]
TOKENS = {
    "card": [
        "ok", "ok", "ok", "ok", "3ds", "lost_answer", "lost_request", "late_success",
        "late_decline", "decline_insufficient_funds", "decline_expired_card", "wrong_amount",
        "capture_lost_answer", "capture_lost_request", "capture_declined", "capture_late_success",
        "capture_late_decline", "capture_wrong_amount", "capture_outage", "void_lost_answer",
        "void_declined", "refund_lost_answer", "refund_late_success", "refund_declined",
        "refund_wrong_amount", "refund_lost_request",
    ],
    "transfer": [
        "ok", "ok", "ok", "lost_answer", "late_success", "late_decline", "declined",
        "duplicate_notice", "notice_out_of_order", "no_notice", "refund_late_success",
        "refund_declined", "wrong_amount",
    ],
    "qr": ["ok", "ok", "ok", "lost_answer", "declined", "no_notice", "refund_lost_answer"],
}  # fmt: skip


class Plan(msgspec.Struct, frozen=True):
    """What one shopper wants, from the first word to the last; shares are percent."""

    number: int
    amount: int
    capture: str
    tenders: tuple[dict[str, Any], ...]
    buyer: str
    agrees: str  # to what a rail asks the buyer: yes, no, or never a word
    tries_again: bool  # with another card, where the first means is declined
    meddles: bool  # asks to cancel while a rail is at work
    calls_off: bool  # instead of the first capture
    captures: tuple[int, ...]  # of the whole, each not final
    frees: bool  # the rest, instead of taking it
    refunds: tuple[int, ...]  # of what was captured; 100 is all that is left
    repeats: bool  # makes every request twice


def plan(seed: int, number: int) -> Plan:
    """The plan of this number: the same for the same seed."""
    dice = random.Random(f"{seed}/{number}")
    _, capture, rails = dice.choices(MIXES, [weight for weight, _, _ in MIXES])[0]
    amount = dice.randint(300, 90_000)
    buyer = POOR if dice.random() < 0.04 else dice.choice(BUYERS)
    whole_back = "qr" in rails
    return Plan(
        number=number,
        amount=amount,
        capture=capture,
        tenders=tuple(_tenders(dice, rails, amount)),
        buyer=buyer,
        agrees=dice.choices(["yes", "no", "never"], [8, 1, 1])[0],
        tries_again=dice.random() < 0.6,
        meddles=dice.random() < 0.15,
        calls_off=dice.random() < 0.12,
        captures=tuple(dice.sample([10, 25, 40], dice.choice([0, 0, 1, 2]))),
        frees=dice.random() < 0.4,
        refunds=dice.choice([(), (), (100,), (100,)] if whole_back else
                            [(), (), (100,), (30,), (30, 30), (20, 100), (10, 10, 100)]),
        repeats=dice.random() < 0.3,
    )  # fmt: skip


def _tenders(dice: random.Random, rails: tuple[str, ...], amount: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for place, rail in enumerate(rails):
        tender: dict[str, Any] = {"rail": rail}
        if rail in TOKENS:
            tender["token"] = f"tok_{dice.choice(TOKENS[rail])}"
        if rail == "voucher":
            tender["code"] = "spring"
        if place < len(rails) - 1:
            tender["amount"] = money(amount // 3)
        made.append(tender)
    return made


def money(amount: int) -> dict[str, Any]:
    """Minor units of yuan as the API has them."""
    return {"amount": amount, "currency": "CNY"}


class Tally:
    """What all shoppers saw, together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.opened: dict[int, str] = {}
        self.refunds: dict[str, dict[str, Any]] = {}  # by their key, as they were acknowledged
        self.retried = self.refused = 0
        self.waits: set[int] = set()
        self.broken: list[BaseException] = []

    def add(self, name: str) -> None:
        """Count one more."""
        with self.lock:
            setattr(self, name, getattr(self, name) + 1)


class Caller:
    """Requests with a key, made again until there is an answer."""

    def __init__(self, url: str, key: str, tally: Tally) -> None:
        self.tally = tally
        self._client = httpx.Client(
            base_url=f"{url}/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30,
            trust_env=False,
        )  # fmt: skip
        self._plain = httpx.Client(timeout=10, trust_env=False)

    def ask(self, verb: str, path: str, body: Any = None, wish: str = "") -> httpx.Response:
        """One request until it is answered; nothing but an answer ends it."""
        until = time.monotonic() + _ANSWER_S
        headers = {"Idempotency-Key": wish} if wish else {}
        content = None if body is None else msgspec.json.encode(body)
        while True:
            try:
                answer = self._client.request(verb, path, content=content, headers=headers)
                if answer.status_code < 500 and _code(answer) != "conflict":
                    return answer
            except httpx.HTTPError:
                pass
            assert time.monotonic() < until, f"no answer: {verb} {path}"
            self.tally.add("retried")
            time.sleep(_RETRY_S)

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()
        self._plain.close()

    def act(self, action: str, word: str) -> None:
        """The buyer does at the rail what it asked for; where it is gone, later."""
        try:
            self._plain.post(action, content=f"agreed={word}")
        except httpx.HTTPError:
            self.tally.add("retried")


def _code(answer: httpx.Response) -> str:
    if answer.status_code != 409:
        return ""
    return str(answer.json().get("code", ""))


class Story:
    """One plan on its way; a turn looks where the payment is and asks for what comes next."""

    def __init__(self, caller: Caller, seed: int, plan: Plan) -> None:
        self.caller = caller
        self.plan = plan
        self.id = ""
        self._name = f"{seed}/{plan.number}"
        self._captured = self._refunded = 0  # how many were acknowledged
        self._done: set[str] = set()

    def turn(self) -> bool:
        """Go on; True once there is nothing more to ask for and nothing open."""
        if not self.id:
            self._open()
            return False
        found = self.caller.ask("GET", f"/payments/{self.id}").json()
        payment = found["payment"]
        match payment["state"]:
            case "requires_action":
                self._act(payment)
            case "requires_payment_method":
                self._other_means()
            case "requires_confirmation":
                self._post("confirm")
            case "processing":
                if self.plan.meddles and "meddled" not in self._done:
                    self._done.add("meddled")
                    self._post("cancel")
            case "requires_capture" | "partially_captured":
                self._capture(payment)
            case "succeeded":
                return self._refund(found)
            case _:
                return True
        return False

    def _open(self) -> None:
        plan = self.plan
        body = {
            "amount": money(plan.amount), "seller": f"slr_{plan.number % 7}", "buyer": plan.buyer,
            "tenders": list(plan.tenders), "capture": plan.capture, "confirm": True,
            "reference": self._name,
        }  # fmt: skip
        if plan.agrees == "never":
            body["expires_in_s"] = 600
        self.id = self._done_once("/payments", body, "open").json()["payment"]["id"]
        self.caller.tally.opened[plan.number] = self.id

    def _post(self, verb: str, body: Any = None, wish: str = "") -> httpx.Response:
        return self._done_once(f"/payments/{self.id}/{verb}", body, wish or verb)

    def _done_once(self, path: str, body: Any, wish: str) -> httpx.Response:
        key = f"{self._name}/{wish}"
        answer = self.caller.ask("POST", path, body, key)
        assert answer.status_code in (200, 409, 422), answer.text
        if answer.status_code != 200:
            self.caller.tally.add("refused")
        elif self.plan.repeats:
            again = self.caller.ask("POST", path, body, key)
            assert (again.status_code, again.content) == (200, answer.content), again.text
        return answer

    def _act(self, payment: dict[str, Any]) -> None:
        waits = self.caller.tally.waits
        if self.plan.agrees == "never":
            waits.add(self.plan.number)
        elif payment["action"].startswith("http"):
            self.caller.act(payment["action"], self.plan.agrees)

    def _other_means(self) -> None:
        if self.plan.tries_again and "again" not in self._done:
            tenders = [{"rail": "card", "token": "tok_ok"}]
            if self._post("attach", {"tenders": tenders}).status_code == 200:
                self._done.add("again")
        else:
            self._post("cancel", wish="give_up")

    def _capture(self, payment: dict[str, Any]) -> None:
        plan, number = self.plan, self._captured
        if number < len(plan.captures) and not plan.calls_off:
            amount = max(1, payment["amount"]["amount"] * plan.captures[number] // 100)
            asked: Any = {"amount": money(amount), "final": False}
        elif plan.calls_off or (plan.frees and payment["captured"]["amount"]):
            self._post("cancel", wish="free")
            return
        else:
            asked = None
        if number > len(plan.captures):  # it was declined before: enough of it
            self._post("cancel", wish="free")
            return
        if self._post("capture", asked, f"capture/{number}").status_code == 200:
            self._captured += 1

    def _refund(self, found: dict[str, Any]) -> bool:
        if self._refunded < len(self.plan.refunds):
            self._one_refund(found["payment"], self.plan.refunds[self._refunded])
            return False
        return all(refund["state"] != "pending" for refund in found["refunds"])

    def _one_refund(self, payment: dict[str, Any], share: int) -> None:
        captured = payment["captured"]["amount"]
        if self._refunded == 0:
            more = self.caller.ask(
                "POST", f"/payments/{self.id}/refund", {"amount": money(captured + 1)},
                f"{self._name}/too_much",
            )  # fmt: skip
            assert more.status_code == 422, more.text
        wish = f"refund/{self._refunded}"
        body = None if share == 100 else {"amount": money(max(1, captured * share // 100))}
        answer = self._post("refund", body, wish)
        if answer.status_code == 200:
            self.caller.tally.refunds[f"{self._name}/{wish}"] = answer.json()
        self._refunded += 1


class Shopper(threading.Thread):
    """Carries out some of the plans, a few at a time."""

    def __init__(self, caller: Caller, seed: int, plans: list[Plan]) -> None:
        super().__init__(daemon=True)
        self._caller = caller
        self._seed = seed
        self._plans = plans

    def run(self) -> None:
        """Until every payment has ended; what is wrong is kept for the test."""
        try:
            waiting = [Story(self._caller, self._seed, plan) for plan in reversed(self._plans)]
            active: list[Story] = []
            while waiting or active:
                while waiting and len(active) < BASKETS:
                    active.append(waiting.pop())
                active = [story for story in active if not story.turn()]
                time.sleep(0.02)
        except BaseException as error:
            self._caller.tally.broken.append(error)
        finally:
            self._caller.close()
