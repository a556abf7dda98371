#include "status/page_parts.hpp"

namespace shoal::status {

const std::string_view kPageScriptHash = "sha256-wLN5ZG8628fEgUTkUjyN4NbG67pljU2KA9r90+WZ8Cc=";

const std::string_view kPageScript = R"js(
'use strict';
(() => {
  const period = 2000;
  const timeout = 10000;
  const main = document.querySelector('main');
  const gone = document.getElementById('gone');
  let answered = new Date();
  let timer = 0;

  // Changes `old` into `next` and keeps equal nodes, so that selections stay. Leaves `open` as the
  // visitor has set it.
  function update(old, next) {
    if (old.nodeName !== next.nodeName || old.id !== next.id) {
      old.replaceWith(next);
      return;
    }
    if (!(old instanceof Element)) {
      if (old.data !== next.data) old.data = next.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (name !== 'open' && !next.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of [...next.attributes]) {
      if (name !== 'open' && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    updateChildren(old, next);
  }

  // Children with the same id are the same, wherever they are.
  function updateChildren(old, next) {
    let at = old.firstChild;
    for (const child of [...next.childNodes]) {
      const twin = child.id ? [...old.children].find((one) => one.id === child.id) : at;
      if (!twin || (!child.id && at.id)) {
        old.insertBefore(child, at);
        continue;
      }
      if (twin !== at) old.insertBefore(twin, at);
      at = twin.nextSibling;
      update(twin, child);
    }
    while (at) {
      const after = at.nextSibling;
      at.remove();
      at = after;
    }
  }

  function show(page) {
    const next = page.querySelector('main');
    if (!next) throw new Error('the answer is not a status page');
    document.title = page.title;
    update(document.getElementById('icon'), page.getElementById('icon'));
    update(main, next);
  }

  function showGone(error) {
    const since = answered.toISOString().slice(11, 19);
    gone.textContent = 'No answer from the container since ' + since + ' UTC (' + error.message +
      '). This page shows the state of that time; it retries every 2 s.';
    gone.hidden = false;
  }

  async function refresh() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href,
        { cache: 'no-store', signal: AbortSignal.timeout(timeout) });
      if (!answer.ok) throw new Error('HTTP ' + answer.status);
      show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
      answered = new Date();
      gone.hidden = true;
    } catch (error) {
      showGone(error);
    }
    clearTimeout(timer);
    timer = setTimeout(refresh, period);
  }

  document.addEventListener('visibilitychange', refresh);
  timer = setTimeout(refresh, period);
})();
)js";

}  // namespace shoal::status
