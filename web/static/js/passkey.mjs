// Asks the browser for a passkey, or to make one. Both are forms that the server makes, with what to ask in the field options; the browser's
// answer goes into the field answer before the form is sent. The server says what went wrong in the reader's language.

/** @param {string} text base64url @returns {ArrayBuffer} */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0)).buffer;

/** @param {ArrayBuffer|null} b @returns {string|undefined} base64url */
const text = (b) => b ? btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '') : undefined;

const named = (list) => (list ?? []).map((c) => ({ ...c, id: bytes(c.id) }));

/** @param {object} o options of a sign-in */
const get = (o) => navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) } });

/** @param {object} o options of a new passkey */
const make = (o) => navigator.credentials.create({ publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) } });

/** @param {PublicKeyCredential} c @returns {string} as the server reads it (Web Authentication 5.1) */
function written(c) {
  const r = c.response;
  return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, authenticatorAttachment: c.authenticatorAttachment ?? undefined, clientExtensionResults: c.getClientExtensionResults(),
    response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.(), authenticatorData: r.attestationObject ? undefined : text(r.authenticatorData),
      signature: text(r.signature), userHandle: text(r.userHandle) } });
}

for (const [id, ask] of [['passkey-sign', get], ['passkey-make', make]]) {
  const form = /** @type {HTMLFormElement|null} */ (document.querySelector(`form#${id}`));
  form?.addEventListener('submit', async (e) => {
    e.preventDefault();
    const said = form.elements;
    try {
      if (!window.PublicKeyCredential) said.failed.value = 'unable';
      else said.answer.value = written(await ask(JSON.parse(said.options.value)));
    } catch (err) {
      said.failed.value = err.name === 'InvalidStateError' ? 'held' : err.name === 'SecurityError' ? 'unable' : 'denied';
    }
    form.submit();
  });
}
