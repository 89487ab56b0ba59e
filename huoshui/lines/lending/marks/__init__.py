"""What is known of a borrower beside its payments: the watch list, credit grades, other loans in default.

Each is said with its reason and its day. Stages are told from it at the end of a day; a mark counts from
a day that is not closed yet, so what a closed day was told stands.
"""

from huoshui.lines.lending.marks.model import WATCH, Grade, Mark
from huoshui.lines.lending.marks.service import grade, put, remove, restore

__all__ = ["WATCH", "Grade", "Mark", "grade", "put", "remove", "restore"]
