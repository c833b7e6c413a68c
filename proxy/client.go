package proxy

import (
	"crypto/sha256"
	"crypto/subtle"
	"hash/fnv"
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// client is a Client with what the proxy knows of it.
type client struct {
	Client
	index    int    // in the state's file
	retired  bool   // only the state's file knows it
	space    uint16 // high bits of its references upstream
	counter  uint64 // low bits of the last one
	logins   []*login
	sequence uint64 // account sequence of its newest message
	history  history

	orders    map[*order]struct{} // that are open
	open      int
	stake     odds.Money // of the open ones
	waiting   int        // requests without an answer
	bucket    bucket
	onFailure bool // as the state's file has it: its orders are cancelled if it does not come back

	subjects  map[subject]int // what its logins subscribe to, and how many of them do
	lingering int             // what it left and is still subscribed to
}

// counterBits are the low bits of a reference upstream; those above are the client's range.
const counterBits = 48

// nextReference returns a reference that no other request of the account has.
func (c *client) nextReference() uint64 {
	c.counter = (c.counter + 1) & (1<<counterBits - 1)
	return uint64(c.space)<<counterBits | c.counter
}

// identity returns what a login learns about its account.
func (c *client) identity() exchange.Identity {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.Name))
	return exchange.Identity{Username: c.Name, ID: h.Sum64() >> 1}
}

// mayUse reports whether the client may subscribe to a market and trade in it.
func (c *client) mayUse(market uint32) bool {
	return len(c.Markets) == 0 || slices.Contains(c.Markets, market)
}

// equal compares without revealing by its duration how much of got is right.
func equal(got []byte, want string) bool {
	g, w := sha256.Sum256(got), sha256.Sum256([]byte(want))
	return want != "" && subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// ByPassword implements gateway.Exchange.
func (p *Proxy) ByPassword(username, password []byte) (exchange.Identity, bool) {
	c := p.byName[string(username)]
	if c == nil || !equal(password, c.Password) {
		p.refused(string(username))
		return exchange.Identity{}, false
	}
	return c.identity(), true
}

// ByToken implements gateway.Exchange.
func (p *Proxy) ByToken(token []byte) (exchange.Identity, bool) {
	if c := p.clientOfToken(token); c != nil {
		return c.identity(), true
	}
	p.refused("")
	return exchange.Identity{}, false
}

// clientOfToken returns the client with a token, nil if there is none.
func (p *Proxy) clientOfToken(token []byte) *client {
	var found *client
	for _, c := range p.clients {
		if equal(token, c.Token) {
			found = c
		}
	}
	return found
}

// refused logs a login with wrong credentials. A name that is no client's may be a credential in the wrong field.
func (p *Proxy) refused(username string) {
	if p.byName[username] == nil {
		username = ""
	}
	p.stats.LoginsRefused++
	p.log.Warn("login refused: wrong credentials", "client", username)
}

// message is a message to a client, as it was sent.
type message struct {
	sequence uint64
	payload  []byte // encoded, with a sequence that means nothing
}

// history is a ring of a client's newest messages.
type history struct {
	ring []message
	max  int
	next int // where the next message goes once the ring is full
}

func (h *history) push(m message) {
	if len(h.ring) < h.max {
		h.ring = append(h.ring, m)
		return
	}
	h.ring[h.next] = m
	h.next = (h.next + 1) % h.max
}

// since calls yield for every kept message from an account sequence on, oldest first.
func (h *history) since(sequence uint64, yield func(message)) {
	for i := range h.ring {
		if m := h.ring[(h.next+i)%len(h.ring)]; m.sequence >= sequence {
			yield(m)
		}
	}
}

// bucket is a token bucket that is refilled continuously. Its unit is a thousandth of a token.
type bucket struct {
	tokens int64
	at     int64
	full   bool // it was never used
}

// take takes a token and reports whether there was one.
func (b *bucket) take(now int64, rate, burst uint32) bool {
	limit := int64(burst) * 1000
	if !b.full {
		b.full, b.tokens, b.at = true, limit, now
	}
	const step = 1_000_000 // a millisecond, in which a rate of 1 per second yields one thousandth
	if n := (now - b.at) / step; n > 0 {
		b.at += n * step
		b.tokens = min(limit, b.tokens+min(n, limit)*int64(rate))
	}
	if b.tokens < 1000 {
		return false
	}
	b.tokens -= 1000
	return true
}

// deliver gives a message about an order, or the answer to a request, to a client: it gets the client's next account
// sequence, is kept and recorded, and sent to each of the client's logins, of which only the one that sent the request
// gets the request's sequence. It is in p.out. o is the order that it is about, nil if that is not known.
func (p *Proxy) deliver(c *client, r report, o *order, origin *login, seq, upstreamSequence uint64) {
	var encoded []byte
	if r.typ != msg.PayloadOrderInvalid {
		c.sequence++
		r.setSequence(c.sequence)
		r.setSeq(0)
		p.out.MutableEtoPayload().Reset()
		p.out.MutableEtoPayload().SetSeq(1)
		b, err := p.out.MarshalVT()
		if err != nil {
			p.log.Error("message of the exchange cannot be passed on", "client", c.Name, "error", err)
			c.sequence--
			return
		}
		encoded = b
		m := message{c.sequence, b}
		c.history.push(m)
		reference := p.routing
		p.record(func(w *writer) { w.message(c, m, upstreamSequence, reference) })
		if upstreamSequence != 0 {
			p.remember(upstreamSequence)
		}
	}
	for _, l := range c.logins {
		s, ok := l.sink.(OrderSink)
		switch {
		case l == origin:
			r.setSeq(seq)
		case r.typ == msg.PayloadOrderInvalid && !ok: // it means the sequence of the request alone
			continue
		default:
			r.setSeq(0)
		}
		if ok {
			p.publish(s, l, r, o, encoded)
		} else {
			l.sink.Publish(r.body)
		}
		p.stats.Delivered++
	}
}

// held is a message to a sink that takes it at once, and may not have it before the state is durable.
type held struct {
	login    *login
	payload  []byte
	order    *Order
	sequence uint64
}

// publish gives a sink a message, or holds it until syncState: so a flood of rejections costs one sync, not one each.
func (p *Proxy) publish(s OrderSink, l *login, r report, o *order, encoded []byte) {
	if encoded == nil || p.file == nil || !p.file.unsynced {
		p.syncState() // what came before
		s.PublishReport(r.body, o.exported(), l.client.sequence, false)
		return
	}
	h := held{login: l, payload: encoded, sequence: l.client.sequence}
	if o != nil {
		copied := o.Order
		h.order = &copied
	}
	p.held = append(p.held, h)
}

// release gives sinks what was held.
func (p *Proxy) release() {
	for _, h := range p.held {
		if h.login.closed {
			continue
		}
		if err := p.heldOut.Decode(h.payload, nil); err != nil {
			panic("BUG: proxy: a message that was held: " + err.Error())
		}
		r, _ := reportOf(&p.heldOut)
		h.login.sink.(OrderSink).PublishReport(r.body, h.order, h.sequence, false)
	}
	clear(p.held)
	p.held = p.held[:0]
}
