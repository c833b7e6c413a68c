'use strict';
// The page: a stream of frames of the present, and pictures of the past on request.
const silentAfter = 750; // ms without an event of the stream: it is said within a second
const staleAfter = 1000; // ms without a record of the journal
const gapAfter = 15; // s without a record in which a chart has no line
const state = {
  frame: null, // the newest of the stream
  picture: null, // what is shown
  heard: performance.now(), // when the stream said something
  offset: 0, // ms of the server's clock less ours
  travel: null, // {at: ms, record} while the past is shown
  playing: false,
  seeking: false,
  wanted: null,
  streaming: false,
};

function show(p) {
  if (!p || p.record === 0 && !p.started) {
    if (p) draw.picture(p);
    return;
  }
  state.picture = p;
  draw.picture(p);
  charts.draw(p);
  slider.draw();
  document.body.dataset.record = p.record;
}

// Stream.
let stream = null;
function listen() {
  if (stream) stream.close();
  stream = new EventSource('events');
  stream.onopen = () => { state.streaming = true; };
  stream.onerror = () => {
    state.streaming = false;
    freshness();
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  };
  const heard = (e) => {
    const f = JSON.parse(e.data);
    state.heard = performance.now();
    state.streaming = true;
    state.offset = f.now / 1e6 - Date.now();
    f.picture = f.picture || (state.frame && state.frame.picture);
    state.frame = f;
    byID('control').hidden = !f.control;
    return f;
  };
  stream.addEventListener('frame', (e) => {
    const f = heard(e);
    document.body.dataset.frames = Number(document.body.dataset.frames || 0) + 1;
    if (!state.travel) show(f.picture); else slider.draw();
    freshness();
  });
  stream.addEventListener('beat', (e) => { heard(e); freshness(); });
}

// freshness says how old what is shown is.
function freshness() {
  const silent = performance.now() - state.heard;
  const f = state.frame;
  const p = f && f.picture;
  const banner = byID('banner');
  const fresh = byID('fresh');
  let text = '', bad = false, age = 0;
  if (!state.streaming || silent > silentAfter) {
    text = 'No connection to smk dash for ' + format.age(Math.max(silent, 100)) + ': what is shown is old';
    bad = true;
  } else if (f && f.error) {
    text = 'The journal cannot be read any further: ' + f.error;
    bad = true;
  } else if (p && p.strip.run && !p.strip.ended && !p.strip.connected && p.strip.session === 'disconnected') {
    text = 'The bot has no connection to the exchange: books are those of ' + format.time(p.strip.since);
    bad = true;
  }
  if (p && p.at) age = Math.max(0, Date.now() + state.offset - p.at / 1e6);
  const past = state.travel !== null;
  if (!p || !p.at) {
    setText(fresh, 'no data yet');
    setClass(fresh, 'pill quiet');
  } else if (f.behind) {
    setText(fresh, 'reading ' + format.time(p.at));
    setClass(fresh, 'pill warn');
  } else if (p.strip.ended) {
    setText(fresh, format.age(age) + ' ago');
    setClass(fresh, 'pill quiet');
  } else if (age > staleAfter || bad) {
    setText(fresh, 'stale: ' + format.age(Math.max(age, silent)));
    setClass(fresh, 'pill ' + (bad || age > 15000 ? 'bad' : 'warn'));
  } else {
    setText(fresh, 'lag ' + Math.round(age) + ' ms');
    setClass(fresh, 'pill good');
  }
  fresh.title = 'Age of the newest record of the journal';
  document.body.classList.toggle('stale', !past && (bad || age > 15000 && p && !p.strip.ended));
  document.body.classList.toggle('past', past);
  if (past && !(bad && silent > silentAfter)) {
    text = 'The past: ' + (state.picture ? format.day(state.picture.at) + ' ' + format.time(state.picture.at) + ' UTC, record ' + format.count(state.picture.record) : '');
    bad = false;
  }
  banner.hidden = !text;
  setText(banner, text);
  setClass(banner, bad ? 'bad' : 'note');
}

// Past.
async function seek(query) {
  if (state.seeking) {
    state.wanted = query;
    return;
  }
  state.seeking = true;
  try {
    const r = await fetch('api/at?' + query);
    if (r.ok) {
      const p = await r.json();
      if (state.travel) {
        state.travel.record = p.record;
        if (query.startsWith('record')) state.travel.at = p.at / 1e6;
        show(p);
      }
    } else {
      setText(byID('clock'), await r.text());
    }
  } catch (e) {
    stop();
  }
  state.seeking = false;
  freshness();
  const next = state.wanted;
  state.wanted = null;
  if (next) await seek(next);
}

function bounds() {
  const f = state.frame;
  if (!f || !f.picture || !f.first.at) return null;
  return {first: f.first.at / 1e6, last: Math.max(f.picture.at, f.first.at) / 1e6};
}

function goTo(ms) {
  const b = bounds();
  if (!b) return Promise.resolve();
  ms = Math.min(Math.max(ms, b.first), b.last);
  state.travel = {at: ms, record: state.travel ? state.travel.record : 0};
  byID('live').classList.remove('on');
  slider.draw();
  return seek('ms=' + Math.floor(ms));
}

