"""What `regie check` thinks of what devices answer."""

import asyncio
from pathlib import Path

import pytest

from camera_drivers.zones import Zone
from config.chamber import Place
from config.inputs import CameraConfig, CameraProtocol, SourceConfig, SourceKind
from config.schema import Config, Server, Town
from regie.cameras.book import Book, BookFile
from regie.check import Line, Verdict, _objections, examine, judge, reason, table
from regie.domain.presets import Preset
from regie.media.probe import Answer

pytestmark = pytest.mark.unit


def source(**more: object) -> SourceConfig:
    return SourceConfig.model_validate(
        {"id": "cam1", "nom": "Large", "genre": SourceKind.RTSP, "adresse": "rtsp://h/1", **more}
    )


SEEN = Answer(
    video="h264",
    width=1280,
    height=720,
    fps=25.0,
    sound="aac",
    channels=2,
    sample_rate=48_000,
    peak_dbfs=-18.0,
    first_picture_ms=420,
)


def seen(**changes: object) -> Answer:
    return Answer(**{name: getattr(SEEN, name) for name in SEEN.__struct_fields__} | changes)


def test_a_good_source_is_described() -> None:
    assert judge(source(), SEEN) == (
        Verdict.GOOD,
        "h264 1280×720 25 fps, aac 48 kHz, 2 channel(s), peak -18 dBFS, first picture after 0.4 s",
    )


@pytest.mark.parametrize(
    ("config", "answer", "verdict", "expected"),
    [
        (source(), seen(black=True), Verdict.DOUBTFUL, "the picture is black"),
        (source(), seen(peak_dbfs=-120.0), Verdict.DOUBTFUL, "digital silence"),
        (source(), seen(peak_dbfs=-70.0), Verdict.DOUBTFUL, "nearly silent"),
        (source(), seen(sound=""), Verdict.DOUBTFUL, "it has no sound"),
        (source(son=False), seen(sound=""), Verdict.GOOD, "h264"),
        (source(muet=True), seen(sound=""), Verdict.GOOD, "h264"),
        (source(), Answer(reason="acces_refuse"), Verdict.WRONG, "user or password refused"),
        (source(), Answer(reason="code_inconnu"), Verdict.WRONG, "code_inconnu"),
    ],
)
def test_verdicts(config: SourceConfig, answer: Answer, verdict: Verdict, expected: str) -> None:
    found, text = judge(config, answer)
    assert found is verdict
    assert expected in text


def test_a_known_code_is_said_in_words() -> None:
    assert reason("srt_absente") == "libsrt is not installed (Debian: libsrt1.5-gnutls)"


def test_the_table_is_aligned() -> None:
    text = table([Line("source", "a", Verdict.GOOD, "x"), Line("destination", "b" * 60, Verdict.WRONG, "y")])
    first, second = text.splitlines()
    assert first.index("x") == second.index("y")


def config(folder: Path, port: int) -> Config:
    return Config.model_validate(
        {
            "ville": {"nom": "V"},
            "source": [{"id": "mire", "nom": "M", "genre": "mire"}],
            "destination": [
                {"id": "d", "nom": "D", "adresse": f"rtmp://127.0.0.1:{port}/live", "cle": "sesame"}
            ],
            "serveur": {"adresse": "127.0.0.1", "port": 0, "dossier": folder},
        }
    )


def examined(config: Config) -> dict[str, Line]:
    lines = asyncio.run(examine(config, Path("none.toml")))
    assert "sesame" not in table(lines)
    return {line.what: line for line in lines}


def test_the_machine_is_looked_at(tmp_path: Path) -> None:
    lines = examined(config(tmp_path / "var", 1))
    assert lines["source"].answer == "colour bars"
    assert lines["destination"].answer == "nobody listens at this address"
    assert lines["folder"].verdict is Verdict.GOOD
    assert "h of session" in lines["disk"].answer
    assert lines["pages"].verdict is Verdict.GOOD


def test_a_path_too_long_for_sockets_is_said(tmp_path: Path) -> None:
    assert "too long" in examined(config(tmp_path / ("x" * 100), 1))["folder"].answer


@pytest.mark.parametrize(
    ("answer", "expected"), [(b"", "hung up at once"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "WRONG")]
)
def test_a_server_that_does_not_speak_rtmp(tmp_path: Path, answer: bytes, expected: str) -> None:
    async def run() -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(answer)
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            lines = await examine(config(tmp_path / "var", port), Path("none.toml"))
        return table([line for line in lines if line.what == "destination"])

    text = asyncio.run(run())
    assert "WRONG" in text and expected in text


def test_a_card_that_is_not_there_is_said_before_the_evening(tmp_path: Path) -> None:
    config = Config.model_validate(
        {
            "ville": {"nom": "Ville"},
            "serveur": {"dossier": str(tmp_path)},
            "source": [{"id": "mire", "nom": "Mire", "genre": "mire"}],
            "sortie_son": [{"id": "sono", "nom": "Sono", "adresse": "alsa://carte_qui_n_existe_pas"}],
        }
    )
    lines = asyncio.run(examine(config, tmp_path / "x.toml"))
    (line,) = [one for one in lines if one.what == "sound out"]
    assert line.verdict is Verdict.WRONG and line.answer == reason("carte_absente")


def test_who_objects_to_being_filmed_must_be_known_to_each_camera(tmp_path: Path) -> None:
    config = Config(
        ville=Town(nom="Ville"),
        source=(source(),),
        camera=(CameraConfig(source="cam1", protocole=CameraProtocol.VISCA, adresse="h"),),
        place=(Place(id="greffe", nom="Greffe", refus_image=True), Place(id="p1", nom="Place 1")),
        serveur=Server(dossier=tmp_path),
    )
    (line,) = _objections(config)
    assert line.name == "greffe" and line.verdict is Verdict.DOUBTFUL and "not known to cam1" in line.answer
    close = Preset(id="a", camera="cam1", name="Greffe", pan=0, tilt=0, zoom=8, places=("greffe",))
    BookFile(tmp_path / "cameras").save(Book(version=1, presets=(close,)))
    (line,) = _objections(config)
    assert line.verdict is Verdict.GOOD and "blurred on cam1" in line.answer
    agent = Zone("Greffe", ((-5.0, -5.0), (5.0, -5.0), (5.0, 5.0)))
    BookFile(tmp_path / "cameras").save(Book(version=1, zones={"cam1": (agent,)}))
    (line,) = _objections(config)
    assert line.verdict is Verdict.GOOD
