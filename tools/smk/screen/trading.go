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

// traded counts what was traded at the prices of a contract.
func (m *Model) traded(q *msg.ContractQuotes) {
	executions := q.GetExecutions()
	for i := range executions {
		at := place{q.GetContractId(), executions[i].GetPrice()}
		if _, known := m.facts.traded[at]; known || len(m.facts.traded) < tradedMax {
			m.facts.traded[at] += int64(min(executions[i].GetQuantity(), math.MaxInt64/4))
		}
	}
}

// refused follows a message about books that was not applied. Those about markets that nobody subscribed to are usual.
func (m *Model) refused(err error) {
	switch err {
	case book.ErrUnknownMarket, book.ErrNoSnapshot, book.ErrClosed, book.ErrNoMarket:
		return
	}
	if _, full := err.(*book.LimitError); full {
		return // the replica is not complete
	}
	m.line(KindMarket, levelWarn, "quotes are refused: "+err.Error())
}

// marketState follows the state of a market, which is not applied yet.
func (m *Model) marketState(s *msg.MarketState) {
	before := msg.MarketStateType(0)
	if market, ok := m.replica.Books().Market(s.GetMarketId()); ok {
		before = market.ExchangeState()
	}
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

// orderEvent follows what orders found out.
func (m *Model) orderEvent(ev *order.Event) {
	f := &m.facts
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
	case order.DriftEnded:
		f.drift, f.drifting = [2]int64{}, false
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
