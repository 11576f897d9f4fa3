// The list of conversations beside the log.

import { h, the } from "./dom.js";

/** The name of a conversation: its first written words, or what else it is. */
export const named = (chat) => (chat ? chat.title || "Voice and files" : "New conversation");

export class Chats {
  constructor() {
    this.list = []; // { chat, title, isUnread }, the one that changed last first
    this.current = "";
  }

  /** Takes the daemon's list; what the page knows beyond it (a title, an unread mark) stays. */
  set(list) {
    const known = new Map(this.list.map((one) => [one.chat, one]));
    const isHere = new Set(list.map(({ chat }) => chat));
    const newer = this.list.filter(({ chat }) => chat === this.current && !isHere.has(chat));
    this.list = [...newer, ...list.map((one) => ({ ...known.get(one.chat), ...one, title: one.title || known.get(one.chat)?.title }))];
    this.draw();
  }

  find(chat) {
    return this.list.find((one) => one.chat === chat);
  }

  open(chat) {
    this.current = chat;
    const found = this.find(chat);
    if (found) found.isUnread = false;
    this.draw();
  }

  /** A message came or went in a conversation: it moves to the top, and its first words name it. */
  touch({ chat, who, kind, text }) {
    const found = this.find(chat) ?? { chat, title: "" };
    const isTitle = !found.title && who === "person" && kind === "text" && !text.startsWith("/");
    if (isTitle) found.title = text.split(/\s+/).join(" ").slice(0, 60);
    found.isUnread = chat !== this.current && (who === "bot" || found.isUnread);
    this.list = [found, ...this.list.filter((one) => one !== found)];
    this.draw();
  }

  /** Draws the list when it differs; whoever walks through it with the keyboard keeps their place. */
  draw() {
    the("title").textContent = named(this.find(this.current));
    const shown = JSON.stringify([this.current, this.list]);
    if (shown === this.shown) return;
    this.shown = shown;
    const focused = the("chats").contains(document.activeElement) ? document.activeElement.hash : "";
    the("chats").replaceChildren(...this.list.map((one) => h("li", {},
      h("a", { href: `#${one.chat}`, class: one.isUnread ? "unread" : null, "aria-current": one.chat === this.current ? "page" : null },
        named(one), one.isUnread ? h("span", { class: "unseen" }, " (new messages)") : null))));
    if (focused) the("chats").querySelector(`a[href="${focused}"]`)?.focus();
  }
}
