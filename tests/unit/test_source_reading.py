"""Addresses, options and reasons; nothing secret in what is said of a failure."""

import errno
import io
import threading
from pathlib import Path
from typing import Any

import av.error
import pytest
from pydantic import SecretStr

from config.inputs import SourceConfig, SourceKind
from regie.errors import DeviceError
from regie.media import srt
from regie.media.reading import Reading, address_of, format_of, options_of, reason_of, scheme_of
from tests.unit.clips import clip

pytestmark = pytest.mark.unit


def config(genre: SourceKind, adresse: str, **more: Any) -> SourceConfig:
    return SourceConfig(id="cam", nom="Caméra", genre=genre, adresse=adresse, **more)


def test_credentials_go_into_the_address() -> None:
    camera = config(
        SourceKind.RTSP, "rtsp://10.0.0.2:554/s?x=1", utilisateur="r:gie", mot_de_passe=SecretStr("p@ss/é")
    )
    assert address_of(camera) == "rtsp://r%3Agie:p%40ss%2F%C3%A9@10.0.0.2:554/s?x=1"


@pytest.mark.parametrize("address", ["udp://@239.1.1.1:5000", "tcp://10.0.0.2:9000", "medias/film.mp4"])
def test_other_addresses_stay_as_they_are(address: str) -> None:
    camera = config(SourceKind.MPEGTS, address, utilisateur="regie", mot_de_passe=SecretStr("secret"))
    assert address_of(camera) == address


def test_kinds_and_their_options() -> None:
    assert scheme_of(config(SourceKind.FILE, "a.mp4")) == "file"
    assert options_of(config(SourceKind.FILE, "a.mp4")) == {}
    assert options_of(config(SourceKind.RTSP, "rtsp://h/s", transport="udp"))["rtsp_transport"] == "udp"
    assert format_of(config(SourceKind.MPEGTS, "udp://h:1")) == "mpegts"
    assert format_of(config(SourceKind.SRT, "srt://h:1")) == "mpegts"
    assert format_of(config(SourceKind.SOUND, "tcp://h:1", format="wav")) == "wav"
    assert "resync_size" in options_of(config(SourceKind.MPEGTS, "tcp://h:1"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (av.error.ExitError(1, "x"), "delai_depasse"),
        (av.error.ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connexion_refusee"),
        (av.error.HTTPUnauthorizedError(1, "x"), "acces_refuse"),
        (av.error.HTTPNotFoundError(1, "x"), "introuvable"),
        (av.error.FileNotFoundError(errno.ENOENT, "x"), "introuvable"),
        (av.error.InvalidDataError(1, "x"), "format_inconnu"),
        (av.error.OSError(errno.EHOSTUNREACH, "x"), "injoignable"),
        (av.error.ProtocolNotFoundError(1, "x"), "non_pris_en_charge"),
        (ValueError("x"), "erreur_lecture"),
    ],
)
def test_reasons(error: Exception, code: str) -> None:
    assert reason_of(error) == code


@pytest.mark.parametrize(
    ("genre", "address", "code"),
    [
        (SourceKind.RTSP, "rtsp://127.0.0.1:1/cam", "connexion_refusee"),
        (SourceKind.HTTP, "http://127.0.0.1:1/cam", "connexion_refusee"),
        (SourceKind.RTMP, "rtmp://127.0.0.1:1/app/cam", "connexion_refusee"),
        (SourceKind.MPEGTS, "tcp://127.0.0.1:1", "connexion_refusee"),
        (SourceKind.FILE, "nulle/part.mp4", "introuvable"),
        (SourceKind.HTTP, "gopherx://127.0.0.1/", "non_pris_en_charge"),
    ],
)
def test_what_cannot_be_reached_says_why_and_nothing_more(genre: SourceKind, address: str, code: str) -> None:
    camera = config(genre, address, utilisateur="regie", mot_de_passe=SecretStr("tres-secret"))
    reading = Reading(camera, threading.Event())
    with pytest.raises(DeviceError) as caught:
        reading.open()
    reading.close()
    assert caught.value.stable_code == code
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert "secret" not in str(caught.value) and "127.0.0.1" not in str(caught.value)


def test_a_file_that_is_not_a_video(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"ceci n'est pas un film " * 100)
    reading = Reading(config(SourceKind.FILE, str(tmp_path / "x.mp4")), threading.Event())
    with pytest.raises(DeviceError) as caught:
        reading.open()
    reading.close()
    assert caught.value.stable_code == "format_inconnu"


def test_a_file_begins_again(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", pictures=10)
    stop = threading.Event()
    reading = Reading(config(SourceKind.FILE, str(tmp_path / "a.mp4"), son=False), stop)
    reading.open()
    assert reading.paced and reading.video is not None and reading.sound is None
    seen = []
    for packet in reading.packets():
        seen.append(None if packet is None else packet.pts)
        if len(seen) == 25:
            stop.set()
    reading.close()
    assert seen[10] is None and seen[21] is None
    assert seen[:10] == seen[11:21]


def test_a_file_without_picture_or_sound_is_refused(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", pictures=10, sound=False)
    reading = Reading(config(SourceKind.SOUND, str(tmp_path / "a.mp4")), threading.Event())
    with pytest.raises(DeviceError) as caught:
        reading.open()
    reading.close()
    assert caught.value.stable_code == "sans_flux"


def test_srt_addresses() -> None:
    said = srt.parse("srt://10.0.0.3:9710?mode=listener&latency=200&streamid=cam&pbkeylen=32")
    assert said == srt.SrtAddress("10.0.0.3", 9710, True, 200, "cam", 32)
    for bad in ("srt://10.0.0.3", "udp://h:1", "srt://h:99999", "srt://h:1?latency=x"):
        with pytest.raises(DeviceError) as caught:
            srt.parse(bad)
        assert caught.value.stable_code == "adresse_invalide"


def test_without_the_library_the_reason_is_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srt, "libsrt", lambda: None)
    reading = Reading(config(SourceKind.SRT, "srt://127.0.0.1:9710"), threading.Event())
    with pytest.raises(DeviceError) as caught:
        reading.open()
    reading.close()
    assert caught.value.stable_code == "srt_absente"


def test_a_library_that_is_not_there_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srt, "LIBRARIES", ("libsrt-qui-n-existe-pas.so",))
    srt.libsrt.cache_clear()
    assert srt.libsrt() is None
    srt.libsrt.cache_clear()


def test_bad_packets_are_passed_over(tmp_path: Path) -> None:
    """Two kilobytes of garbage in the middle of a transport stream cost a few pictures."""
    data = io.BytesIO()
    clip(data, pictures=60, gop=10, sound=False, container="mpegts")
    raw = data.getvalue()
    middle = len(raw) // 2 // 188 * 188
    (tmp_path / "a.ts").write_bytes(raw[:middle] + b"\x00\xff\x13" * 700 + raw[middle:])
    stop = threading.Event()
    reading = Reading(config(SourceKind.FILE, str(tmp_path / "a.ts")), stop)
    reading.open()
    count = 0
    for packet in reading.packets():
        if packet is None:
            break
        count += 1
    reading.close()
    assert count >= 55
