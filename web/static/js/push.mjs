// A browser subscribes to notices, or ends its subscription. Both are forms that the server makes: before one is sent, this asks the browser
// for its subscription and writes it into the form. The worker that shows what is pushed is served at a fixed address, so that an update
// of the program does not leave subscriptions of older ones behind.
const on = /** @type {HTMLFormElement|null} */ (document.querySelector('form#push-on'));
const able = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
const worker = () => navigator.serviceWorker.register('/push/worker.js', { scope: '/push/' });

/** @param {string} text base64url @returns {Uint8Array} */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

/** @param {string} endpoint @returns {Promise<string>} as the server names the subscription */
async function idOf(endpoint) {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint)));
  return [...sum.slice(0, 8)].map((b) => b.toString(16).padStart(2, '0')).join('');
}

// Says why it cannot be done where the form stands, for eyes and for screen readers.
function fail(form, code) {
  form.elements.failed.value = code;
  form.submit(); // the server says it in the reader's language
}

if (on) {
  on.addEventListener('submit', async (e) => {
    e.preventDefault();
    if (!able) return fail(on, 'unable');
    try {
      if (await Notification.requestPermission() !== 'granted') return fail(on, 'denied');
      const reg = await worker(), key = bytes(on.elements.key.value);
      let sub = await reg.pushManager.getSubscription();
      const old = sub?.options.applicationServerKey;
      if (sub && (!old || String(new Uint8Array(old)) !== String(key))) { await sub.unsubscribe(); sub = null; } // made for another server's key
      sub ??= await reg.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      on.elements.subscription.value = JSON.stringify(sub);
      on.submit();
    } catch { fail(on, 'failed'); }
  });
}

for (const form of document.querySelectorAll('form[id^="push-off-"]')) {
  form.addEventListener('submit', async (e) => {
    if (!able) return;
    e.preventDefault();
    try {
      const reg = await navigator.serviceWorker.getRegistration('/push/'), sub = await reg?.pushManager.getSubscription();
      if (sub && await idOf(sub.endpoint) === form.elements.id.value) await sub.unsubscribe();
    } finally { form.submit(); }
  });
}
