// What every page needs: theme, navigation drawer, search key, menus, filters that send themselves. The page works without it.
// Other modules are fetched only where the page has something for them.
const root = document.documentElement;

/** Tells whether the page is dark now. */
export const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;

/** Reads a colour token of the style sheet. @param {string} name without the two dashes @returns {string} */
export const token = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();

/** Adds a vendored style sheet once. @param {string} name file below vendor/ */
export function css(name) {
  const href = new URL('../vendor/' + name, import.meta.url).href;
  if (![...document.styleSheets].some((s) => s.href === href)) document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
}

const changed = () => document.dispatchEvent(new CustomEvent('themechange'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
for (const b of document.querySelectorAll('[data-theme-toggle]')) {
  b.hidden = false;
  b.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    // A cookie and not the page's storage, so that the server draws the next page in the right colours at once.
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
    changed();
  });
}

const side = document.getElementById('side'), menu = document.querySelector('[data-menu]');
if (side && menu) {
  const narrow = matchMedia('(max-width: 860px)');
  /** @param {boolean} on */
  const open = (on) => {
    side.classList.toggle('open', on);
    menu.setAttribute('aria-expanded', String(on));
    if (!on && location.hash === '#side') location.hash = '#main'; // the drawer was opened by its address
    if (on) side.querySelector('nav a')?.focus(); else if (narrow.matches && side.contains(document.activeElement)) menu.focus();
  };
  menu.setAttribute('role', 'button');
  menu.setAttribute('aria-controls', 'side');
  menu.setAttribute('aria-expanded', 'false');
  menu.addEventListener('click', (e) => { e.preventDefault(); e.stopPropagation(); open(!side.classList.contains('open')); });
  menu.addEventListener('keydown', (e) => { if (e.key === ' ') { e.preventDefault(); menu.click(); } }); // a link obeys Enter alone, a button both
  side.querySelector('[data-menu-close]')?.addEventListener('click', (e) => { e.preventDefault(); open(false); });
  document.addEventListener('click', (e) => { if (side.classList.contains('open') && !side.contains(/** @type {Node} */ (e.target))) open(false); });
  document.addEventListener('keydown', (e) => { if (e.key === 'Escape' && side.classList.contains('open')) open(false); });
}

document.addEventListener('keydown', (e) => {
  if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /INPUT|SELECT|TEXTAREA/.test(document.activeElement?.tagName ?? '')) return;
  const q = document.querySelector('.search input');
  if (q) { e.preventDefault(); q.focus(); q.select(); }
});

// Menus are <details>: one closes when another place is clicked or Escape is pressed.
const menus = () => document.querySelectorAll('details.who[open], details.sure[open]');
document.addEventListener('click', (e) => menus().forEach((d) => { if (!d.contains(/** @type {Node} */ (e.target))) d.open = false; }));
document.addEventListener('keydown', (e) => { if (e.key === 'Escape') menus().forEach((d) => { d.open = false; d.querySelector('summary').focus(); }); });

// A choice in a filter takes effect at once; empty fields do not lengthen the address.
for (const f of document.querySelectorAll('form[data-filters]')) {
  f.addEventListener('change', (e) => { if (e.target.tagName === 'SELECT' || e.target.type === 'date') f.requestSubmit(); });
  f.addEventListener('submit', () => { for (const i of f.elements) if (i.name && !i.value) i.disabled = true; });
}

document.querySelector('[data-focus]')?.focus();

// On a narrow screen the tab that is open may stand beyond the edge of those that are swiped.
const tabs = document.querySelector('.tabs'), here = tabs?.querySelector('[aria-current]');
if (here) tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;

if (document.querySelector('[data-map]')) import('./map.mjs');
if (document.querySelector('[data-copy]')) import('./copy.mjs');
if (document.querySelector('[data-chart]')) import('./chart.mjs');
if (document.querySelector('[data-filter]')) import('./plan.mjs');
if (document.querySelector('[data-alarms]')) import('./alarms.mjs');
if (document.querySelector('form[id^="push-"]')) import('./push.mjs');
if (document.querySelector('[data-pulse]') && !document.querySelector('[data-alarms]')) import('./pulse.mjs');
if (document.querySelector('form#passkey-sign, form#passkey-make')) import('./passkey.mjs');
