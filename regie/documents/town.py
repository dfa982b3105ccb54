"""The body as the configuration names it: what a séance's documents bear until the secretary's file says better."""

from config.schema import Config
from regie.documents.dossier import Town

_MAX_LOGO = 200_000


def town_of(config: Config) -> Town:
    """The town of a configuration; its logo only when it is a drawing (SVG), which prints at any size."""
    town, documents = config.ville, config.documents
    return Town(
        name=town.nom,
        organ=town.organe,
        address=documents.adresse,
        colour=town.couleur,
        logo=_logo(config),
        siret=documents.siret,
        prefecture=documents.prefecture,
        site=town.site or "",
        controller=documents.responsable,
        dpo=documents.dpo,
        archives=documents.archives,
        court=documents.tribunal,
    )


def _logo(config: Config) -> str:
    path = config.ville.logo
    if path is None or path.suffix.lower() != ".svg":
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return text if len(text) <= _MAX_LOGO else ""
