"""What a judge says, and what is held against it.

A judge is a program that prints one JSON line for each case it tried:
{"case": …, "outcome": "passed" | "failed" | "skipped", "message": …}. Case names
are the same in each run, so that a case can be named in .ci/judge-mistakes.
"""

import fnmatch
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

OUTCOMES = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Verdict:
    """One case and how it went."""

    case: str
    outcome: str
    message: str = ""

    def print(self) -> None:
        json.dump(self.__dict__, sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()

    @staticmethod
    def parse(line: str) -> "Verdict":
        v = Verdict(**json.loads(line))
        if v.outcome not in OUTCOMES:
            raise ValueError(f"outcome {v.outcome!r} of {v.case}")
        return v


@dataclass
class Mistake:
    """A red case in which the RFC is on our side.

    It stands for the failures of one version of one judge, in the modes named,
    whose case matches the pattern and whose message holds the text of says.
    """

    judge: str
    version: str
    modes: list[str]
    case: str
    says: str
    demands: str
    rfc: str
    seen: set[str] = field(default_factory=set)  # modes in which it occurred

    def covers(self, judge: str, version: str, mode: str, v: Verdict) -> bool:
        return (
            (judge, version) == (self.judge, self.version)
            and mode in self.modes
            and fnmatch.fnmatchcase(v.case, self.case)
            and self.says in v.message
        )


FIELDS = ("judge", "modes", "case", "says", "demands", "rfc")


def read_mistakes(path: Path) -> list[Mistake]:
    """Read blocks of "name: text" lines; blank lines part them, # begins a comment.

    A line that begins with a blank goes on with the one before it.
    """
    mistakes = []
    for block in re.split(r"\n\s*\n", path.read_text()):
        entry: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():
                entry[name] += " " + line.strip()
                continue
            name, colon, text = line.partition(":")
            if not colon or name not in FIELDS or name in entry:
                raise ValueError(f"{path.name}: {line!r} is no field of an entry")
            entry[name] = text.strip()
        if not entry:
            continue
        if missing := [f for f in FIELDS if not entry.get(f)]:
            raise ValueError(f"{path.name}: an entry lacks {', '.join(missing)}: {entry}")
        judge, _, version = entry["judge"].rpartition(" ")
        mistakes.append(
            Mistake(judge, version, entry["modes"].split(), *(entry[f] for f in FIELDS[2:]))
        )
    return mistakes
