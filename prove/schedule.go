package prove

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/sim/fault"
)

// Schedule is a day: what is drawn from a seed before it begins. Everything else that is random follows from Seed.
type Schedule struct {
	Seed     uint64
	Duration time.Duration // of trading; after it the faults stop
	Bots     []Role
	Agents   int        // actions of other participants a second
	Faults   fault.Plan // of every connection
	Latency  time.Duration
	Jitter   time.Duration
	Partial  bool // reads and writes move a part of what they could
	History  int  // account messages that the exchange keeps
	Persist  Persist
	Settings Settings
	Disorder bool // account messages come out of order
	Wild     bool // the exchange itself may break the protocol, so that a bot need not know everything afterwards
	Journal  bool // bots have a journal, which is replayed
	Leased   bool // bots trade as long as they have a lease
	Jumps    bool // the clock of a machine is set between the processes of its bot
	Steps    []Step
}

// Persist is what bots keep on disk.
type Persist uint8

// The kinds.
const (
	NoFile Persist = iota
	File
	FileAndIntents
)

var persistNames = [...]string{"no file", "file", "file and intents"}

// String returns the name.
func (p Persist) String() string { return persistNames[p] }

// Role is what a bot does.
type Role uint8

// The roles.
const (
	Maker     Role = iota // quotes around the price of the others
	Hammer                // places, cancels, reduces and replaces as fast as it may
	Submitter             // the same from another goroutine's queue
	Second                // a second session of the maker's account
	Idle                  // does nothing by itself
)

var roleNames = [...]string{"maker", "hammer", "submitter", "second", "idle"}

// String returns the role's name.
func (r Role) String() string { return roleNames[r] }

// Step is something that happens to the world at a moment.
type Step struct {
	At   time.Duration // since the beginning
	Kind Kind
	Bot  int           // the one it happens to, modulo their number
	For  time.Duration // how long it lasts
	N    uint64        // what else the kind needs
}

// String describes the step.
func (s Step) String() string {
	return fmt.Sprintf("%v %v bot=%d for=%v n=%d", s.At, s.Kind, s.Bot, s.For, s.N)
}

// Kind is a kind of step.
type Kind uint8

// The kinds.
const (
	CutConn         Kind = iota // the connection breaks: what is on its way is lost
	LogoutAll                   // the exchange logs everybody out
	RefuseConns                 // the next connections are refused
	StopProcess                 // the process does not run for a while
	KillProcess                 // it is killed, and started again after a while
	SlowHandler                 // a handler takes a while
	HaltMarket                  // all orders of the market are cancelled, and it is opened again after a while
	Goal                        // as HaltMarket, and provisional fills are voided
	SettleMarket                // a contract wins
	VoidMarket                  // nobody wins
	VoidContract                // one contract goes out
	RemoveRunner                // a runner goes out, and fills are reduced
	RestartExchange             // it goes on from its state, or account messages are numbered from 1 again
	ForgetReports               // the exchange keeps none of the account's messages any more
	SkipSequences               // numbers of account messages that are never sent
	Throttle                    // the exchange changes its limits
	Outage                      // the exchange refuses orders for a while
	Reject                      // the exchange rejects the next requests
	ReplaceDelay                // the two stages of a replace are apart
	CutPower                    // the machine of a bot loses power, and starts again after a while
	FillDisk                    // the disk is full for a while
	LyingDisk                   // the disk says that things are durable which are not
	KillSwitch                  // the bot halts itself, and resumes after a while
	StopBot                     // the bot stops, and is started again after a while
	SettleContract              // one contract wins, or loses
	AdminCancel                 // the exchange cancels an order of the bot
	SuspendAccount              // the exchange takes no orders of the account for a while
	StakeLimit                  // the exchange limits what the account may stake
	RefuseLogins                // the exchange refuses logins for a while
	UserSettles                 // the user says what a settled market brought
	BadRequests                 // the bot sends requests that make no sense
	ClogConn                    // nothing that the bot writes is taken for a while
	Resubscribe                 // the bot ends its subscriptions and begins them again
	Kinds                       // how many every day may have
)

var kindNames = [leaseKinds]string{
	"cut",
	"logout all",
	"refuse",
	"stop process",
	"kill process",
	"slow handler",
	"halt market",
	"goal",
	"settle market",
	"void market",
	"void contract",
	"remove runner",
	"restart exchange",
	"forget reports",
	"skip sequences",
	"throttle",
	"outage",
	"reject",
	"replace delay",
	"cut power", "fill disk", "lying disk", "kill switch", "stop bot", "settle contract", "admin cancel",
	"suspend account", "stake limit", "refuse logins", "user settles", "bad requests", "clog", "resubscribe",
	"lapse", "hand over",
}

// String returns the kind's name.
func (k Kind) String() string { return kindNames[k] }

// stepsMax is how many steps a day has at most.
const stepsMax = 24

