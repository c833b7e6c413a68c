package quote

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/odds"
)

// earlier returns an order of an earlier run.
func earlier(key uint64, s State, side odds.Side, open odds.Quantity, p odds.Price) *Order {
	return &Order{Contract: one, Key: key, State: s, Side: side, Open: open, Price: p}
}

// TestAdopt adopts orders of an earlier run in every state, and expects them to serve the wish like the quoter's own.
func TestAdopt(t *testing.T) {
	wish := Two{Bid: 5000, Ask: 5100, Size: 100}
	for _, c := range []struct {
		name string
		play func(d *desk, adopt func(*Order))
	}{
		{"one that fits is kept", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, Live, odds.Buy, 100, 5000))
			d.set(wish)
			d.send("create sell 100@5100")
		}},
		{"one that is too large is reduced", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, Live, odds.Buy, 150, 5000))
			d.set(wish)
			d.send("reduce 91 to 100", "create sell 100@5100")
		}},
		{"one elsewhere is replaced", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, Live, odds.Buy, 100, 4000))
			d.set(wish)
			d.send("replace 91 by 100@5000 total 100", "create sell 100@5100")
		}},
		{"one more than is wanted is cancelled", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, Live, odds.Buy, 100, 4000))
			adopt(earlier(92, Live, odds.Buy, 100, 5000))
			d.set(wish)
			d.send("cancel 91", "create sell 100@5100")
		}},
		{"without a wish it is cancelled", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, Live, odds.Buy, 100, 4000))
			d.send("cancel 91")
		}},
		{"held it is cancelled", func(d *desk, adopt func(*Order)) {
			d.q.Hold(NotCaughtUp, true)
			adopt(earlier(91, Live, odds.Buy, 100, 5000))
			d.set(wish)
			d.send("cancel 91")
		}},
		{"one in flight takes the place of a create", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, PendingNew, odds.Buy, 100, 4000))
			d.set(wish)
			d.send("create sell 100@5100")
			d.order(91, Live, odds.Buy, 100, 4000)
			d.send("replace 91 by 100@5000 total 100")
		}},
		{"one in doubt blocks its side until it is resolved", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, InDoubt, odds.Buy, 100, 5000))
			d.set(wish)
			d.send("create sell 100@5100")
			d.order(91, Closed, odds.Buy, 0, 5000)
			d.send("create buy 100@5000")
		}},
		{"of one that is being replaced both count once they are adopted", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, PendingReplace, odds.Buy, 100, 4000))
			adopt(earlier(92, PendingNew, odds.Buy, 100, 5000))
			d.set(wish)
			d.send("create sell 100@5100")
			d.order(91, Closed, odds.Buy, 0, 4000)
			d.order(92, Live, odds.Buy, 100, 5000)
			d.send()
		}},
		{"one that ended is not adopted", func(d *desk, adopt func(*Order)) {
			adopt(earlier(91, Closed, odds.Buy, 0, 5000))
			if d.q.Manages(91) {
				d.t.Error("adopted")
			}
			d.set(wish)
			d.send("create buy 100@5000", "create sell 100@5100")
		}},
	} {
		for _, known := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				d := newDesk(t, Config{})
				c.play(d, func(o *Order) {
					if known { // as of somebody else
						d.apply(*o)
					}
					if d.q.Manages(o.Key) {
						t.Errorf("order %d is the quoter's already", o.Key)
					}
					if err := d.q.Adopt(o); err != nil {
						t.Fatal(err)
					}
					if !d.q.Manages(o.Key) && o.State < Rejected {
						t.Errorf("order %d is not adopted", o.Key)
					}
				})
				d.q.verify(t)
			})
		}
	}
}

// TestAdoptErrors expects what Apply refuses, and a contract without room for an order of an earlier run not to be
// quoted.
func TestAdoptErrors(t *testing.T) {
	d := newDesk(t, Config{Orders: 1})
	if err := d.q.Adopt(&Order{}); !errors.Is(err, ErrOrder) {
		t.Error(err)
	}
	o := earlier(91, Live, odds.Buy, 100, 5000)
	if err := d.q.Adopt(o); err != nil || o.Managed {
		t.Errorf("%v, %+v", err, o)
	}
	if err := d.q.Adopt(earlier(92, Live, odds.Buy, 100, 5000)); !errors.Is(err, ErrOrdersFull) {
		t.Error(err)
	}
	if st := d.q.Status(one); st.Reasons&Untracked == 0 {
		t.Errorf("status %+v", st)
	}
}
