"""Who spends the processor's time while payments are made: read from /proc, where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

PROC = Path("/proc")


class Spent(msgspec.Struct, frozen=True):
    """Seconds of processor time since their start: of each thread of a server, of PostgreSQL."""

    threads: dict[int, float]
    postgresql: float


def spent(server: int, backend: int) -> Spent | None:
    """What was spent so far by a server's threads, and by PostgreSQL, of which `backend` is one
    process; None without /proc, or where PostgreSQL runs elsewhere."""
    postmaster = _fields(PROC / str(backend))[1:2]
    if not postmaster:
        return None
    threads = {int(task.name): _seconds(task) for task in _tasks(server)}
    return Spent(threads, sum(_seconds(PROC / str(pid)) for pid in _family(int(postmaster[0]))))


def shares(server: int, before: Spent, after: Spent, payments: int) -> dict[str, float]:
    """Microseconds a payment: the event loop's thread, the lane's (the busiest other), the rest."""
    used = {tid: seconds - before.threads.get(tid, 0.0) for tid, seconds in after.threads.items()}
    loop = used.pop(server, 0.0)
    others = sorted(used.values(), reverse=True)
    found = {
        "stage_server_event_loop_us": loop,
        "stage_server_lane_us": others[0] if others else 0.0,
        "stage_server_other_threads_us": sum(others[1:]),
        "stage_postgresql_us": after.postgresql - before.postgresql,
    }
    return {name: seconds / payments * 1e6 for name, seconds in found.items()}


def _tasks(pid: int) -> Iterator[Path]:
    try:
        yield from (PROC / str(pid) / "task").iterdir()
    except OSError:
        return


def _family(parent: int) -> list[int]:
    """A process and its children. Those that ended meanwhile are missed."""
    pids = [int(place.name) for place in PROC.iterdir() if place.name.isdigit()]
    of_it = [pid for pid in pids if _fields(PROC / str(pid))[1:2] == [str(parent)]]
    return [parent, *of_it]


def _seconds(place: Path) -> float:
    fields = _fields(place)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _fields(place: Path) -> list[str]:
    """The fields of a `stat` file behind the name of the program (proc(5)); none where it ended."""
    try:
        return (place / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
