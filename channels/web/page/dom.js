// Pieces of the page. Words enter only as text nodes: nothing here ever parses HTML.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  menu: "M4 7h16M4 12h16M4 17h10",
  plus: "M12 5v14M5 12h14",
  attach: "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8",
  voice: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  cross: "M6 6l12 12M18 6L6 18",
  stop: "M7 7h10v10H7z",
  down: "M12 5v14M5.5 12.5L12 19l6.5-6.5",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 6v12M15.5 6v12",
  file: "M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.5zM13.5 3v5.5H19",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
};

/** An element with attributes; a function is a listener, `true` an empty attribute, false and null are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A line drawing of 24 by 24, for buttons that have a name of their own. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: `icon ${name}`, "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

/** The element with this id, which the page is known to have. */
export function the(id) {
  return document.getElementById(id);
}

/** Upright bars for loudness. `set` takes levels from 0 to 1, `progress` how much of them is past (0 to 1). */
export function bars(count) {
  const rects = Array.from({ length: count }, (_, place) =>
    svg("rect", { x: place * 4 + 0.5, width: 2.5, rx: 1.25, y: 11, height: 2 }));
  const node = svg("svg", { viewBox: `0 0 ${count * 4} 24`, class: "bars", preserveAspectRatio: "none", "aria-hidden": "true" }, ...rects);
  const set = (levels) => rects.forEach((rect, place) => {
    const height = 2 + 20 * Math.min(1, levels[place] ?? 0);
    rect.setAttribute("height", height.toFixed(1));
    rect.setAttribute("y", (12 - height / 2).toFixed(1));
  });
  const progress = (part) => rects.forEach((rect, place) => rect.classList.toggle("past", (place + 0.5) / count <= part));
  return { node, set, progress };
}

/** `count` levels out of any number of them: the loudest of each stretch. */
export function resample(levels, count) {
  if (levels.length === 0) return Array(count).fill(0);
  return Array.from({ length: count }, (_, place) => {
    const from = Math.floor((place * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((place + 1) * levels.length) / count));
    return Math.max(...levels.slice(from, to));
  });
}

/** 75 as 1:15. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** 1536 as 1.5 kB. */
export function weight(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
