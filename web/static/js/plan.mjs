// The filter by status answers without a new page: the rows are all there. Its state is the address.
const chips = document.querySelector('[data-filter]');

/** Shows the targets of one status. @param {string} f key of a status, "" for all */
function show(f) {
  for (const a of chips.querySelectorAll('a')) if (a.dataset.f === f) a.setAttribute('aria-current', 'true'); else a.removeAttribute('aria-current');
  for (const body of chips.closest('.ledger').querySelectorAll('.tt tbody')) {
    let n = 0;
    for (const tr of body.querySelectorAll('tr[data-status]')) { tr.hidden = f !== '' && tr.dataset.status !== f; if (!tr.hidden) n++; }
    body.hidden = n === 0;
  }
}

/** @param {MouseEvent} e @param {string} f @param {boolean} jump */
function go(e, f, jump) {
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  show(f);
  const u = new URL(location.href);
  if (f) u.searchParams.set('status', f); else u.searchParams.delete('status');
  u.hash = '';
  history.replaceState(null, '', u);
  if (jump) chips.closest('.ledger').scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

chips.addEventListener('click', (e) => { const a = e.target.closest('a[data-f]'); if (a) go(e, a.dataset.f, false); });
document.addEventListener('click', (e) => { const a = e.target.closest('a[data-status-link]'); if (a) go(e, a.dataset.statusLink, true); });

// Rows that arrive by the stream keep to the filter.
document.addEventListener('htmx:after:swap', () => { const f = new URL(location.href).searchParams.get('status'); if (f) show(f); });
