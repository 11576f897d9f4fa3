// The messages of one conversation on the page: each key once, the newest change wins, the end stays in view.

import { h } from "./dom.js";
import { draw, isUnfinished } from "./entries.js";

const NEAR_THE_END = 80; // pixels

const STATES = {
  sending: "Sending …",
  waiting: "Not sent yet. Trying again …",
};

export class Log {
  /** `act` has say(text), retry(id), discard(id), and moved(isAtEnd). */
  constructor(node, scroller, act) {
    Object.assign(this, { node, scroller, act });
    this.known = new Map(); // key -> { entry, article }
    this.unstored = new Set(); // keys that the daemon has not shown yet: they stay at the end
    this.pending = new Set(); // keys that are drawn in the next frame
    this.newest = 0; // the highest change seen
    this.sticks = true;
    scroller.addEventListener("scroll", () => {
      this.sticks = this.isAtEnd();
      act.moved(this.sticks);
    }, { passive: true });
    new ResizeObserver(() => this.stay()).observe(node);
  }

  clear() {
    this.known.clear();
    this.unstored.clear();
    this.pending.clear();
    this.newest = 0;
    this.sticks = true;
    this.node.replaceChildren();
  }

  get isEmpty() {
    return this.known.size === 0;
  }

  /** Takes an entry; true when its key is new. Words that stream are drawn once per frame. */
  show(entry) {
    const known = this.known.get(entry.key);
    this.newest = Math.max(this.newest, entry.changed);
    if (!known) {
      const article = h("article", { class: `${entry.who} ${entry.kind}` });
      this.place(entry, article);
      this.known.set(entry.key, { entry, article });
      this.fill(entry.key);
      return true;
    }
    if (known.entry.changed >= entry.changed) return false;
    this.unstored.delete(entry.key);
    if (known.entry.url?.startsWith("blob:")) URL.revokeObjectURL(known.entry.url);
    known.entry = entry;
    if (this.pending.size === 0) this.soon();
    this.pending.add(entry.key);
    return false;
  }

  place(entry, article) {
    const [first] = this.unstored;
    if (entry.changed === 0) this.unstored.add(entry.key);
    this.node.insertBefore(article, entry.changed > 0 && first ? this.article(first) : null);
  }

  /** Draws what changed, in the next frame, or soon when the page is hidden and has no frames. */
  soon() {
    const drawAll = () => {
      const keys = [...this.pending];
      this.pending.clear();
      keys.forEach((key) => this.known.has(key) && this.fill(key));
    };
    if (document.hidden) setTimeout(drawAll, 100);
    else requestAnimationFrame(drawAll);
  }

  fill(key) {
    const { entry, article } = this.known.get(key);
    const state = article.querySelector(":scope > .state");
    const body = draw(entry, this.act.say);
    const who = h("h2", { class: "unseen" }, entry.who === "bot" ? "Voxline" : "You");
    const isCommand = entry.who === "person" && entry.kind === "text" && /^\/\w+/.test(entry.text);
    article.className = `${entry.who} ${entry.kind}${isCommand ? " command" : ""}`;
    article.setAttribute("aria-busy", String(isUnfinished(entry)));
    article.dataset.key = key;
    if (entry.changed > 0) body[0].title = new Date(entry.changed).toLocaleString(); // a change is numbered by its time
    article.replaceChildren(who, ...body, ...(state ? [state] : []));
  }

  /** The state of the person's own message: sending, waiting, failed (with why), or "" once it is kept. */
  mark(id, state, why = "") {
    const articles = [...this.known].filter(([key]) => key.startsWith(`in:${id}:`)).map(([, { article }]) => article);
    for (const article of articles) article.querySelector(":scope > .state")?.remove();
    const last = articles.at(-1);
    articles.forEach((article) => article.classList.toggle("unsent", state !== ""));
    if (!last || !state) return;
    const press = (label, act) => h("button", { type: "button", class: "small", click: () => act(id) }, label);
    const words = state === "failed" ? [why, " ", press("Try again", this.act.retry), press("Discard", this.act.discard)] : [STATES[state]];
    last.append(h("div", { class: `state ${state}` }, ...words));
    this.stay();
  }

  remove(id) {
    for (const [key, { article }] of this.known) {
      if (!key.startsWith(`in:${id}:`)) continue;
      article.remove();
      this.known.delete(key);
      this.unstored.delete(key);
    }
  }

  /** Whether the newest message of the bot is still being written. */
  get isStreaming() {
    const last = [...this.known.values()].findLast(({ entry }) => entry.who === "bot");
    return last !== undefined && isUnfinished(last.entry);
  }

  article(key) {
    return this.known.get(key)?.article;
  }

  isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_THE_END;
  }

  /** Keeps the end in view, unless the person scrolled up to read. */
  stay() {
    if (this.sticks) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.act.moved(this.isAtEnd());
  }

  toEnd() {
    this.sticks = true;
    this.stay();
  }
}
