"""What happens to accounts, through their use cases, on real PostgreSQL."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from services.gateway.domain.account_rows import MOST_ROWS, AccountsRefused
from services.gateway.domain.accounts import (
    AccountMoveNotAllowed,
    AccountUnknown,
    LastAdministrator,
    OwnAccount,
    UsernameTaken,
)
from services.gateway.domain.activations import ActivationRefused
from services.gateway.domain.grants import AreaMalformed, GrantAlreadyEnded, GrantUnknown
from services.gateway.models.accounts import Account
from services.gateway.schemas.accounts import AccountView, ListAccounts, RenameAccount
from services.gateway.schemas.people import ListNames
from services.gateway.usecases.account_imports import import_accounts
from services.gateway.usecases.account_reading import (
    export_account,
    get_account,
    get_own_account,
    list_accounts,
    unmask_name,
)
from services.gateway.usecases.accounts import (
    AccountChange,
    erase_account,
    move_account,
    rename_account,
)
from services.gateway.usecases.activations import give_activation_code, redeem
from services.gateway.usecases.grants import end_grant, grant_role
from services.gateway.usecases.people import ASKED_A_MINUTE, list_names
from shared.audit.schemas import ListAudit
from shared.audit.trail import list_audit
from shared.audit.verification import verify
from shared.clock import real_now
from shared.database import Transactions
from shared.errors import Rejected, TooMany
from shared.http.etags import Stale
from shared.ids import new_id
from shared.privacy.personal import PersonErased
from tests.databases import SetClock
from tests.observe import outbox_of
from tests.tokens import somebody
from tests.usecases.gateway.people import ADMIN, COMMUNITY, account, grant

HEADER = "username,display_name,role,areas,valid_from,valid_until"
NEW_YEAR = datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


def asked(view: AccountView, *versions: int) -> AccountChange:
    return AccountChange(view.id, ADMIN, frozenset(map(str, versions)) or None)


def counts(db: Transactions) -> list[int]:
    tables = ("accounts", "account_grants", "account_activations", "outbox", "audit_log")
    with db.engine.connect() as connection:
        return [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in tables
        ]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads; return what each returned or raised."""
    outcomes: list[Any] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(number: int) -> None:
        ready.wait()
        try:
            outcomes[number] = calls[number]()
        except Rejected as refusal:
            outcomes[number] = refusal

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_an_account_is_shown_with_its_grants_and_a_masked_name(db: Transactions) -> None:
    view = account(db, grant(), grant("inspector", "320508", "320508019"), username="Li.Na")
    assert (view.username, view.display_name, view.state) == ("li.na", "王**", "active")
    assert [one.areas for one in view.grants] == [[COMMUNITY], ["320508"]]
    assert all(one.holds for one in view.grants)
    assert not view.has_password
    assert db.run(get_account, view.id) == view
    with pytest.raises(AccountUnknown):
        db.run(get_account, new_id())


def test_a_name_lies_in_no_plain_column(db: Transactions) -> None:
    account(db, name="诸葛孔明测试")
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT accounts::text FROM accounts")).scalars().all()
        rows += connection.execute(text("SELECT audit_log::text FROM audit_log")).scalars().all()
    assert rows and not any("诸葛" in row for row in rows)


def test_a_username_is_taken_once_by_whoever_comes_first(db: Transactions) -> None:
    outcomes = at_once(*[lambda: account(db, username="one.name")] * 2)
    assert sorted(type(one).__name__ for one in outcomes) == ["AccountView", "UsernameTaken"]
    with pytest.raises(UsernameTaken):
        account(db, username="ONE.name")


def test_a_refused_account_leaves_no_trace(db: Transactions) -> None:
    with pytest.raises(AreaMalformed):
        account(db, grant(), grant("inspector", "32050"))
    assert counts(db) == [0, 0, 0, 0, 0]


