"""Puts scimbridge before outside judges: every judge against a client of every mode.

Prints a table; a failed case that .ci/judge-mistakes does not explain, an entry
there that no longer occurs, an error in the server's log or a judge that ends
early is a failure of the whole. The judges' full output is then kept.
"""

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bridge import Bridge
from report import write_page
from verdict import Mistake, Verdict, read_mistakes

HERE = Path(__file__).resolve().parent
MISTAKES = HERE.parent / "judge-mistakes"
MODES = ("tolerant", "strict", "interop")


@dataclass(frozen=True)
class Judge:
    """One row of the table: a program of this folder and the package it speaks for, "" if that is ours."""

    name: str
    package: str
    program: tuple[str, ...]

    @property
    def version(self) -> str:
        return importlib.metadata.version(self.package) if self.package else "-"


JUDGES = (
    Judge("scimbridge conformance", "", ("own.py",)),
    Judge("scim2-tester", "scim2-tester", ("tester.py",)),
    Judge("scim2-tester, valid values", "scim2-tester", ("tester.py", "valid")),
    Judge("scim-sanity", "scim-sanity", ("sanity.py",)),
    Judge("scim2-cli session", "scim2-cli", ("session.py",)),
    Judge("scim2-client life", "scim2-client", ("life.py",)),
    Judge("scim2-models histories", "scim2-models", ("histories.py",)),
)


@dataclass
class Result:
    """What a judge said of a mode: verdicts, and what it did not manage to say."""

    judge: Judge
    mode: str
    verdicts: list[Verdict]
    broken: str  # why the judge itself failed, "" if it did not
    seconds: float = 0

    def count(self) -> Counter[str]:
        return Counter(v.outcome for v in self.verdicts)


def hear(judge: Judge, mode: str, bridge: Bridge, folder: Path, seed: str) -> Result:
    """Run one judge against a new tenant."""
    name = f"{judge.name.replace(', ', '-').replace(' ', '-')}-{mode}"
    output = folder / f"{name}.txt"
    bridge.tenant(name)
    bridge.tenant(name + "-other")
    env = {
        **os.environ, "SCIM_URL": bridge.url, "SCIM_MODE": mode, "SCIM_SEED": seed, "SCIM_PROGRAM": str(bridge.program),
        "SCIM_TOKEN": bridge.client(name, "judge", mode), "SCIM_OTHER_TOKEN": bridge.client(name, "other", mode),
        "SCIM_OTHER_TENANT_TOKEN": bridge.client(name + "-other", "judge", mode),
        "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1",
    }
    result = Result(judge, mode, [], "")
    began = time.monotonic()
    try:
        done = subprocess.run([sys.executable, HERE / judge.program[0], *judge.program[1:]], cwd=folder, env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
    except subprocess.TimeoutExpired:
        result.broken = "it did not end within 240 seconds"
        return result
    result.seconds = time.monotonic() - began
    output.write_text(done.stdout + done.stderr)
    try:
        result.verdicts = [Verdict.parse(line) for line in done.stdout.splitlines()]
    except (ValueError, TypeError) as err:
        result.broken = f"its output is not what was expected: {err}"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        result.broken = lines[-1] if lines else f"it ended with {done.returncode}"
    if not result.broken and not result.verdicts:
        result.broken = "it tried nothing"
    return result


def judge_all(bridge: Bridge, folder: Path, judges: list[Judge], modes: list[str], seed: str) -> list[Result]:
    """Run them two at a time, and print a line for each in their order."""
    results = []
    with ThreadPoolExecutor(2) as pool:
        for r in pool.map(lambda pair: hear(*pair, bridge, folder, seed), [(j, m) for j in judges for m in modes]):
            results.append(r)
            n = r.count()
            print(f"{r.judge.name:<28} {r.judge.version:<8} {r.mode:<9} {n['passed']:>6} {n['failed']:>6} {n['skipped']:>7}"
                  f" {r.seconds:>7.1f}{'  ' + r.broken if r.broken else ''}", flush=True)
    return results


def settle(results: list[Result], mistakes: list[Mistake]) -> tuple[int, list[str]]:
    """How many failures are known mistakes, and what remains against the server or the list of mistakes."""
    complaints, explained = [], 0
    for r in results:
        if r.broken:
            complaints.append(f"{r.judge.name}, {r.mode}: {r.broken}")
        for v in r.verdicts:
            if v.outcome != "failed":
                continue
            known = [m for m in mistakes if m.covers(r.judge.name, r.judge.version, r.mode, v)]
            for m in known:
                m.seen.add(r.mode)
            explained += bool(known)
            if not known:
                complaints.append(f"{r.judge.name} {r.judge.version}, {r.mode}: {v.case}: {v.message[:600]}")
    heard = {(r.judge.name, r.mode) for r in results}
    versions = {j.name: j.version for j in JUDGES}
    for m in mistakes:
        if versions.get(m.judge) != m.version:
            complaints.append(f"judge-mistakes: {m.judge!r} {m.version} is no judge of this run; look at {m.case} anew")
            continue
        for mode in m.modes:
            if mode not in MODES:
                complaints.append(f"judge-mistakes: {m.judge}, {m.case}: there is no mode {mode!r}")
            elif mode not in m.seen and (m.judge, mode) in heard:
                complaints.append(f"judge-mistakes: {m.judge} {m.version}, {mode}: {m.case} no longer occurs; remove the entry, or the mode")
    return explained, complaints


def main() -> int:
    p = argparse.ArgumentParser(prog=".ci/judges", description="Put scimbridge before outside judges.")
    p.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    p.add_argument("--judge", action="append", choices=[j.name for j in JUDGES], help="only this one; may be repeated")
    p.add_argument("--mode", action="append", choices=MODES, help="only clients of this mode; may be repeated")
    p.add_argument("--seed", default="1", help="of the random histories; one number gives one history")
    p.add_argument("--write", action="store_true", help="write the results into docs/conformance-judges.md")
    a = p.parse_args()
    judges = [j for j in JUDGES if not a.judge or j.name in a.judge]
    modes = [m for m in MODES if not a.mode or m in a.mode]
    mistakes = read_mistakes(MISTAKES)

    folder = Path(tempfile.mkdtemp(prefix="scimbridge-judges-"))
    print(f"{'judge':<28} {'version':<8} {'mode':<9} {'passed':>6} {'failed':>6} {'skipped':>7} {'seconds':>7}")
    with Bridge(a.program, folder) as bridge:
        results = judge_all(bridge, folder, judges, modes, a.seed)
        log = bridge.failures()
    explained, complaints = settle(results, mistakes)
    complaints += [f"the server's log: {line}" for line in log]
    complaints += write_page(results, mistakes, write=a.write, whole=not a.judge and not a.mode)

    total: Counter[str] = Counter()
    for r in results:
        total += r.count()
    print(f"\n{total['passed']} cases passed, {total['failed']} failed, {total['skipped']} were skipped; "
          f"{explained} of those that failed are known mistakes of the judges")
    if not complaints:
        shutil.rmtree(folder)
        return 0
    print(f"\n{len(complaints)} complaints; everything the judges printed is in {folder}\n")
    for c in complaints:
        print("-", c.replace("\n", "\n  "))
    return 1


sys.exit(main())
