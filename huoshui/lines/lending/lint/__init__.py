"""What a loan product comes to before anybody has one: lives of its loans, and their entries. No I/O.

A product is published only if lives of its loans are sound: whatever is drawn, paid, undone or lost in
whichever order, the books say what the loan says, nothing is owed that was not lent or earned, and its
price stays below its own cap.
"""

from huoshui.lines.lending.lint.entries import Entry, balanced, entries
from huoshui.lines.lending.lint.lives import TrialLife, UnsoundLife
from huoshui.lines.lending.lint.product import faults_of, trial_of

__all__ = ["Entry", "TrialLife", "UnsoundLife", "balanced", "entries", "faults_of", "trial_of"]
