package backtest

import (
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// feed plays the events of a recording into an exchange.
type feed struct {
	source   *source
	next     int  // in the source's piece
	turns    bool // others play the same source, so that this one does not get the next piece
	sim      *sim.Sim
	played   uint64
	gaps     int
	refused  uint64                 // events that the exchange did not accept
	ended    map[bookID]contractEnd // of contracts, while their markets went on
	ends     map[uint32]msg.MarketStateType
	managed  map[uint32]bool
	timeout  map[uint32]int64 // of provisional fills, by market
	outcomes map[uint32]MarketEnd
	event    uint32                   // the sports event that markets belong to, 0 if there are several or none
	settled  func(market uint32)      // called before a market, or a contract of it, ends
	before   func(at int64)           // called before the events of a later moment
	voids    func(reason string) bool // whether a halt for this reason voids provisional fills
}

// tick is the exchange's OnTick: it plays what has happened by now.
func (f *feed) tick(now int64) (next int64) {
	src := f.source
	for {
		for f.next < len(src.piece) {
			e := &src.piece[f.next]
			if e.At > now {
				return e.At
			}
			f.before(e.At)
			f.play(e)
			f.played++
			f.next++
		}
		if src.nextAt > now {
			return src.nextAt
		}
		if f.turns {
			panic("BUG: backtest: a run is ahead of the others")
		}
		src.advance()
		f.next = 0
	}
}

func (f *feed) play(e *Event) {
	x := f.sim.Exchange
	var err error
	switch e.Kind {
	case EventBook:
		err = x.Play(e.Market, e.Contract, &e.Change)
	case EventState:
		f.state(e)
	case EventManaged:
		f.managed[e.Market] = e.Managed
		err = x.SetManaged(e.Market, e.Managed, f.timeout[e.Market])
	case EventVoid:
		err = x.VoidFills(e.Market)
	case EventMatch:
		if e.EventID == f.event {
			err = x.Runningball(e.EventID, e.Match)
		}
	case EventThrottle:
		f.sim.SetThrottle(sim.Throttle{
			Rate: e.Throttle.Rate, Burst: e.Throttle.Burst, Tick: time.Duration(e.Throttle.TickMs) * time.Millisecond,
		})
	case EventGap:
		f.gaps++
	}
	if err != nil {
		f.refused++
	}
}

// state plays a market's state and those of its contracts.
func (f *feed) state(e *Event) {
	x := f.sim.Exchange
	was := x.State(e.Market)
	switch {
	case was == msg.MarketStateSettled || was == msg.MarketStateVoided || was == 0:
		return
	case e.State == msg.MarketStateSettled:
		f.settled(e.Market)
		f.end(e, x.SettleShared(e.Market, e.Reason, f.outcomes[e.Market].Places, f.winnersOf(e.Market)...))
		return
	case e.State == msg.MarketStateVoided:
		f.settled(e.Market)
		f.end(e, x.VoidMarket(e.Market, e.Reason))
		return
	}
	f.contracts(e)
	was = x.State(e.Market)
	switch {
	case e.State == msg.MarketStateHalted && was != e.State && f.managed[e.Market] && f.voids(e.Reason):
		f.note(x.Goal(e.Market, e.Reason))
	case e.State == was || e.State == msg.MarketStateNew:
	default:
		f.set(e, was)
	}
}

// set changes a market's state, by way of a halt if that is the only way.
func (f *feed) set(e *Event, was msg.MarketStateType) {
	x := f.sim.Exchange
	if x.SetState(e.Market, e.State, e.Reason) == nil {
		return
	}
	if was == msg.MarketStateNew {
		f.note(x.SetState(e.Market, msg.MarketStateOpen, ""))
	} else {
		f.note(x.Halt(e.Market, ""))
	}
	f.note(x.SetState(e.Market, e.State, e.Reason))
}

// contracts plays the ends of contracts of a market that goes on.
func (f *feed) contracts(e *Event) {
	x := f.sim.Exchange
	t, factor := reduction(e.Contracts)
	for i := range e.Contracts {
		c := &e.Contracts[i]
		id := bookID{e.Market, c.GetContractId()}
		if f.ended[id] != contractOpen {
			continue
		}
		switch c.GetState() {
		case msg.ContractStateSettled:
			win := slices.Contains(f.outcomes[e.Market].Winners, id.contract)
			if win && !f.outcomes[e.Market].Each {
				continue // it is settled with its market
			}
			f.settled(e.Market)
			how := contractLost
			if win {
				how = contractWon
			}
			f.endContract(id, how, x.SettleContract(e.Market, id.contract, win, e.Reason))
		case msg.ContractStateVoided:
			f.settled(e.Market)
			err := error(nil)
			if factor != 0 { // of all that are removed together
				err = x.RemoveRunner(e.Market, id.contract, t, factor, e.Reason)
				factor = 0
			} else {
				err = x.VoidContract(e.Market, id.contract, e.Reason)
			}
			f.endContract(id, contractVoided, err)
		}
	}
}

// end notes how a market ended, unless the exchange refused it.
func (f *feed) end(e *Event, err error) {
	if f.note(err); err == nil {
		f.ends[e.Market] = e.State
	}
}

// endContract notes how a contract ended, unless the exchange refused it.
func (f *feed) endContract(id bookID, how contractEnd, err error) {
	if f.note(err); err == nil {
		f.ended[id] = how
	}
}

// how returns how a contract ended.
func (f *feed) how(id bookID) contractEnd {
	switch how, end := f.ended[id], f.ends[id.market]; {
	case how != contractOpen || end == 0:
		return how
	case end == msg.MarketStateVoided:
		return contractVoided
	case slices.Contains(f.outcomes[id.market].Winners, id.contract):
		return contractWon
	}
	return contractLost
}

// reduction returns by how much the fills of the other contracts are reduced, a factor of 0 if they are not, or by a
// factor that makes no sense.
func reduction(list []msg.ContractState) (msg.ReduceType, uint32) {
	for i := range list {
		c := &list[i]
		t, factor := c.GetReduceType(), c.GetReduceFactor()
		if c.GetState() == msg.ContractStateReduced && factor > 0 && factor < exchange.PriceSum &&
			(t == msg.ReduceTypeQuantity || t == msg.ReduceTypePrice) {
			return t, factor
		}
	}
	return 0, 0
}

// winnersOf returns the contracts of a market that win and have not ended yet.
func (f *feed) winnersOf(market uint32) (list []uint32) {
	for _, c := range f.outcomes[market].Winners {
		if f.ended[bookID{market, c}] == contractOpen {
			list = append(list, c)
		}
	}
	return list
}

func (f *feed) note(err error) {
	if err != nil {
		f.refused++
	}
}

// VoidReasons are parts of the reasons of halts for which provisional fills are voided, unless a run has others.
var VoidReasons = []string{"goal", "penalty", "red card"}

// voidsFor returns whether a halt for a reason voids provisional fills.
func voidsFor(reasons []string) func(string) bool {
	return func(reason string) bool {
		reason = strings.ToLower(reason)
		return slices.ContainsFunc(reasons, func(part string) bool {
			return part != "" && strings.Contains(reason, strings.ToLower(part))
		})
	}
}

// balanceMost is the most that an account may begin with.
const balanceMost = 1_000_000_000 * exchange.Currency
