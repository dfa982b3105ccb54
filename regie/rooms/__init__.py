"""WebRTC: the rtc process. aiortc is imported here and nowhere else."""
