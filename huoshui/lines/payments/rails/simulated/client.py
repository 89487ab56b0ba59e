"""A rail that speaks to the simulator over HTTP. A rail of a real provider looks the same."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import httpx2
import msgspec

from huoshui.core.errors import Malformed
from huoshui.core.webhooks import signing
from huoshui.core.webhooks.signing import BadWebhookSecret, WrongWebhook
from huoshui.lines.payments.rails.model import Answer, Call, Capabilities, Notice, Verdict
from huoshui.lines.payments.rails.registry import BadRailSetting, WrongSignature
from huoshui.lines.payments.rails.simulated.abilities import SIMULATED

TIMEOUT_S = 5
_CONNECTIONS = 32


class Reply(msgspec.Struct, frozen=True):
    """What the simulator says of a call; `amount` in minor units."""

    reference: str
    verdict: Verdict
    amount: int | None = None
    code: str = ""
    action: str = ""


class Told(msgspec.Struct, frozen=True):
    """A webhook of the simulator."""

    id: str
    at: datetime
    kind: Literal["answer", "dispute_opened", "dispute_closed", "returned"]
    key: UUID
    reference: str
    verdict: Verdict | None = None
    amount: int | None = None
    currency: str = ""
    code: str = ""
    reason: str = ""
    dispute: str = ""


class Simulated:
    """One of the simulated rails, at `url`; `secret` opens it and signs its webhooks."""

    def __init__(self, name: str, url: str, secret: str, *, timeout_s: int = TIMEOUT_S) -> None:
        self.name = name
        self.capabilities: Capabilities = SIMULATED[name]
        self._secret = secret
        self._client = httpx2.Client(
            base_url=url,
            timeout=timeout_s,
            headers={"Authorization": f"Bearer {secret}"},
            limits=httpx2.Limits(max_connections=_CONNECTIONS),
            trust_env=False,
        )

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def send(self, call: Call) -> Answer:
        """Ask for it, once: a connection that breaks is silence, never a reason to send again."""
        body = {
            "key": str(call.id),
            "verb": call.verb,
            "amount": call.amount,
            "currency": call.currency,
            "token": call.token,
            "about": call.about,
            "subject": call.subject,
            "tender": call.tender,
        }
        return self._ask(f"/{self.name}/calls", body)

    def status(self, call: Call) -> Answer:
        """Ask what became of it. What never came is fenced: it is refused from then on."""
        return self._ask(f"/{self.name}/calls/{call.id}/fence", {})

    def _ask(self, path: str, body: dict[str, Any]) -> Answer:
        try:
            answer = self._client.post(path, content=msgspec.json.encode(body))
            if answer.status_code != 200:
                # Less than 500: it was understood, and nothing was done.
                refused = 400 <= answer.status_code < 500 and answer.status_code not in (408, 429)
                code = f"http_{answer.status_code}" if refused else ""
                return Answer(verdict="declined" if refused else "unknown", code=code)
            reply = msgspec.json.decode(answer.content, type=Reply)
        except (httpx2.HTTPError, msgspec.MsgspecError):
            return Answer(verdict="unknown")
        return Answer(**msgspec.structs.asdict(reply))

    def move_clock(self, now: datetime) -> None:
        """The sandbox's clock has moved: what takes its time over there is done by then."""
        with contextlib.suppress(httpx2.HTTPError):
            self._client.post("/_sim/clock", content=msgspec.json.encode({"to": now}))

    def read(self, headers: Mapping[str, str], body: bytes) -> list[Notice]:
        """The notice in a webhook. Raises WrongSignature, Malformed."""
        try:
            event = signing.verify(headers, body, self._secret)
        except WrongWebhook as error:
            raise WrongSignature(rail=self.name) from error
        try:
            told = msgspec.json.decode(body, type=Told)
        except msgspec.MsgspecError as error:
            raise Malformed(what="notice", reason=str(error)) from error
        return [_notice(event, told)]


def _notice(event: str, told: Told) -> Notice:
    answer = None
    if told.kind == "answer" and told.verdict:
        answer = Answer(
            verdict=told.verdict, reference=told.reference, amount=told.amount, code=told.code
        )
    return Notice(
        event=event,
        kind=told.kind,
        at=told.at,
        call=told.key,
        reference=told.reference,
        answer=answer,
        amount=told.amount,
        currency=told.currency,
        reason=told.reason or told.code,
        about=told.dispute,
    )


def make(name: str, setting: Mapping[str, str]) -> Simulated:
    """A simulated rail out of its settings: `url`, `secret`, `timeout_s`. Raises BadRailSetting."""
    if name not in SIMULATED:
        raise BadRailSetting(rail=name, reason=f"simulated are {', '.join(SIMULATED)}")
    if not setting.get("url") or not setting.get("secret"):
        raise BadRailSetting(rail=name, reason="url, secret")
    try:
        signing.secret_of(setting["secret"])
    except BadWebhookSecret as error:
        raise BadRailSetting(rail=name, reason="secret: whsec_…") from error
    timeout = setting.get("timeout_s", str(TIMEOUT_S))
    if not timeout.isdecimal() or not int(timeout):
        raise BadRailSetting(rail=name, reason="timeout_s")
    return Simulated(name, setting["url"], setting["secret"], timeout_s=int(timeout))
