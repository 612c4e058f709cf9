// The list of alarms, made for somebody under stress: its rows never move under the pointer or the keyboard. The stream says only that
// something changed; the page then asks its own address again and takes over what is new. While somebody is at work in the list, rows
// are brought up to date where they stand, and new ones wait in a bar.
const box = /** @type {HTMLElement} */ (document.querySelector('[data-alarms]'));
const body = box.querySelector('tbody'), fresh = box.querySelector('[data-fresh]'), acts = box.querySelector('form[data-acts]');
const words = JSON.parse(box.dataset.words);
let skew = Date.parse(box.dataset.now) - Date.now(); // the city's clock against this machine's

/** @param {string} text @param {Record<string, string|number>} of */
const say = (text, of) => text.replace(/\{(\w)\}/g, (_, k) => String(of[k] ?? ''));
const ticks = () => /** @type {HTMLInputElement[]} */ ([...body.querySelectorAll('input[name=id]')]);
const picked = () => ticks().filter((t) => t.checked);
const part = (root, name) => root.querySelector(`[data-part=${name}]`);

// What an act said stands in the address once, and not when the page is asked for again.
const here = new URL(location.href);
for (const k of ['did', 'n', 'undo']) here.searchParams.delete(k);
history.replaceState(null, '', here);

// ---- ages

/** @param {number} s whole seconds */
function age(s) {
  if (s < 60) return say(words.s, { n: s });
  if (s < 3600) return say(words.m, { n: Math.floor(s / 60), r: s % 60 });
  if (s < 86400) return say(words.h, { n: Math.floor(s / 3600), r: Math.floor(s / 60) % 60 });
  return say(words.d, { n: Math.floor(s / 86400), r: Math.floor(s / 3600) % 24 });
}
function tick() {
  const now = Date.now() + skew;
  for (const t of body.querySelectorAll('time[data-age]')) t.textContent = age(Math.max(0, Math.floor((now - Date.parse(t.dateTime)) / 1000)));
}

// ---- sound, only after it was asked for: a browser lets a page sound after a gesture, and so does courtesy

/** @type {AudioContext|null} */
let sound = null;
const speaker = box.querySelector('[data-sound]');
function beep(grave) {
  if (!sound) return;
  const tones = grave ? [[960, 0], [720, .18], [960, .36], [720, .54]] : [[520, 0]];
  for (const [hz, at] of tones) {
    const o = sound.createOscillator(), g = sound.createGain(), from = sound.currentTime + at;
    o.type = grave ? 'square' : 'sine';
    o.frequency.value = hz;
    g.gain.setValueAtTime(0, from); g.gain.linearRampToValueAtTime(grave ? .18 : .12, from + .01); g.gain.exponentialRampToValueAtTime(.001, from + .17);
    o.connect(g).connect(sound.destination);
    o.start(from); o.stop(from + .18);
  }
}
if (speaker && 'AudioContext' in window) {
  speaker.hidden = false;
  speaker.addEventListener('click', () => {
    if (sound) { sound.close(); sound = null; } else { sound = new AudioContext(); beep(false); }
    speaker.setAttribute('aria-pressed', String(!!sound));
    speaker.textContent = sound ? words.soundOn : words.soundOff;
  });
}

// ---- taking over what is new

let pointed = false; // the pointer lies on the rows
body.addEventListener('pointerenter', () => { pointed = true; });
body.addEventListener('pointerleave', () => { pointed = false; });
/** Somebody is at work here, or reads further down, or on a later page. */
const engaged = () => pointed || picked().length > 0 || body.contains(document.activeElement) || 'paged' in box.dataset || body.getBoundingClientRect().top < 0;

const key = (tr) => tr.id || 'no';
const known = new Set([...body.rows].map(key));
/** @type {HTMLTableRowElement[]} */
let waiting = []; // the list as the server has it, not shown yet
const plain = (html) => html.replace(/(<time data-age[^>]*>)[^<]*/g, '$1');
const drawn = new WeakMap(); // cell to what the server wrote into it
for (const td of body.querySelectorAll('td,th')) drawn.set(td, plain(td.innerHTML));

