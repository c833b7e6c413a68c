package order

import (
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"math"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Format of a state: the magic, a version, the body, and a checksum of all of it. Numbers are little-endian.
const (
	stateMagic   = 0x31524f5f4b4d53 // "SMK_OR1"
	stateVersion = 1
	stateTail    = 8
)

var stateTable = crc64.MakeTable(crc64.ECMA)

// StateError says why [Manager.LoadState] refuses bytes.
type StateError struct {
	Offset int
	Text   string
}

func (e *StateError) Error() string {
	return fmt.Sprintf("order: state at byte %d: %s", e.Offset, e.Text)
}

// codec writes fields, or reads them if load is set: one walk serves both, so that they cannot differ.
type codec struct {
	buf  []byte
	at   int
	load bool
	err  error
}

func (c *codec) fail(text string) {
	if c.err == nil {
		c.err = &StateError{c.at, text}
	}
}

// check fails if a field that was read is not as it has to be.
func (c *codec) check(ok bool, text string) {
	if c.load && !ok {
		c.fail(text)
	}
}

func (c *codec) u64(v *uint64) {
	if !c.load {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, *v)
		return
	}
	if c.err != nil || len(c.buf)-c.at < 8 {
		*v = 0
		c.fail("ends early")
		return
	}
	*v = binary.LittleEndian.Uint64(c.buf[c.at:])
	c.at += 8
}

func (c *codec) u32(v *uint32) {
	if !c.load {
		c.buf = binary.LittleEndian.AppendUint32(c.buf, *v)
		return
	}
	if c.err != nil || len(c.buf)-c.at < 4 {
		*v = 0
		c.fail("ends early")
		return
	}
	*v = binary.LittleEndian.Uint32(c.buf[c.at:])
	c.at += 4
}

// small reads and writes a number of one byte or two.
func small[T ~uint8 | ~uint16](c *codec, v *T, most T) {
	n := uint32(*v)
	c.u32(&n)
	c.check(n <= uint32(most), "a small number is out of range")
	*v = T(min(n, uint32(most)))
}

// signed reads and writes a number with a sign whose magnitude is limited.
func signed[T ~int64](c *codec, v *T, most int64) {
	n := uint64(*v)
	c.u64(&n)
	*v = T(n)
	c.check(int64(n) >= -most && int64(n) <= most, "an amount is out of range")
	if c.err != nil {
		*v = 0
	}
}

func (c *codec) bool(v *bool) {
	n := uint8(0)
	if *v {
		n = 1
	}
	small(c, &n, 1)
	*v = n == 1
}

func (c *codec) float(v *float64) {
	n := math.Float64bits(*v)
	c.u64(&n)
	*v = math.Float64frombits(n)
}

// count reads and writes how many elements follow, each of at least so many bytes.
func (c *codec) count(n, most, bytes int) int {
	v := uint32(n)
	c.u32(&v)
	if !c.load {
		return n
	}
	if int64(v) > int64(most) {
		c.fail(fmt.Sprintf("%d elements, there is room for %d", v, most))
	} else if int64(v)*int64(bytes) > int64(len(c.buf)-c.at) {
		c.fail("ends early")
	}
	if c.err != nil {
		return 0
	}
	return int(v)
}

// AppendState appends the whole state to dst: orders, positions, money, requests, and which account sequences were
// applied. Equal states have equal bytes. The cause of incompleteness is kept without its error.
func (m *Manager) AppendState(dst []byte) []byte {
	c := codec{buf: dst}
	m.walk(&c)
	return appendSum(c.buf, len(dst))
}

// appendSum appends the checksum of what b has from a place on.
func appendSum(b []byte, from int) []byte {
	return binary.LittleEndian.AppendUint64(b, crc64.Checksum(b[from:], stateTable))
}

// LoadState replaces the state by one that AppendState made, maybe of a Manager with other capacities. The error is a
// [*StateError]; the Manager is then empty, as after [New].
func (m *Manager) LoadState(b []byte) error {
	m.reset()
	if len(b) < stateTail {
		return &StateError{0, "ends early"}
	}
	body := b[:len(b)-stateTail]
	if crc64.Checksum(body, stateTable) != binary.LittleEndian.Uint64(b[len(body):]) {
		return &StateError{len(body), "the checksum does not fit: torn or not a state"}
	}
	c := codec{buf: body, load: true}
	m.walk(&c)
	if c.err == nil && c.at != len(body) {
		c.fail("goes on after its end")
	}
	if c.err != nil {
		m.reset()
	}
	return c.err
}

// Digest returns a checksum of the state: equal for equal states. It allocates.
func (m *Manager) Digest() uint64 {
	b := m.AppendState(nil)
	return binary.LittleEndian.Uint64(b[len(b)-stateTail:])
}

// reset empties the Manager.
func (m *Manager) reset() {
	m.orders.reset()
	m.requests.reset()
	m.markets.reset()
	m.fills.reset()
	m.window = window{}
	m.account, m.drift, m.complete = account{}, drift{}, completeness{why: NotCaughtUp}
	m.gone.head, m.gone.n, m.inDoubt, m.uncounted = 0, 0, 0, 0
	m.last, m.lastNext, m.eventCount = [lastMax]Message{}, 0, 0
	m.now, m.replayed, m.sequence, m.stats = 0, false, 0, Stats{}
}

// walk visits the state.
func (m *Manager) walk(c *codec) {
	magic, version := uint64(stateMagic), uint32(stateVersion)
	c.u64(&magic)
	c.check(magic == stateMagic, "is not a state")
	c.u32(&version)
	c.check(version == stateVersion, "is of another version")
	m.walkSums(c)
	m.walkMarkets(c)
	m.walkOrders(c)
	m.walkContractOrders(c)
	m.walkRequests(c)
	m.walkGone(c)
}

