"""scim2-client as a connector: one whole life of users and a group.

Its models are those of RFC 7643, not the server's own schemas; it refuses any
answer that does not fit them, has another status than the RFC names, or another
content type. What it does not look at itself (headers, versions) is looked at here.
"""

from datetime import datetime, timezone
from typing import Any

from scim2_models import (
    BulkRequest, ConflictException, Email, EnterpriseUser, Error, Group, GroupMember, InvalidFilterException, Name,
    NotFoundException, PatchOp, PatchOperation, PreconditionFailedException, ResourceType, ResponseParameters,
    SCIMException, ScimProvider, SearchRequest, ServiceProviderConfig, User,
)
from scim2_client.engines.httpx2 import SyncSCIMClient

from connection import MODE, http
from steps import Script, Skipped, holds, same

Person = User[EnterpriseUser]
web = http()
types = [ResourceType.from_resource(Person), ResourceType.from_resource(Group)]
client = SyncSCIMClient(web, provider=ScimProvider([User, EnterpriseUser, Group], types))
life = Script()
seen: dict[str, Any] = {}  # what a step leaves for those behind it


def header(name: str) -> str:
    assert web.last is not None
    return web.last.headers.get(name, "")


def person(name: str, **more: Any) -> Any:
    return Person(user_name=f"{name}@life.example", name=Name(given_name=name.title(), family_name="Life"),
                  emails=[Email(value=f"{name}@life.example", type="work", primary=True)], **more)


def names(filter: str, **more: Any) -> list[str]:
    """The user names a filter finds, without their domain."""
    found = client.query(Person, query_parameters=SearchRequest(filter=filter, **more))
    return sorted(u.user_name.partition("@")[0] for u in found.resources or [])


def patch(resource: Any, *operations: tuple[str, str | None, Any]) -> Any:
    op = PatchOp[type(resource)](operations=[PatchOperation(op=o, path=p, value=v) for o, p, v in operations])
    return client.modify(type(resource), resource.id, op)


@life.step("discover")
def discover() -> None:
    config = client.query(ServiceProviderConfig)
    client.provider = ScimProvider([User, EnterpriseUser, Group], types, config)
    holds("patch is supported", config.patch.supported)
    holds("filters are supported", config.filter.supported and config.filter.max_results > 0)
    holds("a way to authenticate is named", config.authentication_schemes)
    offered = {t.name: str(t.endpoint) for t in client.query(ResourceType).resources}
    holds("users and groups are where they always are", {"User": "/Users", "Group": "/Groups"}.items() <= offered.items())


@life.step("create a user")
def create() -> None:
    ada = person("ada", display_name="Ada", external_id="a-1", active=True)
    ada[EnterpriseUser] = EnterpriseUser(employee_number="7", department="Engines")
    made = client.create(ada)
    same("status", web.last.status_code, 201)
    same("Location", header("Location"), str(made.meta.location))
    same("ETag", header("ETag"), made.meta.version)
    same("created and lastModified", made.meta.created, made.meta.last_modified)
    holds("created now", abs((datetime.now(timezone.utc) - made.meta.created).total_seconds()) < 60)
    same("employeeNumber", made[EnterpriseUser].employee_number, "7")
    same("externalId", made.external_id, "a-1")
    seen["ada"] = made


@life.step("read it back")
def read() -> None:
    same("user", client.query(Person, seen["ada"].id).model_dump(), seen["ada"].model_dump())
    answer = web.get(f"Users/{seen['ada'].id}", headers={"If-None-Match": seen["ada"].meta.version})
    same("with If-None-Match", (answer.status_code, answer.content), (304, b""))


@life.step("a name is taken")
def taken() -> None:
    try:
        client.create(Person(user_name="ADA@life.example"))
    except ConflictException as err:
        same("scimType", err.to_error().scim_type, "uniqueness")
        same("status", web.last.status_code, 409)
        return
    raise AssertionError("two users of one name")


