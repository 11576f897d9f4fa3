// A voice note: play and pause, a waveform to move in, and the time. One plays at a time.

import { bars, clock, h, icon, resample } from "./dom.js";

const BARS = 44;
const STEP_SECONDS = 5;

let playing = null;

/** Plays `audio` and silences whatever else played; false when the browser does not let it. */
async function play(audio) {
  if (playing !== audio) playing?.pause();
  playing = audio;
  try {
    await audio.play();
    return true;
  } catch (refused) {
    if (refused.name === "NotAllowedError" || refused.name === "AbortError") return false;
    throw refused;
  }
}

/** Lets only one sound of the page be heard, whichever element plays it. */
export function alone(media) {
  media.addEventListener("play", () => {
    if (playing !== media) playing?.pause();
    playing = media;
  });
  return media;
}

/** A player, and `start` to let it speak by itself. `seconds` is used where the file does not tell. */
export function player({ url, seconds, waveform }) {
  const audio = h("audio", { src: url, preload: "metadata" });
  const toggle = h("button", { type: "button", class: "round play", "aria-label": "Play voice note" }, icon("play"));
  const wave = bars(BARS);
  const slider = h("div", { class: "wave", role: "slider", tabindex: "0", "aria-label": "Position", "aria-valuemin": "0" }, wave.node);
  const time = h("span", { class: "time" });
  wave.set(resample(levels(waveform), BARS));

  const length = () => (Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : seconds);
  const draw = () => {
    const total = length();
    const here = audio.currentTime;
    wave.progress(total > 0 ? here / total : 0);
    time.textContent = clock(here > 0 || !audio.paused ? here : total);
    slider.setAttribute("aria-valuemax", total.toFixed(1));
    slider.setAttribute("aria-valuenow", here.toFixed(1));
    slider.setAttribute("aria-valuetext", `${clock(here)} of ${clock(total)}`);
  };
  const drawState = () => {
    toggle.replaceChildren(icon(audio.paused ? "play" : "pause"));
    toggle.setAttribute("aria-label", audio.paused ? "Play voice note" : "Pause voice note");
    draw();
  };
  const seek = (to) => {
    audio.currentTime = Math.min(Math.max(0, to), Math.max(0, length() - 0.05));
    draw();
  };
  const flip = () => (audio.paused ? play(audio) : audio.pause());

  toggle.addEventListener("click", flip);
  for (const event of ["play", "pause"]) audio.addEventListener(event, drawState);
  for (const event of ["timeupdate", "durationchange", "seeked"]) audio.addEventListener(event, draw);
  audio.addEventListener("ended", () => { audio.currentTime = 0; });
  alone(audio);
  slideBy(slider, (part) => seek(part * length()), (by) => seek(audio.currentTime + by), flip);
  draw();
  return { node: h("div", { class: "player", role: "group", "aria-label": "Voice note" }, toggle, slider, time, audio), start: () => play(audio) };
}

/** Bytes of loudness as levels; a calm line where nobody measured. */
function levels(waveform) {
  const loudest = Math.max(1, ...waveform);
  return waveform.length ? waveform.map((byte) => byte / loudest) : [0.12];
}

function slideBy(slider, seekTo, seekBy, flip) {
  const at = (event) => {
    const box = slider.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  slider.addEventListener("pointerdown", (event) => {
    slider.setPointerCapture(event.pointerId);
    seekTo(at(event));
  });
  slider.addEventListener("pointermove", (event) => {
    if (slider.hasPointerCapture(event.pointerId)) seekTo(at(event));
  });
  const keys = {
    ArrowRight: () => seekBy(STEP_SECONDS),
    ArrowLeft: () => seekBy(-STEP_SECONDS),
    ArrowUp: () => seekBy(STEP_SECONDS),
    ArrowDown: () => seekBy(-STEP_SECONDS),
    Home: () => seekTo(0),
    End: () => seekTo(1),
    " ": flip,
    Enter: flip,
  };
  slider.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
