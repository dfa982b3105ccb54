"""``/healthz`` and ``/metrics``: what a supervisor and an operator's Prometheus ask. No name of a person appears in them."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from enum import StrEnum

from fastapi import APIRouter, Depends, Request
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.responses import Response

from regie.board import Alarm, EngineStatus, OutputState, SourceState
from regie.clock import Clock
from web_ui.auth import Allow, Gate
from web_ui.bodies import Answer, describe, reply
from web_ui.hub import Hub
from web_ui.rights import Right
from web_ui.services import Board, Services

# The engine tells its status once a second at least.
FRESH_NS = 3_000_000_000
_LAG_EVERY_S = 0.25
_LAG_KEPT = 20
SLOW_S, SLOW_TIMES = 0.25, 3
"""A loop that late keeps every page waiting as long; so many times within the last seconds, it is no hiccup."""
_LAG_BUCKETS_S = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class EngineWatch:
    """Knows since when the engine has said nothing."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._last_ns: int | None = None
        self._stop = board.status.listen(self._heard)
        if board.status.get() is not None:
            self._heard()

    def _heard(self) -> None:
        self._last_ns = None if self._board.status.get() is None else self._clock.monotonic_ns()

    def age_ns(self) -> int | None:
        """Nanoseconds since its last status; None while it is away."""
        return None if self._last_ns is None else self._clock.monotonic_ns() - self._last_ns

    def reason(self) -> str | None:
        """A stable code when it is away or mute, None when all is well."""
        age_ns = self.age_ns()
        if age_ns is None:
            return "moteur_absent"
        return "moteur_muet" if age_ns >= FRESH_NS else None

    def close(self) -> None:
        """Listen no more."""
        self._stop()