function goToRecord(record) {
  state.travel = {at: state.travel ? state.travel.at : 0, record};
  byID('live').classList.remove('on');
  return seek('record=' + record);
}

async function jump(kind, back) {
  if (!state.picture) return;
  stop();
  const r = await fetch('api/find?kind=' + kind + '&record=' + state.picture.record + (back ? '&back=1' : ''));
  if (!r.ok) {
    setText(byID('clock'), 'no ' + kind + (back ? ' before' : ' after'));
    return;
  }
  await goToRecord((await r.json()).record);
}

function now() { return state.travel ? state.travel.at : state.picture ? state.picture.at / 1e6 : 0; }

function step(ms) {
  stop();
  goTo(now() + ms);
}

function live() {
  stop();
  state.travel = null;
  byID('live').classList.add('on');
  if (state.frame) show(state.frame.picture);
  freshness();
}

function stop() {
  state.playing = false;
  setText(byID('play'), '\u25b6');
  byID('play').setAttribute('aria-label', 'Play');
}

function play() {
  if (state.playing) {
    stop();
    return;
  }
  const b = bounds();
  if (!b) return;
  if (!state.travel || state.travel.at >= b.last) goTo(state.travel ? b.first : now());
  state.playing = true;
  setText(byID('play'), '\u2016');
  byID('play').setAttribute('aria-label', 'Pause');
}

setInterval(() => {
  if (!state.playing || !state.travel || state.seeking) return;
  const b = bounds();
  const at = state.travel.at + 200 * Number(byID('speed').value);
  if (at >= b.last) stop();
  goTo(at);
}, 200);

const slider = {
  draw() {
    const b = bounds();
    if (!b) return;
    const s = byID('slider');
    const at = state.travel ? state.travel.at : b.last;
    s.max = String(Math.max(1, Math.round(b.last - b.first)));
    s.value = String(Math.round(at - b.first));
    setText(byID('clock'), state.picture ? format.time(state.travel ? state.picture.at : b.last * 1e6) : '');
    s.setAttribute('aria-valuetext', byID('clock').textContent);
  },
  async ticks() {
    const b = bounds();
    if (!b) return;
    try {
      const marks = await (await fetch('api/marks')).json();
      rows(byID('ticks'), marks, () => element('i'), (e, m) => {
        setClass(e, m.kind);
        e.style.left = (100 * (m.at / 1e6 - b.first) / Math.max(1, b.last - b.first)).toFixed(2) + '%';
      });
    } catch (e) { /* said by freshness */ }
  },
};
setInterval(slider.ticks, 2000);
setTimeout(slider.ticks, 600);

// Charts.
const charts = {
  at: 0, record: 0, plots: {},
  colours() {
    const css = getComputedStyle(document.body);
    return (name) => css.getPropertyValue(name).trim();
  },
  make(id, series, options) {
    const c = charts.colours();
    const box = byID(id);
    const axis = {stroke: c('--dim'), grid: {stroke: c('--line'), width: 1}, ticks: {show: false}, font: '10px ' + c('--mono')};
    box.replaceChildren();
    return new uPlot({
      width: Math.max(120, box.clientWidth), height: Math.max(60, box.clientHeight), legend: {show: false}, cursor: {show: false},
      padding: [6, 18, 0, 0],
      scales: Object.assign({x: {time: true}}, options.scales),
      axes: [Object.assign({size: 20, space: 60, values: (u, v) => v.map((s) => format.time(s * 1e9).slice(0, 8))}, axis),
        Object.assign({size: 62, space: 24}, axis, options.axis)],
      series: [{}].concat(series.map(([name, colour]) => ({label: name, stroke: c(colour), width: 1.25, points: {show: false}, fill: options.fill ? c(options.fill) : undefined}))),
    }, [[0], ...series.map(() => [null])], box);
  },
  build() {
    charts.plots.latency = charts.make('latency', [['decide', '--s0'], ['write', '--s1'], ['exchange', '--s2'], ['round trip', '--s3']],
      {scales: {y: {distr: 3}}, axis: {values: (u, v) => v.map((n) => n === null || Math.log10(n) % 1 ? '' : format.count(n))}});
    charts.plots.profit = charts.make('profit', [['closed', '--up']], {fill: '--upfill', axis: {values: (u, v) => v.map((n) => n.toFixed(2))}});
    charts.record = -1;
    charts.at = -1000;
  },
  draw(p) {
    if (!charts.plots.latency) charts.build();
    if (performance.now() - charts.at < 450 && !state.travel || charts.record === p.record) return;
    charts.at = performance.now();
    charts.record = p.record;
    const list = p.seconds.flatMap((s, i) => i && s.at - p.seconds[i - 1].at > gapAfter ? [{at: s.at - 1, p99: []}, s] : [s]);
    const x = list.map((s) => s.at);
    if (!x.length) return;
    charts.plots.latency.setData([x, ...[0, 1, 2, 3].map((i) => list.map((s) => s.p99[i] ? s.p99[i] / 1e3 : null))]);
    charts.plots.profit.setData([x, list.map((s) => s.known ? s.closed / 1e8 : null)]);
  },
};
const resized = new ResizeObserver((boxes) => {
  for (const {target} of boxes) {
    const plot = charts.plots[target.id];
    if (plot) plot.setSize({width: Math.max(120, target.clientWidth), height: Math.max(60, target.clientHeight)});
  }
});
for (const id of ['latency', 'profit']) resized.observe(byID(id));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => theme(''));

