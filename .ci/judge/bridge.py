"""A bridge for the judges: a process of its own on a scratch database.

Each pair of judge and mode gets a tenant of its own, so no judge sees what
another left behind.
"""

import json
import os
import re
import subprocess
import time
from pathlib import Path


class Bridge:
    """Runs "scimbridge serve" on a free loopback port until it is closed."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder
        # Settings of whoever runs this are not for this server.
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SCIMBRIDGE_")}
        self.env["SCIMBRIDGE_DATABASE"] = f"sqlite:{folder / 'judges.db'}"
        self.log = (folder / "bridge.log").open("wb")
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> "Bridge":
        # Away from the tree, where a scimbridge.yaml would be read.
        self.process = subprocess.Popen(
            [self.program, "serve", "--listen", "127.0.0.1:0", "--admin-listen", ""],
            cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
            stdout=(self.folder / "bridge.out").open("wb"), stderr=self.log,
        )
        try:
            self.url = self._announced()
        except BaseException:
            self.close()
            raise
        return self

    def _announced(self) -> str:
        """Wait for the line with the base URL."""
        for _ in range(200):
            text = (self.folder / "bridge.out").read_text()
            if m := re.search(r"SCIM base URL\s+(\S+)", text):
                return m[1]
            if self.process and self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("the bridge did not start:\n" + (self.folder / "bridge.log").read_text())

    def tenant(self, name: str) -> None:
        self._run("tenant", "create", name)

    def client(self, tenant: str, name: str, mode: str) -> str:
        """Make a client of the mode; return a token of it."""
        self._run("client", "create", name, "--mode", mode, "--tenant", tenant)
        out = self._run("token", "create", "--client", name, "--tenant", tenant, "--expires", "1h", "--json")
        return json.loads(out)["token"]

    def _run(self, *args: str) -> str:
        done = subprocess.run([self.program, *args], cwd=self.folder, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"scimbridge {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def failures(self) -> list[str]:
        """Lines of the log that no request may cause: errors and recovered panics."""
        text = (self.folder / "bridge.log").read_text()
        return [line for line in text.splitlines() if "level=ERROR" in line or "panic" in line]

    def close(self) -> None:
        """End the server in order; it must end well."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        self.log.close()
        if code:
            raise RuntimeError(f"the bridge ended with {code}: see {self.folder / 'bridge.log'}")

    def __exit__(self, *_: object) -> None:
        self.close()
