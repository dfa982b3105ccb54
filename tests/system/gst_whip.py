"""An encoder and a screen that are not ours: GStreamer's ``webrtcbin`` (libnice, its own DTLS and RTP), speaking WHIP or WHEP.

Run by the system's Python: ``gst_whip.py whip|whep URL KEY``. Sends a ball and a tone of 600 Hz, or receives; prints ``connected``,
then for WHEP ``received KIND`` at the first buffer of each kind; ends the connection with DELETE when its standard input closes.
"""

import sys
import urllib.request
from collections.abc import Callable
from typing import Any

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: E402

KIND, URL, KEY = sys.argv[1:4]
PICTURE = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=25/1 ! x264enc tune=zerolatency"
    " speed-preset=ultrafast key-int-max=25 bitrate=300 ! video/x-h264,profile=constrained-baseline"
    " ! rtph264pay config-interval=-1 aggregate-mode=zero-latency pt=96"
    " ! application/x-rtp,media=video,encoding-name=H264,payload=96 ! bin."
)
SOUND = (
    "audiotestsrc is-live=true freq=600 volume=0.2 ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=97"
    " ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! bin."
)
WANTED = (
    "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,packetization-mode=(string)1,"
    "profile-level-id=(string)42e01f",
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,encoding-params=(string)2",
)


class Client:
    """One connection."""

    def __init__(self) -> None:
        Gst.init(None)
        connection = "webrtcbin name=bin bundle-policy=max-bundle"
        if KIND == "whip":
            self.pipeline = Gst.parse_launch(f"{connection} {PICTURE} {SOUND}")
            self.bin = self.pipeline.get_by_name("bin")
        else:
            self.pipeline, self.bin = Gst.Pipeline(), Gst.parse_launch(connection)
            self.pipeline.add(self.bin)
        self.place = ""
        self.offered = False
        if KIND == "whep":
            receive = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            for caps in WANTED:
                self.bin.emit("add-transceiver", receive, Gst.Caps.from_string(caps))
            self.bin.connect("pad-added", self.received)
        self.bin.connect("notify::ice-gathering-state", lambda *_: GLib.idle_add(self.offer))
        self.bin.connect("notify::connection-state", lambda *_: self.state())
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.timeout_add(100, self.begin)

    def begin(self) -> bool:
        """Make the offer once the pipeline runs; addresses are gathered next."""
        promise = Gst.Promise.new_with_change_func(self.made, None)
        self.bin.emit("create-offer", None, promise)
        return False

    def made(self, promise: Any, _: Any) -> None:
        """Keep the offer that was made."""
        reply = promise.get_reply()  # the offer lives in it
        offer = reply.get_value("offer")
        self.bin.emit("set-local-description", offer, Gst.Promise.new())

    def offer(self) -> None:
        """Every address is known: exchange the descriptions."""
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if self.offered or self.bin.get_property("ice-gathering-state") != complete:
            return
        self.offered = True
        sdp = self.bin.get_property("local-description").sdp.as_text()
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {KEY}"}
        request = urllib.request.Request(URL, sdp.encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 201, answer.status
            self.place = answer.headers["Location"]
            text = answer.read().decode()
        _, message = GstSdp.SDPMessage.new_from_text(text)
        told = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.bin.emit("set-remote-description", told, Gst.Promise.new())

    def state(self) -> None:
        """Tell when it is up."""
        if self.bin.get_property("connection-state") == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            print("connected", flush=True)

    def received(self, _: Any, pad: Any) -> None:
        """A stream comes: count nothing, say that it does."""
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("signal-handoffs", True)
        sink.connect("handoff", self.once(kind))
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def once(self, kind: str) -> Callable[..., None]:
        """Say a kind the first time."""
        said: list[str] = []

        def heard(*_: Any) -> None:
            if not said:
                said.append(kind)
                print(f"received {kind}", flush=True)

        return heard

    def end(self, *_: Any) -> bool:
        """Hang up as RFC 9725 has it."""
        address = "/".join(URL.split("/")[:3]) + self.place
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {KEY}"}, method="DELETE")
        with urllib.request.urlopen(request, timeout=10) as answer:
            print(f"ended {answer.status}", flush=True)
        loop.quit()
        return False


loop = GLib.MainLoop()
client = Client()
GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP | GLib.IOCondition.IN, client.end)
loop.run()
client.pipeline.set_state(Gst.State.NULL)
