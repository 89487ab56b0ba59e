"""The one expression language: typed, exact, null-safe, explained; products, rules, filters, signals.

A text or a tree is checked against a schema of declared facts before anything is evaluated; what can
be wrong is then told with its place. A checked expression is one Python function and one SQL
expression, which agree on every row. Numbers are exact, nulls have three values of truth, no function
raises: what facts make impossible (a division by zero) is a refusal with a code. Trees are frozen and
have one canonical form, whose hash seals a version.
"""

from huoshui.core.expr.expression import (
    Answer,
    Explained,
    Expression,
    ExpressionWithoutValue,
    expression_of,
)
from huoshui.core.expr.model import (
    Call,
    Const,
    Each,
    ExpressionRefused,
    ExpressionUnreadable,
    Items,
    Name,
    Node,
    canonical,
    digest,
    from_json,
)
from huoshui.core.expr.parser import Parsed, parse
from huoshui.core.expr.reasons import Reason
from huoshui.core.expr.schema import (
    BadDeclaration,
    Fact,
    FactsUnreadable,
    Schema,
    read_examples,
    read_schema,
)
from huoshui.core.expr.sql import Column, ColumnsMissing, Fragment
from huoshui.core.expr.text import text
from huoshui.core.expr.types import (
    BOOLEAN,
    DATE,
    DAYS,
    DECIMAL,
    INSTANT,
    INTEGER,
    MONEY,
    MONTHS,
    TEXT,
    BadType,
    Type,
    list_of,
    read_type,
)

__all__ = [
    "BOOLEAN",
    "DATE",
    "DAYS",
    "DECIMAL",
    "INSTANT",
    "INTEGER",
    "MONEY",
    "MONTHS",
    "TEXT",
    "Answer",
    "BadDeclaration",
    "BadType",
    "Call",
    "Column",
    "ColumnsMissing",
    "Const",
    "Each",
    "Explained",
    "Expression",
    "ExpressionRefused",
    "ExpressionUnreadable",
    "ExpressionWithoutValue",
    "Fact",
    "FactsUnreadable",
    "Fragment",
    "Items",
    "Name",
    "Node",
    "Parsed",
    "Reason",
    "Schema",
    "Type",
    "canonical",
    "digest",
    "expression_of",
    "from_json",
    "list_of",
    "parse",
    "read_examples",
    "read_schema",
    "read_type",
    "text",
]