// New draws a day from a seed. Which faults happen, and how often, is drawn first: one day is mostly partial reads and
// the next mostly lost connections.
func New(seed uint64) Schedule {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	s := Schedule{
		Seed: seed, Duration: time.Duration(2+r.IntN(10)) * time.Second,
		Agents: []int{0, 20, 50, 200}[r.IntN(4)], History: []int{1 << 14, 1 << 14, 64, 512}[r.IntN(4)],
		Latency: time.Duration(r.IntN(20_000)) * time.Microsecond, Partial: r.IntN(2) == 0,
	}
	if r.IntN(2) == 0 {
		s.Jitter = time.Duration(1+r.IntN(10_000)) * time.Microsecond
	}
	s.Persist = Persist(r.IntN(3))
	s.Bots = lineups[r.IntN(len(lineups))]
	if r.IntN(3) > 0 {
		for kind := range fault.Kinds {
			if chance := r.IntN(6) - 3; chance > 0 && survivable(kind) {
				s.Faults.Chance[kind] = []uint32{0, 300, 10_000, 40_000}[chance+r.IntN(4-chance)]
			}
		}
		for kind := range fault.Kinds {
			s.Faults.Chance[kind] = min(s.Faults.Chance[kind], faultMax(kind))
		}
	}
	kinds := make([]Kind, 0, Kinds)
	for k := range Kinds {
		if r.IntN(3) == 0 {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) > 0 {
		for range r.IntN(stepsMax) {
			s.Steps = append(s.Steps, Step{
				At:   time.Duration(r.Int64N(int64(s.Duration))),
				Kind: kinds[r.IntN(len(kinds))], Bot: r.IntN(len(s.Bots)),
				For: time.Duration(1+r.Int64N(1<<uint(r.IntN(13)))) * time.Millisecond, N: r.Uint64(),
			})
		}
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return int(a.At - b.At) })
	s.Settings = drawSettings(r)
	s.drawWild(r)
	s.drawDisorder()
	s.drawJournal()
	s.drawLease()
	s.drawJumps()
	return s
}

// drawDisorder makes some days such that the account's messages come out of order.
func (s *Schedule) drawDisorder() {
	r := rand.New(rand.NewPCG(s.Seed, 0xd150))
	if s.Disorder = r.IntN(12) == 0 && !s.Wild; !s.Disorder {
		return
	}
	s.Faults.AccountOnly = true
	for _, kind := range [...]fault.Kind{fault.DelayBefore, fault.ReorderBefore} {
		s.Faults.Chance[kind] = []uint32{0, 10_000, 40_000, 200_000}[r.IntN(4)]
	}
}

// drawWild makes some days such that the exchange breaks the protocol.
func (s *Schedule) drawWild(r *rand.Rand) {
	if s.Wild = r.IntN(6) == 0; !s.Wild {
		return
	}
	for kind := range fault.Kinds {
		if !survivable(kind) && !unseen(kind) && r.IntN(4) == 0 {
			s.Faults.Chance[kind] = []uint32{300, 10_000, 40_000}[r.IntN(3)]
		}
	}
}

// unseen reports whether nobody can see that a kind of fault has happened, which TLS and TCP rule out.
func unseen(k fault.Kind) bool {
	switch k {
	case fault.Corrupt, fault.CorruptIn, fault.DelayIn, fault.ReorderIn:
		return true
	}
	return false
}

// lineups are the bots of a day.
var lineups = [...][]Role{{Maker}, {Hammer}, {Maker, Hammer}, {Submitter}, {Maker, Second}, {Maker, Hammer, Submitter}}

// faultMax is the highest chance of a kind of fault, in a million: kinds that end a connection are rarer than others.
func faultMax(k fault.Kind) uint32 {
	switch k {
	case fault.Cut:
		return 2_000
	case fault.HalfOpen:
		return 300
	}
	return fault.Million
}

// survivable reports whether a kind of fault is one that the protocol can recover from: the truth can be known again
// afterwards. A bit that flips below TLS and TCP is seen by nobody, bytes of a TCP connection do not overtake each
// other, and kinds in which the exchange itself breaks the protocol are tested in engine/session.
func survivable(k fault.Kind) bool {
	switch k {
	case fault.Corrupt, fault.CorruptIn, fault.DelayIn, fault.ReorderIn, fault.DropBefore, fault.DuplicateBefore,
		fault.DelayBefore, fault.ReorderBefore, fault.Swap, fault.Unconfirmed, fault.Skip, fault.Unheard,
		fault.Throttled:
		return false
	}
	return true
}

// String describes the day: everything that [Run] needs to run it again.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %v of trading, bots %v, %d actions of others a second\n", s.Duration, s.Bots, s.Agents)
	fmt.Fprintf(&b, "  latency %v and up to %v more, partial %t, history %d, %v\n",
		s.Latency, s.Jitter, s.Partial, s.History, s.Persist)
	fmt.Fprintf(&b, "  wild %t, disorder %t, leased %t, jumps %t, %v\n",
		s.Wild, s.Disorder, s.Leased, s.Jumps, s.Settings)
	for kind, chance := range s.Faults.Chance {
		if chance != 0 {
			fmt.Fprintf(&b, "  %v: %d in a million\n", fault.Kind(kind), chance)
		}
	}
	for _, step := range s.Steps {
		fmt.Fprintf(&b, "  %v\n", step)
	}
	return b.String()
}
