/* Run in a room's page before its own scripts: a camera whose picture carries the machine's clock, a microphone that beeps; while it
   beeps the foot of the picture is lit. */
(() => {
  const BITS = 20, W = 640, H = 360, SIDE = W / BITS;
  const canvas = Object.assign(document.createElement("canvas"), { width: W, height: H });
  const pen = canvas.getContext("2d");
  const now = () => Math.round(performance.timeOrigin + performance.now()) % (1 << BITS);
  let beeped = -1000;
  const draw = () => {
    const t = now();
    pen.fillStyle = "#777";
    pen.fillRect(0, 0, W, H);
    for (let bit = 0; bit < BITS; bit++) {
      const on = (t >> bit) & 1;
      pen.fillStyle = on ? "#fff" : "#000";
      pen.fillRect(bit * SIDE, 140, SIDE, 40);
      pen.fillStyle = on ? "#000" : "#fff";
      pen.fillRect(bit * SIDE, 180, SIDE, 40);
    }
    pen.fillStyle = performance.now() - beeped < 250 ? "#fff" : "#000";
    pen.fillRect(0, 300, W, 60);
  };
  setInterval(draw, 20);
  draw();

  const peers = (window.peers = []);
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      peers.push(this);
    }
  };

  navigator.mediaDevices.getUserMedia = async (asked) => {
    const stream = asked.video ? canvas.captureStream(25) : new MediaStream();
    const context = new AudioContext();
    const tone = context.createOscillator();
    const gain = context.createGain();
    const out = context.createMediaStreamDestination();
    tone.frequency.value = 1000;
    gain.gain.value = 0;
    tone.connect(gain).connect(out);
    tone.start();
    setInterval(() => {
      beeped = performance.now();
      gain.gain.setTargetAtTime(0.3, context.currentTime, 0.002);
      gain.gain.setTargetAtTime(0, context.currentTime + 0.25, 0.01);
    }, 700);
    stream.addTrack(out.stream.getAudioTracks()[0]);
    return stream;
  };

  /* The clock in a picture, null when it is not there. */
  const small = Object.assign(document.createElement("canvas"), { width: W, height: H });
  const eye = small.getContext("2d", { willReadFrequently: true });
  const read = (video) => {
    eye.drawImage(video, 0, 0, W, H);
    let t = 0;
    for (let bit = 0; bit < BITS; bit++) {
      const x = Math.floor((bit + 0.5) * SIDE);
      const above = eye.getImageData(x, 160, 1, 1).data[0];
      const below = eye.getImageData(x, 200, 1, 1).data[0];
      if (Math.abs(above - below) < 60) return null;
      if (above > below) t |= 1 << bit;
    }
    return t;
  };

  let seen = null;
  const sound = async () => {
    let concealed = 0, all = 0;
    for (const peer of peers)
      for (const report of (await peer.getStats()).values())
        if (report.type === "inbound-rtp" && report.kind === "audio") {
          concealed += report.concealedSamples ?? 0;
          all += report.totalSamplesReceived ?? 0;
        }
    return { concealed, all };
  };
  window.watch = async () => {
    const video = document.getElementById("programme");
    const mine = (seen = { ages: [], gaps: [], last: -1, at: performance.now(), since: now(), fresh: false, sound: await sound() });
    const look = () => {
      if (mine !== seen) return;
      const t = read(video);
      if (t !== null && t !== mine.last) {
        const at = performance.now();
        mine.gaps.push(at - mine.at);
        Object.assign(mine, { at, last: t });
        const age = (now() - t + (1 << BITS)) % (1 << BITS);
        mine.ages.push(age);
        /* A picture taken after the watch began. */
        if ((t - mine.since + (1 << BITS)) % (1 << BITS) > 500 && age < 5000) mine.fresh = mine.fresh || performance.now() - mine.begun > 500;
      }
      video.requestVideoFrameCallback(look);
    };
    mine.begun = performance.now();
    video.requestVideoFrameCallback(look);
  };
  window.watched = async () => {
    const { ages, gaps, at, fresh, sound: before } = seen;
    const after = await sound();
    return { ages, gaps: [...gaps, performance.now() - at], fresh, concealed: (after.concealed - before.concealed) / Math.max(1, after.all - before.all) };
  };

  /* How long after its picture each beep of the room on air is heard here (ms). */
  window.lips = async (seconds) => {
    const video = document.getElementById("programme");
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 256;
    context.createMediaStreamSource(new MediaStream(video.srcObject.getAudioTracks())).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    const shown = [], heard = [];
    let lit = true, loud = performance.now();
    const listen = setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      if (!wave.some((sample) => Math.abs(sample) > 0.03)) return;
      if (performance.now() - loud > 250) heard.push(performance.now());
      loud = performance.now();
    }, 4);
    let over = false;
    const look = (at, meta) => {
      if (over) return;
      eye.drawImage(video, 0, 0, W, H);
      const now = eye.getImageData(W / 2, 330, 1, 1).data[0] > 128;
      if (now && !lit) shown.push(meta.expectedDisplayTime);
      lit = now;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    over = true;
    clearInterval(listen);
    await context.close();
    const nearest = (at) => heard.reduce((best, one) => (Math.abs(one - at) < Math.abs(best - at) ? one : best), Infinity);
    return shown.map((at) => nearest(at) - at).filter((late) => Math.abs(late) < 300);
  };

  /* The loudest 1 kHz heard in some seconds, in dB. */
  window.loudest = async () => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 4096;
    analyser.smoothingTimeConstant = 0;
    analyser.minDecibels = -200;
    const stream = document.getElementById("programme").srcObject;
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    const bin = Math.round((1000 * analyser.fftSize) / context.sampleRate);
    let most = -200;
    for (let n = 0; n < 120; n++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      analyser.getFloatFrequencyData(bins);
      most = Math.max(most, bins[bin - 1], bins[bin], bins[bin + 1]);
    }
    await context.close();
    return Math.max(most, -200);
  };
})();