@life.step("filters")
def filters() -> None:
    for name, title in (("bob", "Cook"), ("cyd", "Chief Cook"), ("dan", None)):
        seen[name] = client.create(person(name, title=title, active=name != "dan"))
    for filter, want in (
        ('userName eq "BOB@LIFE.EXAMPLE"', ["bob"]),
        ('userName sw "c" and userName ew "life.example"', ["cyd"]),
        ('title co "cook" or externalId eq "a-1"', ["ada", "bob", "cyd"]),
        ('userName ew "@life.example" and not (title pr)', ["ada", "dan"]),
        ('emails[type eq "work" and value co "dan"]', ["dan"]),
        ('name.familyName eq "life" and active eq false', ["dan"]),
        ('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "7"', ["ada"]),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@life.example"', ["ada"]),
        (f'meta.created ge "{seen["ada"].meta.created.isoformat()}" and userName sw "a"', ["ada"]),
        ('userName ne "ada@life.example" and userName gt "bob" and userName lt "d"', ["bob", "cyd"]),
        ('title eq null and userName ew "life.example"', ["ada", "dan"]),
        ('userName eq "nobody"', []),
    ):
        same(filter, names(filter), want)


@life.step("a filter that is none")
def bad_filter() -> None:
    for filter in ('userName eq', 'userName xx "a"', 'emails[type eq "work"', 'password eq "x"'):
        try:
            client.query(Person, query_parameters={"filter": filter}, check_request_payload=False)
        except InvalidFilterException:
            same(filter, web.last.status_code, 400)
            continue
        raise AssertionError(f"{filter} was accepted")


@life.step("projections")
def projections() -> None:
    client.query(Person, seen["ada"].id, ResponseParameters(attributes=["userName", "name.givenName"]))
    ada = web.last.json()  # the client puts the ETag into meta
    same("attributes", sorted(ada), ["id", "name", "schemas", "userName"])
    same("name", ada["name"], {"givenName": "Ada"})
    ada = client.query(Person, seen["ada"].id, ResponseParameters(excluded_attributes=["emails", "id"])).model_dump()
    holds("id stays, emails go", "id" in ada and "emails" not in ada and "name" in ada)


@life.step("pages by index")
def pages() -> None:
    ids, total, start = [], None, 1
    while total is None or start <= total:
        page = client.query(Person, query_parameters=SearchRequest(start_index=start, count=3, filter='userName ew "@life.example"'))
        same("totalResults", page.total_results, total if total is not None else 4)
        same("startIndex", page.start_index, start)
        holds("a page is not larger than asked for, nor empty", 0 < len(page.resources) <= 3)
        same("itemsPerPage", page.items_per_page, len(page.resources))
        total = page.total_results
        start += len(page.resources)
        ids += [u.id for u in page.resources]
    same("users on all pages", sorted(ids), sorted(seen[n].id for n in ("ada", "bob", "cyd", "dan")))
    none = client.query(Person, query_parameters=SearchRequest(count=0))
    holds("count=0 gives the total only", none.total_results >= 4 and not none.resources)


@life.step("pages by cursor")
def cursors() -> None:
    pagination = client.provider.config.pagination
    if not (pagination and pagination.cursor):
        raise Skipped("the server does not offer cursors")
    ids, cursor, turns = [], "", 0
    while cursor is not None:
        page = client.query(Person, query_parameters=SearchRequest(cursor=cursor, count=2, filter='userName ew "@life.example"'))
        ids += [u.id for u in page.resources or []]
        cursor, turns = page.next_cursor, turns + 1
        holds("the cursors end", turns < 9)
    same("users on all pages", sorted(ids), sorted(seen[n].id for n in ("ada", "bob", "cyd", "dan")))


@life.step("sorted lists")
def sorting() -> None:
    if not client.provider.config.sort.supported:
        raise Skipped("the server does not sort")
    for by, order, want in (
        ("userName", "ascending", ["ada", "bob", "cyd", "dan"]), ("userName", "descending", ["dan", "cyd", "bob", "ada"]),
        ("name.givenName", None, ["ada", "bob", "cyd", "dan"]), ("emails.value", "descending", ["dan", "cyd", "bob", "ada"]),
    ):
        found = client.query(Person, query_parameters=SearchRequest(filter='userName ew "@life.example"', sort_by=by, sort_order=order))
        same(f"by {by} {order}", [u.user_name[:3] for u in found.resources], want)
    found = client.query(Person, query_parameters=SearchRequest(filter='userName ew "@life.example"', sort_by="title"))
    same("those without a value come last", [u.title for u in found.resources[:2]], ["Chief Cook", "Cook"])


