"""The pages: each one reads figures in a transaction and answers a page to be drawn."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from huoshui.core.db import Tx
from huoshui.interfaces.console.page import Frame, Page
from huoshui.interfaces.console.pages.account import account_page
from huoshui.interfaces.console.pages.accounts import accounts_page
from huoshui.interfaces.console.pages.batches import batch_page, batches_page
from huoshui.interfaces.console.pages.borrower import borrower_page
from huoshui.interfaces.console.pages.decisions import (
    decision_page,
    decisions_page,
    reasons_page,
)
from huoshui.interfaces.console.pages.devices import device_page, devices_page
from huoshui.interfaces.console.pages.disputes import dispute_page, disputes_page
from huoshui.interfaces.console.pages.facilities import appeals_page, facilities_page
from huoshui.interfaces.console.pages.facility import facility_page
from huoshui.interfaces.console.pages.factoring import assignment_page, book_page, factoring_page
from huoshui.interfaces.console.pages.features import features_page
from huoshui.interfaces.console.pages.holds import hold_page, holds_page
from huoshui.interfaces.console.pages.journal import journal_page, transaction_page
from huoshui.interfaces.console.pages.keys import keys_page
from huoshui.interfaces.console.pages.links import link_page, links_page
from huoshui.interfaces.console.pages.loan import loan_page
from huoshui.interfaces.console.pages.loan_ageing import loan_rolls_page, loan_vintages_page
from huoshui.interfaces.console.pages.loan_days import loan_day_page, loan_days_page
from huoshui.interfaces.console.pages.loan_losses import loan_losses_page
from huoshui.interfaces.console.pages.loans import loans_page
from huoshui.interfaces.console.pages.loss_rules import loss_rules_page
from huoshui.interfaces.console.pages.loss_rules import proposal_page as loss_proposal_page
from huoshui.interfaces.console.pages.mandates import mandate_page, mandates_page
from huoshui.interfaces.console.pages.me import me_page
from huoshui.interfaces.console.pages.members import member_page, members_page
from huoshui.interfaces.console.pages.merchant import merchant_page, own_merchant_page
from huoshui.interfaces.console.pages.milestones import (
    milestone_page,
    milestones_page,
    source_page,
    sources_page,
)
from huoshui.interfaces.console.pages.offline import (
    case_page,
    cases_page,
    programme_page,
    programmes_page,
)
from huoshui.interfaces.console.pages.order import order_page
from huoshui.interfaces.console.pages.orders import orders_page
from huoshui.interfaces.console.pages.organisations import organisation_page, organisations_page
from huoshui.interfaces.console.pages.overview import overview_page
from huoshui.interfaces.console.pages.own_pages import own_page_page, own_pages_page
from huoshui.interfaces.console.pages.partners import (
    cover_claim_page,
    cover_claims_page,
    partners_page,
)
from huoshui.interfaces.console.pages.payment import payment_page
from huoshui.interfaces.console.pages.payments import payments_page, refunds_page
from huoshui.interfaces.console.pages.periods import close_page, periods_page
from huoshui.interfaces.console.pages.products import product_page, products_page
from huoshui.interfaces.console.pages.rail_calls import (
    rail_call_page,
    rail_calls_page,
    rail_notices_page,
)
from huoshui.interfaces.console.pages.rails import rails_page
from huoshui.interfaces.console.pages.reconciliation import line_page, queue_page
from huoshui.interfaces.console.pages.relief import request_page as relief_request_page
from huoshui.interfaces.console.pages.relief import requests_page as relief_requests_page
from huoshui.interfaces.console.pages.replays import replay_page
from huoshui.interfaces.console.pages.requests import requests_page
from huoshui.interfaces.console.pages.rule_sets import (
    policies_page,
    policy_page,
    rule_set_page,
    rule_sets_page,
)
from huoshui.interfaces.console.pages.search import search_page
from huoshui.interfaces.console.pages.sellers import seller_page, sellers_page
from huoshui.interfaces.console.pages.statement_files import files_page
from huoshui.interfaces.console.pages.statements import statements_page
from huoshui.interfaces.console.pages.success import success_page
from huoshui.interfaces.console.pages.suspects import READ as SUSPECTS_READ
from huoshui.interfaces.console.pages.suspects import suspect_page, suspects_page
from huoshui.interfaces.console.pages.switched import switched_page
from huoshui.interfaces.console.pages.trial import trial_page
from huoshui.interfaces.console.pages.verify import verify_page
from huoshui.interfaces.console.pages.watch_list import mark_page, watch_list_page
from huoshui.interfaces.console.pages.webhook_deliveries import deliveries_page, delivery_page
from huoshui.interfaces.console.pages.webhooks import endpoint_page, endpoints_page
from huoshui.interfaces.console.pages.whatif import whatif_page
from huoshui.interfaces.console.pages.whatif_full import full_page, trace_page
from huoshui.interfaces.console.pages.windows import window_page, windows_page


class Place(msgspec.Struct, frozen=True):
    """A page: its entry in the menu and the function (tx, frame, key) that fills it.

    `scope` is what it needs beside `console`. A `bounded` page narrows itself to `frame.bound` and
    is open to members of organisations; to them every other page is not there.
    """

    menu: str
    fill: Callable[[Tx, Frame, str], Page]
    scope: str = ""
    bounded: bool = False


# Path under /console/{world}/ to page. `replays` and `lane` stand beside:
# one reads many worlds, the other this process.
PAGES = {
    "": Place("overview", overview_page),
    "orders": Place("orders", orders_page),
    "orders/{key:str}": Place("orders", order_page),
    "sellers": Place("sellers", sellers_page),
    "sellers/{key:str}": Place("sellers", seller_page),
    "payments": Place("payments", payments_page),
    "payments/{key:str}": Place("payments", payment_page),
    "refunds": Place("payments", refunds_page),
    "disputes": Place("disputes", disputes_page),
    "disputes/{key:str}": Place("disputes", dispute_page),
    "loans": Place("loans", loans_page, "loans:read"),
    "loans/{key:str}": Place("loans", loan_page, "loans:read"),
    "loan-requests": Place("loans", relief_requests_page, "loans:read"),
    "loan-requests/{key:str}": Place("loans", relief_request_page, "loans:read"),
    "loan-days": Place("loan_days", loan_days_page, "loans:read"),
    "loan-days/{key:str}": Place("loan_days", loan_day_page, "loans:read"),
    "loan-losses": Place("loan_losses", loan_losses_page, "loans:read"),
    "loss-rules": Place("loan_losses", loss_rules_page, "loans:read"),
    "loss-rules/{key:str}": Place("loan_losses", loss_proposal_page, "loans:read"),
    "watch-list": Place("watch_list", watch_list_page, "loans:read"),
    "watch-list/{key:str}": Place("watch_list", mark_page, "loans:read"),
    "borrowers/{key:str}": Place("watch_list", borrower_page, "loans:read"),
    "loan-vintages": Place("loan_vintages", loan_vintages_page, "loans:read"),
    "loan-rolls": Place("loan_rolls", loan_rolls_page, "loans:read"),
    "facilities": Place("facilities", facilities_page, "facilities:read"),
    "facilities/{key:str}": Place("facilities", facility_page, "facilities:read"),
    "facility-appeals": Place("facilities", appeals_page, "facilities:read"),
    "milestone-sources": Place("milestones", sources_page, "facilities:read"),
    "milestone-sources/{key:str}": Place("milestones", source_page, "facilities:read"),
    "milestones": Place("milestones", milestones_page, "facilities:read"),
    "milestones/{key:str}": Place("milestones", milestone_page, "facilities:read"),
    "own-pages": Place("own_pages", own_pages_page, "parties:read"),
    "own-pages/{key:str}": Place("own_pages", own_page_page, "parties:read"),
    "factoring": Place("factoring", factoring_page, "factoring:read"),
    "factoring/{key:str}": Place("factoring", assignment_page, "factoring:read"),
    "factoring-book": Place("factoring_book", book_page, "factoring:read"),
    "partners": Place("partners", partners_page, "loans:read"),
    "cover-claims": Place("partners", cover_claims_page, "loans:read"),
    "cover-claims/{key:str}": Place("partners", cover_claim_page, "loans:read"),
    "suspects": Place("suspects", suspects_page, SUSPECTS_READ),
    "suspects/{key:str}": Place("suspects", suspect_page, SUSPECTS_READ),
    "success": Place("success", success_page),
    "windows": Place("windows", windows_page),
    "windows/{key:str}": Place("windows", window_page),
    "payouts": Place("payouts", batches_page),
    "payouts/{key:str}": Place("payouts", batch_page),
    "rails": Place("rails", rails_page),
    "rail-calls": Place("rail_calls", rail_calls_page),
    "rail-calls/{key:str}": Place("rail_calls", rail_call_page),
    "rail-notices": Place("rails", rail_notices_page),
    "reconciliation": Place("reconciliation", queue_page),
    "reconciliation/{key:str}": Place("reconciliation", line_page),
    "files": Place("reconciliation", files_page),
    "links": Place("links", links_page, "payments:read", bounded=True),
    "links/{key:str}": Place("links", link_page, "payments:read", bounded=True),
    "merchant": Place("merchant", own_merchant_page, "payments:read", bounded=True),
    "merchant/{key:str}": Place("merchant", merchant_page, "payments:read", bounded=True),
    "accounts": Place("accounts", accounts_page),
    "accounts/{key:str}": Place("accounts", account_page),
    "journal": Place("journal", journal_page),
    "transactions/{key:str}": Place("journal", transaction_page),
    "holds": Place("holds", holds_page),
    "holds/{key:str}": Place("holds", hold_page),
    "trial-balance": Place("trial", trial_page),
    "periods": Place("periods", periods_page),
    "periods/close": Place("periods", close_page),
    "verify": Place("verify", verify_page),
    "replay": Place("replays", replay_page),
    "whatif": Place("whatif", whatif_page),
    "whatif-full": Place("whatif", full_page),
    "whatif-full/{key:str}": Place("whatif", trace_page),
    "switched": Place("products", switched_page),
    "products": Place("products", products_page, "products:read"),
    "products/{key:str}": Place("products", product_page, "products:read"),
    "webhooks": Place("webhooks", endpoints_page),
    "webhooks/{key:str}": Place("webhooks", endpoint_page),
    "webhook-deliveries": Place("webhooks", deliveries_page),
    "webhook-deliveries/{key:str}": Place("webhooks", delivery_page),
    "devices": Place("devices", devices_page, "devices:read"),
    "devices/{key:str}": Place("devices", device_page, "devices:read"),
    "mandates": Place("mandates", mandates_page, "devices:read"),
    "mandates/{key:str}": Place("mandates", mandate_page, "devices:read"),
    "offline": Place("offline", programmes_page, "devices:read"),
    "offline/{key:str}": Place("offline", programme_page, "devices:read"),
    "double-spends": Place("offline", cases_page, "devices:read"),
    "double-spends/{key:str}": Place("offline", case_page, "devices:read"),
    "decisions": Place("decisions", decisions_page, "decisions:read"),
    "decisions/{key:str}": Place("decisions", decision_page, "decisions:read"),
    "reasons": Place("decisions", reasons_page, "decisions:read"),
    "features": Place("features", features_page, "decisions:read"),
    "rule-sets": Place("rule_sets", rule_sets_page, "decisions:read"),
    "rule-sets/{key:str}": Place("rule_sets", rule_set_page, "decisions:read"),
    "policies": Place("policies", policies_page, "decisions:read"),
    "policies/{key:str}": Place("policies", policy_page, "decisions:read"),
    "search": Place("", search_page),
    "statements": Place("statements", statements_page, "ledger:read", bounded=True),
    "members": Place("members", members_page, "parties:read"),
    "members/{key:str}": Place("members", member_page, "parties:read"),
    "organisations": Place("organisations", organisations_page, "parties:read"),
    "organisations/{key:str}": Place("organisations", organisation_page, "parties:read"),
    "keys": Place("keys", keys_page, "keys:write"),
    "requests": Place("requests", requests_page, "requests:read"),
    "me": Place("me", me_page, bounded=True),
}
