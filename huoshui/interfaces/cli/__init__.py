"""The command line: `huoshui COMMAND`. Every command speaks both languages and can print JSON."""

from huoshui.interfaces.cli.commands import main

__all__ = ["main"]