@life.step("search by POST")
def search() -> None:
    found = client.search(Person, SearchRequest(filter='userName sw "ada@"', attributes=["userName"]))
    same("users", [sorted(u.model_dump()) for u in found.resources], [["id", "schemas", "userName"]])


@life.step("search over all types")
def search_all() -> None:
    group = client.create(Group(display_name="searched"))
    try:
        found = client.search(search_request=SearchRequest(filter='userName sw "ada@" or displayName eq "searched"'))
    except SCIMException as err:
        if web.last.status_code == 501:
            raise Skipped("the server does not search several types at once") from err
        raise
    finally:
        client.delete(Group, group.id)
    same("found", sorted(r.id for r in found.resources), sorted([seen["ada"].id, group.id]))


@life.step("replace")
def replace() -> None:
    before = seen["ada"]
    ada = before.model_copy(deep=True)
    ada.title, ada.display_name = "Countess", None
    after = client.replace(ada)
    same("title and displayName", (after.title, after.display_name), ("Countess", None))
    same("id and created", (after.id, after.meta.created), (before.id, before.meta.created))
    holds("it moved", after.meta.last_modified >= before.meta.last_modified and after.meta.version != before.meta.version)
    same("employeeNumber", after[EnterpriseUser].employee_number, "7")
    same("read", client.query(Person, before.id).model_dump(), after.model_dump())
    seen["ada"], seen["stale"] = after, before


@life.step("a stale version")
def stale() -> None:
    try:
        client.replace(seen["stale"])  # scim2-client sends meta.version as If-Match
    except PreconditionFailedException:
        same("status", web.last.status_code, 412)
        same("title", client.query(Person, seen["ada"].id).title, "Countess")
        return
    raise AssertionError("an edit of a version that is gone was carried out")


@life.step("patch a user")
def patch_user() -> None:
    ada = patch(seen["ada"], ("add", "nickName", "Countess"), ("replace", "name.familyName", "King"),
                ("add", "emails", [Email(value="ada@home.example", type="home")]), ("remove", "title", None))
    same("title, nickName, family name", (ada.title, ada.nick_name, ada.name.family_name), (None, "Countess", "King"))
    same("given name", ada.name.given_name, "Ada")
    same("emails", sorted(e.value for e in ada.emails), ["ada@home.example", "ada@life.example"])
    ada = patch(ada, ("replace", 'emails[type eq "home"].value', "ada@cottage.example"), ("remove", 'emails[type eq "work"]', None))
    same("emails", [e.value for e in ada.emails], ["ada@cottage.example"])
    again = patch(ada, ("replace", "nickName", "Countess"))
    same("a patch that changes nothing moves nothing", again.meta.model_dump(), ada.meta.model_dump())
    if MODE == "interop":  # whose profile wants a path
        ada = patch(ada, ("replace", "active", False), ("replace", "locale", "en-GB"))
    else:
        ada = patch(ada, ("replace", None, {"active": False, "locale": "en-GB"}))
    same("active and locale", (ada.active, ada.locale), (False, "en-GB"))
    same("read", client.query(Person, ada.id).model_dump(), ada.model_dump())
    seen["ada"] = ada


@life.step("all operations of a patch, or none")
def atomic() -> None:
    try:
        patch(seen["ada"], ("replace", "nickName", "half"), ("replace", 'emails[type eq "none"].value', "x@y.example"))
    except SCIMException as err:
        same("scimType", err.to_error().scim_type, "noTarget")
        same("nickName", client.query(Person, seen["ada"].id).nick_name, "Countess")
        return
    if client.query(Person, seen["ada"].id).nick_name == "half":
        return  # tolerant clients get the element made (Entra expects it), and then both are applied
    raise AssertionError("success, and only a part was applied")


