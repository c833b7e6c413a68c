package proxy

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/gateway"
)

// Proxy shares an engine's session among clients. Make it with [New]. Unless they say otherwise its methods are for the
// engine's loop, or for any goroutine while that does not run.
type Proxy struct {
	engine  *engine.Engine
	config  Config
	log     *slog.Logger
	now     func() int64
	gateway *gateway.Gateway

	clients []*client
	byName  map[string]*client

	orders  orders
	doubts  []*request          // oldest first
	applied map[uint64]struct{} // account sequences upstream that the state's file has
	// appliedTo is the newest account sequence upstream that the file had and does not keep any more.
	appliedTo uint64
	earlier   []*request // of an earlier process, without an answer
	routing   uint64     // reference upstream of the request that is being answered, 0 if none is
	markets   map[uint32]*market
	events    map[uint32]*event
	server    *server    // nil until Listen or Serve
	file      *stateFile // nil without Config.State
	feeds                // that clients share
	upstream             // the session with the exchange
	scratch              // reused memory

	throttleOf func(c *client) gateway.Throttle // what sessions of a client are limited to

	stats  Stats
	shared atomic.Pointer[Stats]
}

// upstream is what is known of the session with the exchange.
type upstream struct {
	up        bool  // logged in, and caught up with
	lostAt    int64 // when it was lost; 0 while it is there
	earlierAt int64 // when it was caught up with, for Proxy.earlier
	refusing  bool  // clients are logged out, and logins refused
	unsaved   bool  // the state's file cannot be written
	stopping  bool

	cancelledAt int64 // when the proxy sent a cancel of its own last
}

// scratch is memory that is reused.
type scratch struct {
	out    msg.Payload // a message about an order on its way to a client
	state  msg.Payload // a snapshot or state of a market likewise
	levels []book.Level

	held    []held // until the state is durable
	heldOut msg.Payload
}

// Stats counts what a proxy did.
type Stats struct {
	Up                   bool   // there is a session with the exchange
	Logins               uint64 // that were accepted
	LoginsRefused        uint64 // for wrong credentials
	Connected            int    // logins now
	Sent                 uint64 // requests to the exchange
	Rejected             uint64 // by the proxy
	Delivered            uint64 // messages about orders, to each login
	InDoubt              uint64 // requests that came to be in doubt
	Foreign              uint64 // messages about orders of other sessions of the account
	SubscriptionsRefused uint64
	CutOff               uint64 // connections that the proxy ended for what the client did or failed to do
}

// New returns a proxy on an engine that does not run yet. It registers handlers on it. The error is a [*ConfigError], a
// [*StateError], or says which buffers cannot be had. With Config.State it keeps the file locked until Close.
func New(e *engine.Engine, config Config) (*Proxy, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		engine: e, config: config, log: config.Logger, now: config.Now,
		byName: map[string]*client{}, orders: newOrders(), applied: map[uint64]struct{}{},
		markets: map[uint32]*market{}, events: map[uint32]*event{}, feeds: newFeeds(),
	}
	p.stats = Stats{}
	p.shared.Store(&Stats{})
	p.upstream = upstream{lostAt: p.now(), refusing: true}
	p.throttleOf = func(c *client) gateway.Throttle { return gateway.Throttle{Rate: c.Rate, Burst: c.Burst} }
	p.makeClients()
	if p.gateway, err = gateway.New(p, p.gatewayConfig()); err != nil {
		return nil, err
	}
	p.gateway.RefuseLogins(msg.EtoLogoutServiceTemporarilyUnavailable)
	if err := p.openState(); err != nil {
		return nil, errors.Join(err, p.gateway.Close())
	}
	if err := p.registerHandlers(); err != nil {
		return nil, errors.Join(err, p.file.close(), p.gateway.Close())
	}
	return p, nil
}

