/** What every WebRTC connection of ours does alike. */

const GATHER_MS = 1000;

/** The offer is sent whole: wait for the addresses of this machine, not for ever. @param {RTCPeerConnection} peer */
export function gathered(peer) {
  return new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") return resolve(null);
    setTimeout(resolve, GATHER_MS, null);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState === "complete") resolve(null);
    });
  });
}
