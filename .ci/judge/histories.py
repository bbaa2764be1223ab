"""Random histories: hypothesis invents users, groups and edits of them, scim2-models reads every answer.

Nothing may answer 500, no answer may be other than the models allow, an error
is a SCIM error with a word of RFC 7644 table 9, and after each step the resource
is what a small model here says. SCIM_SEED chooses the histories.
"""

import json
import os
import string
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from scim2_models import Context, EnterpriseUser, Error, Group, ListResponse, User

from connection import MODE, http
from verdict import Verdict

Person = User[EnterpriseUser]
EXT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WORDS = {
    "invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
    "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount",
}
TEXTS = ("title", "nickName", "displayName", "userType", "name.givenName", "name.familyName", f"{EXT}:department")

# Texts as they come: also other scripts, quotes, backslashes, and what looks like SCIM.
text = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp")), min_size=1, max_size=12),
    st.sampled_from(['"', "\\", "a b", "true", "null", "%41", "a.b", "émile", "ｂｏｂ", "<b>", "';--", "x" * 300]),
).map(str.strip).filter(bool)
login = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
kinds = st.sampled_from(["work", "home", "other"])
email = st.builds(lambda n, t: {"value": f"{n}@history.example", "type": t}, login, kinds)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["value", "type", "primary", "$ref", "x"]), inner, max_size=3)),
    max_leaves=5,
)
paths = st.one_of(
    st.sampled_from([
        "userName", "active", "emails", "emails.value", "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "id", "meta", "meta.created",
        "schemas", "groups", "members", "password", "name", "addresses[country eq \"DE\"].locality", EXT, f"{EXT}:manager", f"{EXT}:manager.displayName",
        "x509Certificates", "roles", "externalId", "no.such", "emails[", "emails[type eq]", "a[b eq 1].c.d", "", "urn:none:x", "members[value pr].display",
    ]),
    text,
)
filters = st.recursive(
    st.one_of(
        st.builds(lambda a, o, v: f"{a} {o} {json.dumps(v)}", st.sampled_from(["userName", "title", "name.givenName", "emails.value", "emails", "active", "meta.created", "id", "externalId", f"{EXT}:department", "groups"]),
                  st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]), st.one_of(text, st.booleans(), st.none(), st.integers(-9, 9), st.just("2026-01-01T00:00:00Z"))),
        st.builds("{} pr".format, st.sampled_from([*TEXTS, "emails", "emails.value", "active", "groups"])),
        st.builds(lambda v: f"emails[type eq \"work\" and value co {json.dumps(v)}]", text),
    ),
    lambda inner: st.one_of(st.builds("not ({})".format, inner), st.builds("({} and {})".format, inner, inner), st.builds("{} or {}".format, inner, inner)),
    max_leaves=4,
)
log: list[str] = []  # of the history under way


