"""A WebTV that grows like a live one, from a minute that ffmpeg encoded beforehand."""

import asyncio
import subprocess
import threading
from datetime import datetime
from pathlib import Path

SEGMENT_S = 2
PUBLISHED_S = 60


class WebTv:
    """An HLS séance on disk that grows like a live one: segments made beforehand by ffmpeg, listed one after the other."""

    def __init__(self, made: Path, directory: Path) -> None:
        self._made = made
        self._directory = directory
        self._lock = threading.Lock()
        self.listed = 0
        self.over = False
        self.began: datetime | None = None
        """When its first picture was made; a playlist without it has no chapters."""
        for rendition in RENDITIONS:
            (directory / rendition).mkdir(parents=True)
            for file in (made / rendition).glob("*.m*4*"):
                (directory / rendition / file.name).symlink_to(file)

    async def run(self, first: int) -> None:
        """A live: ``first`` segments at once, then one more each time one would have been made."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for listed in range(first, PUBLISHED_S // SEGMENT_S + 1):
            await asyncio.sleep(max(0.0, start + (listed - first) * SEGMENT_S - loop.time()))
            self.publish(listed)

    def publish(self, segments: int, *, over: bool = False) -> None:
        """List that many segments; the master appears with the first."""
        with self._lock:
            self.listed, self.over = segments, over
            for rendition in RENDITIONS:
                self._list(rendition)
            master = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            for rendition, (bandwidth, more) in RENDITIONS.items():
                master += f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},{more}\n{rendition}/index.m3u8\n"
            _replace(self._directory / "master.m3u8", master)

    def _list(self, rendition: str) -> None:
        text = (self._made / rendition / "index.m3u8").read_text()
        head, *entries = text.replace("#EXT-X-ENDLIST\n", "").split("#EXTINF")
        if self.began is not None:
            head += f"#EXT-X-PROGRAM-DATE-TIME:{self.began.isoformat()}\n"
        listed = head + "".join("#EXTINF" + entry for entry in entries[: self.listed])
        _replace(
            self._directory / rendition / "index.m3u8", listed + ("#EXT-X-ENDLIST\n" if self.over else "")
        )


RENDITIONS = {
    "720p": (1_500_000, 'RESOLUTION=1280x720,FRAME-RATE=25,CODECS="avc1.42c01f,mp4a.40.2"'),
    "360p": (400_000, 'RESOLUTION=640x360,FRAME-RATE=25,CODECS="avc1.42c01e,mp4a.40.2"'),
    "240p": (270_000, 'RESOLUTION=426x240,FRAME-RATE=25,CODECS="avc1.42c015,mp4a.40.2"'),
    "son": (64_000, 'CODECS="mp4a.40.2"'),
}


def _replace(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


def make_webtv(directory: Path) -> None:
    """Encode the séance once: a minute of moving picture with a tone, in the four renditions, at the rates that they announce."""
    for rendition in RENDITIONS:
        (directory / rendition).mkdir(parents=True)
    picture_of = "-c:v libx264 -preset ultrafast -profile:v baseline -pix_fmt yuv420p -g 25 -keyint_min 25 -sc_threshold 0"
    sound, hls = (
        "-c:a aac -b:a 64k -ar 48000 -ac 2",
        f"-f hls -hls_time {SEGMENT_S} -hls_list_size 0 -hls_segment_type fmp4",
    )
    command = (
        f"ffmpeg -v error -nostdin -f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 "
        f"-filter_complex [0:v]split=3[s][m][k];[m]scale=1280:720[l];[k]scale=426:240[t] -t {PUBLISHED_S} "
    )
    for rendition, maps, kbps in (
        ("720p", "-map [l] -map 1:a", 1400),
        ("360p", "-map [s] -map 1:a", 330),
        ("240p", "-map [t] -map 1:a", 200),
        ("son", "-map 1:a", 0),
    ):
        video = f"{picture_of} -b:v {kbps}k -maxrate {kbps}k -bufsize {kbps}k" if kbps else ""
        names = f"-hls_playlist_type event -hls_fmp4_init_filename init.mp4 -hls_segment_filename {directory}/{rendition}/%03d.m4s"
        command += (
            f"{maps} -t {PUBLISHED_S} {video} {sound} {hls} {names} {directory}/{rendition}/index.m3u8 "
        )
    subprocess.run(command.split(), check=True, timeout=120)