function theme(to) {
  if (to) document.documentElement.dataset.theme = to; else delete document.documentElement.dataset.theme;
  charts.build();
  if (state.picture) charts.draw(state.picture);
}

function toggleTheme() {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  theme(dark ? 'light' : 'dark');
}

function toggleOdds() {
  format.decimal = !format.decimal;
  setText(byID('odds'), format.decimal ? 'odds' : '%');
  if (state.picture) draw.picture(state.picture);
}

// Commands.
const commands = {
  action: '',
  texts: {
    halt: 'No order leaves any more, and all orders of the account are cancelled.',
    flatten: 'All positions are closed at the prices of the moment, then trading is halted.',
    resume: 'The halt ends, and the bot trades again.',
  },
  ask(action) {
    commands.action = action;
    setText(byID('asktitle'), action[0].toUpperCase() + action.slice(1) + ' trading?');
    setText(byID('asktext'), commands.texts[action]);
    setText(byID('askyes'), action[0].toUpperCase() + action.slice(1));
    setText(byID('askerror'), '');
    byID('ask').showModal();
    (byID('token').value ? byID('askyes') : byID('token')).focus();
  },
  async send() {
    setText(byID('askerror'), '');
    try {
      const r = await fetch('api/control', {
        method: 'POST', headers: {'Authorization': 'Bearer ' + byID('token').value, 'Content-Type': 'application/json'},
        body: JSON.stringify({action: commands.action, reason: 'dashboard'}),
      });
      if (!r.ok) {
        const text = (await r.text()).trim();
        setText(byID('askerror'), text.startsWith('{') ? JSON.parse(text).error : text);
        return;
      }
      byID('ask').close();
    } catch (e) {
      setText(byID('askerror'), 'smk dash does not answer');
    }
  },
};

// Keys and buttons.
function press(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || byID('ask').open) return;
  const typing = e.target.matches('input[type=search], input[type=password], select');
  if (e.key === 'Escape' && typing) e.target.blur();
  if (typing || byID('help').open && e.key !== '?') return;
  const ranged = e.target.id === 'slider';
  switch (e.key) {
    case '?': if (byID('help').open) byID('help').close(); else byID('help').showModal(); break;
    case ' ': if (e.target.matches('button')) return; play(); break;
    case 'ArrowLeft': if (ranged && !e.shiftKey) return; step(e.shiftKey ? -10000 : -1000); break;
    case 'ArrowRight': if (ranged && !e.shiftKey) return; step(e.shiftKey ? 10000 : 1000); break;
    case 'f': case 'g': case 'h': jump({f: 'fill', g: 'gap', h: 'halt'}[e.key], false); break;
    case 'F': case 'G': case 'H': jump({F: 'fill', G: 'gap', H: 'halt'}[e.key], true); break;
    case 'l': live(); break;
    case 'o': toggleOdds(); break;
    case 't': toggleTheme(); break;
    case '/': byID('filter').focus(); break;
    default: {
      const card = /^[1-9]$/.test(e.key) && byID('ladders').children[Number(e.key) - 1];
      if (!card) return;
      card.focus();
      card.scrollIntoView({block: 'nearest'});
    }
  }
  e.preventDefault();
}

addEventListener('keydown', press);
byID('play').addEventListener('click', play);
byID('live').addEventListener('click', live);
byID('odds').addEventListener('click', toggleOdds);
byID('theme').addEventListener('click', toggleTheme);
byID('helpopen').addEventListener('click', () => byID('help').showModal());
byID('askyes').addEventListener('click', commands.send);
byID('askno').addEventListener('click', () => byID('ask').close());
byID('token').addEventListener('keydown', (e) => { if (e.key === 'Enter') commands.send(); });
byID('slider').addEventListener('input', (e) => { stop(); goTo(bounds().first + Number(e.target.value)); });
for (const id of ['kind', 'filter']) byID(id).addEventListener('input', () => { if (state.picture) draw.log(state.picture); });
document.querySelectorAll('[data-jump]').forEach((b) => b.addEventListener('click', () => jump(b.dataset.jump, b.dataset.back)));
document.querySelectorAll('[data-command]').forEach((b) => b.addEventListener('click', () => commands.ask(b.dataset.command)));
byID('lines').addEventListener('dblclick', (e) => {
  const line = e.target.closest('li');
  if (line) goToRecord(Number(line.dataset.record));
});
setInterval(freshness, 100);
listen();
