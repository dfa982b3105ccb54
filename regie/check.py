"""`regie check`: each source, each destination, the disk, the port, the libraries and the clock, and what they answered."""

import asyncio
import os
import shutil
import ssl
import sys
import textwrap
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec

from camera_drivers.base import CameraError
from camera_drivers.ndi_library import library
from config.inputs import CameraConfig, SourceConfig, SourceKind
from config.outputs import DestinationConfig, SoundOutputConfig
from config.schema import Config
from regie.cameras import probe
from regie.cameras.book import BookFile
from regie.cameras.factory import Workshop
from regie.cameras.forbidden import tells_place
from regie.clock import Clock, SystemClock, set_by_network
from regie.directing import probe as conference
from regie.errors import DeviceError, RegieError
from regie.media import srt
from regie.media.alsa import Player
from regie.media.probe import SILENCE_DBFS, Answer
from regie.media.rtmp_protocol import RtmpClient, State, Target, target
from regie.supervise import StartError, listen, sole_user

AT_ONCE = 3
PATIENCE_S = 8.0
RTMP_S = 5.0
QUIET_DBFS = -60.0
LONG_COUNCIL_H = 8.0
# Names of Unix sockets hold 107 bytes; the longest of ours comes after the folder.
_SOCKET_PATH_MAX, _LONGEST_SOCKET = 107, "run/engine.sock"

_REASONS = {
    "delai_depasse": "no answer in time",
    "connexion_refusee": "nobody listens at this address",
    "injoignable": "cannot be reached",
    "acces_refuse": "user or password refused",
    "introuvable": "not found there",
    "format_inconnu": "what it sends is not understood",
    "fin_du_flux": "hung up at once",
    "srt_absente": "libsrt is not installed (Debian: libsrt1.5-gnutls)",
    "ndi_absente": "NDI's library cannot be used: see the line « library »",
    "ndi_introuvable": "nobody announces such an NDI source (mDNS needs avahi-daemon; ndi://HOST/CHANNEL does without)",
    "sans_flux": "holds neither picture nor sound",
    "sans_image": "sends no picture that can be decoded",
    "port_occupe": "its port is already used",
    "adresse_invalide": "its address is not valid",
    "cle_refusee": "the key was refused",
    "application_refusee": "the server has no such application",
    "serveur_muet": "accepts connections but does not answer",
    "certificat": "its certificate is not valid",
    "carte_absente": "no such sound card here (`aplay -L` lists them)",
    "carte_prise": "another program uses this sound card",
    "carte_refuse": "this sound card refuses 48 kHz or that number of channels",
    "carte_perdue": "this sound card fails",
    "alsa_absente": "libasound is not installed (Debian: libasound2)",
}


class Verdict(Enum):
    """How serious a line is."""

    GOOD = "ok"
    DOUBTFUL = "doubt"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    what: str
    name: str
    verdict: Verdict
    answer: str


def run(config: Config, file: Path) -> int:
    """Probe everything, print the table; 1 when something is wrong."""
    lines = asyncio.run(examine(config, file))
    sys.stdout.write(table(lines))
    return int(any(line.verdict is Verdict.WRONG for line in lines))


async def examine(config: Config, file: Path, clock: Clock | None = None) -> list[Line]:
    """Every line of the table, in the order of the configuration."""
    clock = clock or SystemClock()
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(probe: Awaitable[Line]) -> Line:
        async with slots:
            return await probe

    sources = [one(_source(source, file)) for source in config.source]
    destinations = [one(_destination(destination, clock)) for destination in config.destination]
    outputs = [one(_sound_output(output)) for output in config.sortie_son]
    workshop = Workshop()
    cameras = [one(_camera(camera, workshop)) for camera in config.camera]
    try:
        answered = await asyncio.gather(*sources, *cameras, *outputs, *destinations)
        answered += await _conference(config)
    finally:
        await workshop.close()
    return [*answered, *_objections(config), *_delays(config), *_machine(config), await _clock()]


def table(lines: Sequence[Line]) -> str:
    """The lines as text, aligned."""
    what = max((len(line.what) for line in lines), default=0)
    name = min(28, max((len(line.name) for line in lines), default=0))
    rows = (
        f"{line.verdict.value:<6} {line.what:<{what}}  {textwrap.shorten(line.name, name, placeholder='…'):<{name}}  {line.answer}"
        for line in lines
    )
    return "\n".join(rows) + "\n"


def reason(code: str) -> str:
    """A stable code in English."""
    return _REASONS.get(code, code)


def _objections(config: Config) -> Iterator[Line]:
    """Who objects to being filmed is kept off, or blurred, by the cameras that know where he sits, and by no other."""
    if not config.objecting_places:
        return
    try:
        book = BookFile(config.serveur.dossier / "cameras").load()
    except RegieError as error:
        yield Line("place", "refus_image", Verdict.WRONG, error.stable_code)
        return
    turning = [camera.source for camera in config.camera]
    for place in sorted(config.objecting_places):
        known = {one.camera for one in book.presets if tells_place(one) and one.places == (place,)}
        blind = [one for one in turning if one not in known and not book.zones.get(one)]
        answer = "no close shot, no title"
        if known:
            answer += f"; kept off or blurred on {', '.join(sorted(known))}"
        if blind:
            answer += (
                f"; its place is not known to {', '.join(blind)}: if they can show it,"
                " store a close preset of it there, or draw a zone"
            )
        yield Line("place", place, Verdict.DOUBTFUL if blind else Verdict.GOOD, answer)


