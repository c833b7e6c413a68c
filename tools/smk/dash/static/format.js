'use strict';
// Numbers and times as the page writes them. Quantities are in 1/10000, amounts in 1e-8 of the currency, prices in 1/100 %.
const format = {
  decimal: false,
  fixed(n, digits) {
    return n.toLocaleString('en-GB', {minimumFractionDigits: digits, maximumFractionDigits: digits});
  },
  quantity(q) { return format.fixed(q / 1e4, 2); },
  short(q) {
    const n = q / 1e4;
    if (n >= 1e6) return format.fixed(n / 1e6, 1) + 'm';
    if (n >= 1e4) return format.fixed(n / 1e3, 1) + 'k';
    return format.fixed(n, 2);
  },
  money(m) {
    const n = Math.round(m / 1e6) / 100;
    return (n < 0 ? '\u2212' : '') + format.fixed(Math.abs(n), 2);
  },
  signed(m) {
    const n = Math.round(m / 1e6) / 100;
    return (n < 0 ? '\u2212' : n > 0 ? '+' : '') + format.fixed(Math.abs(n), 2);
  },
  signedQuantity(q) {
    return (q < 0 ? '\u2212' : q > 0 ? '+' : '') + format.fixed(Math.abs(q) / 1e4, 2);
  },
  price(p) { return format.decimal ? (1e4 / p).toFixed(p > 5000 ? 3 : 2) : (p / 100).toFixed(2); },
  micros(ns) {
    const us = ns / 1e3;
    return us >= 1e5 ? format.fixed(us / 1e3, 0) + 'ms' : us >= 100 ? format.fixed(us, 0) : us.toFixed(1);
  },
  count(n) { return n.toLocaleString('en-GB'); },
  time(ns) {
    const d = new Date(ns / 1e6);
    const two = (n) => String(n).padStart(2, '0');
    return two(d.getUTCHours()) + ':' + two(d.getUTCMinutes()) + ':' + two(d.getUTCSeconds()) + '.' +
      String(d.getUTCMilliseconds()).padStart(3, '0');
  },
  day(ns) { return new Date(ns / 1e6).toISOString().slice(0, 10); },
  age(ms) {
    if (ms < 1e4) return (ms / 1e3).toFixed(1) + ' s';
    if (ms < 6e5) return Math.round(ms / 1e3) + ' s';
    if (ms < 7.2e6) return Math.round(ms / 6e4) + ' min';
    if (ms < 1.8e8) return Math.round(ms / 3.6e6) + ' h';
    return Math.round(ms / 8.64e7) + ' days';
  },
  sign(n) { return n > 0 ? 'up' : n < 0 ? 'down' : ''; },
};
