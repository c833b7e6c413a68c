package quote

import (
	"testing"

	"github.com/smk-go/smk/odds"
)

// TestCases plays what a quote can meet, case by case.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		play   func(d *desk)
	}{
		{"the same wish again sends nothing", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 100})
			d.send()
		}},
		{"a move within the tolerance sends nothing, one beyond replaces", Config{}, func(d *desk) {
			d.quoted(10)
			d.set(Two{Bid: 5010, Ask: 5110, Size: 100, Tolerance: 10})
			d.send()
			d.set(Two{Bid: 5011, Ask: 5090, Size: 100, Tolerance: 10})
			d.send("replace 1 by 100@5011 total 100")
		}},
		{"many small moves are measured from the order, not from the last wish", Config{}, func(d *desk) {
			d.quoted(10)
			for p := odds.Price(5001); p <= 5010; p++ {
				d.set(Two{Bid: p, Ask: 5100, Size: 100, Tolerance: 10})
				d.send()
			}
			d.set(Two{Bid: 5011, Ask: 5100, Size: 100, Tolerance: 10})
			d.send("replace 1 by 100@5011 total 100")
		}},
		{"a smaller size reduces", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 60})
			d.send("reduce 1 to 60", "reduce 2 to 60")
			d.set(Two{Bid: 5000, Ask: 5100, Size: 50})
			d.send()
			d.order(1, Live, odds.Buy, 60, 5000)
			d.send("reduce 1 to 50")
		}},
		{"a smaller size within the tolerance of the price reduces where the order is", Config{}, func(d *desk) {
			d.quoted(10)
			d.set(Two{Bid: 5005, Ask: 5100, Size: 60, Tolerance: 10})
			d.send("reduce 1 to 60", "reduce 2 to 60")
		}},
		{"a larger size replaces", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 150})
			d.send("replace 1 by 150@5000 total 150", "replace 2 by 150@5100 total 150")
		}},
		{"a fill is made up for, the total includes what was executed", Config{}, func(d *desk) {
			d.quoted(0)
			d.apply(Order{Contract: one, Key: 1, State: Live, Side: odds.Buy, Open: 70, Executed: 30, Price: 5000})
			d.send("replace 1 by 100@5000 total 130")
		}},
		{"a fill within the tolerance is not", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 100, SizeTolerance: 30})
			d.apply(Order{Contract: one, Key: 1, State: Live, Side: odds.Buy, Open: 70, Executed: 30, Price: 5000})
			d.send()
			d.apply(Order{Contract: one, Key: 1, State: Live, Side: odds.Buy, Open: 69, Executed: 31, Price: 5000})
			d.send("replace 1 by 100@5000 total 131")
		}},
		{"a full fill is quoted again without a wait", Config{}, func(d *desk) {
			d.quoted(0)
			d.apply(Order{Contract: one, Key: 1, State: Closed, Side: odds.Buy, Executed: 100, Price: 5000})
			d.send("create buy 100@5000")
		}},
		{"the newest wish waits for what is in flight, the others are skipped", Config{}, func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			d.send("create buy 100@5000")
			d.set(Two{Bid: 5010, Size: 100})
			d.send()
			d.set(Two{Bid: 5020, Size: 100})
			d.send()
			d.order(1, Live, odds.Buy, 100, 5000)
			d.send("replace 1 by 100@5020 total 100")
			d.set(Two{Bid: 5030, Size: 100})
			d.send()
			d.order(2, PendingNew, odds.Buy, 100, 5020)
			d.order(1, PendingReplace, odds.Buy, 100, 5000)
			d.send()
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send()
			d.order(2, Live, odds.Buy, 100, 5020)
			d.send("replace 2 by 100@5030 total 100")
		}},
		{"a pull cancels, also what is being reduced", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 60})
			d.send("reduce 1 to 60", "reduce 2 to 60")
			d.order(2, Live, odds.Sell, 60, 5100)
			d.q.Pull(one)
			d.send("cancel 1", "cancel 2")
		}},
		{"a pull waits for an order in flight, then cancels it", Config{}, func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			d.send("create buy 100@5000")
			d.q.Pull(one)
			d.send()
			d.order(1, Live, odds.Buy, 100, 5000)
			d.send("cancel 1")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send()
			if s := d.q.Stats(); s.Contracts != 0 || s.Orders != 0 {
				d.t.Errorf("left: %+v", s)
			}
		}},
		{"PullAll pulls all", Config{}, func(d *desk) {
			d.quoted(0)
			d.q.PullAll()
			d.send("cancel 1", "cancel 2")
		}},
		{"a wish without levels cancels and keeps the contract", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Size: 1})
			d.send("cancel 1", "cancel 2")
		}},
		{"a create waits for the end of the order whose place it takes", Config{}, func(d *desk) {
			d.quoted(0)
			d.q.Pull(one)
			d.send("cancel 1", "cancel 2")
			d.set(Two{Bid: 5000, Ask: 5100, Size: 100})
			d.send()
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send("create buy 100@5000")
		}},
		{"without replaces a cancel goes first", Config{DisableReplace: true}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
			d.send("cancel 1")
			d.send()
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send("create buy 100@5010")
		}},
		{"both sides up: the bid waits until the ask is out of its way", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5100, Ask: 5200, Size: 100})
			d.send("replace 2 by 100@5200 total 100")
			d.order(3, Live, odds.Sell, 100, 5200)
			d.send()
			d.order(2, Closed, odds.Sell, 0, 5100)
			d.send("replace 1 by 100@5100 total 100")
		}},
		{"an order within its tolerance that crosses the other side's wish is moved", Config{}, func(d *desk) {
			d.quoted(60)
			d.set(Two{Bid: 4970, Ask: 5000, Size: 100, Tolerance: 60})
			d.send("replace 1 by 100@4970 total 100")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.order(3, Live, odds.Buy, 100, 4970)
			d.send("replace 2 by 100@5000 total 100")
		}},
		{"an order of the bot's own is neither crossed nor touched", Config{}, func(d *desk) {
			d.order(77, Live, odds.Sell, 10, 5000)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 100})
			d.send("create sell 100@5100")
			d.order(77, PendingCancel, odds.Sell, 10, 5000)
			d.send()
			d.order(77, InDoubt, odds.Sell, 10, 5000)
			d.send()
			d.order(77, Closed, odds.Sell, 0, 5000)
			d.send("create buy 100@5000")
			d.q.Pull(one)
			d.order(1, Live, odds.Sell, 100, 5100)
			d.send("cancel 1")
		}},
		{"one step nearer than the own order is no cross", Config{}, func(d *desk) {
			d.order(77, Live, odds.Sell, 10, 5001)
			d.order(78, Live, odds.Buy, 10, 4999)
			d.set(Two{Bid: 5000, Size: 100})
			d.send("create buy 100@5000")
			d.set(Two{Ask: 5000, Size: 100})
			d.send()
			d.order(1, Live, odds.Buy, 100, 5000)
			d.send("cancel 1")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send("create sell 100@5000")
		}},
		{"adopted orders are the quoter's", Config{}, func(d *desk) {
			d.apply(Order{Contract: one, Key: 9, State: Live, Side: odds.Buy, Open: 50, Price: 4000, Managed: true})
			d.apply(Order{Contract: one, Key: 8, State: Live, Side: odds.Buy, Open: 50, Price: 4000, Managed: true})
			d.send("cancel 8", "cancel 9")
		}},
		{"more adopted orders than can be matched are cancelled at once", Config{}, func(d *desk) {
			for key := uint64(1); key <= 3*candidatesMax; key++ {
				d.apply(Order{
					Contract: one, Key: key, State: Live, Side: odds.Buy, Open: 50, Price: 4000,
					Managed: true,
				})
			}
			if n := len(d.q.Step(d.now, d.all)); n != 3*candidatesMax {
				d.t.Errorf("%d cancels", n)
			}
		}},
		{"in doubt blocks its side, the other goes on", Config{Levels: 2}, func(d *desk) {
			d.levels([]Level{{5000, 100}, {4990, 100}}, []Level{{5100, 100}}, Tolerance{})
			d.send("create buy 100@5000", "create buy 100@4990", "create sell 100@5100")
			d.order(1, InDoubt, odds.Buy, 100, 5000)
			d.order(2, Live, odds.Buy, 100, 4990)
			d.order(3, Live, odds.Sell, 100, 5100)
			d.send()
			d.levels([]Level{{4980, 100}, {4970, 100}}, []Level{{5000, 100}}, Tolerance{})
			d.send("cancel 2") // nothing new beside it, and its price is not wanted; the ask would cross it
			d.levels([]Level{{4980, 100}, {4970, 100}}, []Level{{5001, 100}}, Tolerance{})
			d.send("replace 3 by 100@5001 total 100")
			d.order(2, Closed, odds.Buy, 0, 4990)
			d.send()
			d.order(1, Rejected, odds.Buy, 0, 5000)
			d.now += d.q.config.RetryMin
			d.send("create buy 100@4980", "create buy 100@4970")
		}},
		{"a level that would cross for now does not cost another one its place", Config{Levels: 2}, func(d *desk) {
			d.order(77, Live, odds.Sell, 1, 104)
			d.apply(Order{Contract: one, Key: 1, State: Live, Side: odds.Buy, Open: 5, Price: 103, Managed: true})
			d.levels([]Level{{104, 6}, {102, 1}}, nil, Tolerance{2, 0})
			d.send("reduce 1 to 1")
			d.order(77, Closed, odds.Sell, 0, 104)
			d.send("create buy 6@104")
		}},
		{"an order on its way to a level stays with it while another would cross", Config{Levels: 3}, func(d *desk) {
			for key, o := range []Order{
				{Open: 2, Price: 110, Side: odds.Buy},
				{Open: 4, Price: 108, Side: odds.Buy},
				{Open: 6, Price: 112, Side: odds.Sell},
			} {
				o.Contract, o.Key, o.State, o.Managed = one, uint64(key+11), Live, true
				d.apply(o)
			}
			d.levels([]Level{{111, 5}, {112, 6}, {114, 1}}, []Level{{118, 5}, {115, 4}}, Tolerance{2, 1})
			d.send("replace 11 by 5@111 total 5", "replace 13 by 4@115 total 4", "create sell 5@118")
			d.send()
		}},
		{"the order that a replace makes is not changed before the other has ended", Config{}, func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
			d.send("replace 1 by 100@5010 total 100")
			d.order(3, Live, odds.Buy, 100, 5010)
			d.set(Two{Bid: 5020, Ask: 5100, Size: 100})
			d.send()
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send("replace 3 by 100@5020 total 100")
		}},
		{"levels keep the orders that fit, whatever the order of the levels", Config{Levels: 3}, func(d *desk) {
			d.levels([]Level{{4980, 1}, {5000, 3}, {4990, 2}}, nil, Tolerance{})
			d.send("create buy 3@5000", "create buy 2@4990", "create buy 1@4980")
			for key, l := range []Level{{5000, 3}, {4990, 2}, {4980, 1}} {
				d.order(uint64(key+1), Live, odds.Buy, l.Size, l.Price)
			}
			d.levels([]Level{{4970, 1}, {4990, 2}, {4980, 1}}, nil, Tolerance{})
			d.send("replace 1 by 1@4970 total 1")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, c.config)
			c.play(d)
			d.q.verify(t)
		})
	}
}

