// The page: one conversation in view, its messages going out and coming in.

import { Chats, named } from "./chats.js";
import { Composer } from "./composer.js";
import { h, icon, the } from "./dom.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { Refused, listen, readChats, readEntries } from "./server.js";

const READ_AGAIN_MILLISECONDS = 2000;
const BUSY_MILLISECONDS = 8000;
const DOING = { typing: "Writing", recording: "Recording an answer", uploading_photo: "Sending a picture" };
const EXAMPLES = [
  ["Draw a red fox", "a picture"],
  ["Tell me a long story", "words as they come"],
  ["Play me a song about the sea", "music"],
  ["Remind me in 2 minutes to drink tea", "a message later"],
];
const CHAT = /^[A-Za-z0-9-]{1,64}$/;
const LOST = "Voxline does not answer. What you write is kept and goes out as soon as it is back.";
const LOCKED = "Voxline was started anew, or its address has changed. Open the one that `voxline page` prints; what you write is kept.";

const chats = new Chats();
const spoke = new Set(); // conversations where the last thing said, on this page, was said aloud
const composer = new Composer(say);
const outbox = new Outbox((item, state, why) => {
  if (item.chat === chats.current) log.mark(item.id, state, why);
});
const log = new Log(the("log"), the("scroll"), {
  say: (text) => say({ text, files: [], voice: null }),
  retry: (id) => outbox.retry(id),
  discard: (id) => {
    outbox.discard(id);
    log.remove(id);
    drawState();
  },
  moved: (isAtEnd) => { the("newest").hidden = isAtEnd; },
});
let busyTimer = 0;
let isBusy = false;
let isCaughtUp = false; // whether everything up to the newest change was read
let held = []; // entries that came in before that

// --- saying and hearing ----------------------------------------------------------------------------

function say({ text, files, voice }) {
  const item = { id: crypto.randomUUID(), chat: chats.current, text, files, voice, at: Date.now(), failed: "" };
  if (voice) spoke.add(item.chat);
  else if (!text.startsWith("/")) spoke.delete(item.chat);
  showOwn(item);
  chats.touch({ chat: item.chat, who: "person", kind: text ? "text" : "voice", text });
  drawTitle();
  outbox.add(item);
  log.toEnd();
}

/** Shows a message before the daemon has it, in the form the daemon will give it. */
function showOwn(item) {
  const own = { chat: item.chat, who: "person", changed: 0, choices: [] };
  const parts = [
    ...(item.text ? [{ kind: "text", text: item.text }] : []),
    ...(item.voice ? [{ kind: "voice", url: URL.createObjectURL(item.voice.blob), seconds: item.voice.seconds, waveform: item.voice.waveform, words: "" }] : []),
    ...item.files.map(({ blob, name }) => ({ kind: kindOf(blob.type), url: URL.createObjectURL(blob), name, text: "", size: blob.size })),
  ];
  parts.forEach((part, number) => log.show({ ...own, ...part, key: `in:${item.id}:${number}` }));
  drawState();
}

function kindOf(type) {
  return { image: "picture", audio: "audio", video: "video" }[type.split("/")[0]] ?? "document";
}

function onEntry(entry) {
  chats.touch(entry);
  if (entry.chat !== chats.current) return;
  if (!isCaughtUp) return void held.push(entry); // what came before it is still being read
  const isNew = log.show(entry);
  if (entry.who === "bot") setBusy(null);
  if (isNew && entry.who === "bot") {
    if (entry.kind === "voice" && spoke.has(entry.chat)) log.article(entry.key).querySelector(".player").start();
    if (document.hidden) document.title = `● ${document.title.replace(/^● /, "")}`;
  }
  drawState();
}

