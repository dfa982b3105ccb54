"""From what microphones say to who is speaking: bursts of speech that coughs do not make."""

from collections.abc import Mapping
from dataclasses import replace

from regie.domain.director.chamber import Chamber
from regie.domain.director.events import Button, Voices
from regie.domain.director.settings import Settings
from regie.domain.director.state import Ear, State, Talk

NEWS_MS = 100
"""How often voices are told of: whoever begins to speak is not said to have begun before that."""
LATE_MS = 1500
"""A loaded machine tells of voices that late: until then, whoever was speaking at the last news is taken to go on."""

CLEAR_SHARE = 0.7
"""What a clear voice needs of the time after which a voice counts."""


def press(state: State, microphone: str, button: Button, now: int) -> State:
    """A button changed. Opened, a microphone counts from now; closed, what it hears does not count."""
    ear = state.ears.get(microphone, Ear())
    pressed = now if button.open and not (ear.button and ear.button.open) else ear.pressed
    quiet = not button.open
    ear = replace(
        ear,
        button=button,
        pressed=pressed,
        loud=ear.loud and not quiet,
        began=None if quiet else ear.began,
        heard=0 if quiet else ear.heard,
        weight=0.0 if quiet else ear.weight,
    )
    return replace(state, ears={**state.ears, microphone: ear}, buttons=True)


def forget_buttons(state: State) -> State:
    """The conference system is away."""
    ears = {mic: replace(ear, button=None) for mic, ear in state.ears.items()}
    return replace(state, ears=ears, buttons=False)


def hear(chamber: Chamber, settings: Settings, state: State, news: Voices, now: int) -> State:
    """Voices of all the microphones at ``now``."""
    if not state.detector and not news.voices:
        return state
    # Since the last news of voices: cameras and buttons speak in between, and take nothing from what is heard.
    step = max(0, min(now - state.listened, LATE_MS)) if state.detector else NEWS_MS
    named = {mic for mic in news.voices if mic in chamber.microphone_of}
    ears = dict(state.ears)
    for mic in named | {mic for mic, ear in ears.items() if ear.loud or ear.began is not None}:
        ear = ears.get(mic, Ear())
        closed = ear.button is not None and not ear.button.open
        level = 0.0 if closed or mic in state.deaf else news.voices.get(mic, 0.0)
        ears[mic] = _heard(ear, level, step, now, settings)
    return replace(state, ears=ears, detector=True, listened=now)


def _heard(ear: Ear, level: float, step: int, now: int, settings: Settings) -> Ear:
    loud = level >= (settings.voice_off if ear.loud else settings.voice_on)
    if loud:
        step = step if ear.loud else min(step, NEWS_MS)
        began = now - step if ear.began is None else ear.began
        weight = ear.weight + step * level
        return replace(ear, loud=True, began=began, heard=ear.heard + step, weight=weight, last=now)
    return replace(ear, loud=False)


def presume(state: State, now: int) -> State:
    """No news of voices is not silence: whoever was speaking at the last ones goes on until they come, or are too late."""
    late = now - state.listened
    if not state.detector or not 2 * NEWS_MS < late <= LATE_MS:
        return state
    going_on = {
        mic: replace(ear, last=max(ear.last, now - NEWS_MS)) for mic, ear in state.ears.items() if ear.loud
    }
    return replace(state, ears={**state.ears, **going_on}) if going_on else state


def fade(settings: Settings, state: State, now: int) -> State:
    """Bursts end by the mere passing of time, told or not."""
    over = [
        mic for mic, ear in state.ears.items() if ear.began is not None and now - ear.last > settings.gap_ms
    ]
    if not over:
        return state
    ended = {mic: replace(state.ears[mic], loud=False, began=None, heard=0, weight=0.0) for mic in over}
    return replace(state, ears={**state.ears, **ended})


def listen_to_buttons(state: State, now: int) -> State:
    """Without a voice detector, whoever opened his microphone last is who speaks."""
    if state.detector:
        return state
    open_now = [
        (ear.pressed, mic)
        for mic, ear in state.ears.items()
        if ear.button and ear.button.open and mic not in state.deaf
    ]
    latest = max(open_now, default=(0, ""))[1]
    ears: dict[str, Ear] = {}
    for mic, ear in state.ears.items():
        if mic == latest:
            ears[mic] = replace(
                ear,
                loud=True,
                began=ear.began if ear.began is not None else now,
                heard=ear.heard + (now - state.now if ear.began is not None else 0),
                weight=ear.weight + (now - state.now if ear.began is not None else 0),
                last=now,
            )
        else:
            ears[mic] = replace(ear, loud=False, began=None, heard=0, weight=0.0)
    return replace(state, ears=ears)


def talks(
    chamber: Chamber, settings: Settings, ears: Mapping[str, Ear], deaf: frozenset[str]
) -> tuple[Talk, ...]:
    """The seats that are speaking, each once, by order of their first word."""
    found: dict[str, Talk] = {}
    for mic, ear in ears.items():
        known = chamber.microphone_of.get(mic)
        if ear.began is None or known is None or known.seat is None or mic in deaf:
            continue
        opened = ear.button is not None and ear.button.open
        clear = ear.weight >= settings.voice_clear * ear.heard
        by_voice = settings.confirm_voice_ms * (CLEAR_SHARE if clear else 1.0)
        enough = settings.confirm_button_ms if opened else by_voice
        # A cough, a neighbour heard from afar: a detector that doubts on the whole is not believed.
        sure = ear.weight >= settings.voice_on * ear.heard
        word = (clear and ear.heard >= NEWS_MS) or (sure and ear.heard >= settings.word_ms)
        talk = Talk(known.seat, ear.began, ear.heard, ear.last, sure and ear.heard >= enough, sure, word)
        other = found.get(known.seat)
        if other is None or (other.confirmed, other.heard) < (talk.confirmed, talk.heard):
            found[known.seat] = talk
    return tuple(sorted(found.values(), key=lambda talk: (talk.began, talk.seat)))


def closed_seats(chamber: Chamber, ears: Mapping[str, Ear]) -> frozenset[str]:
    """Seats whose microphone is said to be closed."""
    known = ((chamber.microphone_of.get(mic), ear) for mic, ear in ears.items())
    return frozenset(
        mic.seat for mic, ear in known if mic and mic.seat and ear.button is not None and not ear.button.open
    )


def requests(
    chamber: Chamber, ears: Mapping[str, Ear], before: tuple[str, ...], queue: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Seats that ask to speak: those who are next, the president's list in its order, then in the order in which they asked."""
    asking: dict[str, Button] = {}
    for mic, ear in ears.items():
        known = chamber.microphone_of.get(mic)
        if known is not None and known.seat and ear.button in (Button.NEXT, Button.REQUEST):
            if asking.get(known.seat) is not Button.NEXT:
                asking[known.seat] = ear.button
    first = [seat for seat, button in asking.items() if button is Button.NEXT]
    kept = [seat for seat in before if seat in asking]
    listed = [seat for seat in queue if seat in chamber.seat_of]
    return tuple(dict.fromkeys((*first, *listed, *kept, *sorted(asking))))
