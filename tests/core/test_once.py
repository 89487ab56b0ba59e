"""A property worked out once an object, by each thread without waiting for another object's."""

from __future__ import annotations

import threading

from huoshui.core.once import once


class Thing:
    """Its value waits for a sign, and gives one before."""

    def __init__(self, gives: threading.Event, needs: threading.Event) -> None:
        self.gives, self.needs, self.asked = gives, needs, 0

    @once
    def value(self) -> bool:
        """Whether the sign came."""
        self.asked += 1
        self.gives.set()
        return self.needs.wait(20)


def test_one_thread_does_not_wait_for_anothers_property() -> None:
    a, b = threading.Event(), threading.Event()
    things = [Thing(a, b), Thing(b, a)]
    threads = [threading.Thread(target=lambda thing=thing: thing.value) for thing in things]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [thing.value for thing in things] == [True, True]
    assert [thing.asked for thing in things] == [1, 1]


def test_of_the_class_it_is_itself_and_says_what_it_is() -> None:
    assert isinstance(Thing.value, once) and Thing.value.__doc__ == "Whether the sign came."
