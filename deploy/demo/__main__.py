"""Owns `make demo`: plays the stories on the running local system and prints what happened."""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import requests

from deploy.demo.mails import mails_in
from deploy.demo.personas import SignedIn
from deploy.demo.playing import Effect, Player, Stage, Step, StoryBroken
from deploy.demo.register_story import Responsibility
from deploy.demo.report_story import AnonymousReport
from deploy.demo.shifting import offset_in, shift
from deploy.demo.story import Rectification
from deploy.local.applications import SERVICES
from deploy.local.layout import Layout

_EVENTS = "SELECT event_type || ' ' || event_id FROM outbox WHERE subject = %s ORDER BY position"


def main() -> None:
    """Play; exit 1 when a step is refused or an effect is missing."""
    layout = Layout.of_checkout()
    address = address_of_running(layout)
    player = Player(stage_of(layout, address))
    try:
        print(f"{address}  三元一村社区：检查 → 整改 → 志愿清理 → 核查 → 复查 → 销号\n")
        Rectification(player).play()
        print("\n同一天，一位居民匿名反映暴露垃圾\n")
        AnonymousReport(player).play()
        print("\n谁负责什么：网格、小区、岗位、责任矩阵，下月两社区合并\n")
        Responsibility(player).play()
    except StoryBroken as error:
        print(f"\n演示中断：{error}\n查看 make status 与 make logs", file=sys.stderr)
        sys.exit(1)
    steps = sum(isinstance(happened, Step) for happened in player.done)
    effects = len(player.done) - steps
    print(f"\ndemo: {steps} steps, {effects} effects seen")


def stage_of(layout: Layout, address: str) -> Stage:
    """Return the running local system as a stage."""
    password = (layout.secrets / "demo_password").read_text(encoding="utf-8").strip()
    people = SignedIn(lambda _: address, password)
    return Stage(
        address_of=lambda _: address,
        token_of=people.token_of,
        event_ids=partial(event_ids, layout),
        now=lambda: datetime.now(UTC) + timedelta(seconds=offset_in(layout.clock_file)),
        advance=partial(advance, layout),
        mails_to=partial(mails_in, layout.state / "mail"),
        tell=tell,
    )


def address_of_running(layout: Layout) -> str:
    """Return the front door's address; exit when nobody answers there."""
    try:
        address = layout.own_address()
        requests.get(f"{address}/healthz", timeout=5).raise_for_status()
    except (OSError, KeyError, requests.RequestException):
        sys.exit("demo: no running system here; start it with: make up")
    return address


def event_ids(layout: Layout, service: str, subject: str) -> list[str]:
    """Return what a service said about a subject, from its outbox; nothing while it is away."""
    url = (layout.secrets / f"url_db_{service}").read_text(encoding="utf-8").strip()
    try:
        with psycopg.connect(url.replace("+psycopg", ""), connect_timeout=5) as connection:
            return [row[0] for row in connection.execute(_EVENTS, (subject,))]
    except psycopg.OperationalError:
        return []


def advance(layout: Layout, seconds: float) -> None:
    """Let business time pass."""
    print(f"      clock  业务时钟拨快 {seconds / 60:.0f} 分钟（仅演示环境）")
    ports = layout.ports()
    tell_time = [f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker")]
    shift(layout.clock_file, seconds, [f"http://127.0.0.1:{ports[name]}" for name in tell_time])


def tell(happened: Step | Effect) -> None:
    """Print a step or an effect."""
    match happened:
        case Step():
            print(
                f"  {happened.who or '居民（匿名）':<8}\t{happened.what:<14}\t{happened.status}"
                f"\t{happened.milliseconds:7.1f} ms"
            )
            for event in happened.events[-1:]:
                print(f"      said   {event}")
            if happened.repeated:
                print("      again  same Idempotency-Key, same answer, nothing done twice")
        case Effect():
            print(
                f"      effect {happened.where}: {happened.what}"
                f"  ({happened.milliseconds:.1f} ms after the commit was answered)"
            )


if __name__ == "__main__":
    main()
