package screen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// quotes applies an update of a contract's book.
func (m *Model) quotes(q *msg.ContractQuotes, now int64) {
	if _, err := m.books.ApplyUpdate(q, now); err != nil {
		m.refused(err)
		return
	}
	executions := q.GetExecutions()
	for i := range executions {
		at := place{q.GetContractId(), executions[i].GetPrice()}
		if _, known := m.facts.traded[at]; known || len(m.facts.traded) < tradedMax {
			m.facts.traded[at] += int64(min(executions[i].GetQuantity(), math.MaxInt64/4))
		}
	}
}

// snapshot applies all books of a market.
func (m *Model) snapshot(q *msg.MarketQuotes, now int64) {
	if err := m.books.ApplySnapshot(q, now); err != nil {
		m.refused(err)
	}
}

// refused follows a message about books that was not applied. Those about markets that nobody subscribed to are usual.
func (m *Model) refused(err error) {
	switch err {
	case book.ErrUnknownMarket, book.ErrNoSnapshot, book.ErrClosed, book.ErrNoMarket:
		return
	}
	if _, full := err.(*book.LimitError); full {
		m.facts.complete = false
		return
	}
	m.line(KindMarket, levelWarn, "quotes are refused: "+err.Error())
}

// marketState follows the state of a market.
func (m *Model) marketState(s *msg.MarketState, now int64) {
	before := msg.MarketStateType(0)
	if market, ok := m.books.Market(s.GetMarketId()); ok {
		before = market.ExchangeState()
	}
	_ = m.books.ApplyState(s, now)
	if s.GetState() == before {
		return
	}
	kind, level := KindMarket, ""
	if s.GetState() == msg.MarketStateHalted {
		kind, level = KindHalt, levelBad
		m.mark(KindHalt)
	}
	text := fmt.Sprintf("market %d is %s", s.GetMarketId(), stateName(s.GetState().String()))
	if reason := s.GetReason(); len(reason) > 0 {
		text += ": " + printable(string(reason))
	}
	m.line(kind, level, text)
}

// stateName returns a state's name without what all begin with, in lower case.
func stateName(s string) string {
	if i := strings.LastIndexByte(s, '_'); i >= 0 {
		s = s[i+1:]
	}
	return strings.ToLower(s)
}

// sent shows a request that left to the books, as the engine does.
func (m *Model) sent(k *msg.Keys) {
	switch k.Type {
	case msg.PayloadOrderCreate:
		if o := m.orders.ByReference(k.Reference); o != nil {
			_ = m.books.OwnAdded(own(o, 0))
		}
	case msg.PayloadOrderQuantityReduce:
		if o := m.orders.ByID(k.OrderID); o != nil {
			_ = m.books.OwnReducing(keyOf(o), o.Overlay&order.PendingReduce != 0)
		}
	}
}

// orderEvents follows what orders found out.
func (m *Model) orderEvents(events []order.Event) {
	f := &m.facts
	for i := range events {
		ev := &events[i]
		m.orderLine(ev)
		switch ev.Kind {
		case order.OrderFilled:
			if !ev.Replayed {
				f.strip.Fills++
				f.second.Fills++
			}
			m.mark(KindFill)
		case order.Drift:
			f.drifting = true
			if ev.Amount == order.Cash {
				f.drift[0] = ev.Reported - ev.Expected
			} else {
				f.drift[1] = ev.Reported - ev.Expected
			}
			continue
		case order.DriftEnded:
			f.drift, f.drifting = [2]int64{}, false
			continue
		case order.CompletenessChanged, order.CancelAllAccepted, order.CancelAllRejected:
			continue
		}
		m.showOrder(ev)
	}
}

// showOrder shows an order that an event is about to the books.
func (m *Model) showOrder(ev *order.Event) {
	o := m.orderOf(ev)
	if o == nil {
		if ev.State.Terminal() {
			_ = m.books.OwnRemoved(ev.Reference)
			_ = m.books.OwnRemoved(keyOfID(ev.OrderID))
		}
		return
	}
	if ev.Kind != order.OrderFilled && !o.Foreign && o.Reference != 0 && o.ID != 0 {
		_ = m.books.OwnRemoved(keyOfID(o.ID)) // its fills, which name no reference, may have come before
	}
	m.ownChanged(o, ev)
	if ev.Other != 0 {
		if other := m.orders.ByID(ev.Other); other != nil && other.State.Terminal() {
			_ = m.books.OwnRemoved(keyOf(other))
		}
	}
}

