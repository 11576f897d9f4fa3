// Messages on their way. Each is kept in the browser, files and recordings too, until the daemon has stored it:
// closing the page, a full disk or a stopped daemon loses nothing. One goes out at a time, always with the same id.

import { Refused, post } from "./server.js";

const FIRST_WAIT_MILLISECONDS = 500;
const LONGEST_WAIT_MILLISECONDS = 15000;

/** The browser's own shelf. Where it has none (some private windows) messages live as long as the page. */
function shelf() {
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("voxline", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const work = async (mode, act) => {
    try {
      const store = (await opened).transaction("outbox", mode).objectStore("outbox");
      const request = act(store);
      return await new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    } catch (refused) {
      console.info("Messages cannot be kept in this browser:", refused.name);
      return undefined;
    }
  };
  return {
    all: async () => (await work("readonly", (store) => store.getAll())) ?? [],
    keep: (item) => work("readwrite", (store) => store.put(item)),
    forget: (id) => work("readwrite", (store) => store.delete(id)),
  };
}

export class Outbox {
  /** `tell(item, state, why)` hears sending, waiting, failed, and "" when the daemon has stored it. */
  constructor(tell) {
    this.tell = tell;
    this.shelf = shelf();
    this.items = new Map();
    this.isRunning = false;
    this.wake = () => {};
  }

  /** What was not sent when the page was closed, oldest first. It is sent from now on. */
  async load() {
    const kept = await this.shelf.all();
    kept.sort((one, other) => one.at - other.at).forEach((item) => this.items.set(item.id, item));
    this.run();
    return kept;
  }

  of(chat) {
    return [...this.items.values()].filter((item) => item.chat === chat);
  }

  async add(item) {
    this.items.set(item.id, item);
    this.tell(item, "sending");
    await this.shelf.keep(item);
    this.run();
  }

  /** Tries again, at once. */
  async retry(id) {
    const item = this.items.get(id);
    if (!item) return;
    item.failed = "";
    this.tell(item, "sending");
    await this.shelf.keep(item);
    this.wake();
    this.run();
  }

  async discard(id) {
    this.items.delete(id);
    await this.shelf.forget(id);
  }

  /** Tells the state of every message of a conversation again, after it was drawn anew. */
  retell(chat) {
    for (const item of this.of(chat)) this.tell(item, item.failed ? "failed" : "sending", item.failed);
  }

  /** Sends what waits, in order; a message that was refused for good steps aside. */
  async run() {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      let wait = FIRST_WAIT_MILLISECONDS;
      for (let item = this.next(); item; item = this.next()) {
        wait = (await this.send(item)) ? FIRST_WAIT_MILLISECONDS : Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS);
        if (this.items.has(item.id) && !item.failed) await this.rest(wait);
      }
    } finally {
      this.isRunning = false;
    }
  }

  /** Whether the daemon has decided about the message. */
  async send(item) {
    try {
      await post(item);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      item.failed = refused.isPassing ? "" : refused.message;
      this.tell(item, item.failed ? "failed" : "waiting", item.failed);
      if (item.failed) await this.shelf.keep(item);
      return !refused.isPassing;
    }
    await this.discard(item.id);
    this.tell(item, "");
    return true;
  }

  next() {
    return [...this.items.values()].find((item) => !item.failed);
  }

  rest(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
