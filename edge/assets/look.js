// Small conveniences. Every page works without this file.
'use strict';

// What a part of a page gets as soon as it is there: the page itself, and what takes the place of its main part.
const beginnings = [];

// An error summary gets the focus, so that it is read first.
beginnings.push((part) => {
  const summary = part.querySelector('#errors');
  if (!summary) return;
  summary.focus();
  // A page that answers a form is in the browser's history as that form being sent. Whoever comes back to what was
  // wrong with it gets the page asked for anew, and not the browser's question whether to send the form again.
  history.replaceState(null, '');
});

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
beginnings.push((part) => {
  for (const button of part.querySelectorAll('button[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
});

const inEnglish = document.documentElement.lang === 'en';

// A file that is too large is told where it is chosen, before it is sent.
beginnings.push((part) => {
  for (const input of part.querySelectorAll('input[type=file][data-bytes-max]')) {
    const most = Number(input.dataset.bytesMax);
    input.addEventListener('change', () => {
      const [file] = input.files;
      const mib = Math.floor(most / 1048576);
      const words = inEnglish ? `Choose a file of up to ${mib} MB.` : `${mib}MBまでのファイルを選んでください。`;
      input.setCustomValidity(file && file.size > most ? words : '');
      input.reportValidity();
    });
  }
});

// How far a file is on its way is shown; the answer is the page that the form alone would have led to.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.enctype !== 'multipart/form-data' || event.defaultPrevented) return;
  event.preventDefault();
  // a button of that name hides the form's own property
  const address = new URL(form.getAttribute('action'), location.href).href;
  form.querySelector('[data-broken]')?.remove();
  const bar = document.createElement('progress');
  const told = document.createElement('p');
  told.setAttribute('role', 'status');
  const part = document.createElement('div');
  part.className = 'sending';
  part.append(told, bar);
  form.append(part);
  const say = (words, english) => {
    const text = inEnglish ? english : words;
    if (told.textContent !== text) told.textContent = text;
  };
  say('ファイルを送っています。', 'Sending the file.');
  const request = new XMLHttpRequest();
  request.upload.addEventListener('progress', (sent) => {
    if (sent.lengthComputable) bar.value = sent.loaded / sent.total;
  });
  request.upload.addEventListener('load', () => {
    bar.removeAttribute('value');
    say('ファイルの内容を確かめています。', 'Reading the file.');
  });
  request.addEventListener('load', () => {
    if (request.responseURL !== address) {
      location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, 'text/html');
    const fresh = page.querySelector('main');
    if (!fresh) {
      location.reload();
      return;
    }
    const main = document.adoptNode(fresh);
    document.title = page.title;
    document.querySelector('main').replaceWith(main);
    window.scrollTo(0, 0);
    used();
    for (const begin of beginnings) begin(main);
  });
  request.addEventListener('error', () => {
    part.remove();
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
    const broken = document.createElement('p');
    broken.className = 'note';
    broken.dataset.broken = '';
    broken.setAttribute('role', 'alert');
    broken.textContent = inEnglish
      ? 'The file could not be sent. Nothing has been debited. Check the connection and send it again.'
      : 'ファイルを送れませんでした。何も引き落とされていません。通信の状態を確かめて、もう一度お送りください。';
    form.append(broken);
  });
  request.open('POST', address);
  request.send(new FormData(form, event.submitter));
});

// A session that is about to end by itself says so; one click goes on (SEC-25). At its end the page is left.
const idle = document.getElementById('idle');
let usedAt = Date.now();
const used = () => {
  usedAt = Date.now();
  if (idle) idle.hidden = true;
};
if (idle) {
  const button = idle.querySelector('button');
  const left = idle.querySelector('[data-left]');
  const before = document.activeElement;
  setInterval(() => {
    const spent = Math.floor((Date.now() - usedAt) / 1000);
    const rest = Number(idle.dataset.end) - spent;
    if (rest <= 0) {
      location.assign(idle.dataset.home);
    } else if (spent >= Number(idle.dataset.warn)) {
      // told in steps, so that a screen reader is not read every second
      const [minutes, seconds] = inEnglish ? [' min', ' s'] : ['分', '秒'];
      const tens = Math.ceil(rest / 10) * 10;
      const words = rest > 60 ? `${Math.ceil(rest / 60)}${minutes}` : `${tens}${seconds}`;
      if (left.textContent !== words) left.textContent = words;
      if (idle.hidden) {
        idle.hidden = false;
        button.focus();
      }
    }
  }, 1000);
  button.addEventListener('click', async () => {
    const body = new URLSearchParams({ csrf: button.dataset.csrf });
    const answer = await fetch(button.dataset.extend, { method: 'POST', body }).catch(() => null);
    if (answer && answer.status === 204) {
      used();
      if (before instanceof HTMLElement) before.focus();
    } else if (answer) {
      location.assign(idle.dataset.home);
    }
  });
}