def test_every_change_of_rights_voids_tokens_and_says_so(db: Transactions) -> None:
    view = account(db, grant())
    view = db.run(grant_role, asked(view), grant("inspector", "3205"))
    view = db.run(end_grant, asked(view), view.grants[0].id)
    view = db.run(move_account, asked(view), "block")
    view = db.run(move_account, asked(view), "unblock")
    said = [(data.version, data.active) for _, data in outbox_of(db)]
    assert said == [(2, True), (3, True), (4, False), (5, True)]
    with db.engine.connect() as connection:
        known = connection.execute(text("SELECT version, active FROM known_accounts")).all()
    assert known == [(5, True)]
    actions = [line.action for line in db.read(list_audit, ListAudit()).items]
    assert actions == [
        "unblock_account",
        "block_account",
        "end_grant",
        "grant_role",
        "create_account",
    ]
    assert db.read(verify).first_broken is None


def test_an_ended_grant_stays_in_the_history_and_ends_once(db: Transactions) -> None:
    view = account(db, grant())
    ended = db.run(end_grant, asked(view), view.grants[0].id)
    assert (ended.grants[0].holds, ended.grants[0].ended_by) == (False, str(ADMIN))
    with pytest.raises(GrantAlreadyEnded):
        db.run(end_grant, asked(view), view.grants[0].id)
    with pytest.raises(GrantUnknown):
        db.run(end_grant, asked(account(db)), view.grants[0].id)


def test_a_grant_ends_at_midnight_in_china(db: Transactions, clock: SetClock) -> None:
    clock.set(NEW_YEAR - timedelta(seconds=1))
    view = account(db, grant(valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31)))
    assert [one.role for one in db.run(get_own_account, view.id).roles] == ["grid_officer"]
    clock.set(NEW_YEAR)
    assert db.run(get_own_account, view.id).roles == []
    assert db.run(list_accounts, ListAccounts(role="grid_officer")).items == []


def test_nobody_changes_their_own_rights_or_state(db: Transactions) -> None:
    view = account(db, grant("administrator", "32"))
    own = AccountChange(view.id, view.id)
    for change in (
        lambda: db.run(grant_role, own, grant("committee", "32")),
        lambda: db.run(end_grant, own, view.grants[0].id),
        lambda: db.run(move_account, own, "close"),
        lambda: db.run(erase_account, own, "x"),
    ):
        with pytest.raises(OwnAccount):
            change()


def test_the_last_administrator_stays(db: Transactions) -> None:
    only = account(db, grant("administrator", "32"))
    account(
        db, grant("administrator", "32", valid_until=date(2020, 1, 2), valid_from=date(2020, 1, 1))
    )
    for change in (
        lambda: db.run(move_account, asked(only), "block"),
        lambda: db.run(move_account, asked(only), "close"),
        lambda: db.run(end_grant, asked(only), only.grants[0].id),
        lambda: db.run(erase_account, asked(only), "离职"),
    ):
        with pytest.raises(LastAdministrator):
            change()
    account(db, grant("administrator", "32"))
    assert db.run(move_account, asked(only), "block").state == "blocked"