@life.step("a group and its members")
def group() -> None:
    bob, cyd = seen["bob"], seen["cyd"]
    made = client.create(Group(display_name="Kitchen", members=[GroupMember(value=bob.id)]))
    same("members", [(m.value, m.type) for m in made.members], [(bob.id, "User")])
    same("the member's $ref", str(made.members[0].ref), str(bob.meta.location))
    made = patch(made, ("add", "members", [GroupMember(value=cyd.id)])) or client.query(Group, made.id)
    same("members", sorted(m.value for m in made.members), sorted([bob.id, cyd.id]))
    same("groups of a member", [(g.value, g.display) for g in client.query(Person, cyd.id).groups], [(made.id, "Kitchen")])
    same("users by group", names(f'groups.value eq "{made.id}"'), ["bob", "cyd"])
    found = client.query(Group, query_parameters=SearchRequest(filter=f'members.value eq "{bob.id}"', excluded_attributes=["members"]))
    same("groups by member", [(g.id, g.members) for g in found.resources], [(made.id, None)])
    made = patch(made, ("remove", f'members[value eq "{bob.id}"]', None)) or client.query(Group, made.id)
    same("members", [m.value for m in made.members], [cyd.id])
    same("no groups any more", client.query(Person, bob.id).groups, None)
    seen["group"] = made


@life.step("a group in a group")
def nested() -> None:
    outer = client.create(Group(display_name="House", members=[GroupMember(value=seen["group"].id)]))
    same("type", outer.members[0].type, "Group")
    groups = {g.display: g.type for g in client.query(Person, seen["cyd"].id).groups}
    same("direct and indirect", groups, {"Kitchen": "direct", "House": "indirect"})
    client.delete(Group, outer.id)


@life.step("bulk")
def bulk() -> None:
    if not client.provider.config.bulk.supported:
        raise Skipped("the server does not take bulk requests")
    user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "eve@life.example"}
    team = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Night", "members": [{"value": "bulkId:eve"}]}
    job = BulkRequest[Person | Group].model_validate({"Operations": [
        {"method": "POST", "path": "/Groups", "bulkId": "night", "data": team},
        {"method": "POST", "path": "/Users", "bulkId": "eve", "data": user},
        {"method": "POST", "path": "/Users", "bulkId": "twin", "data": user},
        {"method": "DELETE", "path": f"/Users/{seen['dan'].id}"},
    ]})
    done = {o.bulk_id: o for o in client.bulk(job).operations}
    same("statuses", {k: str(o.status) for k, o in done.items()}, {"night": "201", "eve": "201", "twin": "409", None: "204"})
    holds("the failed one says why", isinstance(done["twin"].response, Error))
    night = client.query(Group, str(done["night"].location).rpartition("/")[2])
    same("the reference is resolved", [m.value for m in night.members], [str(done["eve"].location).rpartition("/")[2]])
    client.delete(Group, night.id)
    client.delete(Person, night.members[0].value)
    del seen["dan"]


@life.step("delete")
def delete() -> None:
    for name in ("ada", "bob", "cyd", "dan"):
        if name in seen:
            client.delete(Person, seen[name].id)
            same("status", web.last.status_code, 204)
    for call in (lambda: client.query(Person, seen["ada"].id), lambda: client.delete(Person, seen["ada"].id), lambda: patch(seen["ada"], ("remove", "title", None))):
        try:
            call()
        except NotFoundException:
            same("status", web.last.status_code, 404)
            continue
        raise AssertionError("a deleted user answers")
    same("nobody is found", names('userName ew "@life.example"'), [])
    same("the group is empty", client.query(Group, seen["group"].id).members, None)
    client.delete(Group, seen["group"].id)
    same("its name is free", client.create(Person(user_name="ada@life.example")).user_name, "ada@life.example")


@life.step("every list is a ListResponse")
def lists() -> None:
    for path in ("Users", "Groups", "Schemas", "ResourceTypes"):
        answer = web.get(path)
        same(path, answer.headers["Content-Type"].partition(";")[0], "application/scim+json")
        same(path, answer.json()["schemas"], ["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
        holds(path, answer.json()["totalResults"] >= len(answer.json().get("Resources", [])))


life.play()