class History(RuleBasedStateMachine):
    """What the server ought to hold: users by id, each with its texts and e-mail addresses, and groups with their members."""

    def __init__(self) -> None:
        super().__init__()
        log.clear()
        self.web = http()
        self.users: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, set[str]] = {}
        for kind in ("Users", "Groups"):  # what the history before left
            for r in self.web.get(kind, params={"count": 1000}).json().get("Resources", []):
                self.web.delete(f"{kind}/{r['id']}")

    def teardown(self) -> None:
        self.web.close()

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request; read the answer with the model that fits it. Errors come back as Error."""
        sent = json.dumps(body, ensure_ascii=False) if body is not None else ""
        log.append(f"{method} {path} {sent} {more or ''}")
        headers = {"Content-Type": "application/scim+json"} if sent else {}
        answer = self.web.request(method, path, content=sent.encode() or None, headers={**headers, **more.pop("headers", {})}, **more)
        log.append(f"  {answer.status_code} {answer.text}")
        if answer.status_code in (204, 304):
            assert not answer.content, "a body with 204 or 304"
            return None
        assert answer.headers["Content-Type"].startswith("application/scim+json"), answer.headers
        data = answer.json()
        if answer.status_code >= 400:
            error = Error.model_validate(data)
            assert data["status"] == str(answer.status_code), "status in the body"
            assert data.get("scimType") is None or data["scimType"] in WORDS, data["scimType"]
            return error
        if "Resources" in data or "totalResults" in data:
            return ListResponse[Person | Group].model_validate(data, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
        model = Person if data["meta"]["resourceType"] == "User" else Group
        context = Context.RESOURCE_CREATION_RESPONSE if answer.status_code == 201 else Context.RESOURCE_QUERY_RESPONSE
        resource = model.model_validate(data, scim_ctx=context)
        assert data["meta"]["version"] == answer.headers["ETag"], "ETag and meta.version"
        assert resource.meta.last_modified >= resource.meta.created
        assert "null" not in answer.text.replace('"null"', "") or None not in walk(data), "a null in a resource"
        return resource

    def pick(self, data: st.DataObject, of: dict[str, Any]) -> str:
        return data.draw(st.sampled_from(sorted(of)))

    # Users.

    @rule(name=login, title=st.none() | text, emails=st.lists(email, max_size=3, unique_by=lambda e: (e["value"], e["type"])))
    def create_user(self, name: str, title: str | None, emails: list[Any]) -> None:
        body = {"schemas": [CORE + "User"], "userName": name, "emails": emails}
        if title is not None:
            body["title"] = title
        made = self.send("POST", "Users", body)
        taken = name in {u["userName"] for u in self.users.values()}
        if taken or isinstance(made, Error):
            # A text may be refused (a code point that PRECIS disallows), a taken name must be.
            assert isinstance(made, Error) and made.scim_type in ("uniqueness", "invalidValue"), made
            assert not taken or made.status == 409, made
            return
        self.users[made.id] = {"userName": name, "title": title, "emails": sorted(e["value"] for e in emails)}

    @precondition(lambda self: self.users)
    @rule(data=st.data(), attribute=st.sampled_from(TEXTS), value=text, op=st.sampled_from(["add", "replace"]))
    def set_text(self, data: st.DataObject, attribute: str, value: str, op: str) -> None:
        id = self.pick(data, self.users)
        after = self.patch(id, {"op": op, "path": attribute, "value": value})
        if not isinstance(after, Error):
            self.users[id][attribute] = value

    @precondition(lambda self: self.users)
    @rule(data=st.data(), attribute=st.sampled_from(TEXTS))
    def remove_text(self, data: st.DataObject, attribute: str) -> None:
        id = self.pick(data, self.users)
        assert not isinstance(self.patch(id, {"op": "remove", "path": attribute}), Error)
        self.users[id][attribute] = None

    @precondition(lambda self: self.users)
    @rule(data=st.data(), new=email)
    def add_email(self, data: st.DataObject, new: dict[str, str]) -> None:
        id = self.pick(data, self.users)
        before = self.send("GET", f"Users/{id}")
        after = self.patch(id, {"op": "add", "path": "emails", "value": [new]})
        pairs = {(e.value, e.type) for e in before.emails or []} | {(new["value"], new["type"])}
        assert {(e.value, e.type) for e in after.emails} == pairs, "an added address joins the others"
        self.users[id]["emails"] = sorted(v for v, _ in pairs)

    @precondition(lambda self: self.users)
    @rule(data=st.data(), kind=kinds)
    def remove_emails(self, data: st.DataObject, kind: str) -> None:
        id = self.pick(data, self.users)
        before = self.send("GET", f"Users/{id}")
        assert not isinstance(self.patch(id, {"op": "remove", "path": f'emails[type eq "{kind}"]'}), Error)
        self.users[id]["emails"] = sorted(e.value for e in before.emails or [] if e.type != kind)

    @precondition(lambda self: self.users)
    @rule(data=st.data(), op=st.sampled_from(["add", "replace", "remove", "Move"]), path=st.none() | paths, value=anything)
    def any_patch(self, data: st.DataObject, op: str, path: str | None, value: Any) -> None:
        """Whatever it says, all of it holds or nothing, and the answer is one of SCIM."""
        id = self.pick(data, self.users)
        before = self.send("GET", f"Users/{id}")
        after = self.patch(id, {"op": op, "value": value} | ({} if path is None else {"path": path}))
        if isinstance(after, Error):
            assert self.send("GET", f"Users/{id}") == before, "a refused edit changed something"
            return
        now = self.send("GET", f"Users/{id}").model_dump()
        name = now.get("name") or {}
        extension = now.get(EXT) or {}
        got = {"title": now.get("title"), "nickName": now.get("nickName"), "displayName": now.get("displayName"), "userType": now.get("userType"),
               "name.givenName": name.get("givenName"), "name.familyName": name.get("familyName"), f"{EXT}:department": extension.get("department")}
        self.users[id] = {"userName": now["userName"], "emails": sorted(e["value"] for e in now.get("emails", []) if "value" in e)} | got

    @precondition(lambda self: self.users)
    @rule(data=st.data(), title=st.none() | text)
    def replace_user(self, data: st.DataObject, title: str | None) -> None:
        id = self.pick(data, self.users)
        now = self.send("GET", f"Users/{id}").model_dump()
        for other in ("nickName", "displayName", "userType", "name", EXT, "password"):
            now.pop(other, None)
        now["schemas"] = [CORE + "User"]
        now["title"] = title
        after = self.send("PUT", f"Users/{id}", now)
        if not isinstance(after, Error):
            assert after.id == id and after.nick_name is None
            self.users[id] = {"userName": now["userName"], "title": title, "emails": self.users[id]["emails"]}

    @precondition(lambda self: self.users)
    @rule(data=st.data())
    def delete_user(self, data: st.DataObject) -> None:
        id = self.pick(data, self.users)
        assert self.send("DELETE", f"Users/{id}") is None
        assert self.send("GET", f"Users/{id}").status == 404
        del self.users[id]
        for members in self.groups.values():
            members.discard(id)

    # Groups.

    @rule(name=login)
    def create_group(self, name: str) -> None:
        made = self.send("POST", "Groups", {"schemas": [CORE + "Group"], "displayName": name})
        if isinstance(made, Error):
            assert made.status == 409, made
        else:
            self.groups[made.id] = set()

    @precondition(lambda self: self.users and self.groups)
    @rule(data=st.data(), op=st.sampled_from(["add", "remove", "replace"]))
    def change_members(self, data: st.DataObject, op: str) -> None:
        id, user = self.pick(data, self.groups), self.pick(data, self.users)
        if op == "remove":
            operation: dict[str, Any] = {"op": "remove", "path": f'members[value eq "{user}"]'}
            self.groups[id].discard(user)
        else:
            operation = {"op": op, "path": "members", "value": [{"value": user}]}
            self.groups[id] = {user} | (self.groups[id] if op == "add" else set())
        answer = self.send("PATCH", f"Groups/{id}", {"schemas": [PATCH], "Operations": [operation]})
        assert not isinstance(answer, Error), answer
        members = self.send("GET", f"Groups/{id}").members or []
        assert {m.value for m in members} == self.groups[id], "members"
        assert len(members) == len(self.groups[id]), "a member twice"

    # Questions.

    @rule(filter=filters, count=st.integers(0, 3))
    def ask(self, filter: str, count: int) -> None:
        """A filter and its opposite divide the users; a page is a part of the whole."""
        yes = self.send("GET", "Users", params={"filter": filter, "count": 1000})
        no = self.send("GET", "Users", params={"filter": f"not ({filter})", "count": 1000})
        assert isinstance(yes, Error) == isinstance(no, Error), "a filter and its opposite are both legal or both not"
        if isinstance(yes, Error):
            assert yes.status == 400, yes
            return
        found, rest = ({u.id for u in r.resources or []} for r in (yes, no))
        assert found.isdisjoint(rest) and found | rest == set(self.users), "a filter and its opposite divide the users"
        page = self.send("GET", "Users", params={"filter": filter, "count": count})
        assert page.total_results == len(found), "totalResults does not depend on the page"
        assert len(page.resources or []) == min(count, len(found)), "a page is as long as asked"
        assert {u.id for u in page.resources or []} <= found

    def patch(self, id: str, operation: dict[str, Any]) -> Any:
        before = self.send("GET", f"Users/{id}")
        after = self.send("PATCH", f"Users/{id}", {"schemas": [PATCH], "Operations": [operation]})
        if not isinstance(after, Error):
            assert (after.meta.version == before.meta.version) == (after == before), "the version moves with the user, and only then"
            assert after == self.send("GET", f"Users/{id}"), "the answer of a PATCH is what a GET then says"
        return after

    @invariant()
    def everything_is_as_it_should_be(self) -> None:
        users = {u.id: u for u in self.send("GET", "Users", params={"count": 1000}).resources or []}
        assert set(users) == set(self.users), "the users there are"
        for id, want in self.users.items():
            u = users[id]
            assert (u.user_name, u.title) == (want["userName"], want["title"]), (u, want)
            assert sorted(e.value for e in u.emails or [] if e.value) == want["emails"], (u.emails, want)
            assert {g.value for g in u.groups or []} == {g for g, members in self.groups.items() if id in members}, "groups of a user"
        del log[:-400]


def walk(v: Any) -> list[Any]:
    """Every value in a JSON document."""
    inner: list[Any] = list(v.values()) if isinstance(v, dict) else v if isinstance(v, list) else []
    return inner + [x for i in inner for x in walk(i)]


def play(histories: int, steps: int) -> None:
    quiet = settings(
        max_examples=histories, stateful_step_count=steps, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet, print_blob=False,
    )
    case = f"{histories} histories of {steps} steps"
    machine: Callable[[], History] = seed(int(os.environ.get("SCIM_SEED", "1")))(History)
    try:
        run_state_machine_as_test(machine, settings=quiet)
    except Exception as err:
        Verdict(case, "failed", f"{type(err).__name__}: {err}\nThe last requests, of a {MODE} client:\n" + "\n".join(log[-30:])).print()
    else:
        Verdict(case, "passed").print()


play(histories=int(os.environ.get("SCIM_HISTORIES", "12")), steps=30)
