"""`claims`: what the study says, what was measured here, by which command, in plain words."""

from __future__ import annotations

from typing import Any

import msgspec

from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.terminal import say


class Claim(msgspec.Struct, frozen=True):
    """A row of the study that a user can run here; `figure` is a key of a kept benchmark."""

    system: str
    bench: str
    figure: str
    options: str = ""

    @property
    def command(self) -> str:
        """What measures it."""
        words = ("huoshui bench", self.bench.partition("-")[0], self.options, "--json")
        return " ".join(word for word in words if word)


CLAIMS = (
    Claim("S01", "payments", "p50_ms"),
    Claim("S01b", "ledger", "lane_hot_transfers_per_s"),
    Claim("S02", "devices", "vouchers_deposited_per_s"),
    Claim("S03", "credit", "apply_to_offer_p99_ms"),
    Claim("S04", "credit", "apply_to_paid_p99_ms"),
    Claim("S07", "ledger-scale", "verify_us_per_transfer", "--scale 10000000"),
    Claim("S10", "rings", "ring_light_at_0_1_percent_recall_percent"),
    Claim("S14", "capacity", "taiwan_bad_rate_percent_at_50_change"),
    Claim("S16", "transfer", "taiwan_500_rows_gain_auc_points"),
    Claim("S19", "credit", "milestone_to_limit_p99_ms"),
    Claim("S20", "whatif", "seller_days_with"),
    Claim("S22", "credit", "insurer_part_of_loss_percent"),
    Claim("S23", "credit", "fund_part_of_principal_percent"),
    Claim("S28", "access", "operations_bounded"),
    Claim("S29", "rings", "fake_order_light_at_1_percent_recall_percent"),
    Claim("S30", "replay", "orders_per_s"),
)


def run_claims(settings: Settings, *, json: bool) -> None:
    """Each claim beside what was last measured on this machine."""
    rows = [_row(settings, claim) for claim in CLAIMS]
    if json:
        terminal.print_json(rows)
        return
    for row in rows:
        terminal.out.print(f"{row['system']}  {row['study']}", style="bold", highlight=False)
        terminal.out.print(f"    {row['ours']}", highlight=False)
        terminal.out.print(f"    {row['command']}", style="dim", highlight=False)
        terminal.out.print(f"    {row['words']}\n", highlight=False)


def _row(settings: Settings, claim: Claim) -> dict[str, Any]:
    value = _measured(settings, claim)
    ours = (
        say("claim.unmeasured")
        if value is None
        else say(f"claim.{claim.system}.ours", value=f"{value:,.1f}")
    )
    return {
        "system": claim.system,
        "study": say(f"claim.{claim.system}.study"),
        "ours": ours,
        "value": value,
        "command": claim.command,
        "words": say(f"claim.{claim.system}.words"),
    }


def _measured(settings: Settings, claim: Claim) -> float | None:
    from huoshui.interfaces.cli.bench import kept_path  # with all that benchmarks need

    path = kept_path(settings, claim.bench)
    if not path.exists():
        return None
    kept = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    figure: float | None = kept["figures"].get(claim.figure)
    return figure
