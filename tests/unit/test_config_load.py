"""Configuration: every mistake at once, secrets out of sight, samples that load."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from config.load import ConfigError, load
from config.schema import Config

pytestmark = pytest.mark.unit

CONFIG = Path(__file__).parents[2] / "config"
SMALLEST = '[ville]\nnom = "Valmont"\n[[source]]\nid = "mire"\nnom = "Mire"\ngenre = "mire"\n'


def load_text(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    file = folder / "essai.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ or {})


def mistakes(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_text(folder, text, environ)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{folder / 'essai.toml'} : ") for line in lines)
    return [line.partition(" : ")[2] for line in lines]


def test_the_smallest_configuration(tmp_path: Path) -> None:
    config = load_text(tmp_path, SMALLEST)
    assert config.ville.nom == "Valmont"
    assert config.programme.hauteur == 720
    assert config.serveur.dossier == tmp_path / "var", "the default too is beside the file"


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    text = """
        [vile]
        nom = "Valmont"
        [programme]
        largeur = 800
        fondu_ms = -1
        [[source]]
        id = "Cam 1"
        nom = ""
        genre = "vhs"
        [[source]]
        id = "cam2"
        nom = "Deux"
        genre = "rtsp"
        addresse = "rtsp://10.0.0.1/"
        [serveur]
        port = "http"
        mandataire = "peut-être"
    """
    assert sorted(mistakes(tmp_path, text)) == sorted(
        [
            "ville : cette clé est obligatoire (absente)",
            "vile : clé inconnue (peut-être « ville »)",
            "programme.largeur : l'une de ces valeurs : 1280, 1920 (trouvé : 800)",
            "programme.fondu_ms : au moins 0 (trouvé : -1)",
            "source[Cam 1].id : de 1 à 32 lettres minuscules sans accent, chiffres, tirets (trouvé : Cam 1)",
            "source[Cam 1].nom : au moins 1 caractère(s) (trouvé : )",
            "source[Cam 1].genre : l'une de ces valeurs : rtsp, mpegts, srt, ndi, rtmp, http, fichier, image, mire, son, salle, "
            "document (trouvé : vhs)",
            "source[cam2].addresse : clé inconnue (peut-être « adresse »)",
            "serveur.port : un nombre entier (trouvé : http)",
            "serveur.mandataire : true ou false (trouvé : peut-être)",
        ]
    )


def test_rules_between_keys(tmp_path: Path) -> None:
    assert mistakes(tmp_path, '[ville]\nnom = "V"\n[[source]]\nid = "a"\nnom = "A"\ngenre = "rtsp"\n') == [
        "source[a] : adresse manquante pour ce genre de source"
    ]
    assert mistakes(tmp_path, SMALLEST + '[[source]]\nid = "mire"\nnom = "B"\ngenre = "mire"\n') == [
        "source: id en double: mire"
    ]
    assert mistakes(tmp_path, SMALLEST + '[serveur]\ncertificat = "a.pem"\n') == [
        "serveur : certificat et cle_certificat vont ensemble"
    ]


HALL = (
    SMALLEST + '[[source]]\nid = "s"\nnom = "S"\ngenre = "son"\nadresse = "tcp://127.0.0.1:1"\n'
    '[[elu]]\nid = "e"\nnom = "E"\n[[place]]\nid = "p"\nnom = "P"\nelu = "e"\n'
    '[[micro]]\nid = "m"\nnom = "M"\nsource = "s"\ncanal = 2\nplace = "p"\n'
)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (('elu = "e"', 'elu = "x"'), "place p: aucun élu « x »"),
        (('place = "p"', 'place = "x"'), "micro m: aucune place « x »"),
        (('source = "s"', 'source = "x"'), "micro m: aucune source « x »"),
        (('source = "s"', 'source = "mire"'), "micro m: la source « mire » n'a pas de son"),
        (('id = "m"', 'id = "mire"'), "micro mire: une source porte déjà cet id"),
        (
            ('genre = "son"', 'genre = "son"\ncanaux = [1]'),
            "micro m: canaux de « s » et [[micro]] ne vont pas ensemble",
        ),
    ],
)
def test_seats_and_microphones_refer_to_what_exists(
    tmp_path: Path, wrong: tuple[str, str], said: str
) -> None:
    assert load_text(tmp_path, HALL).micro[0].place == "p"
    assert mistakes(tmp_path, HALL.replace(*wrong)) == [said]


def test_a_channel_is_one_microphone(tmp_path: Path) -> None:
    again = '[[micro]]\nid = "n"\nnom = "N"\nsource = "s"\ncanal = 2\n'
    assert mistakes(tmp_path, HALL + again) == ["micro n: m a déjà le canal 2 de « s »"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "ce fichier n'existe pas"),
        (b"[ville\n", "le fichier doit être du TOML"),
        (b"\xff", "le fichier doit être écrit en UTF-8"),
    ],
)
def test_an_unreadable_file(tmp_path: Path, content: bytes | None, expected: str) -> None:
    file = tmp_path / "essai.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        load(file, {})


DESTINATION = '[[destination]]\nid = "d"\nnom = "D"\nadresse = "rtmp://127.0.0.1/live"\n'


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "cle").write_text("sesame\n", encoding="utf-8")
    for line in ('cle_env = "CLE"\n', 'cle_fichier = "cle"\n'):
        config = load_text(tmp_path, SMALLEST + DESTINATION + line, {"CLE": "sesame"})
        key = config.destination[0].cle
        assert key is not None and key.get_secret_value() == "sesame"
        assert "sesame" not in repr(config) + str(config) + config.model_dump_json()


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path, SMALLEST + DESTINATION + 'cle_env = "CLE"\n') == [
        "destination[d].cle_env : la variable d'environnement CLE doit contenir le secret (absente ou vide)"
    ]
    assert mistakes(tmp_path, SMALLEST + DESTINATION + 'cle_fichier = "rien"\n') == [
        "destination[d].cle_fichier : le fichier rien doit contenir le secret (absent, illisible ou vide)"
    ]
    assert mistakes(tmp_path, SMALLEST + DESTINATION + 'cle_fichier = "rien"\ncle_env = "CLE"\n') == [
        "destination[d] : cle_env ou cle_fichier, pas les deux"
    ]


def test_a_secret_written_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    camera = '[[source]]\nid = "c"\nnom = "C"\ngenre = "rtsp"\nadresse = "rtsp://u:sesame@10.0.0.1/1"\nmot_de_passe = "sesame"\n'
    found = mistakes(tmp_path, SMALLEST + camera + DESTINATION + 'cle = "sesame"\nactive = 3\n')
    assert "sesame" not in "".join(found)
    assert [line.partition(" :")[0] for line in found] == [
        "source[c].mot_de_passe",
        "destination[d].cle",
        "source[c].adresse",
        "destination[d].active",
    ]


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load_text(
        tmp_path,
        SMALLEST.replace("[[source]]", 'logo = "l.png"\n[[source]]', 1)
        + '[[source]]\nid = "f"\nnom = "F"\ngenre = "fichier"\nadresse = "m/a.mp4"\n[serveur]\ndossier = "donnees"\n',
    )
    assert config.ville.logo == tmp_path / "l.png"
    assert config.source[1].adresse == str(tmp_path / "m/a.mp4")
    assert config.serveur.dossier == tmp_path / "donnees"


def test_a_date_is_toml_or_text(tmp_path: Path) -> None:
    for written in ("2026-11-26T19:00:00", '"2026-11-26T19:00:00"'):
        assert load_text(tmp_path, f"{SMALLEST}[seance]\ndate = {written}\n").seance.date == datetime(
            2026, 11, 26, 19
        )


def test_the_samples_load() -> None:
    example = load(CONFIG / "exemple.toml", {"REGIE_CLE_PLATEFORME": "x"})
    assert len(example.source) >= 6
    assert load(CONFIG / "demo.toml", {}).ville.nom == example.ville.nom


def keys_of(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(name)
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= keys_of(kind)
    return found


def test_the_example_shows_every_key() -> None:
    text = (CONFIG / "exemple.toml").read_text(encoding="utf-8")
    secrets = {"cle", "mot_de_passe", "turn_secret"}
    missing = {key for key in keys_of(Config) - secrets if not re.search(rf"\b{key}(?: =|\]|\b)", text)}
    assert not missing


def test_the_example_shows_the_true_defaults() -> None:
    example = load(CONFIG / "exemple.toml", {"REGIE_CLE_PLATEFORME": "x"})
    assert example.programme == Config.model_fields["programme"].default
    assert example.webtv == Config.model_fields["webtv"].default
    assert example.enregistrement == Config.model_fields["enregistrement"].default
