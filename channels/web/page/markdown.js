// Markdown as DOM nodes. Words become text nodes and links are http(s) only, so that nothing a model says can run.

import { h, icon } from "./dom.js";

const DEPTH = 8;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:\s+|$)/;
const DIVIDER = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

const INLINE = new RegExp(
  [
    String.raw`\\(?<escaped>[!-/:-@[-\`{-~])`,
    String.raw`(?<ticks>\`+)(?<code>[^\`]|[^\`].*?[^\`])\k<ticks>(?!\`)`,
    String.raw`!?\[(?<label>(?:[^\[\]\\]|\\.)*)\]\((?<href>(?:[^\s()<>]|\([^\s()]*\))+)(?:\s+"[^"]*")?\)`,
    String.raw`<(?<angled>https?://[^\s<>]+)>`,
    String.raw`(?<bare>\bhttps?://[^\s<>]*[^\s<>.,:;!?'"*_~)\]])`,
    String.raw`(?<strong>\*\*|__)(?=\S)(?<bold>.+?)(?<=\S)\k<strong>(?![*_])`,
    String.raw`~~(?=\S)(?<struck>.+?)~~`,
    String.raw`\*(?=[^\s*])(?<star>[^*]*[^\s*])\*`,
    String.raw`(?<![\w])_(?=[^\s_])(?<line>[^_]*[^\s_])_(?![\w])`,
    String.raw`(?<end>\n)`,
  ].join("|"),
  "gs",
);

/** The nodes of a Markdown text. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), 0));
  return fragment;
}

function blocks(lines, depth) {
  const nodes = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [node, next] = block(lines, at, depth);
    nodes.push(node);
    at = next;
  }
  return nodes;
}

/** The block that begins at a line, and the line after it. */
function block(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return fence(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [h(`h${Math.min(6, heading[1].length + 2)}`, {}, ...inline(heading[2])), at + 1];
  if (RULE.test(line)) return [h("hr"), at + 1];
  if (depth < DEPTH && QUOTE.test(line)) return quote(lines, at, depth);
  if (isTable(lines, at)) return table(lines, at);
  if (depth < DEPTH && ITEM.test(line)) return list(lines, at, depth);
  return paragraph(lines, at, depth);
}

function paragraph(lines, at, depth) {
  let next = at + 1;
  while (next < lines.length && lines[next].trim() && !interrupts(lines, next, depth)) next += 1;
  const words = lines.slice(at, next).map((line) => line.trim()).join("\n");
  return [h("p", {}, ...inline(words)), next];
}

function interrupts(lines, at, depth) {
  const line = lines[at];
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || isTable(lines, at)
    || (depth < DEPTH && (QUOTE.test(line) || /^ {0,3}(?:[-*+]|1[.)])\s+\S/.test(line)));
}

function fence(lines, at) {
  const [, mark, language] = FENCE.exec(lines[at]);
  const closes = (line) => line.trim().startsWith(mark) && !line.trim().slice(mark.length).replaceAll(mark[0], "");
  let end = at + 1;
  while (end < lines.length && !closes(lines[end])) end += 1;
  return [codeBlock(lines.slice(at + 1, end).join("\n"), language), end + 1];
}

function codeBlock(code, language) {
  const copy = h("button", { type: "button", class: "copy", "aria-label": "Copy code" }, icon("copy"), h("span", {}, "Copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code);
    copy.lastChild.textContent = "Copied";
    setTimeout(() => { copy.lastChild.textContent = "Copy"; }, 1500);
  });
  return h("figure", { class: "code" },
    h("figcaption", {}, h("span", {}, language || "code"), copy),
    h("pre", { tabindex: "0", role: "region", "aria-label": "Code" }, h("code", {}, code)));
}

function quote(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [h("blockquote", {}, ...blocks(inner, depth + 1)), end];
}

function list(lines, at, depth) {
  const ordered = /\d/.test(ITEM.exec(lines[at])[2]);
  const items = [];
  let next = at;
  while (next < lines.length) {
    const found = ITEM.exec(lines[next]);
    if (!found || /\d/.test(found[2]) !== ordered || RULE.test(lines[next])) break;
    const [inner, end] = itemLines(lines, next, found[0].length);
    items.push(h("li", {}, ...tight(blocks(inner, depth + 1))));
    next = end;
  }
  const first = parseInt(ITEM.exec(lines[at])[2], 10);
  return [h(ordered ? "ol" : "ul", ordered && first !== 1 ? { start: first } : {}, ...items), next];
}

/** What belongs to a list item: its own line and what is indented below it. */
function itemLines(lines, at, width) {
  const inner = [lines[at].slice(width)];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const deep = indent(lines[lines[next].trim() ? next : written(lines, next)] ?? "");
    if (deep < 2) break;
    inner.push(lines[next].slice(Math.min(indent(lines[next]), width, 4)));
  }
  const after = written(lines, next);
  return [inner, ITEM.test(lines[after] ?? "") ? after : next];
}

function indent(line) {
  return line.length - line.trimStart().length;
}

/** The number of the first line from here on that is not blank. */
function written(lines, at) {
  let next = at;
  while (next < lines.length && !lines[next].trim()) next += 1;
  return next;
}

/** A first paragraph without its frame, as in a list whose items follow one another closely. */
function tight(nodes) {
  return nodes[0]?.tagName === "P" ? [...nodes[0].childNodes, ...nodes.slice(1)] : nodes;
}

function isTable(lines, at) {
  return lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && DIVIDER.test(lines[at + 1])
    && cells(lines[at]).length === cells(lines[at + 1]).length;
}

function table(lines, at) {
  const sides = cells(lines[at + 1]).map((cell) => (/^:-*:$/.test(cell) ? "center" : cell.endsWith(":") ? "right" : ""));
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const row = (line, tag) => {
    const found = cells(line);
    return h("tr", {}, ...sides.map((side, place) => h(tag, side ? { class: side } : {}, ...inline(found[place] ?? ""))));
  };
  const body = lines.slice(at + 2, end).map((line) => row(line, "td"));
  const drawn = h("table", {}, h("thead", {}, row(lines[at], "th")), h("tbody", {}, ...body));
  return [h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, drawn), end];
}

function cells(line) {
  const bare = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return bare.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function inline(text, depth = 0) {
  if (depth > DEPTH) return [text];
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) nodes.push(text.slice(from, match.index));
    nodes.push(span(match, depth + 1));
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function span(match, depth) {
  const found = match.groups;
  if (found.escaped) return found.escaped;
  if (found.ticks) return h("code", {}, found.code.replace(/^ (.*[^ ].*) $/s, "$1"));
  if (found.href) return link(found.href, inline(found.label, depth), match[0]);
  if (found.angled ?? found.bare) return link(found.angled ?? found.bare, [found.angled ?? found.bare], match[0]);
  if (found.strong) return h("strong", {}, ...inline(found.bold, depth));
  if (found.struck) return h("del", {}, ...inline(found.struck, depth));
  if (found.end) return h("br");
  return h("em", {}, ...inline(found.star ?? found.line, depth));
}

function link(address, words, written) {
  const isWeb = /^https?:\/\//i.test(address) && URL.canParse(address);
  return isWeb ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...(words.length ? words : [address])) : written;
}
