"""A script of named steps, each a case: it passes, is skipped, or fails with its reason."""

import traceback
from collections.abc import Callable
from typing import Any

from verdict import Verdict


class Skipped(Exception):
    """A step does not apply to this server; the text says why."""


class Script:
    """Collects steps in the order in which they are written, and plays them."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, Callable[[], None]]] = []

    def step(self, name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
        def add(f: Callable[[], None]) -> Callable[[], None]:
            self.steps.append((name, f))
            return f

        return add

    def play(self) -> None:
        for name, f in self.steps:
            try:
                f()
            except Skipped as why:
                Verdict(name, "skipped", str(why)).print()
            except Exception as err:
                where = "".join(traceback.format_exception(err)[-3:])
                Verdict(name, "failed", f"{err}\n{where}").print()
            else:
                Verdict(name, "passed").print()


def same(what: str, got: Any, want: Any) -> None:
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def holds(what: str, true: Any) -> None:
    if not true:
        raise AssertionError(what)
