"""Impairment by IFRS 9: the stage of a loan, what is expected to be lost of it, and the entries.

A stage is a fold of what was known of the loan day by day. An expected loss is exact until its one
rounding. The books hold allowances; only the difference to the last one is posted.
"""

from huoshui.lines.lending.impairment.allowance import (
    CHART,
    TEMPLATES,
    Allowance,
    Entry,
    differences,
    interest_of_stage_3,
    written_off,
)
from huoshui.lines.lending.impairment.loss import (
    BadScenarios,
    Exposure,
    Loss,
    Scenario,
    Scenarios,
    expected,
    expected_of_default,
    periodic,
)
from huoshui.lines.lending.impairment.rules import (
    Facing,
    GradeOf,
    Outlook,
    Rules,
    Segment,
    StagingTable,
)
from huoshui.lines.lending.impairment.stage import (
    BEGUN,
    BadStaging,
    Kept,
    Known,
    Staged,
    Staging,
    resume,
    resume_all,
    stages,
)

__all__ = [
    "BEGUN",
    "CHART",
    "TEMPLATES",
    "Allowance",
    "BadScenarios",
    "BadStaging",
    "Entry",
    "Exposure",
    "Facing",
    "GradeOf",
    "Kept",
    "Known",
    "Loss",
    "Outlook",
    "Rules",
    "Scenario",
    "Scenarios",
    "Segment",
    "Staged",
    "Staging",
    "StagingTable",
    "differences",
    "expected",
    "expected_of_default",
    "interest_of_stage_3",
    "periodic",
    "resume",
    "resume_all",
    "stages",
    "written_off",
]
