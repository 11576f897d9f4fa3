// What the page asks of the daemon, and the events it hears.

const HEAR_AGAIN_MILLISECONDS = 1500;

/** The daemon did not take something. `status` is 0 when it was not reached. */
export class Refused extends Error {
  constructor(status, told) {
    super(told);
    this.status = status;
  }

  /** Whether the same message may be taken later. */
  get isPassing() {
    return this.status === 0 || this.status === 401 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

async function ask(path, options) {
  const response = await fetch(path, options).catch(() => {
    throw new Refused(0, "Voxline does not answer.");
  });
  if (response.ok) return response.json();
  const words = await response.text().catch(() => "");
  throw new Refused(response.status, told(words));
}

function told(words) {
  try {
    return JSON.parse(words).error ?? words;
  } catch {
    return words.trim() || "Voxline did not take this.";
  }
}

/** The conversations as {chats: [{chat, title}], upload_bytes}. */
export const readChats = () => ask("/api/chats");

/** What changed in a conversation after a change; 0 gives everything. */
export const readEntries = async (chat, after) => (await ask(`/api/entries?chat=${encodeURIComponent(chat)}&after=${after}`)).entries;

/** Hands a message over. The same id twice is one message. Throws `Refused`. */
export function post({ id, chat, text, files, voice }) {
  const form = new FormData();
  form.append("id", id);
  form.append("chat", chat);
  form.append("text", text);
  if (voice) {
    form.append("seconds", voice.seconds.toFixed(2));
    form.append("waveform", voice.waveform.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    form.append("voice", voice.blob, `voice.${voice.blob.type.split("/")[1] || "webm"}`);
  }
  for (const { blob, name } of files) form.append("files", blob, name);
  return ask("/api/messages", { method: "POST", body: form });
}

/** Hears events until the page closes: `entry`, `busy`, `here` after every (re)connection, `lost(isLocked)`. */
export function listen({ entry, busy, here, lost }) {
  const source = new EventSource("/api/events");
  source.addEventListener("open", here);
  source.addEventListener("entry", (event) => entry(JSON.parse(event.data)));
  source.addEventListener("busy", (event) => busy(JSON.parse(event.data)));
  source.addEventListener("error", async () => {
    const hasGivenUp = source.readyState === EventSource.CLOSED; // after an answer that was not a stream of events
    lost(hasGivenUp && (await isLocked()));
    if (hasGivenUp) setTimeout(() => listen({ entry, busy, here, lost }), HEAR_AGAIN_MILLISECONDS);
  });
}

async function isLocked() {
  const response = await fetch("/api/chats").catch(() => null);
  return response?.status === 401;
}