func (m *Manager) walkSums(c *codec) {
	signed(c, &m.now, math.MaxInt64)
	a := &m.account
	signed(c, &a.realised, cashMax)
	signed(c, &a.cash, cashMax)
	c.bool(&a.hasCash)

	d := &m.drift
	r := d.amounts
	c.float(&r.balance)
	c.float(&r.exposure)
	small(c, &r.has, hasBalance|hasExposure)
	d.amounts = amountsOf(r.has, r.balance, r.exposure)
	c.bool(&d.open)
	c.bool(&d.reported)
	c.bool(&d.stale)
	signed(c, &d.since, math.MaxInt64)
	signed(c, &d.newest, math.MaxInt64)
	c.u64(&d.stamp)
	c.u64(&d.changed)
	signed(c, &d.exposed, cashMax)
	c.bool(&d.repeated)
	signed(c, &d.unexplained, cashMax)
	c.bool(&d.exposeOn)

	small(c, &m.complete.why, 1<<len(whyNames)-1)
	c.u64(&m.complete.lost)
	c.bool(&m.complete.forgot)

	s := &m.stats
	for _, n := range [...]*uint64{&s.Messages, &s.Repeated, &s.Anomalies, &s.Evicted, &s.Unknown} {
		c.u64(n)
	}
	w := &m.window
	c.u64(&w.base)
	c.u64(&w.high)
	c.check(w.base <= w.high && w.high <= stampMax, "account sequences are out of range")
	for i := range w.bits {
		c.u64(&w.bits[i])
	}
	for i := range m.last { // oldest first
		at := &m.last[(m.lastNext+i)%lastMax]
		typ := uint32(at.Type)
		c.u32(&typ)
		at.Type = msg.PayloadType(typ)
		c.u64(&at.Sequence)
		c.u64(&at.OrderID)
		signed(c, &at.Now, math.MaxInt64)
	}
}

// walkMarkets visits the markets by slot, and in each its contracts with what forgotten orders left in them.
func (m *Manager) walkMarkets(c *codec) {
	t := &m.markets
	used := 0
	for i := range t.markets {
		if t.markets[i].used {
			used++
		}
	}
	n := c.count(used, len(t.markets), marketBytes)
	for i := 0; n > 0 && c.err == nil; i++ {
		at := int32(i)
		if c.load {
			if at = t.freeM; at == none {
				panic("BUG: order: no room for a counted market")
			}
		} else if !t.markets[i].used {
			continue
		}
		n--
		m.walkMarket(c, at)
	}
}

const (
	marketBytes   = 4 * 8
	contractBytes = 4 * 12
	orderBytes    = 8 * 24
	requestBytes  = 8 * 6
)

func (m *Manager) walkMarket(c *codec, at int32) {
	t := &m.markets
	id := t.markets[at].id
	c.u32(&id)
	if c.load {
		if c.check(t.findMarket(id) == none, "a market comes twice"); c.err != nil {
			return
		}
		at = t.claimMarket(id)
	}
	k := &t.markets[at]
	c.bool(&k.independent)
	c.bool(&k.defined)
	small(c, &k.state, 255)
	signed(c, &k.realised, cashMax)
	signed(c, &k.waits, math.MaxInt64)
	n := c.count(int(k.count), len(t.contracts)-t.open, contractBytes)
	i := k.contracts
	for ; n > 0 && c.err == nil; n-- {
		m.walkContract(c, id, i)
		if !c.load {
			i = t.contracts[i].next
		}
	}
}

func (m *Manager) walkContract(c *codec, marketID uint32, at int32) {
	t := &m.markets
	var id uint32
	var base booked
	if !c.load {
		id, base = t.contracts[at].id, m.unlisted(at)
	}
	c.u32(&id)
	if c.load {
		if c.check(t.find(marketID, id) == none, "a contract comes twice"); c.err != nil {
			return
		}
		at = t.claim(marketID, id)
	}
	k := &t.contracts[at]
	small(c, &k.state, 255)
	c.bool(&k.awaiting)
	c.bool(&k.closed)
	c.check(!k.awaiting || !k.closed, "a contract waits for a result and is closed")
	small(c, &k.reduce, 255)
	small(c, &k.factor, moneyPerUnit-1)
	for _, v := range [...]*int64{&base.final, &base.prov} {
		signed(c, v, grossMax/moneyPerUnit)
	}
	for _, v := range [...]*int64{&base.flow, &base.provFlow, &base.provRisk, &base.gross} {
		signed(c, v, grossMax)
	}
	if !c.load || c.err != nil {
		return
	}
	c.check(base.zero() || m.stats.Evicted > 0, "a position is of no order")
	most := max(magnitude(base.final)*moneyPerUnit, magnitude(base.flow), magnitude(base.prov)*moneyPerUnit,
		magnitude(base.provFlow), base.provRisk/2)
	c.check(base.gross >= most && base.provRisk >= 0 && base.gross <= grossMax-m.account.gross,
		"a position is too large")
	if k.awaiting {
		t.awaiting++
		t.markets[k.market].awaiting++
	}
	if c.err == nil {
		m.book(at, &base)
	}
}

// unlisted returns what orders that are not kept any more left in a contract.
func (m *Manager) unlisted(at int32) booked {
	k := &m.markets.contracts[at]
	base := k.booked
	for _, l := range [...]*list{&k.ended, &k.live} {
		for i := l.head; i != none; i = m.orders.inContract[i].next {
			base.subtract(&m.orders.entries[i].booked)
		}
	}
	return base
}

// priceOf reads and writes a price, which may be 0.
func priceOf(c *codec, p *odds.Price) { small(c, p, odds.PriceMax) }
