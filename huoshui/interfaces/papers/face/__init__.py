"""The font of the papers; see README.md beside it."""
