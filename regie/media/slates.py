"""The named slates, drawn: the town, why there is no session picture, what comes next, and the time.

Never a frozen or a black picture without words. Flat colours (gradients band at a low bit rate), letters read at 360p.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from config.schema import Town
from regie.domain.model import SlateName
from regie.domain.timeline import MediaTime
from regie.errors import RegieError
from regie.media.colour import Rgb, blend_rgb, contrast, frame_of, luminance, rgb_of
from regie.media.emblems import draw_emblem
from regie.media.frames import Picture, ProgrammeFormat
from regie.media.lettering import clean, font, largest, line_height, width_of, wrapped
from regie.media.titles import SAFE, open_logo

MINUTE_NS = 60_000_000_000
READABLE = 4.5
"""Contrast of text (WCAG AA)."""
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Words:
    """What a slate says: why, and what comes next."""

    reason: str
    following: str


WORDS = {
    SlateName.BEFORE: Words(
        "La séance va commencer", "La retransmission débutera à l’ouverture de la séance par le président."
    ),
    SlateName.PAUSE: Words(
        "Séance suspendue", "La retransmission reprendra dès la reprise de la séance. Restez avec nous."
    ),
    SlateName.QUORUM: Words(
        "Séance suspendue – quorum",
        "Trop peu de membres sont présents pour délibérer. La retransmission reprendra dès que le quorum sera réuni.",
    ),
    SlateName.CLOSED_DOORS: Words(
        "Séance à huis clos",
        "L’assemblée délibère sans public ni retransmission. L’image et le son reviendront dès que la séance "
        "sera de nouveau publique.",
    ),
    SlateName.BALLOT: Words(
        "Scrutin en cours",
        "L’assemblée vote. L’image de la salle reviendra à la fin du scrutin.",
    ),
    SlateName.FAULT: Words(
        "Incident technique",
        "Nous rétablissons l’image et le son. La retransmission reprendra dès que possible.",
    ),
    SlateName.END: Words("La séance est terminée", "Merci de l’avoir suivie."),
    SlateName.MASKED: Words(
        "Passage masqué",
        "Ces propos concernent une personne ou des données protégées. La retransmission continue ensuite.",
    ),
    SlateName.DELAY: Words(
        "Un instant, s’il vous plaît",
        "La retransmission reprend dans quelques secondes, là où elle s’est arrêtée.",
    ),
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a town's slates; text is readable on both grounds."""

    ground: Rgb
    band: Rgb
    mark: Rgb
    text: Rgb
    band_text: Rgb


def palette(town: Town) -> Palette:
    """From the town's two colours; its text colour is replaced when it could not be read."""
    ground = rgb_of(town.couleur)
    text = rgb_of(town.couleur_texte)
    if contrast(ground, text) < READABLE:
        text = max(_WHITE, _BLACK, key=lambda ink: contrast(ground, ink))
    band = blend_rgb(ground, _BLACK, 0.35)
    band_text = (
        text if contrast(band, text) >= READABLE else max(_WHITE, _BLACK, key=lambda c: contrast(band, c))
    )
    lighter = luminance(ground) < 0.6
    return Palette(ground, band, blend_rgb(ground, _WHITE if lighter else _BLACK, 0.14), text, band_text)


def wall_of(town: Town) -> Rgb:
    """The colour behind layouts that do not fill the picture: the town's, nearly black."""
    return blend_rgb(rgb_of(town.couleur), (8, 10, 13), 0.82)


def draw_slate(
    name: SlateName,
    town: Town,
    fmt: ProgrammeFormat,
    now_utc: int,
    *,
    subject: str = "",
    zone: tzinfo | None = None,
) -> Picture:
    """A slate as a picture of the programme's size, its clock at ``now_utc`` (UTC nanoseconds). See :func:`slate_image`."""
    return Picture(frame_of(slate_image(name, town, fmt, now_utc, subject=subject, zone=zone)), MediaTime(0))


