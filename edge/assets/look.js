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

// <time data-until="RFC 3339" data-now="RFC 3339"> counts down. Both are business time when the page was
// made, so the clock of this computer does not matter.
for (const element of document.querySelectorAll('time[data-until][data-now]')) {
  const left = Date.parse(element.dataset.until) - Date.parse(element.dataset.now);
  const began = performance.now();
  const show = () => {
    const seconds = Math.max(0, Math.floor((left - (performance.now() - began)) / 1000));
    const minutes = Math.floor(seconds / 60);
    element.textContent = minutes >= 60
      ? `あと ${Math.floor(minutes / 60)}時間${minutes % 60 ? `${minutes % 60}分` : ''}`
      : `あと ${minutes}分${String(seconds % 60).padStart(2, '0')}秒`;
    if (seconds > 0) setTimeout(show, 1000);
  };
  if (Number.isFinite(left)) show();
}

// <button type="button" data-print hidden> appears where printing works.
for (const button of document.querySelectorAll('button[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
