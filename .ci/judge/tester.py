"""scim2-tester: the checks that "scim2 test" runs, with each result on its own.

It fills resources with random text wherever a schema says "string". With the
argument "valid" the attributes to which RFC 7643 gives a form (section 4.1) get
values of that form, so that the checks behind them run, too: in a server that
checks certificates the tester's first random one ends six of its checks. For the
same reason users of clients of the interoperability profile, which takes no
passwords, then have none.
"""

import sys

from scim2_tester import Status, check_server, filling
from scim2_tester.utils import CheckResult

from connection import MODE, scim
from verdict import Verdict

# A throw-away certificate in DER.
CERTIFICATE = (
    "MIIBdjCCARugAwIBAgIUIkQ7xhEg2h+IJqAvye6paleRvZ4wCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwFanVkZ2UwHhcNMjYxMTIxMjMy"
    "OTE3WhcNMzYxMTE4MjMyOTE3WjAQMQ4wDAYDVQQDDAVqdWRnZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAx9u0JDGuc7uPD0B9oc"
    "tc+uf8oNCmalD26JOPJw0A3vWpZRkkrDfMvjv+5mKJ1DrHtXGDSLq9btLkDGTZRCXwajUzBRMB0GA1UdDgQWBBQ13aAQ+4m4ms1QkaS/"
    "ey5P/1JyRzAfBgNVHSMEGDAWgBQ13aAQ+4m4ms1QkaS/ey5P/1JyRzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQD2"
    "3gVVi+jv5/0q308hpChjq9l1Ycf4jRkaTUBAOm9f9AIhAL4TySdINelhSPF9LEjnVfrxPSvixUKDY3rDy31u5iKy"
)
USER = "urn:ietf:params:scim:schemas:core:2.0:User:"
VALID = {
    "preferredLanguage": "en-US, de;q=0.5",
    "locale": "de-DE",
    "timezone": "Europe/Berlin",
    "x509Certificates.value": CERTIFICATE,
    "addresses.country": "DE",
}
# The models of complex attributes that have such a sub-attribute.
VALID_IN = {("X509Certificates", "value"): CERTIFICATE, ("Addresses", "country"): "DE"}


def teach() -> None:
    """Make the tester use VALID."""
    guess = filling.generate_random_value

    def generate(context, path, mutability=None, required=None):  # type: ignore[no-untyped-def]
        value = guess(context, path, mutability, required)
        binding = path.resolve()
        if value is None or binding is None:
            return value
        name = str(path).removeprefix(USER)
        if name == "password" and MODE == "interop":
            return None
        model = binding.target_model.__name__ if binding.target_model else ""
        return VALID.get(name) or VALID_IN.get((model, path_end(name))) or value

    def path_end(name: str) -> str:
        return name.rpartition(".")[2].rpartition(":")[2]

    filling.generate_random_value = generate
    for module in ("patch_add", "patch_replace"):
        sys.modules[f"scim2_tester.checkers.{module}"].generate_random_value = generate  # type: ignore[attr-defined]


def name(result: CheckResult, nth: dict[str, int]) -> str:
    """The resource type, the check and the attribute; a number tells equal ones apart."""
    parts = [result.resource_type or "server", result.title or ""]
    if isinstance(result.data, dict) and isinstance(result.data.get("urn"), str):
        parts.append(result.data["urn"])
    text = " ".join(parts)
    nth[text] = nth.get(text, 0) + 1
    return text if nth[text] == 1 else f"{text} #{nth[text]}"


def main() -> None:
    if sys.argv[1:] == ["valid"]:
        teach()
    nth: dict[str, int] = {}
    for r in check_server(scim()):
        outcome = {Status.ERROR: "failed", Status.CRITICAL: "failed", Status.SKIPPED: "skipped"}.get(r.status, "passed")
        message = "" if outcome == "passed" else f"{r.reason or ''}\n{r.data if r.data is not None else ''}".strip()
        Verdict(name(r, nth), outcome, message).print()


main()