// makeClients makes the clients, with ranges of references drawn at random: those of the state's file replace them.
func (p *Proxy) makeClients() {
	random := rand.New(rand.NewPCG(p.config.Seed, 0x70))
	if p.config.Seed == 0 {
		random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	// Account sequences of a client that no file knows begin where none has been that an earlier proxy without a file,
	// or with one that is gone, can have used: at milliseconds since 1970. A client that is still there would take
	// lower ones for repeats.
	first := uint64(p.now()) / 1_000_000
	if p.config.Seed != 0 {
		first = 0
	}
	spaces := map[uint16]bool{0: true}
	for i, settings := range p.config.Clients {
		c := &client{
			Client: settings, index: i, counter: random.Uint64N(1 << (counterBits - 1)),
			history: history{max: p.config.History}, orders: map[*order]struct{}{}, subjects: map[subject]int{},
			sequence: first,
		}
		for spaces[c.space] {
			c.space = uint16(random.Uint32())
		}
		spaces[c.space] = true
		p.clients = append(p.clients, c)
		p.byName[c.Name] = c
	}
}

func (p *Proxy) gatewayConfig() gateway.Config {
	seed := p.config.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	return gateway.Config{
		Seed:              seed,
		ThrottleOf:        func(name string) gateway.Throttle { return p.throttleOf(p.byName[name]) },
		ConnectionsOf:     func(name string) int { return p.byName[name].Connections },
		HeartbeatInterval: p.config.HeartbeatInterval, Heartbeats: p.config.Heartbeats,
		LoginTimeout: p.config.LoginTimeout, ResumeWindow: p.config.ResumeWindow, SessionsKept: sessionsKept,
		Connections: p.config.Connections, OutBytes: p.config.OutBytes, OutFrames: p.config.OutFrames,
	}
}

// tickEvery is how often timers are looked at.
const tickEvery = 20 * time.Millisecond

// registerHandlers registers the handlers.
func (p *Proxy) registerHandlers() error {
	e := p.engine
	e.OnMessage(p.onMessage)
	e.OnSendResolved(p.onResolved)
	e.OnOrder(p.onOrder)
	e.OnCaughtUp(p.onCaughtUp)
	e.OnState(p.onState)
	e.OnAccountReset(p.onAccountReset)
	_, err := e.Every(tickEvery, p.tick)
	return err
}

// Now implements gateway.Exchange.
func (p *Proxy) Now() int64 { return p.now() }

// Advance implements gateway.Exchange.
func (p *Proxy) Advance(int64) {}

// CancelAccount implements gateway.Exchange: the client is silent and asked for that.
func (p *Proxy) CancelAccount(name string) {
	c := p.byName[name]
	p.log.Warn("client is silent: its orders are cancelled", "client", name, "orders", c.open)
	p.cancelOrders(c, 0)
}

// onState notes that the session with the exchange is lost.
func (p *Proxy) onState(ev *engine.Event) {
	if ev.State != session.Disconnected || p.lostAt != 0 {
		return
	}
	p.up, p.lostAt = false, max(p.now(), 1)
	for _, m := range p.markets {
		m.lost = true
	}
	p.log.Warn("session with the exchange lost", "cause", ev.Cause)
	p.reportUpstream()
	p.expireGrace()
	p.flush()
}

// onCaughtUp lets clients trade: what happened to the account meanwhile was passed on.
func (p *Proxy) onCaughtUp(ev *engine.Event) {
	p.up, p.lostAt = true, 0
	if p.refusing {
		p.refusing = false
		p.gateway.RefuseLogins(0)
	}
	if ev.Resumed { // nothing was lost, and no snapshots come
		for _, m := range p.markets {
			m.lost = false
		}
	}
	p.log.Info("session with the exchange", "complete", ev.Complete)
	p.followEngine()
	p.resolveEarlier()
	p.keepFeeds(p.now())
	p.reportUpstream()
	for _, c := range p.clients {
		p.continueCancels(c)
		for _, l := range c.logins {
			l.SendSnapshots()
		}
	}
	p.flush()
}

// reportUpstream reports to the sinks that want it whether there is a session with the exchange.
func (p *Proxy) reportUpstream() {
	p.syncState() // messages come before
	for l := range p.loginsWith(func(*login) bool { return true }) {
		if s, ok := l.sink.(OrderSink); ok {
			s.UpstreamChanged(p.up)
		}
	}
}

// notify says to the sinks that want to know that an order changed without a message.
func (p *Proxy) notify(o *order) {
	p.syncState() // messages come before
	for _, l := range o.client.logins {
		if s, ok := l.sink.(OrderSink); ok {
			s.OrderChanged(o.exported())
		}
	}
}

// expireGrace logs clients out once the session with the exchange has been lost for too long.
func (p *Proxy) expireGrace() {
	if p.refusing || p.lostAt == 0 || p.config.Grace > 0 && p.now() < p.lostAt+int64(p.config.Grace) {
		return
	}
	p.refusing = true
	p.gateway.RefuseLogins(msg.EtoLogoutServiceTemporarilyUnavailable)
	p.gateway.LogoutAll(p.now(), msg.EtoLogoutServiceTemporarilyUnavailable)
	p.log.Warn("clients logged out: no session with the exchange")
}

// tick does what is due.
func (p *Proxy) tick() {
	now := p.now()
	p.gateway.Tick(now)
	p.expireGrace()
	p.forgetEarlier(now)
	p.leaveMarkets(now)
	p.keepFeeds(now)
	for _, c := range p.clients {
		if p.up && len(c.orders) > 0 {
			p.continueCancels(c)
		}
		for _, l := range c.logins {
			if len(l.pending) > 0 {
				l.SendSnapshots()
			}
		}
	}
	p.maintain(now)
	p.flush()
	p.publishStats()
}

// wanted returns the orders of a client that are to be cancelled, oldest first.
func (p *Proxy) wanted(c *client) []*order {
	var list []*order
	for o := range maps.Keys(c.orders) {
		if o.wantCancel && !o.cancelling && o.State == Live {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *order) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// notAsFile is what the log says of an order that followEngine changes.
const notAsFile = "order is not what the file says"

// followEngine has open orders be what the engine knows of them, once it has what the exchange repeated: a crash of the
// machine may have taken messages from the file that the engine's own state has, and that are not repeated.
func (p *Proxy) followEngine() {
	for _, c := range p.clients {
		for o := range c.orders {
			e := p.engine.Order(o.upstream)
			if e == nil || e.ID == 0 || e.State == engineorder.NotPlaced || o.is(e) {
				continue
			}
			p.log.Warn(notAsFile, "client", c.Name, "order", e.ID, "state", e.State)
			p.orders.follow(o, e)
			if q := p.orders.byReference[o.upstream]; q != nil && o.State != Sent {
				p.answered(q)
				p.orders.release(q)
			}
			p.notify(o)
		}
	}
}

// resolveEarlier ends the orders of an earlier process that certainly never left: the engine, which makes each
// request durable before it leaves, does not know them. Others stay in doubt until the engine learns more.
func (p *Proxy) resolveEarlier() {
	for _, q := range p.earlier {
		if !q.doubt || q.typ != msg.PayloadOrderCreate {
			continue
		}
		o := p.engine.Order(q.upstream)
		if o == nil && p.config.DurableIntents || o != nil && o.State == engineorder.NotPlaced {
			p.giveUp(q)
		}
	}
	p.earlier, p.earlierAt = slices.DeleteFunc(p.earlier, func(q *request) bool { return !q.doubt }), p.now()
}

// forgetEarlier ends what is left of them after the time in which the exchange would have said something. As onOrder it
// says nothing to the client.
func (p *Proxy) forgetEarlier(now int64) {
	if len(p.earlier) == 0 || !p.up || now < p.earlierAt+int64(engine.DoubtTimeout) {
		return
	}
	for _, q := range p.earlier {
		if !q.doubt {
			continue
		}
		switch o := q.order; {
		case !q.creates():
			p.orders.release(q)
		case o.State == InDoubt: // kept, because it may turn up after all
			p.orders.set(o, NotThere, 0)
			p.notify(o)
		default:
			continue
		}
		p.record(func(w *writer) { w.gone(q) })
	}
	p.earlier = nil
}

// publishStats makes the counts visible to other goroutines.
func (p *Proxy) publishStats() {
	p.stats.Up, p.stats.Connected = p.up, 0
	for _, c := range p.clients {
		p.stats.Connected += len(c.logins)
	}
	if s := p.stats; s != *p.shared.Load() {
		p.shared.Store(&s)
	}
}

// Stats returns the counts as of the last 20 ms. Any goroutine.
func (p *Proxy) Stats() Stats { return *p.shared.Load() }