function setBusy(doing) {
  clearTimeout(busyTimer);
  isBusy = doing !== null;
  if (isBusy) {
    busyTimer = setTimeout(() => setBusy(null), BUSY_MILLISECONDS);
    the("busy").dataset.doing = doing;
    the("busy").replaceChildren(h("span", { class: "waves", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i")), `${DOING[doing] ?? "Working"} …`);
  }
  drawState();
}

/** What depends on the whole: the first screen, the busy line and the stop button. */
function drawState() {
  const isStreaming = log.isStreaming;
  the("empty").hidden = !log.isEmpty;
  the("busy").hidden = !isBusy || isStreaming;
  the("stop").hidden = !isBusy && !isStreaming;
  log.stay();
}

function drawTitle() {
  document.title = log.isEmpty ? "Voxline" : `${named(chats.find(chats.current))} · Voxline`;
}

// --- conversations ---------------------------------------------------------------------------------

async function open(chat) {
  composer.cancel();
  setBusy(null);
  closeSide();
  chats.open(chat);
  composer.load(chat);
  log.clear();
  fallBehind();
  await catchUp(chat);
  if (chat !== chats.current) return;
  for (const item of outbox.of(chat)) showOwn(item);
  outbox.retell(chat);
  drawState();
  drawTitle();
  log.toEnd();
  if (matchMedia("(hover: hover)").matches) composer.focus();
}

function fallBehind() {
  isCaughtUp = false;
  held = [];
}

/** Reads what changed while nobody listened, then shows what was heard meanwhile. */
async function catchUp(chat) {
  const entries = await reach(() => readEntries(chat, log.newest));
  if (chat !== chats.current) return;
  if (!entries) return void setTimeout(() => isCaughtUp || catchUp(chats.current), READ_AGAIN_MILLISECONDS);
  entries.forEach((entry) => log.show(entry));
  isCaughtUp = true;
  held.splice(0).forEach(onEntry);
  drawState();
}

/** The answer, or undefined when the daemon was not reached; the page says so. */
async function reach(ask) {
  try {
    return await ask();
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    lost(refused.status === 401);
    return undefined;
  }
}

function startNew() {
  location.hash = crypto.randomUUID();
}

async function refreshChats() {
  const found = await reach(readChats);
  if (!found) return;
  composer.uploadBytes = found.upload_bytes;
  chats.set(found.chats);
}

async function here() {
  the("banner").hidden = true;
  fallBehind();
  outbox.wake();
  await Promise.all([refreshChats(), catchUp(chats.current)]);
}

function lost(isLocked) {
  fallBehind();
  the("banner").textContent = isLocked ? LOCKED : LOST;
  the("banner").hidden = false;
}

// --- the frame -------------------------------------------------------------------------------------

function openSide() {
  document.body.classList.add("side-open");
  the("veil").hidden = false;
  the("menu").setAttribute("aria-expanded", "true");
  the("new").focus();
}

function closeSide() {
  document.body.classList.remove("side-open");
  the("veil").hidden = true;
  the("menu").setAttribute("aria-expanded", "false");
}

function onKey(event) {
  if (event.key === "Escape" && !the("viewer").open) {
    if (!composer.cancel() && document.body.classList.contains("side-open")) {
      closeSide();
      the("menu").focus();
    }
  }
  const isTyping = event.target.matches?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    composer.focus();
  }
}

function build() {
  the("menu").append(icon("menu"));
  the("new-small").append(icon("plus"));
  the("new").prepend(icon("plus"));
  the("newest").prepend(icon("down"));
  the("examples").append(...EXAMPLES.map(([words, kind]) =>
    h("button", { type: "button", class: "example", click: () => say({ text: words, files: [], voice: null }) }, h("b", {}, words), h("span", {}, kind))));
  the("menu").addEventListener("click", () => (document.body.classList.contains("side-open") ? closeSide() : openSide()));
  the("veil").addEventListener("click", closeSide);
  the("new").addEventListener("click", startNew);
  the("new-small").addEventListener("click", startNew);
  the("chats").addEventListener("click", (event) => event.target.closest("a") && closeSide());
  the("stop").addEventListener("click", () => say({ text: "/stop", files: [], voice: null }));
  the("newest").addEventListener("click", () => log.toEnd());
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => !document.hidden && drawTitle());
  window.addEventListener("hashchange", () => {
    const chat = location.hash.slice(1);
    if (CHAT.test(chat)) open(chat);
  });
}

async function start() {
  build();
  await Promise.all([refreshChats(), outbox.load()]);
  const asked = location.hash.slice(1);
  const chat = CHAT.test(asked) ? asked : (chats.list[0]?.chat ?? crypto.randomUUID());
  history.replaceState(null, "", `#${chat}`);
  await open(chat);
  listen({ entry: onEntry, busy: ({ chat: where, doing }) => where === chats.current && setBusy(doing), here, lost });
}

start();
