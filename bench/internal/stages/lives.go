package stages

import (
	"fmt"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
)

// Orders returns the stages of messages about orders, with few and with many of them live. An operation is one message.
func Orders() Group {
	g := Group{Name: "orders"}
	for _, live := range []int{10, 10_000} {
		g.Stages = append(g.Stages, lives(fmt.Sprintf("decoded, %d live", live), live, false),
			lives(fmt.Sprintf("applied, %d live", live), live, true))
	}
	g.Base = g.Stages[0].Name
	return g
}

// How many orders go on by a step at once, at most, and about how many messages are made in advance, so that making
// them does not disturb what is measured.
const (
	livesBatch  = 512
	livesScript = 1 << 12
)

// lives is orders that go through their lives: accepted, executed in part, replaced, reduced, cancelled, while as many
// others are live. What they are told is decoded and, if apply is set, applied. Recording the requests is not measured.
func lives(name string, live int, apply bool) Stage {
	type request struct {
		keys  msg.Keys
		seq   uint64
		batch int // before which it is sent
	}
	type life struct {
		order *standing
		steps int
	}
	config := order.Config{Contracts: max(live/2, 1)}
	x, m := newCounterparty(config), fixture.Must(order.New(config))
	var (
		reference uint64
		requests  []request
		ends      []int // of batches, in x.out
		next      int
		now       int64
		p         msg.Payload
	)
	all := make([]life, live)
	ask := func(l *life, k msg.Keys) {
		reference++
		k.Reference = 1<<50 + reference
		r := request{k, 1<<28 + reference, len(ends)}
		requests = append(requests, r)
		l.order = x.answer(&k, r.seq)
	}
	create := func(i int) {
		ask(&all[i], msg.Keys{
			Type: msg.PayloadOrderCreate, Market: uint32(300_000 + i/8), Contract: uint32(1_200_000 + i/2),
			Side:  msg.SideBuy + msg.Side(all[i].steps/6%2), // so that positions are closed
			Price: uint32(4_000 + i%20*100), Quantity: 1_000_000,
		})
	}
	step := func(i int) {
		l := &all[i]
		k := msg.Keys{OrderID: l.order.id, Market: l.order.keys.Market}
		switch l.steps++; l.steps % 6 {
		case 0:
			k.Type = msg.PayloadOrderCancel
			ask(l, k)
			create(i)
		case 2:
			k.Type, k.Price, k.Quantity = msg.PayloadOrderCancelReplace, l.order.keys.Price+100, 900_000
			ask(l, k)
		case 4:
			k.Type, k.Quantity = msg.PayloadOrderQuantityReduce, l.order.left-100_000
			ask(l, k)
		default:
			x.fill(l.order, uint64(50_000+i%8*10_000))
			x.fill(l.order, 60_000)
		}
	}
	at, batch, asked := 0, 0, 0 // what was done of the script: messages, batches and requests
	loop := func(n int) error {
		at += n
		for _, b := range x.out[at-n : at] {
			if err := p.Decode(b, nil); err != nil {
				return err
			}
			if apply {
				if now++; len(m.Apply(&p, order.Input{Now: now})) != 1 {
					return errMissing
				}
			}
		}
		return nil
	}
	prepare := func() (int, error) {
		if at == len(x.out) {
			x.forget()
			requests, ends = requests[:0], ends[:0]
			at, batch, asked = 0, 0, 0
			for len(x.out) < livesScript {
				for range min(live, livesBatch) {
					step(next)
					next = (next + 1) % live
				}
				ends = append(ends, len(x.out))
			}
		}
		for ; asked < len(requests) && requests[asked].batch == batch; asked++ {
			if r := &requests[asked]; apply {
				fixture.Must(0, m.Admit(&r.keys))
				fixture.Must(0, m.Sent(&r.keys, r.seq, now))
			}
		}
		batch++
		return ends[batch-1] - at, nil
	}
	for i := range all {
		create(i)
		all[i].steps = i % 6
	}
	ends = append(ends, len(x.out))
	fixture.Must(0, loop(fixture.Must(prepare())))
	return Stage{Name: name, Loop: loop, Prepare: prepare}
}
