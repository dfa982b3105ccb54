"""The conference system of the configuration, and its words as the director takes them."""

import ssl
from collections.abc import Callable

from audio.conference import cocon, dicentis, generic, shure, televic, tlvcam
from audio.conference.events import AllClosed, ButtonWord, ConferenceEvent, MicrophoneIs
from audio.conference.generic import OscParser
from audio.conference.links import CoconLink, DicentisLink, Link, ShureLink, TlvcamLink, UdpLink
from audio.conference.televic import TelevicParser
from audio.conference.tlvcam import TlvcamParser
from config.chamber import Conference, ConferenceSystem
from regie.directing.news import MAX_MICROPHONES
from regie.domain.director.events import Button

_BUTTONS = {
    ButtonWord.OFF: Button.OFF,
    ButtonWord.ON: Button.ON,
    ButtonWord.REQUEST: Button.REQUEST,
    ButtonWord.NEXT: Button.NEXT,
    ButtonWord.PRIORITY: Button.PRIORITY,
}


def link_of(config: Conference) -> Link | None:
    """How the configured system is reached; None when there is none, or when it calls our API."""
    match config.systeme:
        case ConferenceSystem.TELEVIC:
            return UdpLink(
                config.adresse, televic.PORT if config.port is None else config.port, TelevicParser()
            )
        case ConferenceSystem.GENERIC_UDP:
            return UdpLink(config.adresse, generic.PORT if config.port is None else config.port, OscParser())
        case ConferenceSystem.TLVCAM:
            return TlvcamLink(config.adresse, config.port or tlvcam.PORT)
        case ConferenceSystem.TLVCAM_UDP:
            return UdpLink(
                config.adresse, tlvcam.UDP_PORT if config.port is None else config.port, TlvcamParser()
            )
        case ConferenceSystem.COCON:
            return CoconLink(config.adresse, config.port or cocon.PORT)
        case ConferenceSystem.SHURE:
            return ShureLink(config.adresse, config.port or shure.PORT)
        case ConferenceSystem.DICENTIS:
            password = config.mot_de_passe.get_secret_value() if config.mot_de_passe is not None else ""
            tls = ssl.create_default_context()
            if not config.verifier_certificat:
                tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
            return DicentisLink(
                config.adresse, config.port or dicentis.PORT, config.utilisateur or "", password, tls
            )
        case _:
            return None


class Microphones:
    """Words of a conference system, under our names of the microphones."""

    def __init__(
        self, config: Conference, button: Callable[[str, Button], None], state: Callable[[str], None]
    ) -> None:
        """``button``: a microphone of ours changed; ``state``: ``lie`` or ``perdu``."""
        self._names = config.micros
        self.link = link_of(config)
        self._button, self._state = button, state
        self._known: set[str] = set()

    async def run(self) -> None:
        """Follow it until cancelled."""
        if self.link is not None:
            await self.link.run(self.tell, lambda linked: self._state("lie" if linked else "perdu"))

    def tell(self, event: ConferenceEvent) -> None:
        """One word of the system."""
        match event:
            case MicrophoneIs(microphone=name, state=word):
                microphone = self._names.get(name, name)
                if len(self._known) < MAX_MICROPHONES:
                    self._known.add(microphone)
                self._button(microphone, _BUTTONS[word])
            case AllClosed():
                for microphone in sorted(self._known):
                    self._button(microphone, Button.OFF)
