"""LightGBM's C library by ctypes: one row at a time, microseconds a score, nothing else imported.

`import lightgbm` takes seconds and brings what a server does not need. The library is asked with
one predictor a thread: its own are not safe to share. Its single-row way keeps what it allocated.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import threading
from functools import cache
from pathlib import Path

from huoshui.judgement.risk.models.serving.model import LibraryAbsent, ModelUnreadable

_RAW, _CONTRIBUTIONS = 1, 3
_FLOAT64 = 1
_ONE_THREAD = b"num_threads=1"
_FILES = {"darwin": "lib_lightgbm.dylib", "win32": "lib_lightgbm.dll"}


@cache
def library() -> ctypes.CDLL:
    """The library, loaded once. Raises LibraryAbsent."""
    spec = importlib.util.find_spec("lightgbm")
    for place in (spec.submodule_search_locations if spec else None) or ():
        file = _FILES.get(sys.platform, "lib_lightgbm.so")
        for found in (Path(place) / "lib" / file, Path(place) / "bin" / file, Path(place) / file):
            if found.exists():
                loaded = ctypes.CDLL(str(found))
                loaded.LGBM_GetLastError.restype = ctypes.c_char_p
                return loaded
    raise LibraryAbsent(package="lightgbm")


class Forest:
    """The trees of one text, for any number of threads."""

    def __init__(self, text: str, columns: int) -> None:
        self._text = text
        self._columns = columns
        self._own = threading.local()
        self._predictor()  # an unreadable text is refused here

    def raw(self, row: list[float]) -> float:
        """The sum of the trees: log-odds before calibration."""
        return self._predictor().raw(row)

    def contributions(self, row: list[float]) -> list[float]:
        """Exact Shapley values of the columns (TreeSHAP), then what the trees expect on average."""
        return self._predictor().contributions(row)

    def _predictor(self) -> _Predictor:
        found: _Predictor | None = getattr(self._own, "predictor", None)
        if found is None:
            found = self._own.predictor = _Predictor(self._text, self._columns)
        return found


class _Predictor:
    """What one thread needs: a booster, a fast way for each question, and room for the answers."""

    def __init__(self, text: str, columns: int) -> None:
        self._library = library()
        self._fast: list[ctypes.c_void_p] = []
        self._booster = ctypes.c_void_p()
        trees = ctypes.c_int()
        self._call(
            "LGBM_BoosterLoadModelFromString",
            text.encode(), ctypes.byref(trees), ctypes.byref(self._booster),
        )  # fmt: skip
        self._demand_columns(columns)
        self._row = (ctypes.c_double * columns)()
        self._answer = (ctypes.c_double * (columns + 1))()
        self._length = ctypes.c_int64()
        self._fast = [self._way(kind, columns) for kind in (_RAW, _CONTRIBUTIONS)]

    def _demand_columns(self, columns: int) -> None:
        found = ctypes.c_int()
        self._call("LGBM_BoosterGetNumFeature", self._booster, ctypes.byref(found))
        if found.value != columns:
            reason = f"the header has {columns} columns, the trees {found.value}"
            raise ModelUnreadable(reason=reason)

    def _way(self, kind: int, columns: int) -> ctypes.c_void_p:
        way = ctypes.c_void_p()
        self._call(
            "LGBM_BoosterPredictForMatSingleRowFastInit",
            self._booster, kind, 0, -1, _FLOAT64, ctypes.c_int32(columns), _ONE_THREAD,
            ctypes.byref(way),
        )  # fmt: skip
        return way

    def raw(self, row: list[float]) -> float:
        self._ask(0, row)
        return float(self._answer[0])

    def contributions(self, row: list[float]) -> list[float]:
        self._ask(1, row)
        return list(self._answer)

    def _ask(self, way: int, row: list[float]) -> None:
        self._row[:] = row  # type: ignore[assignment]
        self._call(
            "LGBM_BoosterPredictForMatSingleRowFast",
            self._fast[way], self._row, ctypes.byref(self._length), self._answer,
        )  # fmt: skip

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(*arguments) != 0:
            reason = self._library.LGBM_GetLastError().decode(errors="replace")
            raise ModelUnreadable(reason=reason[:200])

    def __del__(self) -> None:
        for way in self._fast:
            self._library.LGBM_FastConfigFree(way)
        if self._booster:
            self._library.LGBM_BoosterFree(self._booster)
