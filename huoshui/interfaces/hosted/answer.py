"""What every answer of a hosted page is like: its headers, its language, its templates."""

from __future__ import annotations

import gzip
from functools import cache, partial
from typing import Any

import segno
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup

from huoshui.core import i18n
from huoshui.core.errors import Problem
from huoshui.core.i18n import text
from huoshui.interfaces.console import assets, shown
from huoshui.interfaces.console.page import Frame
from huoshui.interfaces.hosted.opening import Ask

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # The secret stands in the address: nobody is told from where a reader came.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Vary": "Accept-Encoding, Accept-Language, Cookie",
}
LANG_COOKIE = "huoshui_page_lang"


@cache
def environment() -> Environment:
    """The templates, those of the console's small parts among them; everything is escaped."""
    return Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("huoshui.interfaces.hosted", "templates"),
                PackageLoader("huoshui.interfaces.console", "templates"),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def frame_of(request: Ask, zone: str = "UTC") -> Frame:
    """The reader's language and the page's address, by which the other language is reached."""
    query = {str(name): str(value) for name, value in request.query_params.items()}
    asked = query.pop("lang", "") or request.cookies.get(LANG_COOKIE, "")
    lang = asked if asked in i18n.LANGUAGES else ""
    return Frame(
        lang=lang or i18n.pick(request.headers.get("accept-language", "")),
        world=None,
        path=request.url.path,
        query=tuple(query.items()),
        origin=str(request.base_url).rstrip("/"),
        zone=zone,
    )


def draw(name: str, frame: Frame, **facts: Any) -> str:
    """A template as HTML."""

    def t(key: str, **given: Any) -> str:
        return text(key, frame.lang, **given)

    other = "en" if frame.lang == "zh" else "zh"
    return (
        environment()
        .get_template(name)
        .render(
            frame=frame,
            t=t,
            say=partial(say, frame),
            show=partial(shown.bare, lang=frame.lang, zone=frame.zone),
            kind=shown.kind,
            short_path=shown.short_path,
            asset=assets.href,
            qr=qr,
            other=other,
            other_href=f"?lang={other}",
            **facts,
        )
    )


def say(frame: Frame, key: str, **given: Any) -> str:
    """A text of the hosted pages in the reader's language."""
    return text(f"hosted.{key}", frame.lang, **given)


def html(request: Ask, body: str, *, status: int = 200) -> Response[bytes]:
    """A page as an answer; a language that was asked for is kept."""
    content, headers = body.encode(), dict(HEADERS)
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    answer = Response(content, media_type=MediaType.HTML, headers=headers, status_code=status)
    lang = request.query_params.get("lang", "")
    if lang in i18n.LANGUAGES:
        answer.set_cookie(
            LANG_COOKIE, lang, path="/", max_age=31_536_000, httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
    return answer


def redirect(href: str) -> Response[bytes]:
    """To another page, by GET."""
    return Response(b"", status_code=303, headers=HEADERS | {"Location": href})


def on_problem(request: Ask, problem: Problem) -> Response[bytes]:
    """A problem as a page of its own, which never repeats the address."""
    frame = frame_of(request)
    facts = {"title": problem.title(frame.lang), "detail": problem.detail(frame.lang)}
    answer = html(request, draw("stop.html", frame, **facts), status=problem.status)
    if problem.status == 429:
        answer.headers["Retry-After"] = str(problem.facts["retry_after_s"])
    return answer


def qr(content: str) -> Markup:
    """A QR code (ISO/IEC 18004) as a drawing that scales."""
    code = segno.make(content, micro=False, error="m")
    return Markup(code.svg_inline(omitsize=True, border=2, dark="#10201f", light="#ffffff"))
