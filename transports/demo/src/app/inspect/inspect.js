// Marks words and their events, sends the typed request, and shows the events known after each byte.
'use strict';

const form = document.querySelector('form');
const raw = document.getElementById('raw');
const result = document.getElementById('result');
const slider = document.getElementById('fed');
const output = document.querySelector('output');

// Returns the bytes of an edited request. A new line is a CRLF, unless an escaped line end precedes it.
function bytesOf(text) {
  const bytes = [];
  const escapes = { r: 13, n: 10, t: 9, '\\': 92 };
  const token = /\\x([0-9a-fA-F]{2})|\\([rnt\\])|\r?\n|[^]/gu;
  let escapedEnd = false;
  for (const [whole, hex, letter] of text.matchAll(token)) {
    if (hex) {
      bytes.push(parseInt(hex, 16));
    } else if (letter) {
      bytes.push(escapes[letter]);
    } else if (whole.endsWith('\n')) {
      if (!escapedEnd) bytes.push(13, 10);
    } else {
      bytes.push(...new TextEncoder().encode(whole));
    }
    escapedEnd = letter === 'n' || hex?.toLowerCase() === '0a';
  }
  return new Uint8Array(bytes);
}

function mark(target, on) {
  const trace = target.closest?.('.trace');
  const event = target.closest?.('[data-event]')?.dataset.event;
  if (!trace || event === undefined) return;
  for (const part of trace.querySelectorAll(`[data-event="${event}"]`)) {
    part.classList.toggle('on', on);
  }
}

// The slider belongs to the typed request, or else to that of the page.
function shownTrace() {
  return result.querySelector('.trace') ?? document.querySelector('.trace');
}

function feed() {
  const fed = Number(slider.value);
  output.textContent = `${fed} of ${slider.max}`;
  for (const part of shownTrace().querySelectorAll('[data-start]')) {
    part.classList.toggle('later', Number(part.dataset.start) >= fed);
  }
  for (const event of shownTrace().querySelectorAll('[data-after]')) {
    event.classList.toggle('later', Number(event.dataset.after) > fed);
  }
}

function fill() {
  slider.max = shownTrace().dataset.length;
  slider.value = slider.max;
  feed();
}

async function parse(event) {
  event.preventDefault();
  const response = await fetch('/inspect', { method: 'POST', headers: { Accept: 'text/html' }, body: bytesOf(raw.value) });
  const text = await response.text();
  if (response.ok) {
    // The server has escaped everything from the request.
    result.replaceChildren(...new DOMParser().parseFromString(text, 'text/html').body.childNodes);
    fill();
  } else {
    result.textContent = text;
  }
}

for (const [begin, end] of [['mouseover', 'mouseout'], ['focusin', 'focusout']]) {
  document.addEventListener(begin, (event) => mark(event.target, true));
  document.addEventListener(end, (event) => mark(event.target, false));
}
form.addEventListener('submit', parse);
slider.addEventListener('input', feed);
form.hidden = false;
fill();
