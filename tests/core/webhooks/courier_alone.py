"""A courier in a process of its own, to be killed: `python -m … URL HOME`, until it is."""

from __future__ import annotations

import sys
from pathlib import Path

from huoshui.core.db import Database
from huoshui.core.webhooks.courier import Courier, Pace
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.sending import Timing
from huoshui.core.webhooks.vault import Vault

if __name__ == "__main__":
    pace = Pace(places=16, lease_s=1, idle_ms=20, timing=Timing(connect_s=1, total_s=1))
    database = Database(sys.argv[1]).open()
    Courier(database, Vault(Path(sys.argv[2])), Policy(False, True), pace).run()
