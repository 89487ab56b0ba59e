"""The process in which a training runs: a file in, progress and models out, nothing else touched.

In: MessagePack of options and content on stdin. Out: JSON lines, `progress`, then `done` or
`refused`. It is bounded in memory and time where the system can do that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from huoshui.core.errors import Problem
from huoshui.judgement.risk.models.trainings.model import UNPACKED_MOST

MEMORY_MOST = 4 * 1024**3
CPU_S_MOST = 900
Tell = Callable[[dict[str, Any]], None]


def main() -> None:
    """Train on what stands on stdin."""
    _bound()
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read())

    def tell(line: dict[str, Any]) -> None:
        sys.stdout.write(msgspec.json.encode(line, enc_hook=str).decode() + "\n")
        sys.stdout.flush()

    try:
        _train(asked["options"], asked["content"], tell)
    except Problem as problem:
        tell({"refused": problem.code, "facts": problem.facts})
    except MemoryError:
        tell({"refused": "training_file_too_large", "facts": {"most": "4 GB"}})


def _train(options: dict[str, Any], content: bytes, tell: Tell) -> None:
    from huoshui.judgement.risk.models.training import demand_extra

    demand_extra()
    from huoshui.judgement.risk.models.training import files, run
    from huoshui.judgement.risk.models.training.options import Options

    cells = files.read_bytes(content, UNPACKED_MOST)
    trained = run.train(
        cells, msgspec.convert(options, Options),
        lambda stage, done, steps: tell({"progress": stage, "done": done, "steps": steps}),
    )  # fmt: skip
    pairs = zip(trained.models, trained.cards, strict=True)
    tell({"done": [{"form": m.form, "text": m.text, "card": card} for m, card in pairs]})


def _bound() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MOST, MEMORY_MOST))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MOST, CPU_S_MOST))


if __name__ == "__main__":
    main()
