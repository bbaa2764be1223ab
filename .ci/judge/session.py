"""scim2-cli: what an administrator types, one command after the other, with the answers read.

Runs the commands of the "scim2" program in this process; each of them discovers
the server anew and builds its options from the server's schemas.
"""

import json
from typing import Any

import scim2_cli.session
from click.testing import CliRunner
from scim2_cli import cli

from connection import TOKEN, URL, Recorder
from steps import Script, Skipped, holds, same

scim2_cli.session.Client = Recorder  # type: ignore[attr-defined,misc]
session = Script()
seen: dict[str, Any] = {}
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def scim2(*args: str, stdin: Any = None, fails: bool = False) -> Any:
    """Run one command; return the JSON it prints, None if it prints nothing.

    A command to which the server answers an error prints it, and ends with 1.
    """
    env = {"SCIM_CLI_URL": URL, "SCIM_CLI_HEADERS": f"Authorization: Bearer {TOKEN}"}
    done = CliRunner().invoke(cli, args, input="" if stdin is None else json.dumps(stdin), env=env)
    holds(f"scim2 {' '.join(args)} ended with {done.exit_code}: {done.output} {done.exception!r}", done.exit_code == int(fails))
    return json.loads(done.stdout) if done.stdout.strip() else None


def offered(feature: str) -> bool:
    return bool(scim2("query", "serviceproviderconfig").get(feature, {}).get("supported"))


@session.step("create by options")
def create() -> None:
    made = scim2("create", "user", "--user-name", "ada@cli.example", "--name", '{"givenName": "Ada", "familyName": "King"}',
                 "--emails", '[{"value": "ada@cli.example", "type": "work", "primary": true}]')
    same("userName", made["userName"], "ada@cli.example")
    same("name", made["name"], {"givenName": "Ada", "familyName": "King"})
    same("resourceType", made["meta"]["resourceType"], "User")
    seen["ada"] = made


@session.step("create by JSON, with an extension")
def create_json() -> None:
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    made = scim2("create", "user", stdin={
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", urn], "userName": "bob@cli.example", "title": "Cook",
        urn: {"employeeNumber": "8", "manager": {"value": seen["ada"]["id"]}},
    })
    same("extension", made[urn]["employeeNumber"], "8")
    same("manager", made[urn]["manager"]["value"], seen["ada"]["id"])
    seen["bob"] = made


@session.step("the same name again is refused")
def twice() -> None:
    error = scim2("create", "user", "--user-name", "Ada@CLI.example", fails=True)
    same("error", (error["schemas"], error["status"], error["scimType"]), ([ERROR], "409", "uniqueness"))


@session.step("query one")
def query_one() -> None:
    same("user", scim2("query", "user", seen["ada"]["id"])["userName"], "ada@cli.example")
    ada = scim2("query", "user", seen["ada"]["id"], "--attribute", "userName")
    holds("only what was asked for", "userName" in ada and "name" not in ada)


@session.step("query many")
def query_many() -> None:
    found = scim2("query", "user", "--filter", 'userName ew "@cli.example" and title pr', "--count", "5")
    same("found", [u["id"] for u in found["Resources"]], [seen["bob"]["id"]])
    same("totalResults", found["totalResults"], 1)
    error = scim2("query", "user", "--filter", 'password eq "x"', fails=True)
    same("error", (error["status"], error["scimType"]), ("400", "invalidFilter"))


@session.step("sort")
def sort() -> None:
    if not offered("sort"):
        raise Skipped("the server does not sort")
    found = scim2("query", "user", "--filter", 'userName ew "@cli.example"', "--sort-by", "userName", "--sort-order", "descending")
    same("order", [u["id"] for u in found["Resources"]], [seen["bob"]["id"], seen["ada"]["id"]])


@session.step("search")
def search() -> None:
    found = scim2("search", "user", "--filter", 'name.givenName eq "ada"', "--attribute", "userName")
    same("found", [u["userName"] for u in found["Resources"]], ["ada@cli.example"])


@session.step("search everything")
def search_all() -> None:
    try:
        found = scim2("search", "--filter", 'userName eq "bob@cli.example"')
    except AssertionError as err:
        if '"status": "501"' in str(err):
            raise Skipped("the server does not search several types at once") from err
        raise
    same("found", [u["id"] for u in found["Resources"]], [seen["bob"]["id"]])


@session.step("replace")
def replace() -> None:
    ada = scim2("query", "user", seen["ada"]["id"])
    ada.update(displayName="Ada King", title="Countess")
    after = scim2("replace", "user", stdin=ada)  # the id is in it
    same("title", after["title"], "Countess")
    same("id", after["id"], seen["ada"]["id"])
    holds("the version moved", after["meta"]["version"] != ada["meta"]["version"])


@session.step("modify")
def modify() -> None:
    ada = scim2("modify", "user", seen["ada"]["id"], "replace", "name.familyName", "Lovelace", "add", "emails",
                '[{"value": "ada@home.example", "type": "home"}]', "remove", "title")
    same("familyName", ada["name"]["familyName"], "Lovelace")
    same("emails", [e["type"] for e in ada["emails"]], ["work", "home"])
    holds("no title", "title" not in ada)
    ada = scim2("modify", "user", seen["ada"]["id"], "remove", 'emails[type eq "home"]', "replace", "active", "false")
    same("emails", [e["type"] for e in ada["emails"]], ["work"])
    same("active", ada["active"], False)


@session.step("a group")
def group() -> None:
    made = scim2("create", "group", "--display-name", "Typists", "--members", json.dumps([{"value": seen["ada"]["id"]}]))
    seen["group"] = made["id"]
    after = scim2("modify", "group", made["id"], "add", "members", json.dumps([{"value": seen["bob"]["id"]}]))
    same("members", sorted(m["value"] for m in after["members"]), sorted(seen[n]["id"] for n in ("ada", "bob")))
    after = scim2("modify", "group", made["id"], "remove", f'members[value eq "{seen["ada"]["id"]}"]')
    same("members", [m["value"] for m in after["members"]], [seen["bob"]["id"]])
    same("groups", [g["value"] for g in scim2("query", "user", seen["bob"]["id"])["groups"]], [made["id"]])


@session.step("bulk")
def bulk() -> None:
    if not offered("bulk"):
        raise Skipped("the server does not take bulk requests")
    done = scim2("bulk", stdin={"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "cyd@cli.example"}},
        {"method": "PATCH", "path": f"/Groups/{seen['group']}", "data": {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:c"}]}]}},
    ]})
    same("statuses", [str(o["status"])[0] for o in done["Operations"]], ["2", "2"])
    made = done["Operations"][0]["location"].rpartition("/")[2]
    holds("the new one is a member", made in [m["value"] for m in scim2("query", "group", seen["group"])["members"]])


@session.step("delete")
def delete() -> None:
    for kind, id in (("user", seen["ada"]["id"]), ("user", seen["bob"]["id"]), ("group", seen["group"])):
        same("answer", scim2("delete", kind, id), None)
        same("status", scim2("query", kind, id, fails=True)["status"], "404")
    same("found", scim2("query", "user", "--filter", 'userName eq "ada@cli.example"')["totalResults"], 0)


session.play()
