"""The director: a pure machine that chooses the shot from who is speaking.

``step(chamber, settings, state, event, now)`` gives the next frozen state and the moves it asks for; ``explain`` says in one line
why the shot on air is there and who is next. It proposes: what a person does wins for a set time. Times are integer milliseconds on
whatever clock the caller keeps.

* :mod:`chamber`: who sits where, which microphone is whose, what each camera can show.
* :mod:`settings`: the delays, with the reason of each.
* :mod:`events`: what it is told; :mod:`moves`: what it asks for.
* :mod:`hearing`: from microphones to bursts of speech; :mod:`floor`: from bursts to who has the floor.
* :mod:`wanting`: from the floor to what should be seen; :mod:`framing`: from that to a shot that can be taken.
* :mod:`preparing`: which free camera goes where; :mod:`titling`: the lower third; :mod:`machine`: all of it in order.
"""

from regie.domain.director.chamber import Chamber, Framing, Microphone, Seat, Size
from regie.domain.director.machine import Stepped, begin, step
from regie.domain.director.reason import explain
from regie.domain.director.settings import Settings
from regie.domain.director.state import Mode, State

__all__ = [
    "Chamber",
    "Framing",
    "Microphone",
    "Mode",
    "Seat",
    "Settings",
    "Size",
    "State",
    "Stepped",
    "begin",
    "explain",
    "step",
]
