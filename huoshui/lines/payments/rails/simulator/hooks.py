"""The simulator's webhooks: signed as Standard Webhooks has it, tried until they are taken."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import httpx2

from huoshui.core import clock
from huoshui.core.webhooks import signing
from huoshui.lines.payments.rails.simulator.engine import Simulator
from huoshui.lines.payments.rails.simulator.store import Hook

_log = logging.getLogger("huoshui.simulator")
_TIMEOUT_S = 10
_AT_ONCE = 4


class Courier:
    """Takes webhooks to `notify`, in which `{rail}` stands for the rail's name."""

    def __init__(self, simulator: Simulator, notify: str) -> None:
        self._simulator = simulator
        self._notify = notify
        self._client = httpx2.Client(timeout=_TIMEOUT_S)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="huoshui-courier")

    def close(self) -> None:
        """Let the connections go."""
        self._pool.shutdown(wait=True)
        self._client.close()

    def deliver(self) -> int:
        """Take what is due to be told; how much was taken."""
        if not self._notify:
            return 0
        hooks = self._simulator.store.hooks(self._simulator.now)
        return sum(self._pool.map(self._one, hooks))

    def _one(self, hook: Hook) -> bool:
        taken = all(self._post(hook) for _ in range(hook.copies))
        if taken:
            self._simulator.store.sent(hook.event, self._simulator.now)
        else:
            self._simulator.put_off(hook)
        return taken

    def _post(self, hook: Hook) -> bool:
        stamp_s = int(clock.system_now().timestamp())
        secret = signing.secret_of(self._simulator.secret)
        headers = signing.headers(hook.event, stamp_s, hook.body, [secret])
        headers["Content-Type"] = "application/json"
        url = self._notify.replace("{rail}", hook.rail)
        try:
            return self._client.post(url, content=hook.body, headers=headers).is_success
        except httpx2.HTTPError as error:
            _log.debug("a webhook was not taken", exc_info=error)
            return False
