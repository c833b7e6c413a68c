package proxy

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// Whatever becomes of a request that got no answer, limits and watchers have it: it did not leave, or it is in doubt
// and its answer comes after all.
func TestFates(t *testing.T) {
	for name, send := range map[string]func(c *tester, id uint64){
		"create":  func(c *tester, _ uint64) { c.create(buy, 2000, 2900, 2) },
		"cancel":  func(c *tester, id uint64) { c.cancel(id, 2) },
		"reduce":  func(c *tester, id uint64) { reduce(c, id, 500) },
		"replace": func(c *tester, id uint64) { c.replace(id, 2000, 2900, 2) },
	} {
		for _, fate := range []session.Fate{session.NotSent, session.NotDelivered, session.InDoubt} {
			t.Run(fmt.Sprint(name, " ", fate), func(t *testing.T) {
				w := newWorld(t, simConfig(), three())
				anna := w.login("anna")
				v := &watcher{t: t, name: "anna", orders: map[uint64]Order{}, named: map[uint64]Order{}}
				id := anna.accepted(buy, 1000, 3000, 1)
				w.links[0].mute, w.links[0].swallow = true, fate != session.InDoubt
				send(anna, id)
				l, err := w.proxy.Open([]byte("anna-token"), v)
				w.check(err)
				v.last = l.Sequence()
				for o := range l.Orders() {
					v.note(o)
				}
				var upstream uint64
				for reference, q := range w.proxy.orders.byReference {
					if !q.done {
						upstream = reference
					}
				}
				w.proxy.onResolved(&engine.Event{Reference: upstream, Fate: fate, Type: msg.PayloadOrderCreate})
				c, creates := w.proxy.byName["anna"], name == "create" || name == "replace"
				want, state := 1, NotThere
				if fate == session.InDoubt && creates {
					want, state = 2, InDoubt
				}
				if c.open != want || c.waiting != 0 || creates && v.named[2].State != state {
					t.Errorf("%d orders are open, %d requests wait, a watcher has %+v", c.open, c.waiting, v.named[2])
				}
				if fate != session.InDoubt {
					if list := anna.receive(); len(list) != 1 {
						t.Errorf("%d messages", len(list))
					}
					return
				}
				anna.want()
				w.links[0].mute = false
				w.settle()
				for _, o := range w.proxy.orders.byID {
					if v.orders[o.ID] != o.Order {
						t.Errorf("a watcher has\n%+v, the proxy\n%+v", v.orders[o.ID], o.Order)
					}
				}
				w.agree(v)
			})
		}
	}
}
