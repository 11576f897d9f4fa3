// A picture as large as the window, with its download.

import { h, icon, the } from "./dom.js";

/** Opens the picture over the page; Esc, the cross and a click beside it close it. */
export function view({ url, name }) {
  const dialog = the("viewer");
  const close = h("button", { type: "button", class: "round", "aria-label": "Close", click: () => dialog.close() }, icon("cross"));
  const save = h("a", { class: "round", href: url, download: name || "picture", "aria-label": "Download picture", title: "Download" }, icon("download"));
  dialog.replaceChildren(h("div", { class: "tools" }, save, close), h("img", { src: url, alt: name || "Picture" }));
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close();
  };
  dialog.showModal();
}
