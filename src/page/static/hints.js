// Help for a word or a number under the pointer or with the keyboard focus.

import { element } from "./dom.js";
import { clamp } from "./numbers.js";
import { help } from "./texts.js";

export function createHints() {
  const bubble = element("div", { id: "hint", role: "tooltip", hidden: "" });
  document.querySelector("main").append(bubble);
  let owner = null;

  function show(target) {
    const about = target instanceof Element ? target.closest("[data-help]") : null;
    if (about === owner) return;
    hide();
    if (!about || !help(about.dataset.help)) return;
    owner = about;
    bubble.textContent = help(about.dataset.help);
    bubble.hidden = false;
    about.setAttribute("aria-describedby", "hint");
    const box = about.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = bubble;
    const below = box.bottom + 8 + height < window.innerHeight;
    bubble.style.left = `${clamp(box.left + box.width / 2 - width / 2, 8, window.innerWidth - width - 8)}px`;
    bubble.style.top = `${below ? box.bottom + 8 : Math.max(8, box.top - height - 8)}px`;
  }

  function hide() {
    owner?.removeAttribute("aria-describedby");
    owner = null;
    bubble.hidden = true;
  }

  document.addEventListener("pointerover", (event) => show(event.target));
  document.addEventListener("focusin", (event) => show(event.target));
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