def _delays(config: Config) -> Iterator[Line]:
    """A delay in which nothing can be caught is no confidentiality at all."""
    needed_s = config.confidentialite.needed_ms / 1000
    parts = "look-back + hearing + reaction + margin"
    for name, seconds in (
        ("retard_s", config.programme.retard_s),
        ("retard_sensible_s", config.confidentialite.retard_sensible_s),
    ):
        if seconds >= needed_s:
            yield Line("delay", name, Verdict.GOOD, f"{seconds} s, {needed_s:g} s are enough ({parts})")
        else:
            yield Line(
                "delay", name, Verdict.WRONG, f"{seconds} s is too short: {needed_s:g} s are needed ({parts})"
            )


async def _source(source: SourceConfig, file: Path) -> Line:
    if source.genre is SourceKind.BARS:
        return Line("source", source.id, Verdict.GOOD, "colour bars")
    command = (sys.executable, "-P", "-m", "regie.media.probe", "--config", str(file), "--source", source.id)
    child = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(source.delai_s + PATIENCE_S):
            output, _ = await child.communicate()
        answer = msgspec.json.decode(output, type=Answer)
    except TimeoutError:
        child.kill()
        await child.wait()
        answer = Answer(reason="delai_depasse")
    except msgspec.MsgspecError:
        answer = Answer(reason="erreur_lecture")
    return Line("source", source.id, *judge(source, answer))


def judge(source: SourceConfig, answer: Answer) -> tuple[Verdict, str]:
    """What to think of what a source answered."""
    if answer.reason:
        return Verdict.WRONG, reason(answer.reason)
    facts, doubts = list(_facts(answer)), list(_doubts(source, answer))
    return (Verdict.DOUBTFUL if doubts else Verdict.GOOD), "; ".join([", ".join(facts), *doubts])


def _facts(answer: Answer) -> Iterator[str]:
    if answer.video:
        yield f"{answer.video} {answer.width}×{answer.height} {answer.fps:g} fps"
    if answer.sound:
        yield f"{answer.sound} {answer.sample_rate / 1000:g} kHz, {answer.channels} channel(s), peak {answer.peak_dbfs:.0f} dBFS"
    if answer.first_picture_ms is not None:
        yield f"first picture after {answer.first_picture_ms / 1000:.1f} s"


def _doubts(source: SourceConfig, answer: Answer) -> Iterator[str]:
    if answer.black:
        yield "the picture is black"
    if source.son and not source.muet and not answer.sound and source.genre is not SourceKind.STILL:
        yield "it has no sound (son = false says that this is expected)"
    elif answer.sound and answer.peak_dbfs <= QUIET_DBFS:
        yield "digital silence" if answer.peak_dbfs <= SILENCE_DBFS else "nearly silent"


async def _camera(camera: CameraConfig, workshop: Workshop) -> Line:
    found = await probe.examine(camera, workshop)
    verdict = Verdict.WRONG if found.wrong else Verdict.DOUBTFUL if found.doubts else Verdict.GOOD
    return Line("camera", camera.source, verdict, "; ".join([found.answer, *found.doubts]))


async def _sound_output(output: SoundOutputConfig) -> Line:
    """Takes the card for an instant; nothing is played."""
    try:
        card = await asyncio.to_thread(Player, output.card, output.voies)
    except DeviceError as error:
        return Line("sound out", output.id, Verdict.WRONG, reason(error.stable_code))
    card.close()
    return Line("sound out", output.id, Verdict.GOOD, f"takes 48 kHz, {output.voies} channel(s)")


async def _conference(config: Config) -> list[Line]:
    """Not beside the others: what it is asked for first is a person at a button."""
    found = await conference.examine(config.conference, config.micro)
    if found is None:
        return []
    verdict = Verdict.WRONG if found.wrong else Verdict.DOUBTFUL if found.doubts else Verdict.GOOD
    return [
        Line("conference", config.conference.systeme.value, verdict, "; ".join([found.answer, *found.doubts]))
    ]


async def _destination(destination: DestinationConfig, clock: Clock) -> Line:
    key = destination.cle.get_secret_value() if destination.cle else None
    start_ns = clock.monotonic_ns()
    try:
        to = target(destination.adresse, key)
        await _rtmp_connect(to, destination)
    except (RegieError, OSError, TimeoutError) as error:
        return Line("destination", destination.id, Verdict.WRONG, _failure(error))
    took_s = (clock.monotonic_ns() - start_ns) / 1e9
    secured = "RTMPS" if to.tls else "RTMP"
    return Line(
        "destination",
        destination.id,
        Verdict.GOOD,
        f"{secured} to {to.host} accepted after {took_s:.1f} s; nothing was published",
    )