class LoopLag:
    """How late the control process's loop runs what is due: the time that pages wait for nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent_s: deque[float] = deque(maxlen=_LAG_KEPT)
        self.histogram = Histogram(
            "regie_control_loop_lag_seconds",
            "Lateness of the control process's event loop",
            buckets=_LAG_BUCKETS_S,
            registry=None,
        )

    async def run(self) -> None:
        """Measure, for ever."""
        while True:
            due_ns = self._clock.monotonic_ns() + int(_LAG_EVERY_S * 1e9)
            await asyncio.sleep(_LAG_EVERY_S)
            self.late(max(0, self._clock.monotonic_ns() - due_ns) / 1e9)

    def late(self, seconds: float) -> None:
        """What was due ran so long after."""
        self.histogram.observe(seconds)
        self._recent_s.append(seconds)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """``pages_lentes`` while people feel it again and again."""
        slow = sum(late >= SLOW_S for late in self._recent_s) >= SLOW_TIMES
        return (Alarm(code="pages_lentes", severe=False),) if slow else ()


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _by(
    kind: type[GaugeMetricFamily] | type[CounterMetricFamily],
    name: str,
    text: str,
    label: str,
    values: Iterable[tuple[str, float]],
) -> Metric:
    family = kind(name, text, labels=(label,))
    for subject, value in values:
        family.add_metric((subject,), value)
    return family


def _states(
    name: str, text: str, label: str, all_states: type[StrEnum], now: Iterable[tuple[str, StrEnum]]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=(label, "state"))
    for subject, state in now:
        for possible in all_states:
            family.add_metric((subject, possible.value), float(possible is state))
    return family


def _engine(status: EngineStatus) -> Iterator[Metric]:
    c = status.counters
    yield _counter("regie_frames", "Pictures of the programme since the engine started", c.frames)
    yield _counter("regie_frames_skipped", "Pictures the programme could not make in time", c.skipped)
    yield _counter("regie_encoder_dropped", "Pictures the encoder could not take", c.encoder_dropped)
    yield _gauge("regie_encoder_queue", "Pictures waiting for the encoder", c.encoder_queue)
    yield _gauge("regie_encoder_seconds", "Time to encode a picture", c.encoder_ms / 1000)
    yield _gauge("regie_mixer_seconds", "Time to compose a picture", c.mixer_ms / 1000)
    yield _gauge("regie_engine_cpu", "Processors the engine uses", c.cpu)
    yield _gauge("regie_engine_resident_bytes", "Memory of the engine", c.rss_mb * 1024 * 1024)
    yield _gauge("regie_engine_loop_lag_seconds", "Lateness of the engine's event loop", c.loop_lag_ms / 1000)
    yield _gauge("regie_uplink_bits_per_second", "Sent to the destinations", c.uplink_kbps * 1000)
    yield _gauge("regie_disk_free_bytes", "Free on the disk of the recordings", c.disk_free_gb * 1e9)
    yield _gauge("regie_disk_seconds", "Recording time left on that disk", c.disk_hours * 3600)
    yield _gauge("regie_antenna_on", "Citizens receive the programme", status.antenna.on)
    yield _gauge("regie_delay_held_seconds", "Confidentiality delay held now", status.delay.held_ms / 1000)
    yield _gauge("regie_recording_on", "The recording runs", status.recording.on)
    yield _gauge("regie_recording_seconds", "Recorded so far", status.recording.seconds)
    yield _counter(
        "regie_recording_dropped", "Packets the recording could not take", status.recording.dropped
    )
    yield _gauge("regie_webtv_segments", "Segments of the WebTV", status.webtv.segments)
    yield _gauge(
        "regie_webtv_behind_seconds", "Age of the newest segment's end", status.webtv.behind_ms / 1000
    )
    yield _gauge("regie_alarms", "Alarms raised now", len(status.alarms))


def _sources(status: EngineStatus) -> Iterator[Metric]:
    sources = status.sources
    yield _states(
        "regie_source_state", "State of a source", "source", SourceState, ((s.id, s.state) for s in sources)
    )
    yield _by(
        GaugeMetricFamily,
        "regie_source_latency_seconds",
        "From arrival to programme",
        "source",
        ((s.id, s.latency_ms / 1000) for s in sources),
    )
    for name, text, values in (
        ("regie_source_drops", "Pictures dropped", ((s.id, s.drops) for s in sources)),
        ("regie_source_repeats", "Pictures shown again", ((s.id, s.repeats) for s in sources)),
        ("regie_source_reconnects", "Reconnections", ((s.id, s.reconnects) for s in sources)),
    ):
        yield _by(CounterMetricFamily, name, text, "source", values)


def _outputs(status: EngineStatus) -> Iterator[Metric]:
    outputs = status.outputs
    yield _states(
        "regie_output_state",
        "State of a destination",
        "output",
        OutputState,
        ((o.id, o.state) for o in outputs),
    )
    yield _by(
        GaugeMetricFamily,
        "regie_output_bits_per_second",
        "Sent to a destination",
        "output",
        ((o.id, o.kbps * 1000) for o in outputs),
    )
    for name, text, values in (
        ("regie_output_dropped", "Packets dropped", ((o.id, o.dropped) for o in outputs)),
        ("regie_output_reconnects", "Reconnections", ((o.id, o.reconnects) for o in outputs)),
    ):
        yield _by(CounterMetricFamily, name, text, "output", values)


class BoardCollector(Collector):
    """Turns the board into metrics at each scrape; nothing is kept between two."""

    def __init__(self, services: Services, watch: EngineWatch, hub: Hub, gate: Gate) -> None:
        self._services = services
        self._watch = watch
        self._hub = hub
        self._gate = gate

    def collect(self) -> Iterator[Metric]:
        """All the metrics of now."""
        yield _gauge("regie_engine_up", "The engine says it is well", self._watch.reason() is None)
        yield _gauge("regie_consoles", "Consoles on the event stream", self._hub.clients)
        yield _counter(
            "regie_consoles_replaced", "News replaced before a slow console took it", self._hub.replaced
        )
        yield _counter(
            "regie_logins_refused", "Attempts to log in that were refused", self._gate.refused_logins
        )
        status = self._services.board.status.get()
        if status is not None:
            yield from _engine(status)
            yield from _sources(status)
            yield from _outputs(status)


def make_registry(collector: BoardCollector) -> CollectorRegistry:
    """A registry of this application's own, with the memory and processor time of its process."""
    registry = CollectorRegistry()
    registry.register(collector)
    ProcessCollector(registry=registry)
    return registry


class Health(Answer, frozen=True):
    """``causes``: stable codes of what is wrong; empty when ``etat`` is ``ok``."""

    etat: str
    causes: tuple[str, ...]


router = APIRouter(tags=["exploitation"])


@router.head("/healthz", include_in_schema=False, dependencies=[Depends(Allow(Right.PUBLIC))])
@router.get(
    "/healthz",
    summary="La régie va-t-elle bien ?",
    dependencies=[Depends(Allow(Right.PUBLIC))],
    openapi_extra=describe(gives=Health),
)
async def health(request: Request) -> Response:
    """200 when the engine told its state less than 3 s ago, else 503 with the reasons."""
    watch: EngineWatch = request.app.state.engine_watch
    causes = [code for code in (watch.reason(), request.app.state.background.reason()) if code]
    return reply(Health(etat="panne" if causes else "ok", causes=tuple(causes)), 503 if causes else 200)


@router.get("/metrics", include_in_schema=False, dependencies=[Depends(Allow(Right.OBSERVE))])
async def metrics(request: Request) -> Response:
    """The board in the text format of Prometheus, for the local network and for operators."""
    body = generate_latest(request.app.state.registry)
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})