def slate_image(
    name: SlateName,
    town: Town,
    fmt: ProgrammeFormat,
    now_utc: int,
    *,
    subject: str = "",
    zone: tzinfo | None = None,
) -> Image.Image:
    """A slate in RGB.

    ``subject`` names what is at fault (a source). The clock shows ``zone``, by default the machine's own.
    """
    image = _face(name, town, fmt, clean(subject)).copy()
    local = datetime.fromtimestamp(now_utc // 1_000_000_000, UTC).astimezone(zone)
    face = font(round(fmt.height * 0.083), bold=True)
    text = f"{local:%H:%M}"
    top = _band_top(fmt) + (fmt.height - _band_top(fmt)) // 2
    right = fmt.width * (1 - SAFE) - width_of(text, face)
    ImageDraw.Draw(image).text((right, top), text, fill=palette(town).band_text, font=face, anchor="lm")
    return image


def slate_file(
    name: SlateName, town: Town, fmt: ProgrammeFormat, now_utc: int, *, kind: str = "PNG"
) -> bytes:
    """A slate as a picture file (``PNG`` or ``JPEG``), for pages."""
    out = BytesIO()
    slate_image(name, town, fmt, now_utc).save(out, kind, quality=88, optimize=True)
    return out.getvalue()


def _band_top(fmt: ProgrammeFormat) -> int:
    return fmt.height * 4 // 5 // 2 * 2


@lru_cache(maxsize=16)
def _face(name: SlateName, town: Town, fmt: ProgrammeFormat, subject: str) -> Image.Image:
    """Everything but the clock. Kept: only the clock changes, each minute."""
    colours = palette(town)
    image = Image.new("RGB", (fmt.width, fmt.height), colours.ground)
    draw_emblem(image, name, colours.mark)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, _band_top(fmt), fmt.width, fmt.height), colours.band)
    _head(image, draw, town, fmt, colours)
    _message(draw, WORDS[name], subject, fmt, colours)
    _foot(draw, town, fmt, colours)
    return image


def _head(
    image: Image.Image, draw: ImageDraw.ImageDraw, town: Town, fmt: ProgrammeFormat, colours: Palette
) -> None:
    """Logo, town, assembly."""
    unit = fmt.height / 720
    left, top = round(fmt.width * SAFE), round(fmt.height * (SAFE + 0.02))
    height = round(84 * unit)
    logo = _logo_plate(town.logo, height) if town.logo else None
    if logo is not None:
        image.paste(logo, (left, top), logo)
        left += logo.width + round(24 * unit)
    limit = fmt.width * (1 - SAFE) - left
    name = largest(clean(town.nom), limit, round(38 * unit), round(30 * unit), bold=True)
    organ = font(round(33 * unit))
    first = wrapped(clean(town.nom), name, limit, 1)[0]
    second = wrapped(clean(town.organe), organ, limit, 1)[0]
    y = top + (height - line_height(name) - line_height(organ)) / 2
    draw.text((left, y), first, fill=colours.text, font=name)
    draw.text((left, y + line_height(name)), second, fill=colours.text, font=organ)


def _message(
    draw: ImageDraw.ImageDraw, words: Words, subject: str, fmt: ProgrammeFormat, colours: Palette
) -> None:
    """The reason, large; below it what comes next."""
    unit = fmt.height / 720
    left, limit = round(fmt.width * SAFE), fmt.width * 0.74
    reason = largest(words.reason, limit, round(78 * unit), round(48 * unit), bold=True)
    small = font(round(35 * unit))
    following = f"{subject} : image indisponible. {words.following}" if subject else words.following
    lines = wrapped(following, small, limit, 3)
    bar = round(8 * unit)
    gap = round(22 * unit)
    height = bar + gap + line_height(reason) + gap // 2 + len(lines) * line_height(small)
    head = round(fmt.height * 0.21)
    y = head + (_band_top(fmt) - head - height) / 2
    draw.rectangle((left, y, left + 96 * unit, y + bar - 1), colours.text)
    y += bar + gap
    draw.text((left, y), words.reason, fill=colours.text, font=reason)
    y += line_height(reason) + gap // 2
    for line in lines:
        draw.text((left, y), line, fill=colours.text, font=small)
        y += line_height(small)


def _foot(draw: ImageDraw.ImageDraw, town: Town, fmt: ProgrammeFormat, colours: Palette) -> None:
    """Where to find the sessions."""
    left, limit = round(fmt.width * SAFE), fmt.width * 0.66
    text = (
        f"Séances en direct et en rejeu : {clean(town.site)}"
        if town.site
        else "Retransmission des séances publiques"
    )
    face = largest(text, limit, round(fmt.height * 0.05), round(fmt.height * 0.045), bold=False)
    lines = wrapped(text, face, limit, 2)
    middle = (_band_top(fmt) + fmt.height) / 2
    y = middle - len(lines) * line_height(face) / 2
    for line in lines:
        draw.text((left, y), line, fill=colours.band_text, font=face)
        y += line_height(face)


def _logo_plate(path: Path, height: int) -> Image.Image | None:
    """The logo on a white plate, which every logo is drawn for; None when it cannot be read (the name is there anyway)."""
    try:
        logo = open_logo(path)
    except RegieError:
        return None
    inner = round(height * 0.8)
    width = max(1, min(round(logo.width * inner / logo.height), 4 * height))
    logo = logo.convert("RGBa").resize(
        (width, round(width * logo.height / logo.width) or 1), Image.Resampling.LANCZOS
    )
    margin = height - inner
    plate = Image.new("RGBA", (logo.width + margin, height), (0, 0, 0, 0))
    ImageDraw.Draw(plate).rounded_rectangle(
        (0, 0, plate.width - 1, height - 1), height // 10, (255, 255, 255, 255)
    )
    plate.alpha_composite(logo.convert("RGBA"), (margin // 2, (height - logo.height) // 2))
    return plate
