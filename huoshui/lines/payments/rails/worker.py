"""A thread that sends the calls of one world's books, over and over."""

from __future__ import annotations

import logging
import threading

from huoshui.lines.payments.rails.sender import Sender

_log = logging.getLogger("huoshui.rails")
_AFTER_FAULT_S = 1


class RailWorker(threading.Thread):
    """Works until it is stopped; a failure is told once, until it passes."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(name="huoshui-rails", daemon=True)
        self._sender = sender
        self._over = threading.Event()
        self._told = ""

    def run(self) -> None:
        """Send what is due, record what was said; at the end, what is still under way."""
        while not self._over.is_set():
            try:
                self._sender.turn()
                self._told = ""
            except Exception as error:
                if self._told != str(error):
                    self._told = str(error)
                    _log.error("calls to rails are not being sent", exc_info=error)
                self._over.wait(_AFTER_FAULT_S)
        self._sender.close()

    def stop(self) -> None:
        """Claim no more, wait for what is under way, record it."""
        self._over.set()
        if self.is_alive():
            self.join(timeout=15)
