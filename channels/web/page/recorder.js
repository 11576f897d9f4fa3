// The microphone: one recording with its loudness, as WebM/Opus or what the browser has.

import { resample } from "./dom.js";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4", "audio/webm"];
const MEASURE_MILLISECONDS = 50;
const WAVEFORM_POINTS = 100;
const SHORTEST_SECONDS = 0.4;

const TOLD = {
  NotAllowedError: "The browser may not use the microphone. Allow it beside the address, then try again.",
  NotFoundError: "No microphone was found. Plug one in, or write instead.",
  NotReadableError: "Another program uses the microphone. Close it, then try again.",
};

/** Why the microphone cannot be used, in a sentence. */
export function whyNot(error) {
  return TOLD[error.name] ?? "The microphone does not work here. You can write instead.";
}

/** Begins to record. `onLevel(level, seconds)` hears the loudness from 0 to 1, twenty times a second.
 *
 * `stop` gives {blob, seconds, waveform}, or null when there was too little; `cancel` throws it away. */
export async function record(onLevel) {
  if (!navigator.mediaDevices || !window.MediaRecorder) throw new DOMException("no recorder", "NotSupportedError");
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
  });
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 48000 });
  const chunks = [];
  recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  const levels = [];
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const deafen = measure(stream, (level) => {
    levels.push(level);
    onLevel(level, seconds());
  });
  recorder.start(1000);

  const finish = async () => {
    const length = seconds();
    if (recorder.state !== "inactive") recorder.stop();
    await ended;
    deafen();
    stream.getTracks().forEach((track) => track.stop());
    return length;
  };
  return {
    cancel: finish,
    stop: async () => {
      const length = await finish();
      const blob = new Blob(chunks, { type: recorder.mimeType.split(";")[0] });
      return length < SHORTEST_SECONDS || blob.size === 0 ? null : { blob, seconds: length, waveform: bytes(levels) };
    },
  };
}

/** Calls back with the loudness until the returned function is called. */
function measure(stream, onLevel) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    const power = wave.reduce((sum, sample) => sum + sample * sample, 0) / wave.length;
    onLevel(Math.min(1, Math.sqrt(power) * 4));
  }, MEASURE_MILLISECONDS);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

function bytes(levels) {
  return resample(levels, Math.min(WAVEFORM_POINTS, Math.max(1, levels.length))).map((level) => Math.round(level * 255));
}
