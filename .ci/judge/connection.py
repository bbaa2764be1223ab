"""How a judge reaches the server: SCIM_URL and SCIM_TOKEN in its environment."""

import json
import os
from typing import Any

from httpx2 import Client, Response
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import ServiceProviderConfig

URL = os.environ.get("SCIM_URL", "")
TOKEN = os.environ.get("SCIM_TOKEN", "")
MODE = os.environ.get("SCIM_MODE", "")  # of the client: tolerant, strict or interop


# Attributes of the service provider configuration that scim2-models does not know
# yet, and where they are defined. It refuses any attribute that it does not know,
# and with this one answer everything that comes after it.
NEWER = {
    "interopProfileConformant": "the SCIM interoperability profile, for its clients alone",
}
if learned := NEWER.keys() & {f.serialization_alias for f in ServiceProviderConfig.model_fields.values()}:
    raise ImportError(f"scim2-models knows {learned} by now: take it out of NEWER")


def known(answer: Response) -> Response:
    """Take out of the service provider configuration what is newer than the models."""
    if not answer.url.path.endswith("/ServiceProviderConfig") or answer.status_code != 200:
        return answer
    data = answer.json()
    if (MODE == "interop") != (data.get("interopProfileConformant") is True):
        raise AssertionError("clients of the interoperability profile, and no others, are told that the server follows it")
    older = {k: v for k, v in data.items() if k not in NEWER}
    headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
    return Response(200, headers=headers, content=json.dumps(older).encode(), request=answer.request)


class Recorder(Client):
    """An HTTP client that keeps the last answer, and refuses any of 500 and above."""

    last: Response | None = None

    def request(self, *args: Any, **kwargs: Any) -> Response:
        self.last = known(super().request(*args, **kwargs))
        if self.last.status_code >= 500 and self.last.status_code != 501:
            raise AssertionError(f"{args} {kwargs}: {self.last.status_code} {self.last.text}")
        return self.last


def http() -> Recorder:
    return Recorder(base_url=URL, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=30)


def scim() -> SyncSCIMClient:
    """A scim2-client that knows the server by its own schemas and checks every answer."""
    client = SyncSCIMClient(http())
    client.discover()
    return client