/** Brings a row up to date in place; its tick box and the focus stay. */
function patch(tr, by) {
  tr.className = by.className;
  for (const k in by.dataset) tr.dataset[k] = by.dataset[k];
  [...by.cells].forEach((c, i) => {
    const old = tr.cells[i], html = plain(c.innerHTML);
    if (!old || c.classList.contains('c-tick') || (drawn.get(old) ?? '') === html) return;
    old.innerHTML = c.innerHTML;
    drawn.set(old, html);
  });
}

/** Shows the list as the server has it. */
function lay(rows) {
  const old = new Map([...body.rows].map((tr) => [key(tr), tr]));
  body.replaceChildren(...rows.map((tr) => {
    const was = old.get(key(tr));
    if (was) { patch(was, tr); return was; }
    for (const td of tr.cells) drawn.set(td, plain(td.innerHTML));
    if (tr.dataset.id) tr.classList.add('new');
    return tr;
  }));
  waiting = [];
  fresh.hidden = true;
  count();
  tick();
}

/** Keeps every row where it is; what is new waits. */
function hold(rows) {
  const by = new Map(rows.map((tr) => [key(tr), tr]));
  for (const tr of body.rows) {
    const now = by.get(key(tr));
    if (now) patch(tr, now);
    else if (tr.dataset.id) { tr.classList.add('left'); const s = tr.querySelector('.stt'); if (s) s.textContent = words.left; }
  }
  waiting = rows;
  const more = rows.filter((tr) => tr.dataset.id && !document.getElementById(tr.id)), grave = more.filter((tr) => tr.dataset.p === '1').length;
  fresh.hidden = more.length === 0;
  fresh.classList.toggle('grave', grave > 0);
  const text = say(grave ? words.grave : words.fresh, { n: more.length, c: grave }), button = fresh.querySelector('button');
  if (button.textContent !== text) button.textContent = text;
  tick();
}

function show() {
  if (!waiting.length) return;
  lay(waiting);
  box.scrollIntoView({ block: 'start' });
  ticks()[0]?.focus({ preventScroll: true });
}
fresh.querySelector('[data-show]').addEventListener('click', show);

/** @param {Document} doc a page that holds the same list @param {boolean} [said] what it says is for whoever acted */
function take(doc, said) {
  const next = doc.querySelector('[data-alarms]');
  if (!next) return false;
  skew = Date.parse(next.dataset.now) - Date.now();
  for (const name of said ? ['counts', 'flood', 'end', 'said'] : ['counts', 'flood', 'end']) {
    const to = part(box, name), from = part(next, name);
    if (to && from && to.innerHTML !== from.innerHTML && !(to.contains(document.activeElement) && !said)) to.innerHTML = from.innerHTML;
  }
  const rows = [...next.querySelector('tbody').rows].map((tr) => document.importNode(tr, true));
  const fell = rows.filter((tr) => tr.dataset.s === 'unacknowledged' && !known.has(key(tr)));
  for (const tr of rows) known.add(key(tr));
  if (fell.length && !('paged' in box.dataset)) beep(fell.some((tr) => tr.dataset.p === '1'));
  if (said || engaged()) hold(rows); else lay(rows);
  shown();
  return true;
}

/** The rows that "acknowledge this page" means are those that stand here, not those that wait. */
function shown() {
  if (!acts) return;
  for (const i of acts.querySelectorAll('input[name=row]')) i.remove();
  for (const tr of body.rows) if (tr.dataset.id && !tr.classList.contains('left')) acts.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'row', value: tr.dataset.id }));
}

