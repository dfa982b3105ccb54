"""Carries out commands: each is one call on the part it concerns, or a refusal with a stable code."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, assert_never

from regie.clock import Clock
from regie.domain import commands as do
from regie.domain.model import Shot, SlateName, SourceId, Title, Veil
from regie.domain.removal import check
from regie.errors import Refusal
from regie.media.antenna import Antenna
from regie.media.masking import Masking
from regie.media.seance_outputs import SeanceOutputs
from regie.media.thumbnails import Thumbnails


class MixerControls(Protocol):
    """What commands ask of the mixer; each may raise Refusal."""

    def set_preview(self, shot: Shot) -> None:
        """Prepare a shot."""

    def cut(self, expected: Shot | None = None) -> None:
        """Preview to programme."""

    def auto(self, duration_ms: int | None = None, expected: Shot | None = None) -> None:
        """Preview to programme by a fade."""

    def set_transition(self, permille: int) -> None:
        """The T-bar."""

    def take(self, shot: Shot) -> None:
        """A shot straight to programme."""

    def exclude(self, sources: Sequence[SourceId], veils: Mapping[SourceId, tuple[Veil, ...]]) -> None:
        """Sources that the programme must not show, and what of the others is veiled."""

    def set_recess(self, on: bool) -> None:
        """Suspended: no microphone, and the slate for everybody."""

    def set_title(self, title: Title | None) -> None:
        """The lower third."""

    def set_logo(self, visible: bool) -> None:
        """The logo."""

    def set_input(self, change: do.SetInput) -> None:
        """One sound input."""

    def close_inputs(self, inputs: Sequence[SourceId]) -> None:
        """Sound inputs that nobody hears."""

    def declare_open(self, microphones: tuple[str, ...] | None) -> None:
        """What the conference system says."""


class AntennaControls(Protocol):
    """What commands ask of the chain."""

    def antenna_off(self, slate: SlateName, *, at_once: bool) -> None:
        """The public gets a slate."""

    def antenna_on(self) -> None:
        """The public gets the programme."""

    def ask_key(self, tier: str) -> bool:
        """An IDR soon."""

    def let_go(self) -> None:
        """No picture is held any more: the slate instead."""

    def set_delay(self, seconds: int, by: do.DelayBy) -> None:
        """Another confidentiality delay; may raise Refusal."""


class OutputControls(Protocol):
    """What commands ask of the RTMP outputs."""

    def set_on(self, output: str, on: bool) -> bool:
        """Start or stop; False when unknown."""

    def forget_waiting(self) -> None:
        """What a server is late to take is not sent."""


class Desk:
    """The commands' way in. Lives on the engine's loop; nothing here waits."""

    def __init__(
        self,
        mixer: MixerControls,
        chain: AntennaControls,
        outputs: OutputControls,
        seance: SeanceOutputs,
        thumbnails: Thumbnails,
        clock: Clock,
        antenna: Antenna,
        outputs_on: dict[str, bool],
        measure_sync: Callable[[SourceId, int], None],
        masking: Masking,
    ) -> None:
        self._mixer = mixer
        self._chain = chain
        self._outputs = outputs
        self._seance = seance
        self._thumbnails = thumbnails
        self._clock = clock
        self.antenna = antenna
        self.outputs_on = outputs_on
        self._measure_sync = measure_sync
        self.masking = masking

    def carry_out(self, command: do.EngineCommand) -> None:
        """Do it. Raises Refusal."""
        match command:
            case do.SetPreview(shot=shot):
                self._mixer.set_preview(shot)
            case do.Cut(expected=expected):
                self._mixer.cut(expected)
            case do.Auto(duration_ms=duration_ms, expected=expected):
                self._mixer.auto(duration_ms, expected)
            case do.SetTransition(permille=permille):
                self._mixer.set_transition(permille)
            case do.TakeShot(shot=shot):
                self._mixer.take(shot)
            case do.SetTitle(title=title):
                self._mixer.set_title(title)
            case do.SetLogo(visible=visible):
                self._mixer.set_logo(visible)
            case do.SetInput():
                self._mixer.set_input(command)
            case do.SetClosed(inputs=inputs):
                self._mixer.close_inputs(inputs)
            case do.DeclareOpen(microphones=microphones):
                self._mixer.declare_open(microphones)
            case do.MeasureSync(source=source, seconds=seconds):
                self._measure_sync(source, seconds)
            case do.SetExcluded(sources=sources, veils=veils):
                self._mixer.exclude(sources, veils)
            case do.SetRecess(on=on):
                self._mixer.set_recess(on)
            case do.SetAntenna():
                self._set_antenna(command)
            case do.SetOutput(output=output, on=on):
                self._set_output(output, on)
            case do.SetRecording(on=on):
                self._seance.record(on)
            case do.OpenMask():
                opened = self.masking.open(command)
                if opened is not None and opened.gone:
                    self._outputs.forget_waiting()
                    self._seance.remove_gone(opened)
            case do.KeepMask(mask=mask, held=held):
                self.masking.keep(mask, held=held)
            case do.CloseMask():
                self.masking.close(command)
            case do.SetFrozen(on=on):
                self.masking.frozen = on
            case do.SetDelay(seconds=seconds, by=by):
                self._chain.set_delay(seconds, by)
            case do.OpenSeance():
                self._open(command)
            case do.CloseSeance():
                self._seance.close()
            case do.RemovePassage(removal=removal):
                check(removal)
                # The picture that is being held may be one of the passage.
                self._chain.let_go()
                self._seance.remove(removal)
            case do.Watch(on=on):
                self._thumbnails.watch(on)
            case do.RequestKeyframe(tier=tier):
                if not self._chain.ask_key(tier):
                    raise Refusal("there is no such rendition", code="flux_inconnu")
            case _:
                assert_never(command)

    def _set_antenna(self, command: do.SetAntenna) -> None:
        now_ms = self._clock.monotonic_ns() // 1_000_000
        if command.on:
            self.antenna = self.antenna.given(now_ms)
            self._chain.antenna_on()
            self._seance.seal(True)
        else:
            self._seance.seal(False)
            self.antenna = self.antenna.cut(command.slate, now_ms)
            self._chain.antenna_off(self.antenna.slate, at_once=command.at_once)
            if command.at_once:
                self._outputs.forget_waiting()

    def _set_output(self, output: str, on: bool) -> None:
        if not self._outputs.set_on(output, on):
            raise Refusal("there is no such output", code="sortie_inconnue", output=output)
        self.outputs_on = {**self.outputs_on, output: on}

    def _open(self, command: do.OpenSeance) -> None:
        directory = Path(command.directory)
        if not command.seance or not directory.is_absolute():
            raise Refusal("a séance needs an id and an absolute directory", code="seance_absente")
        self._seance.open(command.seance, directory, recording=command.recording)
