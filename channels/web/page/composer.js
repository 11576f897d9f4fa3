// Where the person writes, attaches and speaks.

import { bars, clock, h, icon, the, weight } from "./dom.js";
import { record, whyNot } from "./recorder.js";

const HOLD_MILLISECONDS = 450;
const METER_BARS = 48;
const FILES_AT_MOST = 10;
const HINT_MILLISECONDS = 6000;

export class Composer {
  /** `send({text, files, voice})` takes what the person said. */
  constructor(send) {
    this.send = send;
    this.files = []; // { blob, name, preview }
    this.uploadBytes = Infinity;
    this.chat = "";
    this.recording = null; // null, "asking", or what `record` gave
    this.write = the("write");
    this.meter = bars(METER_BARS);
    the("meter").append(this.meter.node);
    const icons = { attach: "attach", stop: "stop", send: "send", cancel: "cross" };
    for (const [id, name] of Object.entries(icons)) the(id).append(icon(name));
    this.listenToWriting();
    this.listenToFiles();
    this.listenToVoice();
    this.draw();
  }

  // --- writing -----------------------------------------------------------------------------------

  listenToWriting() {
    the("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.write.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.write.addEventListener("input", () => {
      this.keepDraft();
      this.draw();
    });
  }

  /** Shows what was being written in a conversation. */
  load(chat) {
    this.chat = chat;
    this.write.value = localStorage.getItem(`draft.${chat}`) ?? "";
    this.setFiles([]);
    this.draw();
  }

  keepDraft() {
    const text = this.write.value;
    if (text) localStorage.setItem(`draft.${this.chat}`, text);
    else localStorage.removeItem(`draft.${this.chat}`);
  }

  focus() {
    this.write.focus();
  }

  submit() {
    if (this.recording) return void this.finish();
    const text = this.write.value.trim();
    if (!text && this.files.length === 0) return;
    const files = this.files.map(({ blob, name }) => ({ blob, name }));
    this.write.value = "";
    this.keepDraft();
    this.setFiles([]);
    this.draw();
    this.send({ text, files, voice: null });
  }

  draw() {
    const isRecording = this.recording !== null;
    const hasWords = this.write.value.trim() !== "" || this.files.length > 0;
    the("composer").classList.toggle("is-recording", isRecording);
    the("recording").hidden = !isRecording;
    the("send").hidden = !hasWords && !isRecording;
    the("voice").hidden = hasWords && !isRecording;
    the("voice").replaceChildren(icon(isRecording ? "send" : "voice"));
    the("voice").setAttribute("aria-label", isRecording ? "Send voice note" : "Record a voice note");
    this.write.style.height = "auto";
    this.write.style.height = `${Math.min(this.write.scrollHeight, 220)}px`;
  }

  hint(words) {
    clearTimeout(this.hintTimer);
    the("hint").textContent = words;
    if (words) this.hintTimer = setTimeout(() => this.hint(""), HINT_MILLISECONDS);
  }

  // --- files -------------------------------------------------------------------------------------

  listenToFiles() {
    the("attach").addEventListener("click", () => the("files").click());
    the("files").addEventListener("change", () => {
      this.attach([...the("files").files]);
      the("files").value = "";
    });
    document.addEventListener("paste", (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])];
      if (pasted.length === 0) return;
      event.preventDefault();
      this.attach(pasted);
    });
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      the("drop").hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) the("drop").hidden = true;
    });
    document.addEventListener("drop", (event) => {
      the("drop").hidden = true;
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.attach([...event.dataTransfer.files]);
    });
  }

  /** Adds files to the message; what is too large or too many is named and left out. */
  attach(found) {
    const fitting = found.filter((file) => file.size <= this.uploadBytes);
    const tooLarge = found.find((file) => file.size > this.uploadBytes);
    const room = FILES_AT_MOST - this.files.length;
    if (tooLarge) this.hint(`${tooLarge.name} is too large. Files may have ${weight(this.uploadBytes)} at most.`);
    else if (fitting.length > room) this.hint(`A message carries ${FILES_AT_MOST} files at most.`);
    const added = fitting.slice(0, room).map((file) => ({
      blob: file,
      name: file.name || "file",
      preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : "",
    }));
    this.setFiles([...this.files, ...added]);
    this.focus();
  }

  setFiles(files) {
    for (const file of this.files) if (!files.includes(file) && file.preview) URL.revokeObjectURL(file.preview);
    this.files = files;
    the("tray").hidden = files.length === 0;
    the("tray").replaceChildren(...files.map((file) => h("li", { class: "chip" },
      file.preview ? h("img", { src: file.preview, alt: "" }) : icon("file"),
      h("span", { class: "name" }, file.name), h("span", { class: "size" }, weight(file.blob.size)),
      h("button", { type: "button", class: "round", "aria-label": `Remove ${file.name}`, click: () => this.setFiles(this.files.filter((other) => other !== file)) }, icon("cross")))));
    this.draw();
  }

  // --- voice -------------------------------------------------------------------------------------

  /** A click begins and a second one sends; holding records for as long as it is held. */
  listenToVoice() {
    const button = the("voice");
    let pressedAt = 0;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      if (this.recording) return void this.finish();
      pressedAt = performance.now();
      button.setPointerCapture(event.pointerId);
      this.begin();
    });
    button.addEventListener("pointerup", () => {
      const isHeld = pressedAt > 0 && performance.now() - pressedAt > HOLD_MILLISECONDS;
      pressedAt = 0;
      if (isHeld && this.recording && this.recording !== "asking") this.finish();
    });
    button.addEventListener("click", (event) => {
      if (event.detail !== 0) return; // by pointer: done above; this is the keyboard
      if (this.recording) this.finish();
      else this.begin();
    });
    button.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press on a phone
    the("cancel").addEventListener("click", () => this.cancel());
  }

  async begin() {
    this.recording = "asking";
    this.levels = Array(METER_BARS).fill(0);
    the("timer").textContent = clock(0);
    this.meter.set(this.levels);
    this.draw();
    try {
      const begun = await record((level, seconds) => this.onLevel(level, seconds));
      if (this.recording === null) return void begun.cancel(); // cancelled while the browser asked
      this.recording = begun;
    } catch (error) {
      this.recording = null;
      this.hint(whyNot(error));
      this.draw();
    }
  }

  onLevel(level, seconds) {
    this.levels = [...this.levels.slice(1), level];
    this.meter.set(this.levels);
    the("timer").textContent = clock(Math.floor(seconds));
  }

  async finish() {
    const begun = this.recording;
    if (!begun || begun === "asking") return;
    this.recording = null;
    this.draw();
    const voice = await begun.stop();
    if (voice) this.send({ text: "", files: [], voice });
    else this.hint("That was too short. Click, speak, and click again; or hold while you speak.");
  }

  /** Throws the recording away; false when there was none. */
  cancel() {
    const begun = this.recording;
    if (!begun) return false;
    this.recording = null;
    if (begun !== "asking") begun.cancel();
    this.hint("The recording was thrown away.");
    this.draw();
    this.focus();
    return true;
  }
}
