"""From who is speaking to who has the floor."""

from collections.abc import Collection
from dataclasses import replace

from regie.domain.director.settings import Settings
from regie.domain.director.state import Floor, Talk


def follow(
    floor: Floor,
    talking: tuple[Talk, ...],
    now: int,
    settings: Settings,
    president: str | None,
    closed_seats: Collection[str] = (),
) -> Floor:
    """The floor at ``now``; ``closed_seats`` have a button that says that their microphone is closed.

    It passes to a confirmed speaker when its holder is silent. A holder whose microphone is not closed may be only taking breath,
    for a while: « oui, d'accord » is not enough then, and less so over his words: he keeps the floor until he stops, but the
    president takes it. The president gives the floor: after him a word is enough. Who is silent for too long loses it to nobody.
    """
    own = next((talk for talk in talking if talk.seat == floor.holder), None)
    # A syllable of a neighbour's in his microphone does not make him go on: until it is a word, nobody takes the floor either.
    word = own is not None and own.sure and own.heard >= settings.word_ms
    begins = own is not None and own.sure and not word
    last = max(floor.last, own.last) if own is not None and word else floor.last
    floor = replace(floor, last=last, exchanges=_recent(floor, now, settings))
    rival = _rival(floor, talking, president)
    quiet = now - last
    if rival is None:
        if floor.holder is not None and quiet > settings.hold_ms:
            return replace(floor, holder=None, rival=None, over_since=None)
        return _alone(floor, now, settings)
    insists = rival.heard >= settings.insist_ms
    gone = floor.holder == president or floor.holder in closed_seats or quiet >= settings.done_ms
    enough = gone or rival.heard >= (
        settings.backchannel_ms if rival.seat == president else settings.insist_ms
    )
    free = floor.holder is None or (
        quiet >= settings.pause_ms and rival.last > last and enough and not begins
    )
    if free or (insists and rival.seat == president):
        return _pass(floor, rival, now)
    if not insists or floor.holder == president:
        return _alone(floor, now, settings)
    since = floor.over_since if floor.rival == rival.seat and floor.over_since is not None else rival.began
    return replace(floor, rival=rival.seat, rival_last=rival.last, over_since=since)


def _alone(floor: Floor, now: int, settings: Settings) -> Floor:
    """Nobody speaks over the holder now; whoever did is only taking breath for a moment."""
    if floor.rival is not None and now - floor.rival_last < settings.pause_ms:
        return floor
    return replace(floor, rival=None, over_since=None)


def _rival(floor: Floor, talking: tuple[Talk, ...], president: str | None) -> Talk | None:
    """Who could take the floor: the president, else who has spoken longest."""
    rivals = [talk for talk in talking if talk.confirmed and talk.seat != floor.holder]
    return max(
        rivals, key=lambda talk: (talk.seat == president, talk.heard, -talk.began, talk.seat), default=None
    )


def _pass(floor: Floor, to: Talk, now: int) -> Floor:
    exchanges = floor.exchanges
    if floor.holder is not None:
        exchanges = (*exchanges, (now, floor.holder, to.seat))
    return Floor(to.seat, now, to.last, exchanges=exchanges)


def _recent(floor: Floor, now: int, settings: Settings) -> tuple[tuple[int, str, str], ...]:
    return tuple(one for one in floor.exchanges if now - one[0] <= settings.exchange_window_ms)


def lively(floor: Floor, settings: Settings) -> tuple[str, ...]:
    """The seats between which the floor goes to and fro; empty when it does not, or comes to somebody who was not of them."""
    if len(floor.exchanges) < settings.exchanges:
        return ()
    *before, (_, _, to) = floor.exchanges
    if all(to not in (a, b) for _, a, b in before):
        return ()
    return tuple(dict.fromkeys(seat for _, a, b in floor.exchanges for seat in (a, b)))