let busy = false, again = false;
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  let wait = 1000; // at most one question a second, whatever falls
  try {
    const r = await fetch(here, { headers: { Accept: 'text/html' } });
    if (!r.ok || !take(new DOMParser().parseFromString(await r.text(), 'text/html'))) throw new Error(String(r.status));
  } catch {
    again = true;
    wait = 5000;
    part(box, 'said').textContent = words.lost;
  }
  setTimeout(() => { busy = false; if (again) { again = false; refresh(); } }, wait);
}
let change = document.querySelector('[data-pulse]')?.dataset.pulse;
function heard() {
  const now = document.querySelector('[data-pulse]')?.dataset.pulse;
  if (now && now !== change) { change = now; refresh(); }
}
document.addEventListener('htmx:after:swap', heard);
const pulse = document.querySelector('[data-pulse]')?.parentElement;
if (pulse) new MutationObserver(heard).observe(pulse, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-pulse'] });

// ---- acting

function count() {
  const n = picked().length, to = box.querySelector('[data-picked]');
  if (to) to.textContent = n ? say(words.picked, { n }) : '';
}
body.addEventListener('change', count);

/** Sends a form and takes over the list that it answers with. */
async function send(form, button) {
  const data = new URLSearchParams(new FormData(form, button));
  const r = await fetch(button?.hasAttribute('formaction') ? button.formAction : form.action, { method: 'POST', body: data });
  const doc = new DOMParser().parseFromString(await r.text(), 'text/html');
  if (r.ok) for (const t of picked()) t.checked = false;
  if (take(doc, true)) { const note = box.querySelector('[data-note]'); if (r.ok && note) note.value = ''; count(); return; }
  part(box, 'said').textContent = doc.querySelector('.fail .prose')?.textContent ?? words.lost;
}
box.addEventListener('submit', (e) => {
  const form = /** @type {HTMLFormElement} */ (e.target);
  if (form.method !== 'post' || !('acts' in form.dataset || 'undo' in form.dataset)) return;
  e.preventDefault();
  const note = box.querySelector('[data-note]');
  if (e.submitter && 'shelve' in e.submitter.dataset && note && !note.value.trim()) { part(box, 'said').textContent = words.why; note.focus(); return; }
  send(form, e.submitter).catch(() => { part(box, 'said').textContent = words.lost; });
});

// ---- keys; they can be turned off, since single letters get in the way of speech input (WCAG 2.1.4)

const keys = box.querySelector('[data-keys]'), keysOn = keys?.querySelector('input'), help = box.querySelector('[data-help]');
if (keys && keysOn) {
  keys.hidden = false;
  keysOn.checked = localStorage.getItem('alarm-keys') !== 'off';
  keysOn.addEventListener('change', () => localStorage.setItem('alarm-keys', keysOn.checked ? 'on' : 'off'));
}
const at = () => /** @type {HTMLTableRowElement|null} */ (document.activeElement?.closest?.('[data-alarms] tbody tr') ?? null);
function step(by) {
  const all = ticks();
  if (!all.length) { const links = [...body.querySelectorAll('.c-what > a')], i = links.indexOf(document.activeElement); links[Math.min(Math.max(i + by, 0), links.length - 1)]?.focus(); return; }
  const i = all.findIndex((t) => t.closest('tr') === at());
  const to = all[i < 0 ? 0 : Math.min(Math.max(i + by, 0), all.length - 1)];
  to.focus({ preventScroll: true });
  to.closest('tr').scrollIntoView({ block: 'nearest' });
}
/** Presses a button for the selected rows, or for the one that has the focus. */
function act(button) {
  const row = at()?.querySelector('input[name=id]');
  if (!button || !picked().length && !row) return;
  if (!picked().length) { row.checked = true; count(); }
  acts.requestSubmit(button);
}
document.addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || keysOn && !keysOn.checked && e.key !== 'Escape') return;
  const el = document.activeElement;
  if (el?.matches?.('textarea, select, input:not([type=checkbox])')) { if (e.key === 'Escape') el.blur(); return; }
  const inList = !!at();
  /** @type {Record<string, () => void>} */
  const does = {
    j: () => step(1), k: () => step(-1), n: show, z: () => box.querySelector('form[data-undo] button')?.click(),
    a: () => act(box.querySelector('[data-ack]')), s: () => act(box.querySelector('[data-shelve]')),
    '?': () => { if (help) { help.open = !help.open; if (help.open) help.querySelector('summary').focus(); } },
    Escape: () => { for (const t of picked()) t.checked = false; count(); if (inList) el.blur(); },
  };
  if (inList) {
    does.ArrowDown = does.j; does.ArrowUp = does.k;
    if (el.matches('input[name=id]')) does.Enter = () => at().querySelector('.c-what > a')?.click();
  }
  const f = does[e.key];
  if (f) { e.preventDefault(); f(); }
});

tick();
setInterval(tick, 1000);
