// Shows what the server pushes, also while no page is open, and opens the page that it speaks of. It answers no request of a page and keeps nothing.
self.addEventListener('push', (e) => {
  let d = {};
  try { d = e.data?.json() ?? {}; } catch { /* what cannot be read is shown as a bare notice: a browser wants one for every push */ }
  e.waitUntil(self.registration.showNotification(d.title || 'Haihe', { body: d.body ?? '', lang: d.lang ?? '', tag: d.id ?? '', data: d.link ?? '', requireInteraction: true }));
});

self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  let to;
  try { to = new URL(e.notification.data || '/', self.location.origin); } catch { return; }
  if (to.origin !== self.location.origin) to = new URL('/', self.location.origin); // pages of ours only
  e.waitUntil((async () => {
    for (const c of await self.clients.matchAll({ type: 'window', includeUncontrolled: true })) {
      if (c.url === to.href) return c.focus();
    }
    return self.clients.openWindow(to.href);
  })());
});