def _failure(error: Exception) -> str:
    match error:
        case RegieError():
            return reason(error.stable_code)
        case ssl.SSLCertVerificationError():
            return f"{reason('certificat')}: {error.verify_message}"
        case ssl.SSLError():
            return "it does not speak TLS"
        case ConnectionRefusedError():
            return reason("connexion_refusee")
        case TimeoutError():
            return reason("delai_depasse")
        case _:
            return reason("injoignable")


async def _rtmp_connect(to: Target, destination: DestinationConfig) -> None:
    """Shake hands up to the server's agreement on the application; nothing is published."""
    context: ssl.SSLContext | None = None
    if to.tls:
        context = ssl.create_default_context(cafile=destination.certificat_ca)
        if not destination.verifier_certificat:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    async with asyncio.timeout(RTMP_S):
        reader, writer = await asyncio.open_connection(to.host, to.port, ssl=context)
        try:
            client = RtmpClient(to)
            while client.state in (State.HANDSHAKE, State.CONNECTING):
                writer.write(client.data_to_send())
                data = await reader.read(65536)
                if not data:
                    raise RegieError("the server hung up", code="fin_du_flux")
                client.receive(data)
            if client.state is State.FAILED:
                raise RegieError("the server refused", code=client.failure)
        finally:
            writer.transport.abort()


def _machine(config: Config) -> Iterable[Line]:
    server = config.serveur
    yield _folder(server.dossier)
    yield _disk(config)
    place = f"{server.adresse}:{server.port}"
    try:
        listen(server.adresse, server.port).close()
        yield Line("pages", place, Verdict.GOOD, "the port is free")
    except StartError as error:
        yield Line("pages", place, Verdict.WRONG, error.message)
    for file in filter(None, (server.certificat, server.cle_certificat, config.ville.logo)):
        readable = os.access(file, os.R_OK)
        yield Line(
            "file",
            file.name,
            Verdict.GOOD if readable else Verdict.WRONG,
            "" if readable else f"{file} cannot be read",
        )
    wanted = any(source.genre is SourceKind.SRT for source in config.source)
    there = srt.libsrt() is not None
    verdict = Verdict.GOOD if there or not wanted else Verdict.WRONG
    yield Line(
        "library",
        "libsrt",
        verdict,
        "installed" if there else "not installed: no SRT source (Debian: libsrt1.5-gnutls)",
    )
    if any(source.genre is SourceKind.NDI for source in config.source):
        yield _ndi()
    speaks = shutil.which("espeak-ng") is not None
    yield Line(
        "library",
        "espeak-ng",
        Verdict.GOOD,
        "installed" if speaks else "not installed: only `regie demo` would use it",
    )


def _ndi() -> Line:
    try:
        return Line("library", "NDI", Verdict.GOOD, str(library().version()))
    except CameraError as error:
        return Line("library", "NDI", Verdict.WRONG, str(error))


def _folder(folder: Path) -> Line:
    if len(str(folder.resolve() / _LONGEST_SOCKET).encode()) > _SOCKET_PATH_MAX:
        return Line(
            "folder",
            folder.name,
            Verdict.WRONG,
            f"{folder}: this path is too long for the sockets between processes",
        )
    try:
        with sole_user(folder):
            return Line("folder", folder.name, Verdict.GOOD, str(folder.resolve()))
    except StartError as error:
        return Line("folder", folder.name, Verdict.WRONG, error.message)


def _disk(config: Config) -> Line:
    folder = next(
        path
        for path in (config.serveur.dossier.resolve(), *config.serveur.dossier.resolve().parents)
        if path.exists()
    )
    free = shutil.disk_usage(folder).free
    programme, webtv = config.programme, config.webtv
    main = programme.debit_kbps + programme.debit_son_kbps
    kbps = (
        main * (2 if config.enregistrement.actif else 1)
        + webtv.debit_360p_kbps
        + programme.debit_son_kbps
        + webtv.debit_son_seul_kbps
        + (webtv.debit_240p_kbps and webtv.debit_240p_kbps + webtv.debit_son_seul_kbps)
    )
    hours = (free - config.enregistrement.espace_minimal_go * 1e9) * 8 / (kbps * 1000) / 3600
    verdict = Verdict.WRONG if hours <= 0 else Verdict.DOUBTFUL if hours < LONG_COUNCIL_H else Verdict.GOOD
    return Line("disk", str(folder), verdict, f"{free / 1e9:.0f} GB free: {max(0.0, hours):.0f} h of session")


async def _clock() -> Line:
    """Is the machine's clock set by the network? Segments and the register carry its time."""
    match await set_by_network():
        case True:
            return Line("clock", "", Verdict.GOOD, "set by the network")
        case False:
            return Line(
                "clock",
                "",
                Verdict.DOUBTFUL,
                "not set by the network: hours in the register are this machine's word",
            )
        case None:
            return Line("clock", "", Verdict.GOOD, "this system does not tell whether the network sets it")