func (m *Model) ownChanged(o *order.Order, ev *order.Event) {
	key := keyOf(o)
	before, err := m.books.OwnOpen(key)
	switch {
	case o.State.Terminal():
		_ = m.books.OwnRemoved(key)
	case err != nil && o.Market != 0 && o.Price.Valid():
		replaces := uint64(0)
		if original := m.orders.ByID(o.Original); original != nil {
			replaces = keyOf(original)
		}
		_ = m.books.OwnAdded(own(o, replaces))
	case err != nil:
	case ev.Kind == order.OrderAccepted, ev.Kind == order.OrderReplaced,
		ev.Kind == order.DoubtResolved && ev.Before == order.PendingNew && o.State != order.PendingNew:
		_ = m.books.OwnAccepted(key, o.Available)
	case ev.Kind == order.OrderReduced, ev.Kind == order.ReduceRejected:
		_ = m.books.OwnReducing(key, o.Overlay&order.PendingReduce != 0)
		_ = m.books.OwnChanged(key, openOf(o))
	case ev.Kind == order.OrderFilled, openOf(o) < before:
		_ = m.books.OwnFilled(key, openOf(o))
	}
}

// orderOf returns the order that an event is about, nil if it is about none or the order is not kept.
func (m *Model) orderOf(ev *order.Event) *order.Order {
	if ev.OrderID != 0 {
		if o := m.orders.ByID(ev.OrderID); o != nil {
			return o
		}
	}
	if ev.Reference != 0 {
		return m.orders.ByReference(ev.Reference)
	}
	return nil
}

// keyOf returns what names an order in the books: its reference, or a number made of the exchange's id.
func keyOf(o *order.Order) uint64 {
	if o.Reference != 0 && !o.Foreign {
		return o.Reference
	}
	return keyOfID(o.ID)
}

func keyOfID(id uint64) uint64 { return ^id }

// openOf returns how much of an order can be matched, at most.
func openOf(o *order.Order) odds.Quantity {
	if o.State == order.PendingNew {
		return o.Quantity
	}
	return o.Available
}

func own(o *order.Order, replaces uint64) book.Own {
	return book.Own{
		ID: keyOf(o), Market: o.Market, Contract: o.Contract, Side: o.Side, Price: o.Price, Open: openOf(o),
		Pending: o.State == order.PendingNew, Replaces: replaces,
	}
}

// orderLine says an event in the event log, but not what happens all the time.
func (m *Model) orderLine(ev *order.Event) {
	kind, level, text := KindOrder, levelWarn, ""
	switch ev.Kind {
	case order.OrderFilled:
		kind, level = KindFill, ""
		text = fmt.Sprintf("%s %s %s at %s", did(ev.Side), ev.Fill.Quantity, m.name(ev.Contract), ev.Fill.Price)
		if ev.Fill.Provisional {
			text += ", prov."
		}
		if ev.Replayed {
			text += ", repeated"
		}
	case order.FillVoided:
		kind = KindFill
		text = fmt.Sprintf("voided: %s %s at %s", ev.Fill.Quantity, m.name(ev.Contract), ev.Fill.Price)
	case order.OrderEnded, order.CancelRejected, order.ReduceRejected, order.ReplaceRejected, order.CancelAllRejected,
		order.RunnerReduced, order.OrderVoided, order.CancelAllAccepted:
		if ev.Kind == order.CancelAllAccepted {
			level = ""
		}
		text = ev.String()
	case order.DoubtBegan, order.MissedFill, order.Anomaly, order.Overflow:
		level, text = levelBad, ev.String()
	case order.DoubtResolved:
		level, text = "", ev.String()
	case order.Drift:
		kind, level, text = KindMoney, levelBad, ev.String()
	case order.DriftEnded, order.MarketSettled:
		kind, level, text = KindMoney, "", ev.String()
	default:
		return
	}
	m.line(kind, level, text)
}

func did(s odds.Side) string {
	if s == odds.Buy {
		return "bought"
	}
	return "sold"
}

// name returns the name of a contract, its number if it has none.
func (m *Model) name(contract uint32) string {
	if n := m.options.Names[contract]; n != "" {
		return n
	}
	if n := m.facts.names[contract]; n != "" {
		return n
	}
	return strconv.FormatUint(uint64(contract), 10)
}
