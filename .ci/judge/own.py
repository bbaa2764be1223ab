"""scimbridge conformance: our own judge, asked as anybody would ask it about any server.

It is no outside judge; it stands here because a server and two more clients are
at hand, and because its checks and those of the others should agree.
"""

import json
import os
import subprocess
import sys

from connection import MODE, URL
from verdict import Verdict

# As for the command itself, a SHOULD that is not kept is no failure; docs/conformance.md shows it.
OUTCOMES = {"pass": "passed", "skip": "skipped", "warn": "skipped"}


def main() -> None:
    done = subprocess.run([os.environ["SCIM_PROGRAM"], "conformance", "--url", URL, "--mode", MODE, "--json"],
                          capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"it ended with {done.returncode} and no report: {done.stderr}")
    if left := report.get("left"):
        Verdict("nothing is left behind", "failed", " ".join(left)).print()
    for r in report["results"]:
        name = f"{r['id']} {r['name']}" if r.get("name") else r["id"]
        message = f"{r['level']}: {r['requirement']}\n{r.get('reason', '')}\n{r.get('evidence', '')}"
        Verdict(name, OUTCOMES.get(r["verdict"], "failed"), message).print()


main()