def test_two_administrators_who_end_each_other_at_once_leave_one(db: Transactions) -> None:
    first, second = (account(db, grant("administrator", "32")) for _ in range(2))
    outcomes = at_once(
        lambda: db.run(move_account, AccountChange(first.id, second.id), "block"),
        lambda: db.run(move_account, AccountChange(second.id, first.id), "block"),
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["AccountView", "LastAdministrator"]


def test_of_two_who_rename_at_once_one_is_shown_the_others_version(db: Transactions) -> None:
    view = account(db)
    outcomes = at_once(
        *[
            lambda name=name: db.run(
                rename_account, asked(view, view.version), RenameAccount(display_name=name)
            )
            for name in ("李娜", "张三")
        ]
    )
    (stale,) = [one for one in outcomes if isinstance(one, Stale)]
    (won,) = [one for one in outcomes if isinstance(one, AccountView)]
    assert stale.current == won
    assert won.version == view.version + 1
    assert [data for _, data in outbox_of(db)] == []


def test_a_closed_account_stays_closed_and_keeps_its_username(db: Transactions) -> None:
    view = account(db, username="li.na")
    assert db.run(move_account, asked(view), "close").state == "closed"
    with pytest.raises(AccountMoveNotAllowed):
        db.run(move_account, asked(view), "unblock")
    with pytest.raises(UsernameTaken):
        account(db, username="li.na")


def test_lists_filter_by_username_state_role_and_area(db: Transactions) -> None:
    one = account(db, grant("inspector", "320508"), username="aa_1")
    two = account(db, grant("grid_officer", COMMUNITY), username="aab")
    three = account(db, username="bbb")
    db.run(move_account, asked(three), "block")

    def found(**wanted: Any) -> list[str]:
        return [line.username for line in db.run(list_accounts, ListAccounts(**wanted)).items]

    assert found() == ["aa_1", "aab", "bbb"]
    assert found(username="aa_") == [one.username]
    assert found(state="blocked") == ["bbb"]
    assert found(role="grid_officer") == [two.username]
    assert found(area=COMMUNITY) == ["aa_1", "aab"]
    assert found(area="3205") == ["aa_1", "aab"]
    assert found(area="320507") == []
    assert found(area=COMMUNITY, role="inspector") == ["aa_1"]


def test_pages_of_accounts_are_the_whole_list_once(db: Transactions) -> None:
    names = [account(db, username=f"user{number}").username for number in range(5)]
    seen, after = [], None
    while True:
        page = db.run(list_accounts, ListAccounts(limit=2, after=after))
        seen += [line.username for line in page.items]
        if (after := page.next) is None:
            break
    assert seen == names


def test_a_name_is_shown_whole_for_a_reason_that_the_audit_keeps(db: Transactions) -> None:
    view = account(db, name="欧阳娜")
    assert db.run(unmask_name, view.id, "核对身份", ADMIN).name == "欧阳娜"
    with pytest.raises(Rejected):
        db.run(unmask_name, view.id, "  ", ADMIN)
    (line,) = db.read(list_audit, ListAudit(who=str(ADMIN), subject=f"person:{view.id}")).items
    assert line.facts["reason"] == "核对身份"


def test_erasure_closes_the_account_and_nobody_reads_the_name_again(db: Transactions) -> None:
    view = account(db, grant(), username="li.na", name="李娜")
    assert db.run(export_account, view.id, ADMIN).held[0].value == "李娜"
    erased = db.run(erase_account, asked(view), "本人申请注销")
    assert (erased.state, erased.display_name) == ("closed", None)
    assert "li.na" not in erased.username
    assert db.run(export_account, view.id, ADMIN).held == []
    with pytest.raises(PersonErased):
        db.run(unmask_name, view.id, "核对身份", ADMIN)
    with pytest.raises(PersonErased):
        db.run(rename_account, asked(view), RenameAccount(display_name="李娜"))
    assert outbox_of(db)[-1][1].active is False


def test_a_code_sets_a_password_once_within_three_days(db: Transactions) -> None:
    view = account(db)
    old = db.run(give_activation_code, asked(view))
    new = db.run(give_activation_code, asked(view))

    def use(code: str, after: timedelta = timedelta()) -> None:
        db.change(
            lambda session: redeem(
                session, session.get_one(Account, view.id), code, real_now() + after
            )
        )

    for code, after in (
        (old.code, timedelta()),
        ("AAAA-AAAA-AAAA", timedelta()),
        (new.code, timedelta(hours=72)),
    ):
        with pytest.raises(ActivationRefused):
            use(code, after)
    use(new.code.lower(), timedelta(hours=71, minutes=59))
    with pytest.raises(ActivationRefused):
        use(new.code)


def test_a_code_of_one_account_is_none_of_another(db: Transactions) -> None:
    code = db.run(give_activation_code, asked(account(db))).code
    other = account(db)
    db.run(give_activation_code, asked(other))
    with pytest.raises(ActivationRefused):
        db.change(
            lambda session: redeem(session, session.get_one(Account, other.id), code, real_now())
        )


def test_a_file_makes_all_accounts_with_a_code_each(db: Transactions) -> None:
    rows = [f"user{number},王{number},grid_officer,{COMMUNITY},," for number in range(60)]
    rows.append(f"user0,王0,inspector,{COMMUNITY},,")
    report = db.run(import_accounts, "\n".join((HEADER, *rows)).encode(), str(ADMIN))
    assert (report.rows, report.created) == (61, 60)
    assert len({one.activation_code for one in report.accounts}) == 60
    assert db.run(list_accounts, ListAccounts(username="user0")).items[0].display_name == "王*"
    assert counts(db)[:3] == [60, 61, 60]


def test_the_largest_file_takes_a_few_statements_and_not_some_per_person(
    db: Transactions,
) -> None:
    rows = [f"user{number},王{number},grid_officer,{COMMUNITY},," for number in range(MOST_ROWS)]
    asked_of_database: list[str] = []

    def note(*said: Any) -> None:
        asked_of_database.append(said[2])

    event.listen(db.engine, "before_cursor_execute", note)
    report = db.run(import_accounts, "\n".join((HEADER, *rows)).encode(), str(ADMIN))
    event.remove(db.engine, "before_cursor_execute", note)
    assert (report.rows, report.created) == (MOST_ROWS, MOST_ROWS)
    assert len(asked_of_database) < 30
    assert counts(db) == [MOST_ROWS, MOST_ROWS, MOST_ROWS, 0, 1]
    last = report.accounts[-1]
    assert db.run(unmask_name, last.id, "核对身份", ADMIN).name == f"王{MOST_ROWS - 1}"
    assert [one.areas for one in db.run(get_account, last.id).grants] == [[COMMUNITY]]


def test_of_two_files_at_once_that_name_the_same_people_one_is_refused(db: Transactions) -> None:
    rows = [f"user{number},王秀英,resident,{COMMUNITY},," for number in range(50)]
    content = "\n".join((HEADER, *rows)).encode()
    outcomes = at_once(*[lambda: db.run(import_accounts, content, str(ADMIN))] * 2)
    (refused,) = [one for one in outcomes if isinstance(one, AccountsRefused)]
    assert {one.refusal.field for one in refused.problems} == {"username"}
    assert counts(db)[:3] == [50, 50, 50]


def test_a_file_wrong_on_row_50_makes_nobody_and_names_the_row(db: Transactions) -> None:
    account(db, username="user7")
    before = counts(db)
    rows = [f"user{number},王秀英,grid_officer,{COMMUNITY},," for number in range(60)]
    rows[48] = "user48,王秀英,grid_officer,32050,,"
    with pytest.raises(AccountsRefused) as refused:
        db.run(import_accounts, "\n".join((HEADER, *rows)).encode(), str(ADMIN))
    assert [(one.row, one.refusal.field) for one in refused.value.problems] == [
        (9, "username"),
        (50, "areas"),
    ]
    assert refused.value.count == 2
    assert counts(db) == before


def test_names_are_told_to_those_whose_areas_overlap_and_to_no_others(db: Transactions) -> None:
    here = account(db, grant(), name="李娜")
    above = account(db, grant("district_office", "320508"), name="张三")
    beside = account(db, grant("grid_officer", "320508019021"), name="赵六")
    gone = account(db, grant(), name="钱七")
    db.run(erase_account, asked(gone), "本人申请注销")
    ids = [here.id, above.id, beside.id, gone.id, new_id()]
    page = db.run(list_names, ListNames(ids=ids), somebody(COMMUNITY))
    assert {one.id: one.name for one in page.items} == {here.id: "李娜", above.id: "张三"}
    (line,) = db.read(list_audit, ListAudit(action="list_names")).items
    assert line.facts["ids"] == sorted([str(here.id), str(above.id)])


def test_names_are_not_to_be_collected(db: Transactions) -> None:
    who = somebody(COMMUNITY)
    for _ in range(ASKED_A_MINUTE):
        db.run(list_names, ListNames(ids=[new_id()]), who)
    with pytest.raises(TooMany):
        db.run(list_names, ListNames(ids=[new_id()]), who)
    db.run(list_names, ListNames(ids=[new_id()]), somebody(COMMUNITY))
