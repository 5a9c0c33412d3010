// Fetches the live part every five seconds. Says so when the server does not answer, and leaves the
// page alone while somebody's keyboard is on one of its buttons.
"use strict";
(function () {
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  async function refresh() {
    try {
      const answer = await fetch(live.dataset.url, { credentials: "same-origin", signal: AbortSignal.timeout(4000) });
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) { throw new Error(String(answer.status)); }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      lost.hidden = true;
      if (!live.contains(document.activeElement)) { live.replaceChildren(...fresh.body.childNodes); }
    } catch (error) {
      lost.hidden = false;
    }
  }
  setInterval(refresh, 5000);
})();
