// The stream is htmx's; this adds what a reader sees of it: whether it is connected, what has just arrived, and a fresh page
// where the server says that too much was missed. The page names it
// before htmx, since scripts run in the order of the page and htmx connects at once.
const mark = document.querySelector('[data-live]');
const words = JSON.parse(mark.dataset.words);

/** @param {boolean} on */
const connected = (on) => { mark.hidden = false; mark.dataset.on = on ? 'on' : 'off'; mark.textContent = words[on ? 0 : 1]; };
document.addEventListener('htmx:sse:after:connection', () => connected(true));
document.addEventListener('htmx:sse:error', () => connected(false));
document.addEventListener('htmx:sse:close', () => connected(false));

// The server sends "reload" when it cannot say what changed since. A form that is being filled in is not thrown away.
document.getElementById('main').addEventListener('reload', () => {
  if ([...document.querySelectorAll('form.form')].some((f) => [...f.elements].some((i) => 'defaultValue' in i && i.value !== i.defaultValue))) connected(false);
  else location.reload();
});

// A list grows at its head: what is new is washed once, what is too old leaves.
const grow = new MutationObserver((ms) => {
  for (const m of ms) for (const n of m.addedNodes) {
    const list = m.target;
    if (n.nodeType !== 1 || !list.matches?.('[data-grow]')) continue;
    n.classList.add('new');
    list.querySelector(':scope > .nil')?.remove();
    const max = Number(list.dataset.max || 50);
    while (list.children.length > max) list.lastElementChild.remove();
  }
});
for (const l of document.querySelectorAll('[data-grow]')) grow.observe(l, { childList: true });

// A figure or a row that changed is washed as well.
document.addEventListener('htmx:before:swap', (e) => {
  for (const t of e.detail?.tasks ?? []) {
    const el = t.target;
    if (!el?.matches?.('.kpi, .tt tbody tr')) continue;
    const before = el.textContent;
    queueMicrotask(() => setTimeout(() => {
      if (!el.isConnected || el.textContent === before) return;
      el.classList.add('new');
      setTimeout(() => el.classList.remove('new'), 1700);
    }, 40));
  }
});
