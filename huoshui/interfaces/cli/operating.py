"""`serve`, `down`, `migrate`, `config`, `doctor`, `keys`, `clock`, `worlds`."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import socket
import sys
import time
import zoneinfo
from collections.abc import Callable
from pathlib import Path

from huoshui.core import access, clock, db, money, postgres, work
from huoshui.core import settings as core_settings
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, LiveClock, Worlds
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.payments.escrow import service as payments
from huoshui.lines.payments.escrow import store as payments_store
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.scenarios import due

Serve = Callable[[Settings, Worlds, int, Callable[[], None]], None]
PORTS_TRIED = 50


class UnknownZone(Problem):
    """Not an IANA time zone."""

    code = "unknown_zone"
    status = 422


class BookStands(Problem):
    """The world's books were opened before, under another name, currency or zone."""

    code = "book_stands"
    status = 409


class NoPort(Problem):
    """No free port near the usual one."""

    code = "no_port"
    status = 503


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next one that is free. Raises NoPort."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return port
    raise NoPort(host=host, first=wanted, last=wanted + PORTS_TRIED - 1)


def run_server(serve: Serve, settings: Settings, world: str) -> None:
    """Serve in the foreground and print where, with a link that signs in to a world."""
    worlds = Worlds.start(settings)
    with worlds.database(SANDBOX).begin() as tx:
        open_default_book(tx)
    port = free_port(settings.host, settings.port)
    origin = f"http://{settings.host}:{port}"
    pid_file = settings.home_path / "server.pid"
    pid_file.write_text(str(os.getpid()))
    try:
        serve(settings, worlds, port, lambda: _greet(settings, origin, world))
    finally:
        pid_file.unlink(missing_ok=True)
        worlds.close()


def _greet(settings: Settings, origin: str, world: str) -> None:
    from huoshui.interfaces.console import make_ticket, sign_in_link

    ticket = make_ticket(settings.home_path, world, clock.system_now())
    terminal.out.print(say("serving", origin=origin), highlight=False, soft_wrap=True)
    link = sign_in_link(origin, ticket)
    terminal.out.print(say("sign_in", link=link), highlight=False, soft_wrap=True)
    terminal.out.print(say("api", origin=origin), highlight=False, soft_wrap=True)


def run_down(settings: Settings) -> None:
    """Stop the server and the embedded PostgreSQL of this home."""
    stopped = _stop_server(settings.home_path / "server.pid")
    if postgres.stop(settings):
        stopped.append("PostgreSQL")
    terminal.out.print(say("stopped", what=", ".join(stopped)) if stopped else say("nothing_runs"))


def _stop_server(pid_file: Path) -> list[str]:
    try:
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        pid_file.unlink(missing_ok=True)
        return []
    for _ in range(100):
        time.sleep(0.1)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
    else:
        os.kill(pid, signal.SIGKILL)
    return [say("server")]


def run_migrate(settings: Settings) -> None:
    """Bring every database to the newest schema."""
    applied = Worlds(postgres.url(settings)).upgrade()
    terminal.table(
        [say("database"), say("migrations")],
        [[name, str(count)] for name, count in applied.items()],
        numbers=(1,),
    )


def run_config(settings: Settings, *, json: bool) -> None:
    """The settings in force, secrets masked."""
    shown = core_settings.shown(settings)
    if json:
        terminal.print_json(shown)
    else:
        terminal.table(
            [say("setting"), say("value")], [[key, str(value)] for key, value in shown.items()]
        )


def run_doctor(settings: Settings) -> bool:
    """Check what Huoshui needs of this machine; whether all is well."""
    checks = [
        (say("check.python"), sys.version_info >= (3, 11), platform.python_version()),
        (
            say("check.disk"),
            _free_gb(settings.home_path) >= 1,
            f"{_free_gb(settings.home_path)} GB",
        ),
        _database_check(settings),
    ]
    for name, good, found in checks:
        style = "green" if good else "red"
        terminal.out.print(f"{'✓' if good else '✗'} {name}: {found}", style=style)
    return all(good for _, good, _ in checks)


def _free_gb(path: Path) -> int:
    existing = next(p for p in (path, *path.parents) if p.exists())
    return shutil.disk_usage(existing).free // 10**9


def _database_check(settings: Settings) -> tuple[str, bool, str]:
    try:
        with db.admin(postgres.url(settings)) as execute:
            version = str(execute("SHOW server_version")[0][0])
    except Problem as problem:
        return say("check.database"), False, problem.detail(terminal.language())
    return say("check.database"), int(version.split(".")[0]) >= 15, f"PostgreSQL {version}"


def run_open(settings: Settings, world: str, book: access.Book) -> None:
    """Open a marketplace's books in a world, with the terms' defaults."""
    money.digits(book.currency)
    if book.time_zone not in zoneinfo.available_timezones():
        raise UnknownZone(zone=book.time_zone[:64])
    worlds = Worlds.start(settings)
    with worlds.database(world).begin() as tx:
        stands = access.open_book(tx, book)
        if stands != book:
            raise BookStands(
                world=world, name=stands.name, currency=stands.currency, zone=stands.time_zone
            )
        if payments_store.terms(tx) is None:
            payments.start(tx, Terms())
    worlds.close()
    terminal.out.print(say("opened", name=book.name, world=world))


def run_worlds(settings: Settings, *, json: bool) -> None:
    """The worlds that stand."""
    worlds = Worlds.start(settings)
    found = worlds.all()
    if json:
        terminal.print_json(found)
    else:
        rows = [
            [
                w.name,
                w.kind,
                say(f"clock.{w.clock}"),
                str(w.seed or ""),
                f"{w.created_at:%Y-%m-%d %H:%M}",
            ]
            for w in found
        ]
        terminal.table([say("world"), say("kind"), say("clock"), say("seed"), say("created")], rows)


def run_drop(settings: Settings, world: str) -> None:
    """Drop a replay world whole."""
    Worlds.start(settings).drop(world)
    terminal.out.print(say("dropped", world=world))


def run_key(settings: Settings, world: str, name: str, scopes: list[str], *, json: bool) -> None:
    """Make a key and print its text, this once."""
    worlds = Worlds.start(settings)
    wanted = frozenset(scopes) or frozenset(access.SCOPES)
    with worlds.database(world).begin() as tx:
        if world == SANDBOX:
            open_default_book(tx)
        access.this_book(tx)
        key, text = access.make_key(tx, world, name, wanted)
    worlds.close()
    if json:
        terminal.print_json({"name": key.name, "scopes": key.scopes, "key": text})
    else:
        terminal.err.print(say("key", name=name), highlight=False)
        sys.stdout.write(text + "\n")


def run_advance(settings: Settings, world: str, by: str) -> None:
    """Move a world's clock; due work runs in due order as it passes."""
    worlds = Worlds.start(settings)
    try:
        if worlds.get(world).kind == "live":
            raise LiveClock()
        database = worlds.database(world)
        with database.begin() as tx:
            until = tx.now + clock.span(by)
        ran = work.advance(database, due.WORK, until)
    finally:
        worlds.close()
    terminal.out.print(say("advanced", now=f"{until:%Y-%m-%d %H:%M:%S} UTC", ran=ran))
