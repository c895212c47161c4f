// Keeps what changes by itself fresh. Without it the page works, and is as it was when it was opened.
"use strict";

const LOOK_MS = 2000;
const place = document.getElementById("live");
let shown = null;

async function look() {
  if (document.hidden) return;
  let text;
  try {
    const answer = await fetch("/live", { cache: "no-store" });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return; // The sandbox was stopped; when it is back, the next look finds it.
  }
  if (text === shown) return;
  shown = text;
  const focused = document.activeElement && place.contains(document.activeElement) ? document.activeElement.id : "";
  place.innerHTML = text;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

setInterval(look, LOOK_MS);
