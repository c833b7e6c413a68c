'use strict';
// What the page shows of a picture. Nothing is written as markup: names and texts come from a journal.
function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function byID(id) { return document.getElementById(id); }

function setText(e, text) { if (e.textContent !== text) e.textContent = text; }

function setClass(e, name) { if (e.className !== name) e.className = name; }

const fillsAmong = 3; // as many fills are among the other events, which they would hide; the kind has all of them

// rows makes a parent have as many children as there are items, and fills them in.
function rows(parent, items, make, fill) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  items.forEach((item, i) => {
    if (i === parent.children.length) parent.append(make(item));
    fill(parent.children[i], item, i);
  });
}

const draw = {
  picture(p) {
    draw.strip(p);
    draw.ladders(p);
    draw.outcomes(p);
    draw.money(p);
    draw.stages(p);
    draw.log(p);
  },

  strip(p) {
    const s = p.strip;
    setText(byID('name'), p.name || 'a journal without a name');
    const session = byID('session');
    setText(session, s.ended ? s.ended : s.connected ? (s.gap ? 'gap' : s.session) : s.session);
    setClass(session, 'pill ' + (s.ended ? 'quiet' : s.connected ? (s.gap ? 'warn' : 'good') : 'bad'));
    const mode = byID('mode');
    setText(mode, s.mode);
    mode.title = s.cause ? 'Because of ' + s.cause : 'Trading mode of the bot';
    setClass(mode, 'pill ' + (s.ended && s.mode === 'active' ? 'quiet' : {active: 'good', reducing: 'warn', halted: 'bad'}[s.mode] || 'quiet'));
    const caught = byID('caught');
    setText(caught, s.caught_up ? (s.lacks ? 'incomplete' : 'caught up') : 'not caught up');
    caught.title = s.lacks || 'Orders, positions and money are complete as far as is known';
    setClass(caught, 'pill ' + (s.ended ? 'quiet' : s.lacks ? 'warn' : 'good'));
    const throttle = s.tokens < 0 ? 'unknown' : format.count(s.tokens) + ' / ' + format.count(s.burst);
    const cells = [
      ['Epoch', s.epoch, '', 'Connections of run ' + s.run + ' so far'],
      ['Orders', format.count(s.orders), '', 'Open orders'],
      ['In doubt', s.in_doubt, s.in_doubt ? 'warn' : '', 'Orders that the exchange may have or not'],
      ['Gaps', s.gaps + (s.lost ? ' + ' + s.lost : ''), s.gap || s.lost ? 'bad' : '', 'Gaps of the session, and records that the journal lacks'],
      ['Throttle', throttle, s.tokens >= 0 && s.tokens < s.burst / 5 ? 'warn' : '', 'Tokens left, derived from what was sent; ' + s.rate + ' a second come in'],
      ['Fills', format.count(s.fills), '', 'Fills since the journal began'],
      ['Refused', format.count(s.refused), '', 'Sends that were refused before they left'],
      ['Messages', draw.rate(p), '', 'In and out, in the last whole second'],
    ];
    rows(byID('cells'), cells, () => {
      const d = element('div');
      d.append(element('dt'), element('dd'));
      return d;
    }, (e, [name, value, level, title]) => {
      setText(e.children[0], name);
      setText(e.children[1], String(value));
      setClass(e.children[1], level);
      e.title = title;
    });
  },

  rate(p) {
    const last = p.seconds[p.seconds.length - 1];
    if (!last || p.at / 1e9 - last.at > 3) return '0 / 0';
    return format.count(last.in) + ' / ' + format.count(last.out);
  },

  ladders(p) {
    rows(byID('ladders'), p.contracts, draw.newLadder, draw.ladder);
    byID('ladders').classList.toggle('none', p.contracts.length === 0);
  },

  newLadder() {
    const card = element('article', 'ladder');
    card.tabIndex = 0;
    const head = element('div', 'head');
    head.append(element('h2'), element('span', 'tag'));
    const sums = element('div', 'sums');
    for (let i = 0; i < 4; i++) sums.append(element('span'));
    const table = element('table');
    const body = element('tbody');
    table.append(body);
    const top = element('thead');
    const r = element('tr');
    for (const [name, title] of [['Own \u00b7 ahead', 'Own open quantity, and the most that is queued ahead of it'], ['Bids', ''], ['Price', ''], ['Offers', ''], ['Traded', 'Executed at the price']]) {
      const h = element('th', '', name);
      h.scope = 'col';
      h.title = title;
      r.append(h);
    }
    top.append(r);
    table.prepend(top);
    const foot = element('div', 'foot');
    for (let i = 0; i < 3; i++) foot.append(element('span'));
    card.append(head, sums, table, foot);
    return card;
  },

  ladder(card, c) {
    const [head, sums, table, foot] = card.children;
    card.dataset.contract = c.id;
    card.setAttribute('aria-label', 'Ladder of ' + c.name);
    setText(head.children[0], c.name);
    const halted = c.exchange === 'halted';
    const closed = c.exchange === 'settled' || c.exchange === 'voided';
    const suspect = c.book !== 'live' && !halted && !closed;
    setText(head.children[1], halted || closed ? c.exchange : suspect ? c.book : c.exchange);
    head.children[1].title = c.why ? 'Book is suspect: ' + c.why : 'Book is ' + c.book;
    setClass(head.children[1], 'tag ' + (halted ? 'bad' : suspect ? 'warn' : closed ? '' : 'good'));
    setClass(card, 'ladder' + (halted ? ' halted' : '') + (suspect ? ' suspect' : '') + (closed ? ' closed' : ''));
    setText(sums.children[0], 'Last ' + (c.last ? format.price(c.last.p) : '\u2013'));
    setText(sums.children[1], c.last ? format.quantity(c.last.q) : '');
    setText(sums.children[3], 'Traded ' + format.short(c.traded));
    const depth = Math.max(5, c.bids.length, c.offers.length);
    const most = Math.max(1, ...c.bids.map((l) => l.q), ...c.offers.map((l) => l.q));
    const list = [];
    for (let i = depth - 1; i >= 0; i--) list.push({side: 'offer', level: c.offers[i]});
    for (let i = 0; i < depth; i++) list.push({side: 'bid', level: c.bids[i], first: i === 0});
    rows(table.tBodies[0], list, draw.newLevel, (e, row) => draw.level(e, row, most, c));
    const net = c.net + c.provisional;
    setText(foot.children[0], 'Position ' + format.signedQuantity(net));
    setClass(foot.children[0], format.sign(net));
    foot.children[0].title = 'Final ' + format.signedQuantity(c.net) + ', provisional ' + format.signedQuantity(c.provisional);
    setText(foot.children[1], c.provisional ? 'prov. ' + format.signedQuantity(c.provisional) : '');
    setText(foot.children[2], 'Closed ' + (c.closable ? format.signed(c.closed) : c.about ? '\u2248 ' + format.signed(c.closed) : '\u2013'));
    setClass(foot.children[2], c.closable || c.about ? format.sign(c.closed) : 'dim');
    foot.children[2].title = c.closable ? 'Profit if the position is closed at these prices' : c.about ? 'The book has not enough: the rest is taken at the last price that is shown' : 'The book is empty, or not to be trusted';
    const outside = c.orders.filter((o) => !(o.side === 'buy' ? c.bids : c.offers).some((l) => l.p === o.p)).length;
    setText(sums.children[2], outside ? '+' + outside + ' own' : '');
    sums.children[2].title = 'Own orders at prices that are not shown';
  },

  newLevel() {
    const r = element('tr');
    for (const name of ['own', 'bid', 'price', 'offer', 'traded']) {
      const d = element('td', name);
      if (name === 'bid' || name === 'offer') d.append(element('i'), element('span'));
      r.append(d);
    }
    return r;
  },

  level(r, {side, level, first}, most, c) {
    const name = side + (first ? ' touch' : '') + (level && level.own ? ' mine' : '') +
      (level && c.last && c.last.p === level.p ? ' last' : '');
    setClass(r, name);
    const [own, bid, price, offer, traded] = r.children;
    const l = level || {p: 0, q: 0, own: 0, ahead: -1, t: 0};
    setText(price, level ? format.price(l.p) : '');
    draw.depth(bid, side === 'bid' ? l : null, most);
    draw.depth(offer, side === 'offer' ? l : null, most);
    setText(own, l.own ? format.short(l.own) + ' \u00b7 ' + (l.ahead < 0 ? '?' : format.short(l.ahead)) : '');
    setText(traded, l.t ? format.short(l.t) : '');
  },

  depth(cell, l, most) {
    setText(cell.children[1], l && l.q ? format.quantity(l.q) : '');
    const width = l && l.q ? Math.max(2, Math.round(100 * l.q / most)) + '%' : '0';
    if (cell.children[0].style.width !== width) cell.children[0].style.width = width;
  },

  outcomes(p) {
    const list = [];
    for (const m of p.markets) {
      if (p.markets.length > 1 && m.outcomes.length) list.push({head: 'Market ' + m.id + ' \u00b7 ' + m.state});
      for (const o of m.outcomes) list.push(o);
    }
    rows(byID('outcomes').tBodies[0], list, () => {
      const r = element('tr');
      for (let i = 0; i < 4; i++) r.append(element('td'));
      return r;
    }, (r, o) => {
      const cells = o.head ? [o.head, '', '', ''] : [o.name, format.signed(o.final), format.signed(o.provisional), format.signed(o.net)];
      const values = o.head ? [0, 0, 0, 0] : [0, o.final, o.provisional, o.net];
      setClass(r, o.head ? 'group' : '');
      r.children[0].colSpan = o.head ? 4 : 1;
      for (let i = 1; i < 4; i++) r.children[i].hidden = Boolean(o.head);
      cells.forEach((text, i) => {
        setText(r.children[i], text);
        setClass(r.children[i], format.sign(values[i]));
      });
    });
  },

  money(p) {
    const m = p.money;
    const list = [
      ['Closed here', m.closable ? format.signed(m.closed) : m.about ? '\u2248 ' + format.signed(m.closed) : '\u2013', m.closable || m.about ? format.sign(m.closed) : 'dim'],
      ['Realised', format.signed(m.realised), format.sign(m.realised)],
      ['Cash', m.known ? format.money(m.cash) : 'unknown', ''],
      ['Available', m.known ? format.money(m.available) : 'unknown', ''],
      ['Reserved', format.money(m.reserved), ''],
      ['Worst case', format.money(-m.worst), m.worst ? 'down' : ''],
      ['Drift', m.drifting ? format.signed(m.drift) + ' cash, ' + format.signed(m.drift_exposure) + ' exposure' : 'none', m.drifting ? 'bad' : ''],
    ];
    rows(byID('money'), list, () => {
      const d = element('div');
      d.append(element('dt'), element('dd'));
      return d;
    }, (e, [name, value, level]) => {
      setText(e.children[0], name);
      setText(e.children[1], value);
      setClass(e.children[1], level);
    });
  },

  stages(p) {
    rows(byID('stages').tBodies[0], p.stages, (s) => {
      const r = element('tr');
      const h = element('th', '', s.name);
      h.scope = 'row';
      r.append(h);
      for (let i = 0; i < 4; i++) r.append(element('td'));
      return r;
    }, (r, s, i) => {
      r.children[0].dataset.stage = i;
      [s.p50, s.p99, s.p999, s.max].forEach((v, j) => setText(r.children[j + 1], s.count ? format.micros(v) : '\u2013'));
    });
  },

  log(p) {
    const kind = byID('kind').value;
    const text = byID('filter').value.trim().toLowerCase();
    let list = p.log.filter((l) => (!kind || l.kind === kind || kind === 'halt' && l.kind === 'mode') &&
      (!text || l.text.toLowerCase().includes(text))).reverse();
    let fills = 0;
    if (!kind && !text) list = list.filter((l) => l.kind !== 'fill' || ++fills <= fillsAmong);
    rows(byID('lines'), list, () => {
      const e = element('li');
      e.append(element('time'), element('b'), element('span'));
      return e;
    }, (e, l) => {
      setClass(e, l.level + ' ' + l.kind);
      setText(e.children[0], format.time(l.at));
      setText(e.children[1], l.kind);
      setText(e.children[2], l.text);
      e.dataset.record = l.record;
    });
  },
};
