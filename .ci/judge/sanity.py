"""scim-sanity: its seven phases against the server, in its strict mode."""

import json
import subprocess
import sys
from pathlib import Path

from connection import TOKEN, URL
from verdict import Verdict

OUTCOMES = {"pass": "passed", "warn": "passed", "skip": "skipped"}


def main() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("scim-sanity"), "probe", URL, "--token", TOKEN, "--strict", "--json-output", "--i-accept-side-effects"],
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"scim-sanity ended with {done.returncode} and no report: {done.stdout}\n{done.stderr}")
    for r in report["results"]:
        outcome = OUTCOMES.get(r["status"].lower(), "failed")
        Verdict(f"{r['phase'].partition(' — ')[2]}: {r['name']}", outcome, r.get("message") or "").print()


main()
