"""`python -m huoshui` is the `huoshui` command."""

from huoshui.app import main

main()
