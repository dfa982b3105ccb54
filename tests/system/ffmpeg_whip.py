"""An encoder that is not ours: FFmpeg's WHIP muxer (its own DTLS and RTP), as PyAV brings it.

``ffmpeg_whip.py URL KEY CERT_FILE KEY_FILE``: sends a grey and a silence until its standard input closes, then hangs up. In a
process of its own: FFmpeg holds Python's lock while it connects.
"""

import sys
import threading
import time

import av
import numpy as np

FPS, RATE, BLOCK = 25, 48_000, 960


def main() -> None:
    """Entry of the program."""
    url, key, cert_file, key_file = sys.argv[1:5]
    over = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    # FFmpeg's own certificate is on a curve (secp224r1) that no browser and no recent OpenSSL takes.
    options = {"authorization": key, "cert_file": cert_file, "key_file": key_file}
    with av.open(url, "w", format="whip", options=options) as out:
        video = out.add_stream(
            "libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        )
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.codec_context.gop_size = FPS
        sound = out.add_stream("libopus", rate=RATE, layout="stereo")
        began = time.monotonic()
        for n in range(60 * FPS):
            if over.wait(max(0.0, began + n / FPS - time.monotonic())):
                break
            picture = av.VideoFrame.from_ndarray(np.full((180, 320, 3), n % 256, np.uint8), format="bgr24")
            picture = picture.reformat(format="yuv420p")
            picture.pts = n
            out.mux(video.encode(picture))
            for half in range(2):
                block = av.AudioFrame.from_ndarray(
                    np.zeros((1, 2 * BLOCK), np.int16), format="s16", layout="stereo"
                )
                block.sample_rate, block.pts = RATE, (2 * n + half) * BLOCK
                out.mux(sound.encode(block))


if __name__ == "__main__":
    main()
