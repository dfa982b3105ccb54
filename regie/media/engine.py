"""The engine process: sources, mixer, encoders, delay, outputs. Started by the supervisor.

The public is on the slate before any source is opened, so that a crash costs the viewers two or three seconds and never their
connection. A part that dies is replaced; when that does not help, the process ends and a fresh one takes over.
"""

import argparse
import asyncio
import gc
import logging
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import cv2

from config.load import ConfigError, load
from config.schema import Config
from regie.clock import Clock, MediaClock, SystemClock
from regie.domain.commands import EngineCommand, SetAntenna
from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.errors import RegieError
from regie.heartbeat import Heart
from regie.log import setup
from regie.media import memory, waiting
from regie.media.antenna import Antenna
from regie.media.chain import Chain, tier_specs
from regie.media.desk import Desk
from regie.media.engine_link import (
    ANTENNA,
    PROGRAMME,
    PROGRAMME_JPEG,
    STATUS,
    AntennaReader,
    EngineLink,
    Listeners,
)
from regie.media.engine_state import EngineState, StateFile, StateKeeper
from regie.media.frames import Cleared, EncodedPicture, Live, Picture, SoundBlock
from regie.media.health import Health, HealthProbe, LagGauge
from regie.media.masking import Masking
from regie.media.matching import MatchingSlates
from regie.media.purging import Purger
from regie.media.report import signature
from regie.media.rooms import REMOTE, RoomInbox
from regie.media.rtmp import RtmpOutputs, destination
from regie.media.rtmp_publisher import Destination
from regie.media.sealed import FOLDER, SUFFIX, SealedOriginal
from regie.media.seance_files import SeanceFiles
from regie.media.seance_outputs import SeanceOutputs
from regie.media.shifting import ShiftLog
from regie.media.slates import draw_slate
from regie.media.sound_out import SoundOutputs
from regie.media.stage import Stage
from regie.media.status import Parts, Reporter
from regie.media.tracks import MIX_TRACKS
from regie.media.waiting import WaitingTv

log = logging.getLogger("regie.media.engine")

SOCKET, STATE = "engine.sock", "engine-state.json"
FAILED, NOT_CONFIGURED = 1, 2
SWITCH_S = 0.001
NICE = -10
"""Needs a right (systemd: LimitNICE); without it the engine is a process like any other."""
NEWS_S = 0.1
NEWS_PER_SECOND = 10
PARTING_S = 0.3
"""How long the slate is shown before a clean stop, so that it is the last picture everywhere."""


