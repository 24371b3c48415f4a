// Small conveniences. Every page works without this file.
'use strict';

// An error summary gets the focus, so that it is read first.
const summary = document.getElementById('errors');
if (summary) summary.focus();

// A second click on the same button sends nothing. The server takes a repeated form for the same one anyway;
// the button stays focusable, and is free again when the page comes back from the browser's memory.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = '1';
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
});
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
  }
});

// <button type="button" data-print hidden> appears where printing works.
for (const button of document.querySelectorAll('button[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
