"""Rules: sets of conditions with what follows from each, as files; tested, owned, and running out.

A rule set is a TOML file of conditions in `core/expr` over features and what is asked. Invariants: a
set is checked whole against the declared facts and its own tests before it can be proposed; a rule
that has run out never fires; a rule whose facts are missing fires only if it says so.
"""

from huoshui.judgement.risk.rules.checked import CheckedRules, Fired, check
from huoshui.judgement.risk.rules.model import BadRules, Rule, RuleSet, read_rules

__all__ = ["BadRules", "CheckedRules", "Fired", "Rule", "RuleSet", "check", "read_rules"]
