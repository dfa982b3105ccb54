"""The council of Valmont-sur-Loire, a town that does not exist: who sits where, and what they say."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A councillor. ``voice`` 0–1 is the pitch, ``seed`` makes the face; the microphone's channel is the seat's number."""

    id: int
    name: str
    function: str
    group: str
    woman: bool
    voice: float
    seed: int


GROUPS = (
    "Valmont ensemble",
    "Valmont ensemble",
    "L'Alternative citoyenne",
    "Loire verte",
    "Agir pour Valmont",
)
WOMEN = (
    "Claire", "Aminata", "Hélène", "Nadia", "Sophie", "Inès", "Monique", "Camille", "Yasmine", "Béatrice", "Léa", "Odile",
    "Fatou", "Marion", "Lucie", "Jeanne", "Sabrina",
)  # fmt: skip
MEN = (
    "Antoine", "Karim", "Philippe", "Julien", "Thomas", "Mamadou", "Gérard", "Hugo", "Bruno", "Samir", "Étienne", "Loïc",
    "Paul", "Rachid", "Olivier", "Denis", "Victor",
)  # fmt: skip
FAMILIES = (
    "Morvan", "Diallo", "Lefèvre", "Benali", "Charpentier", "Roussel", "Guérin", "N'Diaye", "Aubry", "Perrot", "Marchand",
    "Haddad", "Vasseur", "Colin", "Jacquet", "Traoré", "Brunet", "Delmas", "Fontaine", "Garnier", "Husson", "Imbert", "Jolivet",
    "Kerbrat", "Lacroix", "Maillard", "Noël", "Ollivier", "Pasquier", "Quéméner", "Renaud", "Saunier", "Texier",
)  # fmt: skip
FIELDS = ("finances", "urbanisme", "culture", "écoles")

SENTENCES = (
    "Madame la maire, mes chers collègues, je vous remercie de me donner la parole sur ce dossier.",
    "Le projet de rénovation de l'école permettra de réduire de quarante pour cent sa consommation d'énergie.",
    "Notre groupe votera cette délibération, mais nous demandons un point d'étape dans six mois.",
    "Je voudrais revenir sur le montant de la subvention, qui nous semble insuffisant au regard des besoins.",
    "La commission des finances a examiné ce rapport la semaine dernière et a rendu un avis favorable.",
    "Les habitants du quartier nous ont dit leur inquiétude au sujet de la circulation place du Marché.",
    "Il me semble que la concertation a été menée sérieusement, avec trois réunions publiques.",
    "Nous proposons un amendement, afin que les associations sportives soient traitées de la même manière.",
    "Pouvez-vous nous préciser le calendrier des travaux et le coût pour la commune, aides déduites ?",
    "Je m'étonne que le bilan de la zone piétonne ne mentionne pas l'avis des commerçants.",
    "Les chiffres sont dans le rapport, page douze, et ils montrent une baisse nette des accidents.",
    "Je suis favorable à ce projet, qui répond à une attente ancienne de nos écoles.",
    "La gestion de l'eau demande un effort de tous, et d'abord une meilleure connaissance du réseau.",
    "Merci de cette présentation claire, je n'ai qu'une question sur la durée du contrat.",
)
CHAIR = (
    "La parole est à vous, cher collègue, je vous écoute.",
    "Merci. Y a-t-il d'autres demandes de parole sur ce point de l'ordre du jour ?",
    "Nous passons au point suivant, dont je rappelle rapidement l'objet avant d'ouvrir la discussion.",
    "Je vous propose d'avancer, le rapport vous a été transmis avec la convocation.",
)


def council(seed: int) -> tuple[Person, ...]:
    """The thirty-three, always the same for a seed. Seat 1 is the mayor, 2 to 5 the adjoints."""
    draw = random.Random(seed)
    families = draw.sample(FAMILIES, len(FAMILIES))
    women, men = draw.sample(WOMEN, len(WOMEN)), draw.sample(MEN, len(MEN))
    people = []
    for seat in range(1, 34):
        woman = seat % 2 == 1
        first = women[seat // 2] if woman else men[seat // 2 - 1]
        people.append(
            Person(
                id=seat,
                name=f"{first} {families[seat - 1]}",
                function=_function(seat, woman),
                group=GROUPS[0] if seat <= 5 else GROUPS[draw.randrange(len(GROUPS))],
                woman=woman,
                voice=draw.random(),
                seed=draw.randrange(1 << 30),
            )
        )
    return tuple(people)


def _function(seat: int, woman: bool) -> str:
    if seat == 1:
        return "Maire de Valmont-sur-Loire"
    if seat <= 5:
        rank = f"{seat - 1}e" if seat > 2 else "1re" if woman else "1er"
        return f"{rank} {'adjointe' if woman else 'adjoint'} · {FIELDS[seat - 2]}"
    return "Conseillère municipale" if woman else "Conseiller municipal"
