package exchange

import (
	"slices"

	"github.com/smk-go/smk/gen/msg"
)

// transitions are the legal changes of a market's state. Settling and voiding are commands of their own.
var transitions = map[msg.MarketStateType][]msg.MarketStateType{
	msg.MarketStateNew:    {msg.MarketStateOpen},
	msg.MarketStateOpen:   {msg.MarketStateLive, msg.MarketStateHalted},
	msg.MarketStateLive:   {msg.MarketStateHalted},
	msg.MarketStateHalted: {msg.MarketStateOpen, msg.MarketStateLive},
}

// SetState changes a market's state to OPEN, LIVE or HALTED. The reason, if not "", is published. A halt
// cancels the orders on the books, except KEEP_IN_PLAY ones, and so does the change from OPEN to LIVE, which
// is a halt and a resumption in one. The error is a [*CommandError].
func (x *Exchange) SetState(id uint32, to msg.MarketStateType, reason string) error {
	m, err := x.openMarket(id)
	if err != nil {
		return err
	}
	if !slices.Contains(transitions[m.state], to) {
		return commandErrorf("market %d is %v and cannot become %v", id, m.state, to)
	}
	cancels := to == msg.MarketStateHalted || m.state == msg.MarketStateOpen
	x.setMarketState(m, to, reason)
	if cancels {
		x.removeOrders(m, nil, notKeepInPlay)
		x.publish()
		x.reportRemoved(msg.OrderCancelledMarketHalted)
	}
	return nil
}

// Halt changes a market's state to HALTED. It does nothing if the market is halted already.
func (x *Exchange) Halt(id uint32, reason string) error {
	if m := x.byMarket[id]; m != nil && m.state == msg.MarketStateHalted {
		return nil
	}
	return x.SetState(id, msg.MarketStateHalted, reason)
}

// Goal halts a market for a material event and voids its provisional fills.
func (x *Exchange) Goal(id uint32, reason string) error {
	if err := x.Halt(id, reason); err != nil {
		return err
	}
	return x.VoidFills(id)
}

// VoidFills voids the provisional fills of a market, which goes on.
func (x *Exchange) VoidFills(id uint32) error {
	m, err := x.openMarket(id)
	if err == nil {
		x.takeProvisional(m, nil, x.voidFill)
	}
	return err
}

// openMarket returns a market that is neither settled nor voided.
func (x *Exchange) openMarket(id uint32) (*market, error) {
	m := x.byMarket[id]
	if m == nil {
		return nil, commandErrorf("there is no market %d", id)
	}
	if m.state == msg.MarketStateSettled || m.state == msg.MarketStateVoided {
		return nil, commandErrorf("market %d is %v", id, m.state)
	}
	return m, nil
}

// openContract returns a contract that is neither settled nor voided.
func (x *Exchange) openContract(marketID, contractID uint32) (*contract, error) {
	m, err := x.openMarket(marketID)
	if err != nil {
		return nil, err
	}
	c := m.contractByID(contractID)
	if c == nil {
		return nil, commandErrorf("market %d has no contract %d", marketID, contractID)
	}
	if c.settled {
		return nil, commandErrorf("contract %d is %v", contractID, c.state)
	}
	return c, nil
}

// setMarketState sets the state of a market and its contracts and publishes it.
func (x *Exchange) setMarketState(m *market, to msg.MarketStateType, reason string) {
	m.state = to
	for _, c := range m.contracts {
		if !c.settled {
			c.state = contractState(to)
		}
	}
	x.publishState(m, reason)
}

func everyOrder(*order) bool      { return true }
func notKeepInPlay(o *order) bool { return o.tif != msg.KeepInPlay }

// removeOrders removes the orders of a market, or of one of its contracts, that match, and appends them to
// buf.removed: contract by contract, bids before offers, best first.
func (x *Exchange) removeOrders(m *market, only *contract, match func(*order) bool) {
	for _, c := range m.contracts {
		if only != nil && c != only {
			continue
		}
		for side := range c.sides {
			book := &c.sides[side]
			for key := book.best(); key > 0; key = book.below(key) {
				for o := book.head(key); o != nil; {
					next := o.next
					if match(o) {
						x.removeOrder(o, OrderCancelled)
						x.buf.removed = append(x.buf.removed, o)
					}
					o = next
				}
			}
		}
	}
}
