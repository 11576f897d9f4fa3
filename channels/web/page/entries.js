// One message of the log as nodes: words, voice, pictures, songs, clips and files.

import { h, icon, weight } from "./dom.js";
import { markdown } from "./markdown.js";
import { alone, player } from "./player.js";
import { view } from "./viewer.js";

const UNFINISHED = /(?:^|\s)…$/;

/** Whether the bot is still writing this entry. */
export function isUnfinished(entry) {
  return entry.who === "bot" && entry.kind === "text" && UNFINISHED.test(entry.text);
}

/** The nodes of an entry; `say` is called with what a pressed choice says. */
export function draw(entry, say) {
  const kinds = { text: words, voice, picture, audio: song, video: clip, document: paper };
  return kinds[entry.kind](entry, say);
}

function words(entry, say) {
  if (entry.who === "person") return [h("div", { class: "said" }, entry.text)];
  const body = h("div", { class: "written" }, markdown(entry.text.replace(UNFINISHED, "")));
  if (isUnfinished(entry)) lastBlock(body).append(h("span", { class: "caret" }));
  return entry.choices.length ? [body, choices(entry.choices, say)] : [body];
}

/** The deepest block at the end, where more words will follow. */
function lastBlock(node) {
  const last = node.lastElementChild;
  return last?.matches("p, li, ul, ol, blockquote, h3, h4, h5, h6") && !last.nextSibling ? lastBlock(last) : node;
}

function choices(offered, say) {
  return h("div", { class: "choices", role: "group", "aria-label": "Choices" },
    ...offered.map((choice) => h("button", { type: "button", class: "choice", click: () => say(choice.say) }, choice.label)));
}

function voice(entry) {
  const { node, start } = player(entry);
  node.start = start;
  if (!entry.words) return [node];
  return [node, h("details", { class: "transcript" }, h("summary", {}, "Read it"), h("p", {}, entry.words))];
}

function picture(entry) {
  const image = h("img", { src: entry.url, alt: entry.name || "Picture", decoding: "async" });
  const open = h("button", { type: "button", class: "picture", "aria-label": `Open ${entry.name || "picture"}`, click: () => view(entry) }, image);
  return [open, ...caption(entry)];
}

function song(entry) {
  const audio = alone(h("audio", { src: entry.url, controls: true, preload: "metadata", "aria-label": entry.name || "Sound" }));
  return [h("figure", { class: "song" }, h("figcaption", {}, entry.name, save(entry)), audio), ...caption(entry)];
}

function clip(entry) {
  const video = alone(h("video", { src: entry.url, controls: true, playsinline: true, preload: "metadata", "aria-label": entry.name || "Clip" }));
  return [video, ...caption(entry)];
}

function paper(entry) {
  const chip = h("a", { class: "chip", href: entry.url, download: entry.name || "file" },
    icon("file"), h("span", { class: "name" }, entry.name || "file"), h("span", { class: "size" }, weight(entry.size)));
  return [chip, ...caption(entry)];
}

function caption(entry) {
  return entry.text ? [h("div", { class: "written" }, markdown(entry.text))] : [];
}

function save(entry) {
  return h("a", { class: "round save", href: entry.url, download: entry.name || "file", "aria-label": `Download ${entry.name}`, title: "Download" }, icon("download"));
}
