"""Planning an import of people, groups and parties."""

from pathlib import Path

from cmdb.exchange import csv_native, people
from cmdb.exchange.people import Written
from cmdb.exchange.sheet import Problems, Sheet
from cmdb.model import Contact, Group, Party, Person, PublicKey

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def sheet(tmp_path: Path, text: str) -> tuple[Sheet, Problems]:
    file = tmp_path / "file.csv"
    file.write_text(text, encoding="utf-8")
    problems = Problems("file.csv")
    return csv_native.read(file, problems), problems


def plan_people(tmp_path: Path, text: str, *current: Person, groups: tuple[Group, ...] = ()) -> Written:
    rows, problems = sheet(tmp_path, text)
    return people.plan_people(
        rows, {one.id: one for one in current}, {one.id: one for one in groups}, problems
    )


def test_people_come_with_keys_and_the_groups_they_are_in(tmp_path: Path) -> None:
    found = plan_people(
        tmp_path,
        f"id,name,email,groups,key\na.vries,Anna,a@x.org,network;board,{KEY} laptop;{KEY[:-1]}m\n"
        "k.chen,Kai,,network,\n",
        groups=(Group(id="board", name="Board", members=("p.ng",)),),
    )
    assert found.plan.error_total == 0
    assert (found.plan.create, found.plan.groups_created) == (2, ("network",))
    anna = found.add[0]
    assert isinstance(anna, Person)
    assert anna.keys[0] == PublicKey(text=KEY, comment="laptop")
    assert found.add[2] == Group(id="network", name="network", members=("a.vries", "k.chen"))
    assert found.replace == (Group(id="board", name="Board", members=("p.ng", "a.vries")),)


def test_existing_people_are_compared_and_those_under_control_are_left_to_a_request(tmp_path: Path) -> None:
    found = plan_people(
        tmp_path,
        "id,name,email\na.vries,Anna,new@x.org\nk.chen,Kai,k@x.org\np.ng,Priya,p@x.org\n",
        Person(id="a.vries", name="Anna", email="old@x.org", login="anna"),
        Person(id="k.chen", name="Kai", email="other@x.org", level="baselined"),
        Person(id="p.ng", name="Priya", email="p@x.org"),
        Person(id="gone", name="Gone"),
    )
    plan = found.plan
    assert (plan.create, plan.update, plan.unchanged, plan.request, plan.missing) == (0, 1, 1, 1, 1)
    assert plan.changes == {"a.vries": {"email": ("old@x.org", "new@x.org")}}
    assert found.request == {"k.chen": {"email": ("other@x.org", "k@x.org")}}
    assert found.replace == (Person(id="a.vries", name="Anna", email="new@x.org", login="anna"),)


def test_every_problem_of_people_is_named(tmp_path: Path) -> None:
    found = plan_people(
        tmp_path,
        "id,name,login,groups,key\nA,Anna,,Bad Group,nokey\nb,Bea,b,,\nc,Cee,b,,\nb,Again,,,\n",
        Person(id="z", name="Zed", login="zed"),
    )
    assert [(one.line, one.column) for one in found.plan.errors] == [
        (5, "id"),
        (2, "groups"),
        (2, "key"),
        (2, ""),
        (4, "login"),
    ]
    clash = plan_people(tmp_path, "id,name,login\na,A,zed\n", Person(id="z", name="Zed", login="zed"))
    assert "belongs to z" in clash.plan.errors[0].reason


def test_an_unknown_column_is_an_error_not_a_silent_loss(tmp_path: Path) -> None:
    found = plan_people(tmp_path, "id,name,mail\na,A,a@x.org\n")
    assert [one.column for one in found.plan.errors] == ["mail"]
    assert found.add == ()


def test_groups_name_people_who_exist(tmp_path: Path) -> None:
    rows, problems = sheet(
        tmp_path, "id,name,lead,members,email\nnet,Network,k.chen,a.vries;k.chen,\nops,Ops,ghost,old,\n"
    )
    found = people.plan_groups(
        rows, {"net": Group(id="net", name="Net")}, {"a.vries": True, "k.chen": True}, problems
    )
    assert found.replace == (Group(id="net", name="Network", lead="k.chen", members=("a.vries", "k.chen")),)
    assert [(one.line, one.column) for one in found.plan.errors] == [(3, "lead"), (3, "members")]


def test_parties_come_with_contacts(tmp_path: Path) -> None:
    rows, problems = sheet(
        tmp_path,
        "id,name,kind,contacts\nacme,Acme,customer,Jo Doe <jo@acme.org> +31 20 555;Desk <d@acme.org>"
        ";Night watch\n"
        "x,X,friend,<>\n",
    )
    found = people.plan_parties(rows, {}, problems)
    assert found.add[0] == Party(
        id="acme",
        name="Acme",
        contacts=(
            Contact(name="Jo Doe", email="jo@acme.org", phone="+31 20 555"),
            Contact(name="Desk", email="d@acme.org"),
            Contact(name="Night watch"),
        ),
    )
    assert [(one.line, one.column) for one in found.plan.errors] == [(3, "kind"), (3, "contacts")]
