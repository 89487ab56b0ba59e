"""The console: every page is a list, an object or an analysis, filled with figures that the API gives too.

Pages are frozen structs (`page.py`), drawn by `render.py`; only templates know HTML. Everything is
served under /console with a policy that allows no inline script or style.
"""
