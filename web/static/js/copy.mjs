// Blocks of code get a button that copies them; without script, or without a clipboard, there is none.
if (navigator.clipboard) {
  for (const box of document.querySelectorAll('[data-copy]')) {
    const button = box.querySelector('button'), text = box.querySelector('pre');
    if (!button || !text) continue;
    const word = button.textContent;
    button.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text.textContent ?? '');
      button.textContent = button.dataset.done ?? word;
      setTimeout(() => { button.textContent = word; }, 1500);
    });
  }
}
