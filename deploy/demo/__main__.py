"""Owns `make demo`: plays the story on the running local system and prints what happened."""

import sys
from functools import partial

import psycopg
import requests

from deploy.demo.personas import SignedIn
from deploy.demo.story import Effect, Step, Story, StoryBroken
from deploy.local.layout import Layout

_EVENTS = "SELECT event_type || ' ' || event_id FROM outbox WHERE subject = %s ORDER BY position"


def main() -> None:
    """Play; exit 1 when a step is refused or an effect is missing."""
    layout = Layout.of_checkout()
    address = address_of_running(layout)
    print(f"{address}  三元一村社区：检查发现问题 → 整改 → 销号\n")
    password = (layout.secrets / "demo_password").read_text(encoding="utf-8").strip()
    people = SignedIn(lambda _: address, password)
    said = partial(event_ids, layout)
    story = Story(lambda _: address, people.token_of, said, tell)
    try:
        story.play()
    except StoryBroken as error:
        print(f"\n演示中断：{error}\n查看 make status 与 make logs", file=sys.stderr)
        sys.exit(1)
    steps = sum(isinstance(happened, Step) for happened in story.done)
    effects = len(story.done) - steps
    print(f"\ndemo: {steps} steps, {effects} effects seen")


def address_of_running(layout: Layout) -> str:
    """Return the front door's address; exit when nobody answers there."""
    try:
        address = layout.own_address()
        requests.get(f"{address}/healthz", timeout=5).raise_for_status()
    except (OSError, KeyError, requests.RequestException):
        sys.exit("demo: no running system here; start it with: make up")
    return address


def event_ids(layout: Layout, service: str, subject: str) -> list[str]:
    """Return what a service said about a subject, from its outbox."""
    url = (layout.secrets / f"url_db_{service}").read_text(encoding="utf-8").strip()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return [row[0] for row in connection.execute(_EVENTS, (subject,))]


def tell(happened: Step | Effect) -> None:
    """Print a step or an effect."""
    match happened:
        case Step():
            print(
                f"  {happened.who:<8}\t{happened.what:<14}\t{happened.status}"
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
