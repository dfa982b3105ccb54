"""The WebTV's files over HTTP: playlists, segments, recordings.

Segments never change: caches keep them for a day, so that a thousand viewers are one reader behind any proxy; no longer, for what
is taken out must not stay for ever in one that could not be told. Playlists are kept a second and asked again by tag.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from regie.domain.model import SeanceState
from regie.media.playlist import rewritten
from regie.media.shifting import shifts
from web_ui import playlists, waiting
from web_ui.agenda import Timelines
from web_ui.chapters import finer_ranges, moments_webvtt, ranges, webvtt
from web_ui.errors import Gone, NotHere
from web_ui.hotfiles import HotFile, HotFiles
from web_ui.passages import heard_moments
from web_ui.public import (
    LIVE_MASTER,
    SEANCE_ID,
    agenda_of,
    master_of,
    moments_of,
    public_ms,
    replay_public,
)
from web_ui.services import Services

_RENDITION = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.(m3u8|m4s|mp4|ts|aac|vtt)")
_RECORDING = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,127}\.mp4")
_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    "ts": "video/mp2t",
    "aac": "audio/aac",
    "vtt": "text/vtt",
}
IMMUTABLE = "public, max-age=86400, immutable"
LIVE_PLAYLIST = "public, max-age=1"
ENDED_PLAYLIST = "public, max-age=300"
# How long after its end a live may still be followed to its last second, before its replay is validated.
LEAVING_S = 300
WAITING = "/direct/attente/"
# Where the engine keeps the slate of before the live, in the folder of the data.
FOLDER = "attente"
# Before the first segments of a séance.
RETRY_S = 2
# Beside the place of a segment that was taken out for good.
TOMBSTONE = ".retire"
# Above this, a file is streamed from the disk.
_HOT_FILE = 4 * 1024 * 1024


class PublicRoute(Route):
    """A route that anybody may GET: it reads no cookie and sets none. Lighter than the API's, for a thousand viewers."""


