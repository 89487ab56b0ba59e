"""A property that is worked out when it is first wanted, once an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

R = TypeVar("R")


class once(Generic[R]):  # noqa: N801  a decorator reads as a word
    """As `functools.cached_property`, without its lock.

    Until Python 3.12 that holds one lock for all objects of a class while it works. A property that
    waits for PostgreSQL would make every other thread's wait for it: one that holds rows which the
    first one wants would never let them go.
    """

    def __init__(self, make: Callable[[Any], R]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> once[R]: ...

    @overload
    def __get__(self, instance: object, owner: type[Any]) -> R: ...

    def __get__(self, instance: object | None, owner: type[Any]) -> once[R] | R:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value
