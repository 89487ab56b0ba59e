"""The console: every page is a list, an object or an analysis of figures that the API gives too.

Pages are frozen structs (`page.py`), filled by `pages/`, drawn by `render.py`; only templates know
HTML. All stands under /console with a policy that allows no inline script or style. `routes` are
for the composition root; `make_ticket` and `sign_in_link` give the operator a link to sign in.
"""

from huoshui.interfaces.console.session import make_ticket
from huoshui.interfaces.console.web import routes, sign_in_link

__all__ = ["make_ticket", "routes", "sign_in_link"]