class Engine:
    """One run of the engine. :meth:`run` returns when ``stop`` is set, or when the process must be replaced."""

    def __init__(self, config: Config, run: Path, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        file = StateFile(run / STATE)
        self._left = file.load()
        self._state = StateKeeper(file)
        self._media_clock = MediaClock(clock)
        self._epoch = Epoch(_run_name(clock), clock.utc_ns())
        antenna = Antenna.after(self._left, clock.monotonic_ns() // 1_000_000)
        self._chain = Chain(
            config, clock, self._media_clock, self._draw_slate, antenna.slate, self._left.delay_s
        )
        self._masking = Masking(
            self._chain.gate,
            self._chain.line,
            self._media_clock,
            clock,
            config.confidentialite.garde_ms,
            self._chain.ask_keys,
            self._left.masks,
            frozen=config.confidentialite.image_masquee == "figee"
            if self._left.frozen is None
            else self._left.frozen,
            hold=self._chain.hold_picture,
        )
        rooms = RoomInbox(frozenset(one.id for one in config.source if one.genre in REMOTE))
        self._link = EngineLink(run / SOCKET, self._carry_out, self._subscribed, rooms)
        self._stage = Stage(
            config,
            self._media_clock,
            self._chain.format,
            self._chain.picture,
            self._sound,
            self._link.thumbnail_from_thread,
            self._left,
            rooms,
        )
        self._sound_outputs = SoundOutputs(config.sortie_son)
        self._stage.mixer.other_mixes = Listeners(self._link, self._sound_outputs)
        self._rtmp = RtmpOutputs(_destinations(config), self._chain.main)
        self._seance = SeanceOutputs(
            self._make_files, lambda: self._chain.line.held / SAMPLE_RATE, self._chain.bits_per_second
        )
        self._shifts: ShiftLog | None = None
        micros = tuple(m.id for m in config.micro)
        self._track_names = (*micros, *MIX_TRACKS) if config.enregistrement.pistes and micros else ()
        if self._track_names:
            self._stage.mixer.apart_sink = self._chain.apart
            self._chain.line.tracks = self._seance.apart
        self._desk = Desk(
            self._stage.mixer,
            self._chain,
            self._rtmp,
            self._seance,
            self._stage.thumbnails,
            clock,
            antenna,
            {d.id: d.active for d in config.destination} | self._left.outputs,
            self._stage.measure_sync,
            self._masking,
        )
        self._lag = LagGauge()
        parts = Parts(
            self._chain, self._stage, self._desk, self._rtmp, self._seance, self._lag, self._sound_outputs
        )
        self._reporter = Reporter(config, self._epoch, clock, self._media_clock, parts)
        self._probe = HealthProbe(config.serveur.dossier)
        # Before the first second is over somebody reads it: no measure would look like no disk.
        self._reporter.health = self._probe.measure()
        self._giving_back = memory.GiveBack()
        self._measuring: asyncio.Task[Health] | None = None
        self._waiting = WaitingTv(config.serveur.dossier / waiting.FOLDER, self._chain.main)
        self._waiting_task: asyncio.Task[None] | None = None
        self._news_due = True
        self._well = True

    async def run(self, stop: asyncio.Event, heart: Heart) -> bool:
        """Work until ``stop``. False when the process must be replaced."""
        await self._start()
        beating = asyncio.create_task(heart.beat_while(lambda: self._well))
        try:
            await self._work(stop)
        finally:
            beating.cancel()
            await self._stop()
        return self._well

    async def _start(self) -> None:
        self._chain.tap_live(self._live_picture)
        self._chain.tap_public_sound(self._public_sound)
        self._chain.fanout.add("rtmp", self._rtmp)
        self._chain.fanout.add("antenne", AntennaReader(self._link))
        self._state.start()
        self._chain.start()
        log.info("the public is on the slate", extra={"slate": self._desk.antenna.slate.value})
        await self._rtmp.start()
        for output, on in self._desk.outputs_on.items():
            self._rtmp.set_on(output, on)
        if self._left.seance:
            await self._take_up()
        await self._link.start()
        self._sound_outputs.start()
        self._stage.start()
        self._giving_back.start()

    async def _take_up(self) -> None:
        """The séance of the run before."""
        directory = Path(self._left.directory)
        if self._left.closed:
            await self._seance.end_abandoned(self._left.seance, directory)
        else:
            self._seance.open(self._left.seance, directory, recording=self._left.recording)

    async def _work(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        due, turn, told = loop.time(), 0, None
        while not stop.is_set() and self._well:
            due += NEWS_S
            try:
                async with asyncio.timeout_at(due):
                    await stop.wait()
            except TimeoutError:
                pass
            self._lag.late(loop.time() - due)
            due = max(due, loop.time() - NEWS_S)
            turn += 1
            self._masking.tend()
            if turn % NEWS_PER_SECOND == 0:
                self._well = self._housekeep()
            if self._link.wanted(STATUS) or turn % NEWS_PER_SECOND == 0:
                told = self._tell(told, turn % NEWS_PER_SECOND == 0)

    def _tell(self, told: tuple[object, ...] | None, anyway: bool) -> tuple[object, ...]:
        status = self._reporter.status()
        now = signature(status)
        if anyway or self._news_due or now != told:
            self._news_due = False
            self._link.status(status)
        self._link.levels(self._reporter.levels())
        return now

    def _housekeep(self) -> bool:
        """Once a second: who is decoded, what died, how the machine is. False when a fresh process is needed."""
        self._measure()
        self._keep_waiting()
        self._stage.warm(self._reporter.health.load)
        if self._link.wanted(PROGRAMME_JPEG):
            self._stage.thumbnails.watch_programme()
        self._seance.mend()
        now = self._media_clock.now()
        self._seance.note_outputs(self._rtmp.statuses(), now)
        self._seance.announce(self._masking.masks, now)
        if self._shifts is not None and self._seance.bound:
            self._shifts.note(self._chain.line.course)
        self._stage.mend()
        self._save()
        if not self._stage.well:
            log.error("the mixer died: a fresh engine is needed")
            return False
        if not self._chain.mend():
            log.error("the encoders or the exit died: a fresh engine is needed")
            return False
        return True

    def _keep_waiting(self) -> None:
        """Who comes to the live before it has segments sees a slate, with the right time on it."""
        gop = self._chain.slate(SlateName.BEFORE)
        busy = self._waiting_task is not None and not self._waiting_task.done()
        if gop is None or busy or self._seance.bound or self._waiting.shows(gop):
            return
        self._waiting_task = asyncio.create_task(asyncio.to_thread(self._waiting.show, gop), name="waiting")

    def _measure(self) -> None:
        """How the machine is, as of a second ago: a disk that keeps us waiting must not keep the next command waiting."""
        if self._measuring is not None:
            if not self._measuring.done():
                return
            self._reporter.health = self._measuring.result()
        self._measuring = asyncio.create_task(asyncio.to_thread(self._probe.measure), name="health")

    def _carry_out(self, command: EngineCommand) -> None:
        """Do it; what it changed is written after."""
        self._desk.carry_out(command)
        if isinstance(command, SetAntenna) and command.on:
            # What was said before is not what citizens hear.
            self._stage.mixer.sound.bus.loudness.restart()
        self._stage.warm_needed()
        self._news_due = True
        self._save()

    def _save(self) -> None:
        shown, antenna = self._stage.mixer.snapshot(), self._desk.antenna
        self._state.keep(
            EngineState(
                seance=self._seance.bound,
                directory=self._seance.directory,
                closed=self._seance.closing,
                recording=self._seance.recording,
                outputs=self._desk.outputs_on,
                programme=shown.programme,
                preview=shown.preview,
                title=shown.title,
                logo=shown.logo,
                inputs=shown.inputs,
                antenna_on=antenna.on,
                recovering=antenna.recovering,
                slate=antenna.slate,
                excluded=shown.excluded,
                veils=shown.veils,
                recess=self._stage.mixer.recess,
                delay_s=self._chain.line.target // SAMPLE_RATE,
                masks=self._masking.masks,
                frozen=self._masking.frozen,
            )
        )

    async def _stop(self) -> None:
        """A clean end: the slate everywhere, then everything is finished."""
        self._giving_back.stop()
        self._save()
        self._chain.antenna_off(
            SlateName.FAULT if self._desk.antenna.on else self._desk.antenna.slate, at_once=True
        )
        await asyncio.sleep(PARTING_S)
        await self._link.stop()
        await asyncio.gather(self._seance.stop(), self._rtmp.stop())
        await asyncio.to_thread(self._state.close)
        await asyncio.to_thread(self._stage.stop)
        await asyncio.to_thread(self._sound_outputs.stop)
        await asyncio.to_thread(self._chain.stop)

    def _subscribed(self, fresh: frozenset[str]) -> None:
        if STATUS in fresh:
            self._news_due = True
        if PROGRAMME in fresh:
            for tier in self._chain.tiers:
                self._chain.ask_key(tier)

    def _sound(self, block: SoundBlock) -> None:
        self._chain.sound(block)
        self._seance.live_sound(block)
        self._link.sound_from_thread(PROGRAMME, block)
        self._sound_outputs.take(PROGRAMME, block)

    def _live_picture(self, packet: Live[EncodedPicture]) -> None:
        self._link.picture_from_thread(PROGRAMME, packet.value)
        self._seance.live_picture(packet)

    def _public_sound(self, block: Cleared[SoundBlock]) -> None:
        self._link.sound_from_thread(ANTENNA, block.value)

    def _make_files(self, seance: str, directory: Path) -> SeanceFiles:
        chain = self._chain
        held = chain.line.held
        epoch = chain.public_epoch(self._epoch, held)
        self._shifts = ShiftLog(directory, epoch, held, self._media_clock.now())
        return SeanceFiles(
            seance,
            directory,
            chain.tiers,
            self._config.webtv.segment_s,
            epoch,
            chain.fanout,
            self._clock,
            MatchingSlates(self._draw_slate, self._clock.utc_ns(), tier_specs(self._config)),
            Purger(self._config.webtv).tell,
            self._track_names,
            self._make_sealed(directory),
        )

    def _make_sealed(self, directory: Path) -> SealedOriginal | None:
        """The sealed original of a séance; none when it is not allowed, or when its key cannot be read (which is logged)."""
        original = self._config.original
        if not original.actif or original.cle_publique_fichier is None:
            return None
        path = directory / FOLDER / f"{self._epoch.run}{SUFFIX}"
        bitrate = self._config.programme.debit_son_kbps * 1000
        try:
            return SealedOriginal(path, original.cle_publique_fichier, self._chain.main, bitrate, self._epoch)
        except RegieError as error:
            log.error("the sealed original cannot be made: %s", error.stable_code)
            return None

    def _draw_slate(self, name: SlateName, utc_ns: int) -> Picture:
        return draw_slate(name, self._config.ville, self._chain.format, utc_ns)


def _run_name(clock: Clock) -> str:
    """Sorts by time, never twice the same."""
    begun = datetime.fromtimestamp(clock.utc_ns() / 1e9, UTC)
    return f"{begun:%y%m%d%H%M%S}{secrets.token_hex(2)}"


def _destinations(config: Config) -> list[Destination]:
    """Those that can be used; one whose key is missing is said and left out."""
    usable = []
    for one in config.destination:
        try:
            usable.append(destination(one))
        except RegieError as error:
            log.error("output %s cannot be used: %s", one.id, error.stable_code)
    return usable


def _come_first() -> None:
    """A key that hides is heard by one thread among twenty.

    It waits for the interpreter's lock a millisecond at most (5 by default), and for a core before whatever else runs here.
    """
    sys.setswitchinterval(SWITCH_S)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)


async def _serve(config: Config, run: Path) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = Engine(config, run, SystemClock())
    gc.freeze()
    return await engine.run(stop, Heart.inherited())


def main(arguments: Sequence[str] | None = None) -> int:
    """The process. 0 after a clean stop, 2 when it cannot be configured, 1 when a fresh one is needed."""
    parser = argparse.ArgumentParser(prog="python -m regie.media.engine", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    asked = parser.parse_args(arguments)
    setup("engine")
    cv2.setNumThreads(1)
    memory.tune()
    _come_first()
    try:
        config = load(asked.config)
        well = asyncio.run(_serve(config, asked.run))
    except ConfigError as error:
        log.error("the configuration has %d mistakes", len(error.problems))
        return NOT_CONFIGURED
    except RegieError as error:
        log.error("the engine cannot start: %s", error.stable_code)
        return NOT_CONFIGURED
    return 0 if well else FAILED


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    # A thread stuck in a driver or a dead mount must not keep a stopped engine alive.
    sys.stderr.flush()
    os._exit(code)