// TestRefusals plays what follows on refusals.
func TestRefusals(t *testing.T) {
	config := Config{RetryMin: 100, RetryMax: 400, AttemptsMax: 4}
	for _, c := range []struct {
		name string
		play func(d *desk)
	}{
		{"a throttled create is tried again when reported", func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			d.refuse(Throttled, d.now+30, "create buy 100@5000")
			d.send()
			d.now += 29
			d.send()
			d.now++
			d.send("create buy 100@5000")
		}},
		{"a throttled replace leaves the order where it is, a throttled cancel comes again", func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5010, Size: 100})
			d.step("cancel 2", "replace 1 by 100@5010 total 100")
			d.q.Refused(&d.last[0], Throttled, d.now+30)
			d.q.Refused(&d.last[1], Throttled, d.now+40)
			d.send()
			d.now += 30
			d.send("cancel 2")
			d.now += 10
			d.send("replace 1 by 100@5010 total 100")
		}},
		{"waits double, up to the most, and end with the side given up", func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			for _, wait := range []int64{100, 200, 400} {
				d.refuse(Denied, 0, "create buy 100@5000")
				if at, ok := d.q.NextWake(); ok {
					d.t.Fatalf("wakes at %d before the next step", at)
				}
				d.send()
				if at, ok := d.q.NextWake(); !ok || at != d.now+wait {
					d.t.Fatalf("wakes at %d after %d, want %d", at-d.now, wait, wait)
				}
				d.now += wait - 1
				d.send()
				d.now++
			}
			d.refuse(Denied, 0, "create buy 100@5000")
			d.send()
			d.events(Event{Contract: one, Kind: GaveUp, Side: odds.Buy})
			d.now += 100_000
			d.send()
			d.events()
			d.set(Two{Bid: 5000, Size: 100})
			d.send()
			d.q.Retry(one)
			d.send("create buy 100@5000")
		}},
		{"a new wish tries again after giving up, but no sooner", func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			for range 4 {
				d.refuse(Denied, 0, "create buy 100@5000")
				d.now += 400
			}
			d.send()
			d.now -= 10
			d.set(Two{Bid: 5010, Size: 100})
			d.send()
			d.now += 10
			d.refuse(Denied, 0, "create buy 100@5010")
			d.send()
			d.events(Event{Contract: one, Kind: GaveUp, Side: odds.Buy})
			d.now += 400
			d.send()
			d.levels([]Level{{5010, 100}}, []Level{{6000, 100}}, Tolerance{}) // the bid is what it was
			d.send("create sell 100@6000")
			d.levels([]Level{{5020, 100}}, []Level{{6000, 100}}, Tolerance{})
			d.send("create buy 100@5020")
		}},
		{"refusals that lie back do not count", func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			for range 10 {
				d.refuse(Denied, 0, "create buy 100@5000")
				d.now += 2*400 + 1
			}
			d.send("create buy 100@5000")
		}},
		{"a denied replace takes the order away", func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
			d.refuse(Denied, d.now+150, "replace 1 by 100@5010 total 100")
			d.send("cancel 1")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send()
			d.now += 150
			d.send("create buy 100@5010")
		}},
		{"a create that the exchange rejects", func(d *desk) {
			d.set(Two{Bid: 5000, Size: 100})
			d.send("create buy 100@5000")
			d.order(1, Rejected, odds.Buy, 0, 5000)
			d.send()
			d.now += 100
			d.send("create buy 100@5000")
		}},
		{"a cancel that the exchange rejects comes again for ever, ever more slowly", func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5000, Size: 100})
			for _, wait := range []int64{100, 200, 400, 400, 400, 400, 400, 400} {
				d.send("cancel 2")
				d.order(2, PendingCancel, odds.Sell, 100, 5100)
				d.send()
				d.order(2, Live, odds.Sell, 100, 5100)
				d.send()
				d.now += wait - 1
				d.send()
				d.now++
			}
		}},
		{"a reduce that is rejected twice becomes a cancel and a create", func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5000, Ask: 5100, Size: 100, SizeTolerance: 0})
			d.levels([]Level{{5000, 60}}, []Level{{5100, 100}}, Tolerance{})
			for _, wait := range []int64{100, 200} {
				d.send("reduce 1 to 60")
				d.order(1, Live, odds.Buy, 100, 5000)
				d.send()
				d.now += wait
			}
			d.send("cancel 1")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send("create buy 60@5000")
		}},
		{"a reduce that is overtaken by a fill is none that failed", func(d *desk) {
			d.quoted(0)
			d.levels([]Level{{5000, 60}}, []Level{{5100, 100}}, Tolerance{0, 10})
			d.send("reduce 1 to 60")
			d.apply(Order{Contract: one, Key: 1, State: Live, Side: odds.Buy, Open: 50, Executed: 10, Price: 5000})
			d.send()
			if n := d.q.Stats().Rejected; n != 0 {
				d.t.Errorf("%d rejected", n)
			}
		}},
		{"a replace that is rejected twice becomes a cancel and a create", func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
			for i, wait := range []int64{100, 200} {
				d.send("replace 1 by 100@5010 total 100")
				d.order(1, Live, odds.Buy, 100, 5000)
				d.order(uint64(3+i), Rejected, odds.Buy, 0, 5010)
				d.send()
				d.now += wait
			}
			d.send("cancel 1")
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.send("create buy 100@5010")
		}},
		{"a replace that a fill overtakes is not refused", func(d *desk) {
			for _, reported := range []func(){
				func() { d.order(3, Rejected, odds.Buy, 0, 5010) },
				func() { d.q.NotPlaced(3) },
			} {
				*d = *newDesk(d.t, config)
				d.quoted(0)
				d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
				d.send("replace 1 by 100@5010 total 100")
				d.apply(Order{Contract: one, Key: 1, State: Closed, Side: odds.Buy, Executed: 100, Price: 5000})
				d.send()
				reported()
				d.send("create buy 100@5010")
			}
		}},
		{"a replace in doubt that turns out not to be carried out", func(d *desk) {
			d.quoted(0)
			d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
			d.send("replace 1 by 100@5010 total 100")
			d.order(1, InDoubt, odds.Buy, 100, 5000)
			d.send()
			if st := d.q.Status(one); st.Bid.Orders != 1 || !st.Bid.InDoubt {
				d.t.Errorf("%+v", st)
			}
			d.order(1, Live, odds.Buy, 100, 5000)
			d.send("replace 1 by 100@5010 total 100")
		}},
		{"a create that did not leave is made again at once", func(d *desk) {
			d.set(Two{Bid: 5010, Size: 100})
			d.send("create buy 100@5010")
			d.q.NotPlaced(1)
			d.q.NotPlaced(99)
			d.send("create buy 100@5010")
		}},
		{"an order that the exchange cancels is not replaced at once", func(d *desk) {
			d.quoted(0)
			for _, wait := range []int64{100, 200, 400} {
				d.order(d.next-2, Closed, odds.Buy, 0, 5000)
				d.send()
				d.now += wait - 1
				d.send()
				d.now++
				d.send("create buy 100@5000")
				d.order(d.next-1, Live, odds.Buy, 100, 5000)
				d.next++
			}
		}},
		{"one that is cancelled while held is", func(d *desk) {
			d.quoted(0)
			if err := d.q.HoldMarket(1, MarketHalted, true); err != nil {
				d.t.Fatal(err)
			}
			d.order(1, Closed, odds.Buy, 0, 5000)
			d.order(2, Closed, odds.Sell, 0, 5100)
			if err := d.q.HoldMarket(1, MarketHalted, false); err != nil {
				d.t.Fatal(err)
			}
			d.send("create buy 100@5000", "create sell 100@5100")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, config)
			c.play(d)
			d.q.verify(t)
		})
	}
}
