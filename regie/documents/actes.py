"""The ACTES nomenclature, levels 1 and 2, and the checks on numbers that identify a body: facts of public reference."""

import re
import unicodedata

HEADINGS = {
    1: "commande publique",
    2: "urbanisme",
    3: "domaine et patrimoine",
    4: "fonction publique",
    5: "institutions et vie politique",
    6: "libertés publiques et pouvoirs de police",
    7: "finances locales",
    8: "domaines de compétences par thèmes",
    9: "autres domaines de compétences",
}
_SUBJECTS = {
    1: (
        "marchés publics",
        "délégation de service public",
        "conventions de mandat",
        "autres types de contrats",
        "transactions et protocoles d'accord transactionnel",
        "actes relatifs à la maîtrise d'œuvre",
        "actes spéciaux et divers",
    ),
    2: (
        "documents d'urbanisme",
        "actes relatifs au droit d'occupation ou d'utilisation des sols",
        "droit de préemption urbain",
    ),
    3: (
        "acquisitions",
        "aliénations",
        "locations",
        "limites territoriales",
        "autres actes de gestion du domaine public",
        "autres actes de gestion du domaine privé",
    ),
    4: (
        "personnel titulaires et stagiaires de la fpt",
        "personnel contractuel",
        "fonction publique hospitalière",
        "autres catégories de personnels",
        "régime indemnitaire",
    ),
    5: (
        "élection exécutif",
        "fonctionnement des assemblées",
        "désignation de représentants",
        "délégation de fonctions",
        "délégation de signature",
        "exercice des mandats locaux",
        "intercommunalité",
        "décision d'ester en justice",
    ),
    6: (
        "police municipale",
        "pouvoirs du président du conseil départemental",
        "pouvoirs du président du conseil régional",
        "autres actes réglementaires",
        "actes pris au nom de l'état et soumis au contrôle hiérarchique",
    ),
    7: (
        "décisions budgétaires",
        "fiscalité",
        "emprunts",
        "interventions économiques",
        "subventions",
        "contributions budgétaires",
        "avances",
        "fonds de concours",
        "prise de participation",
        "divers",
    ),
    8: (
        "enseignement",
        "aide sociale",
        "voirie",
        "aménagement du territoire",
        "politique de la ville habitat logement",
        "emploi formation professionnelle",
        "transports",
        "environnement",
        "culture",
    ),
    9: (
        "autres domaines de compétences des communes",
        "autres domaines de compétences des départements",
        "autres domaines de compétences des régions",
        "vœux et motions",
    ),
}
_CODE = re.compile(r"([1-9])\.([0-9]{1,2})")
_POST_OFFICE = "356000000"


def matter(code: str) -> str | None:
    """« finances locales/subventions » for « 7.5 »; None for a code that the nomenclature has not."""
    found = _CODE.fullmatch(code.strip())
    if found is None:
        return None
    heading, rank = int(found[1]), int(found[2])
    subjects = _SUBJECTS[heading]
    return f"{HEADINGS[heading]}/{subjects[rank - 1]}" if 1 <= rank <= len(subjects) else None


def codes() -> tuple[tuple[str, str], ...]:
    """Every code of level 2 with its name, in order."""
    pairs = (
        (f"{head}.{rank}", head, name) for head in _SUBJECTS for rank, name in enumerate(_SUBJECTS[head], 1)
    )
    return tuple((code, f"{HEADINGS[head]}/{name}") for code, head, name in pairs)


def is_matter(name: str) -> bool:
    """Does a name begin by a heading of the nomenclature, as the open data validator wants it: no space around the bar?"""
    heading, bar, subject = name.partition("/")
    known = {_bare(one) for one in HEADINGS.values()}
    return bool(bar and subject) and _bare(heading) in known and subject == subject.strip()


def _bare(text: str) -> str:
    split = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def is_siret(number: str) -> bool:
    """Fourteen figures whose Luhn key is right; La Poste's have a key of their own."""
    if not (number.isascii() and number.isdigit() and len(number) == 14):
        return False
    figures = [int(sign) for sign in number]
    if number.startswith(_POST_OFFICE) and sum(figures) % 5 == 0:
        return True
    doubled = [figure * (2 if rank % 2 == 0 else 1) for rank, figure in enumerate(figures)]
    return sum(figure - 9 if figure > 9 else figure for figure in doubled) % 10 == 0
