// A page whose rows differ from reader to reader: the stream says only that something has changed, and the page asks its own address again.
// What is read is taken over in place; a form that somebody fills in, or stands in, is left alone, and the mark of the stream says that the
// page is behind. The server still refuses what was filled in on an older state.
const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const parts = 'tbody, dl.facts, ol[id], ul.kpis, .note[id], nav.pager';
const here = new URL(location.href);
history.replaceState(null, '', here);

/** @param {Element} el @param {Element} root */
function key(el, root) {
  const id = el.id || el.closest('[id]')?.id || '';
  return el.tagName + '#' + id + '/' + [...root.querySelectorAll(el.tagName)].filter((x) => (x.id || x.closest('[id]')?.id || '') === id).indexOf(el);
}
/** @param {Element} root @param {string} what */
const all = (root, what) => new Map([...root.querySelectorAll(what)].map((el) => [key(el, root), el]));
const plain = (html) => html.replace(/(name="csrf"[^>]*value=")[^"]*/g, '$1'); // a token is written anew each time
const acts = 'form[method=post]';
const dirty = (f) => f.contains(document.activeElement) || [...f.elements].some((i) => i.type === 'checkbox' || i.type === 'radio' ? i.checked !== i.defaultChecked : i.tagName === 'SELECT' ? [...i.options].some((o) => o.selected !== o.defaultSelected) && i.selectedIndex > 0 : 'defaultValue' in i && i.value !== i.defaultValue);

/** @param {Document} doc */
function take(doc) {
  const next = doc.getElementById('main');
  if (!next) throw new Error('no page');
  const fresh = all(next, parts), old = all(main, parts), forms = all(main, acts), newForms = all(next, acts);
  const same = (a, b) => a.size === b.size && [...a.keys()].every((k) => b.has(k));
  const busy = [...forms.values()].some(dirty);
  if (!same(old, fresh) || !same(forms, newForms)) { // other things are to be done now than before
    if (busy) return behind();
    return location.reload();
  }
  for (const [k, el] of old) {
    const by = fresh.get(k);
    if (plain(by.innerHTML) === plain(el.innerHTML)) continue;
    const focus = el.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null;
    el.innerHTML = by.innerHTML;
    if (focus) [...el.querySelectorAll('a')].find((a) => a.getAttribute('href') === focus)?.focus();
  }
  for (const [k, f] of forms) {
    const by = newForms.get(k);
    if (plain(by.innerHTML) === plain(f.innerHTML)) continue;
    if (busy) behind(); else f.replaceWith(document.importNode(by, true));
  }
}

/** Says that the page does not show the newest state. */
function behind() {
  const mark = document.querySelector('[data-live]');
  if (!mark) return;
  mark.hidden = false;
  mark.dataset.on = 'off';
  mark.textContent = JSON.parse(mark.dataset.words)[1];
}

let busy = false, again = false;
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  let wait = 1000; // at most one question a second
  try {
    const r = await fetch(here, { headers: { Accept: 'text/html' } });
    if (!r.ok) throw new Error(String(r.status));
    take(new DOMParser().parseFromString(await r.text(), 'text/html'));
  } catch {
    again = true;
    wait = 5000;
    behind();
  }
  setTimeout(() => { busy = false; if (again) { again = false; refresh(); } }, wait);
}

const state = () => [...document.querySelectorAll('[data-pulse]')].map((p) => p.dataset.pulse).join();
let change = state();
function heard() {
  const now = state();
  if (now && now !== change) { change = now; refresh(); }
}
document.addEventListener('htmx:after:swap', heard);
const pulse = document.querySelector('[data-pulse]')?.parentElement;
if (pulse) new MutationObserver(heard).observe(pulse, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-pulse'] });
