"""Pages for people without a key: the checkout and the receipt of a payment, opened by its secret.

They are drawn with the console's tokens and small parts and know nothing of the API. All work
without JavaScript but passkeys; every answer keeps the secret to itself (no referrer, nothing from
elsewhere, no cache), and `routes` are for the composition root.
"""

from huoshui.interfaces.hosted.web import routes

__all__ = ["routes"]