// ソフトウェアキーボード (R11): offered at every secret, never forced; typing, pasting and managers work as before.
const keyRows = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', '-_@.,!?#$%&+*/=()'];
beginnings.push((part) => {
  for (const input of part.querySelectorAll('input[type=password], input[autocomplete=one-time-code]')) {
    const isCode = input.type !== 'password';
    const make = (label, act, name) => {
      const key = document.createElement('button');
      key.type = 'button';
      key.textContent = label;
      if (name) key.setAttribute('aria-label', name);
      key.addEventListener('click', act);
      return key;
    };
    const put = (text) => {
      const [from, until] = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
      input.setRangeText(text, from, until, 'end');
      input.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const panel = document.createElement('div');
    panel.className = 'keys';
    panel.hidden = true;
    panel.setAttribute('role', 'group');
    panel.setAttribute('aria-label', inEnglish ? 'Software keyboard' : 'ソフトウェアキーボード');
    let upper = false;
    const letters = [];
    for (const row of isCode ? keyRows.slice(0, 1) : keyRows) {
      const line = document.createElement('div');
      for (const sign of row) {
        const key = make(sign, () => put(upper ? sign.toUpperCase() : sign));
        if (/[a-z]/.test(sign)) letters.push([key, sign]);
        line.append(key);
      }
      panel.append(line);
    }
    const last = document.createElement('div');
    if (!isCode) {
      const shift = make(inEnglish ? 'Capitals' : '大文字', () => {
        upper = !upper;
        shift.setAttribute('aria-pressed', String(upper));
        for (const [key, sign] of letters) key.textContent = upper ? sign.toUpperCase() : sign;
      });
      shift.setAttribute('aria-pressed', 'false');
      last.append(shift, make(inEnglish ? 'Space' : '空白', () => put(' ')));
    }
    last.append(make(inEnglish ? 'Delete' : '1字消す', () => {
      const [from, until] = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
      if (from === until) input.setSelectionRange(Math.max(0, from - 1), until);
      put('');
    }));
    panel.append(last);
    const toggle = make(inEnglish ? 'Software keyboard' : 'ソフトウェアキーボード', () => {
      panel.hidden = !panel.hidden;
      toggle.setAttribute('aria-expanded', String(!panel.hidden));
    });
    toggle.className = 'link keys-open';
    toggle.setAttribute('aria-expanded', 'false');
    input.after(toggle, panel);
  }
});

// A list that ends today asks whether it has a new line, and takes the page over where it has. The server does not take
// that for a use of the session.
const every = 10000;
setInterval(async () => {
  const live = document.getElementById('live');
  if (!live || !live.dataset.live || document.hidden) return;
  const answer = await fetch(live.dataset.live, { redirect: 'error' }).catch(() => null);
  if (!answer || answer.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('live');
  const told = document.getElementById('live-told');
  if (!fresh) return;
  // what the person has opened stays open, and the focus where it is
  const summaries = (part) => [...part.querySelectorAll('summary')];
  const focused = summaries(live).indexOf(document.activeElement);
  summaries(fresh).forEach((one, place) => {
    one.parentElement.open = summaries(live)[place]?.parentElement.open ?? false;
  });
  live.replaceWith(document.adoptNode(fresh));
  summaries(fresh)[focused]?.focus({ preventScroll: true });
  if (told) told.textContent = told.dataset.words;
}, every);

// How long a cut-off is away goes on counting (<b data-left-s="3900">): in minutes, so that nothing is read out all the time.
beginnings.push((part) => {
  const lefts = part.querySelectorAll('[data-left-s]');
  if (lefts.length === 0) return;
  const began = Date.now();
  setInterval(() => {
    const spent = Math.floor((Date.now() - began) / 1000);
    for (const left of lefts) {
      const rest = Number(left.dataset.leftS) - spent;
      const [hours, minutes] = [Math.floor(rest / 3600), Math.floor((rest % 3600) / 60)];
      const words = hours > 0 ? `${hours}時間${minutes}分` : minutes > 0 ? `${minutes}分` : '1分未満';
      const shown = rest > 0 ? words : '0分';
      if (left.textContent !== shown) left.textContent = shown;
    }
  }, 1000);
});

for (const begin of beginnings) begin(document);
