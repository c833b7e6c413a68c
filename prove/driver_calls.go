package prove

import (
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// The methods of engine.Engine that change something. Messages are copied: who made them may use them again.

func (d *driver) After(after time.Duration, f func()) (r engine.Registration, err error) {
	d.do(func(e *engine.Engine) { r, err = e.After(after, d.timer(e, f)) })
	return r, err
}

func (d *driver) Every(period time.Duration, f func()) (r engine.Registration, err error) {
	d.do(func(e *engine.Engine) { r, err = e.Every(period, d.timer(e, f)) })
	return r, err
}

func (d *driver) Beat() { d.do(func(e *engine.Engine) { e.Beat() }) }

func (d *driver) Leave() { d.do(func(e *engine.Engine) { e.Leave() }) }
func (d *driver) Stop()  { d.do(func(e *engine.Engine) { e.Stop() }) }

func (d *driver) Halt(reason string) (err error) {
	d.do(func(e *engine.Engine) { err = e.Halt(reason) })
	return err
}

func (d *driver) Resume(reason string) (err error) {
	d.do(func(e *engine.Engine) { err = e.Resume(reason) })
	return err
}

// Mode counts orders, and applies a halt that was asked for.
func (d *driver) Mode() (s risk.Status) {
	d.do(func(e *engine.Engine) { s = e.Mode() })
	return s
}

func (d *driver) Ping() (seq uint64, err error) {
	d.do(func(e *engine.Engine) { seq, err = e.Ping() })
	return seq, err
}

func (d *driver) DefineMarket(market uint32, winnerTakesAll bool) (err error) {
	d.do(func(e *engine.Engine) { err = e.DefineMarket(market, winnerTakesAll) })
	return err
}

func (d *driver) SettleMarket(market uint32, winners ...uint32) (err error) {
	d.do(func(e *engine.Engine) { err = e.SettleMarket(market, winners...) })
	return err
}

func (d *driver) ResolveOrder(reference uint64, outcome order.Outcome) (ok bool) {
	d.do(func(e *engine.Engine) { ok = e.ResolveOrder(reference, outcome) })
	return ok
}

func (d *driver) ResolveOrderID(id uint64, outcome order.Outcome) (ok bool) {
	d.do(func(e *engine.Engine) { ok = e.ResolveOrderID(id, outcome) })
	return ok
}

func (d *driver) Quote(market, contract uint32, q quote.Two) (err error) {
	d.do(func(e *engine.Engine) { err = e.Quote(market, contract, q) })
	return err
}

func (d *driver) QuoteLevels(market, contract uint32, bids, asks []quote.Level, t quote.Tolerance) (err error) {
	d.do(func(e *engine.Engine) { err = e.QuoteLevels(market, contract, bids, asks, t) })
	return err
}

func (d *driver) Pull(market, contract uint32) {
	d.do(func(e *engine.Engine) { e.Pull(market, contract) })
}

// placed is an order of a driver's engine.
type placed struct {
	engine.Placed
	driver *driver
}

func (d *driver) Place(l order.Limit) (placed, error) {
	var p engine.Placed
	var err error
	d.do(func(e *engine.Engine) { p, err = e.Place(l) })
	return placed{p, d}, err
}

func (p placed) Cancel() (err error) {
	reference := p.Reference()
	p.driver.do(func(e *engine.Engine) { err = e.Placed(reference).Cancel() })
	return err
}

func (p placed) Reduce(available odds.Quantity) (err error) {
	reference := p.Reference()
	p.driver.do(func(e *engine.Engine) { err = e.Placed(reference).Reduce(available) })
	return err
}

func (p placed) Replace(price odds.Price, quantity odds.Quantity) (placed, error) {
	reference := p.Reference()
	var next engine.Placed
	var err error
	p.driver.do(func(e *engine.Engine) { next, err = e.Placed(reference).Replace(price, quantity) })
	return placed{next, p.driver}, err
}

func (d *driver) SendOrderCreate(m *msg.OrderCreate) (seq uint64, err error) {
	c := *m
	d.do(func(e *engine.Engine) { seq, err = e.SendOrderCreate(&c) })
	return seq, err
}

func (d *driver) SendOrderCancel(m *msg.OrderCancel) (seq uint64, err error) {
	c := *m
	d.do(func(e *engine.Engine) { seq, err = e.SendOrderCancel(&c) })
	return seq, err
}

func (d *driver) SendOrderCancelAll(m *msg.OrderCancelAll) (seq uint64, err error) {
	c := *m
	d.do(func(e *engine.Engine) { seq, err = e.SendOrderCancelAll(&c) })
	if d.asked == nil {
		d.asked = make(map[uint64]bool)
	}
	d.asked[seq] = true
	return seq, err
}

func (d *driver) SendOrderCancelReplace(m *msg.OrderCancelReplace) (seq uint64, err error) {
	c := *m
	d.do(func(e *engine.Engine) { seq, err = e.SendOrderCancelReplace(&c) })
	return seq, err
}

func (d *driver) SendOrderQuantityReduce(m *msg.OrderQuantityReduce) (seq uint64, err error) {
	c := *m
	d.do(func(e *engine.Engine) { seq, err = e.SendOrderQuantityReduce(&c) })
	return seq, err
}

func (d *driver) SendMarketSubscribe(m *msg.MarketSubscribe) (seq uint64, err error) {
	c := *m
	d.do(func(e *engine.Engine) { seq, err = e.SendMarketSubscribe(&c) })
	return seq, err
}

func (d *driver) SendMarketUnsubscribe(m *msg.MarketUnsubscribe) (seq uint64, err error) {
	c := *m
	d.do(func(e *engine.Engine) { seq, err = e.SendMarketUnsubscribe(&c) })
	return seq, err
}

// submit has the loop do something, as a goroutine of its own would.
func (d *driver) submit(f func()) error {
	return d.Submitter().Do(func() {
		if s := d.script; s != nil { // it has a number, as what is given to Do
			s.betweens = append(s.betweens, func(*engine.Engine) {})
		}
		f()
	}, nil)
}