class Media:
    """Serves what the engine wrote under ``<dossier>/seances``."""

    def __init__(self, services: Services, timelines: Timelines) -> None:
        self._services = services
        self._origins = frozenset(services.config.webtv.origines_autorisees)
        self._hot = HotFiles()
        self._timelines = timelines
        self._ranges: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._slate = services.config.serveur.dossier / FOLDER
        self._waited: dict[str, int] = {}
        """By séance, the last number of the slate that somebody was told of."""

    def routes(self) -> list[Route]:
        """Its routes."""
        methods = ["GET", "HEAD", "OPTIONS"]
        return [
            PublicRoute(LIVE_MASTER, self.live, methods=methods),
            PublicRoute(f"{WAITING}index.m3u8", self.waiting, methods=methods),
            PublicRoute(WAITING + "{file}", self.waiting_file, methods=methods),
            PublicRoute(WAITING + "{seance}/{rendition}/{file}", self.waiting_file, methods=methods),
            PublicRoute("/media/{seance}/index.m3u8", self.master, methods=methods),
            PublicRoute("/media/{seance}/chapitres.vtt", self.chapters, methods=methods),
            PublicRoute("/media/{seance}/moments.vtt", self.moments, methods=methods),
            PublicRoute("/media/{seance}/{rendition}/{file}", self.file, methods=methods),
        ]

    def _cors(self, request: Request) -> dict[str, str]:
        if "*" in self._origins:
            allowed = {"Access-Control-Allow-Origin": "*"}
        elif (origin := request.headers.get("origin")) in self._origins and origin:
            allowed = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        else:
            return {"Vary": "Origin"}
        return allowed | {"Access-Control-Expose-Headers": "Content-Length, Content-Range, Date, ETag"}

    def _preflight(self, request: Request) -> Response:
        allowed = {
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "Range, If-None-Match",
            "Access-Control-Max-Age": "86400",
        }
        return Response(status_code=204, headers=self._cors(request) | allowed)

    async def live(self, request: Request) -> Response:
        """The master playlist of the current séance, live or over; before its first segments, that of a slate. Raises NotHere."""
        if request.method == "OPTIONS":
            return self._preflight(request)
        view = self._services.core.view()
        if view is None:
            raise NotHere("no séance", code="public.aucune_seance")
        if (
            view.state is not SeanceState.ENDED
            and not master_of(self._services.seances_dir, view.id).exists()
        ):
            slate = await self._hot.text(
                self._slate / "master.m3u8", WAITING, lambda text: playlists.with_prefix(text, WAITING)
            )
            if slate is not None:
                return self._playlist(request, slate, LIVE_PLAYLIST)
        return await self._master(request, view.id)

    async def waiting(self, request: Request) -> Response:
        """The slate's media playlist, which goes on with the live as soon as there is one. Raises NotHere."""
        if request.method == "OPTIONS":
            return self._preflight(request)
        view = self._services.core.view()
        if view is None:
            raise NotHere("no séance", code="public.aucune_seance")
        if master_of(self._services.seances_dir, view.id).exists():
            return await self._after_the_slate(request, view.id)
        newest = waiting.number(self._services.clock.utc_ns() // 1_000_000_000)
        hot = await self._hot.text(
            self._slate / "index.m3u8", f"{newest}", lambda text: waiting.waiting(text, newest)
        )
        if hot is None:
            raise NotHere("nothing to play yet", code="pas_encore", attendre_s=RETRY_S)
        self._waited[view.id] = newest
        return self._playlist(request, hot, LIVE_PLAYLIST)

    async def _after_the_slate(self, request: Request, seance: str) -> Response:
        self._expect_public(seance)
        rendition = f"{self._services.config.programme.hauteur}p"
        prefix, newest = f"{WAITING}{seance}/{rendition}/", self._waited.get(seance, waiting.SHOWN)
        path = self._services.seances_dir / seance / "hls" / rendition / "index.m3u8"
        slate = await self._hot.text(self._slate / "index.m3u8", "slate", lambda text: text)
        shown = slate.body.decode() if slate is not None else ""
        hot = await self._hot.text(
            path, f"after {newest} {shown}", lambda text: waiting.following(text, prefix, shown, newest)
        )
        if hot is None:
            raise NotHere("nothing to play yet", code="pas_encore", attendre_s=RETRY_S)
        return self._playlist(request, hot, ENDED_PLAYLIST if hot.over else LIVE_PLAYLIST)

    async def waiting_file(self, request: Request) -> Response:
        """The slate's files, and those of the live as they come after it. Raises NotHere."""
        if request.method == "OPTIONS":
            return self._preflight(request)
        seance, rendition, name = (
            request.path_params.get(key, "") for key in ("seance", "rendition", "file")
        )
        found = _FILE.fullmatch(name)
        known = not seance or (SEANCE_ID.fullmatch(seance) and _RENDITION.fullmatch(rendition))
        if not (known and found) or found[1] not in ("mp4", "m4s"):
            raise NotHere("no such file")
        folder = self._services.seances_dir / seance / "hls" / rendition if seance else self._slate
        path, media_type, n = folder / name, _TYPES[found[1]], request.query_params.get("n", "")
        if found[1] == "mp4":
            return await self._segment(request, path, media_type)
        hot = await self._hot.bytes(path, _HOT_FILE) if re.fullmatch(r"\d{1,12}", n) else None
        if hot is None:
            raise NotHere("no such segment")
        # Caches are told of a passage that is taken out by its usual address: they must not keep it under this one.
        headers = self._cors(request) | {"Cache-Control": "no-store" if seance else IMMUTABLE}
        return _whole(request, waiting.retimed(hot.body, int(n)), headers, media_type)

    async def master(self, request: Request) -> Response:
        """The master playlist of any séance. Raises NotHere."""
        if request.method == "OPTIONS":
            return self._preflight(request)
        return await self._master(request, request.path_params["seance"])

    async def _master(self, request: Request, seance: str) -> Response:
        if not SEANCE_ID.fullmatch(seance):
            raise NotHere("no such séance", code="seance_inconnue")
        prefix = f"/media/{seance}/"
        self._expect_public(seance)
        path = master_of(self._services.seances_dir, seance)
        hot = await self._hot.text(path, f"master {prefix}", lambda text: playlists.with_prefix(text, prefix))
        if hot is None:
            raise NotHere("nothing to play yet", code="pas_encore", attendre_s=RETRY_S)
        return self._playlist(request, hot, LIVE_PLAYLIST)

    async def chapters(self, request: Request) -> Response:
        """The items of a séance as WebVTT chapters, for players that are not ours. Raises NotHere."""
        return await self._cues(request, finer=False)

    async def moments(self, request: Request) -> Response:
        """Who spoke, votes and suspensions likewise. Raises NotHere."""
        return await self._cues(request, finer=True)

    async def _cues(self, request: Request, *, finer: bool) -> Response:
        if request.method == "OPTIONS":
            return self._preflight(request)
        seance = request.path_params["seance"]
        if not SEANCE_ID.fullmatch(seance):
            raise NotHere("no such séance", code="seance_inconnue")
        self._expect_public(seance)
        hls = self._services.seances_dir / seance / "hls"
        timeline = self._timelines.of(hls, f"{self._services.config.programme.hauteur}p")
        if timeline is None:
            raise NotHere("nothing to play yet", code="pas_encore", attendre_s=RETRY_S)
        if finer:
            found = moments_of(self._services, self._timelines, seance)
            text = moments_webvtt(found, timeline.length_s)
        else:
            text = webvtt(agenda_of(self._services, self._timelines, seance), timeline.length_s)
        headers = self._cors(request) | {"Cache-Control": LIVE_PLAYLIST}
        return _whole(request, text.encode(), headers, _TYPES["vtt"])

    async def file(self, request: Request) -> Response:
        """A playlist, an initialisation, a segment. Raises NotHere."""
        if request.method == "OPTIONS":
            return self._preflight(request)
        seance, rendition, name = (request.path_params[key] for key in ("seance", "rendition", "file"))
        found = _FILE.fullmatch(name)
        if not (SEANCE_ID.fullmatch(seance) and _RENDITION.fullmatch(rendition) and found):
            raise NotHere("no such file")
        path = self._services.seances_dir / seance / "hls" / rendition / name
        if found[1] == "m3u8":
            self._expect_public(seance)
            return await self._media_playlist(request, path)
        return await self._segment(request, path, _TYPES[found[1]])

    def _expect_public(self, seance: str) -> None:
        """Raises NotHere ``rejeu_non_valide`` for a séance that is over and whose list of masks waits for a person.

        Not in its first minutes: who followed the live sees it to its end.
        """
        current = self._services.core.view()
        for view in (*((current,) if current else ()), *self._services.core.past()):
            if view.id == seance and view.state is SeanceState.ENDED and view.ended_utc is not None:
                now_s = self._services.clock.utc_ns() // 1_000_000_000
                if now_s - view.ended_utc > LEAVING_S and not replay_public(view, self._services):
                    raise NotHere("the replay is not validated yet", code="rejeu_non_valide")
                return

    async def _media_playlist(self, request: Request, path: Path) -> Response:
        ranges = self._ranges_of(path.parents[2])
        skipping = request.query_params.get("_HLS_skip") in ("YES", "v2")

        def wanted(text: str) -> str:
            offered = playlists.offering_deltas(rewritten(text, {}, ranges) if ranges else text)
            now_s = self._services.clock.utc_ns() // 1_000_000_000
            return playlists.delta(offered, now_s) if skipping else offered

        hot = await self._hot.text(path, "\n".join(("delta" if skipping else "whole", *ranges)), wanted)
        if hot is None:
            raise NotHere("no such playlist", attendre_s=RETRY_S)
        return self._playlist(request, hot, ENDED_PLAYLIST if hot.over else LIVE_PLAYLIST)

    def _ranges_of(self, folder: Path) -> tuple[str, ...]:
        """The chapters of a séance as date ranges, looked at once a second whoever asks."""
        agenda = self._services.core.agenda(folder.name)
        if not agenda:
            return ()
        now_s = self._services.clock.utc_ns() // 1_000_000_000
        known = self._ranges.get(folder.name)
        if known is None or known[0] != now_s:
            changes, seen_ms = shifts(folder), public_ms(self._services)
            finer = finer_ranges(heard_moments(self._services, folder.name), changes, seen_ms)
            found = ranges(agenda, changes, seen_ms) + finer
            known = self._ranges[folder.name] = (now_s, found)
        return known[1]

    def _playlist(self, request: Request, hot: HotFile, cache: str) -> Response:
        headers = self._cors(request) | {"Cache-Control": cache, "ETag": hot.tag}
        if hot.tag in (known.strip() for known in request.headers.get("if-none-match", "").split(",")):
            return Response(status_code=304, headers=headers)
        body = hot.body
        if hot.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            # What is not compressed here says as much by itself, from the middleware that compresses the rest.
            headers["Content-Encoding"] = "gzip"
            headers["Vary"] = ", ".join(("Accept-Encoding", *filter(None, [headers.get("Vary")])))
            body = hot.packed
        return _whole(request, body, headers, _TYPES["m3u8"])

    async def _segment(self, request: Request, path: Path, media_type: str) -> Response:
        headers = self._cors(request) | {"Cache-Control": IMMUTABLE}
        if "range" not in request.headers:
            hot = await self._hot.bytes(path, _HOT_FILE)
            if hot is not None:
                headers |= {"ETag": hot.tag, "Accept-Ranges": "bytes"}
                return _whole(request, hot.body, headers, media_type)
        return _from_disk(path, headers, media_type)


def _from_disk(path: Path, headers: Mapping[str, str], media_type: str) -> Response:
    if not path.is_file():
        if path.with_name(f"{path.name}{TOMBSTONE}").exists():
            raise Gone("a passage that was taken out")
        raise NotHere("no such segment")
    return FileResponse(path, headers=headers, media_type=media_type)


def _whole(request: Request, body: bytes, headers: Mapping[str, str], media_type: str) -> Response:
    if request.method != "HEAD":
        return Response(body, headers=headers, media_type=media_type)
    return Response(headers={**headers, "Content-Length": str(len(body))}, media_type=media_type)
