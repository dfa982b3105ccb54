"""Under which law a séance sits: a table, chosen by body and date, frozen at the convocation."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from regie.domain.register.rules import Unlawful


class BodyKind(StrEnum):
    """What sits."""

    COMMUNE = "commune"
    EPCI = "epci"
    """Communauté de communes, d'agglomération, urbaine, métropole."""
    UNION = "syndicat_de_communes"
    MIXED_UNION = "syndicat_mixte_ferme"
    BUREAU = "bureau"


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A council. ``population`` in inhabitants; the flags of the two local laws."""

    kind: BodyKind
    name: str
    population: int
    alsace_moselle: bool = False
    polynesia: bool = False

    @property
    def is_intercommunal(self) -> bool:
        """Not a commune's council: L.5211-1 applies."""
        return self.kind is not BodyKind.COMMUNE


class Remote(StrEnum):
    """Where members may be."""

    ONE_PLACE = "lieu_unique"
    ROOMS = "salles_designees"
    ANYWHERE = "tout_lieu"


class QuorumBase(StrEnum):
    """What is compared with the quorum."""

    PRESENT = "presents"
    PRESENT_OR_REPRESENTED = "presents_ou_representes"


class RegimeId(StrEnum):
    """Names of the regimes."""

    CM = "CM"
    EPCI_2019 = "EPCI-2019"
    EPCI_3DS = "EPCI-3DS"
    COVID_A = "COVID-A"
    COVID_B = "COVID-B"
    COVID_C = "COVID-C"


class Regime(msgspec.Struct, frozen=True, kw_only=True):
    """One law. ``spans``: its days, both included, None for still open. ``quorum_third``: a third instead of a majority."""

    id: RegimeId
    bodies: tuple[BodyKind, ...]
    spans: tuple[tuple[date, date | None], ...]
    remote: Remote = Remote.ONE_PLACE
    audio_counts: bool = False
    live_required: bool = False
    exceptional: bool = False
    quorum_third: bool = False
    quorum_base: QuorumBase = QuorumBase.PRESENT
    proxies_per_holder: int = 1

    def in_force(self, day: date) -> bool:
        """Is it a law of that day?"""
        return any(since <= day and (until is None or day <= until) for since, until in self.spans)

    def quorum(self, members: int) -> int:
        """How many of ``members`` in office make a quorum (QU1, covid thirds)."""
        return -(-members // 3) if self.quorum_third else members // 2 + 1


_EVERY_BODY = tuple(BodyKind)
_SINCE_EVER = date.min
LAST_CRISIS_DAY = date(2022, 7, 31)

REGIMES: Mapping[RegimeId, Regime] = {
    regime.id: regime
    for regime in (
        Regime(id=RegimeId.CM, bodies=_EVERY_BODY, spans=((_SINCE_EVER, None),)),
        Regime(
            id=RegimeId.EPCI_2019,
            bodies=(BodyKind.EPCI,),
            spans=((date(2019, 12, 29), LAST_CRISIS_DAY),),
            remote=Remote.ROOMS,
            audio_counts=True,
        ),
        Regime(
            id=RegimeId.EPCI_3DS,
            bodies=(BodyKind.EPCI, BodyKind.UNION, BodyKind.MIXED_UNION),
            spans=((date(2022, 8, 1), None),),
            remote=Remote.ROOMS,
            live_required=True,
        ),
        # The first day of COVID-A is that of ordonnance 2020-391, to be checked against the text before a past séance is imported.
        Regime(
            id=RegimeId.COVID_A,
            bodies=_EVERY_BODY,
            spans=((date(2020, 3, 12), date(2020, 7, 10)),),
            remote=Remote.ANYWHERE,
            audio_counts=True,
            exceptional=True,
            quorum_third=True,
            quorum_base=QuorumBase.PRESENT_OR_REPRESENTED,
            proxies_per_holder=2,
        ),
        Regime(
            id=RegimeId.COVID_B,
            bodies=_EVERY_BODY,
            spans=((date(2020, 7, 11), date(2020, 8, 30)),),
            remote=Remote.ANYWHERE,
            audio_counts=True,
            exceptional=True,
            quorum_third=True,
            proxies_per_holder=2,
        ),
        Regime(
            id=RegimeId.COVID_C,
            bodies=_EVERY_BODY,
            spans=((date(2020, 11, 16), date(2021, 9, 30)), (date(2021, 11, 12), LAST_CRISIS_DAY)),
            remote=Remote.ANYWHERE,
            audio_counts=True,
            exceptional=True,
            quorum_third=True,
            proxies_per_holder=2,
        ),
    )
}


def regime_of(body: Body, day: date) -> Regime:
    """The ordinary law of a body on a day: the one made for it if there is one, else droit commun."""
    fitting = (
        regime
        for regime in REGIMES.values()
        if regime.id is not RegimeId.CM
        and not regime.exceptional
        and body.kind in regime.bodies
        and regime.in_force(day)
    )
    return next(fitting, REGIMES[RegimeId.CM])


def chosen_regime(body: Body, day: date, wanted: RegimeId | None, legal_basis: str) -> Regime:
    """The law of a séance. A crisis regime has to be asked for: on a day of its time, or with the text that brings it back.

    Raises Unlawful (RG1).
    """
    if wanted is None:
        return regime_of(body, day)
    regime = REGIMES[wanted]
    revived = regime.exceptional and day > LAST_CRISIS_DAY and bool(legal_basis.strip())
    if body.kind not in regime.bodies or not (regime.in_force(day) or revived):
        raise Unlawful("RG1", "this regime is not the law of that body on that day", regime=wanted.value)
    if wanted is RegimeId.CM and regime_of(body, day).id is not RegimeId.CM:
        raise Unlawful("RG1", "this body has a regime of its own on that day", regime=wanted.value)
    return regime
