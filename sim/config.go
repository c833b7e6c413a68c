package sim

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/gateway"
)

// Types of package exchange that a configuration consists of.
type (
	Account  = exchange.Account
	Event    = exchange.Event
	Market   = exchange.Market
	Contract = exchange.Contract
	Money    = exchange.Money
)

// Currency is one whole unit of the currency.
const Currency = exchange.Currency

// Config configures an exchange. It is copied. The zero value is an exchange without accounts and
// markets; [DefaultConfig] has some.
type Config struct {
	Seed uint64 // of all random choices

	Accounts []Account
	Events   []Event
	Markets  []Market
	Agents   Agents // the other participants; the zero value means none

	// Recorded makes the markets recorded ones, see [exchange.Exchange.Play], which SetOnTick's function may call.
	Recorded exchange.Recorded

	Throttle          Throttle      // of each session; the zero value means 500 per second, burst 1000, tick 200 ms
	HeartbeatInterval time.Duration // 0 means 10 s
	Heartbeats        int           // without an answer until the client is logged out; 0 means 5
	FailureDelay      time.Duration // from disconnect to cancel_all_on_failure; 0 means HeartbeatInterval x Heartbeats
	LoginTimeout      time.Duration // from connect to login; 0 means 10 s
	ResumeWindow      time.Duration // how long a disconnected session can be resumed; 0 means 24 h, negative none

	Depth       int    // visible levels per side; 0 means 5
	QuantityMin uint64 // of an order, in 1/10000 of payoff; 0 means 1000
	QuantityMax uint64 // of an order, in 1/10000 of payoff; 0 means 2147483647

	Limits Limits

	TLS *tls.Config // of a server, with a certificate; nil means plain TCP

	// Faults is the plan of every connection; the zero value means no faults. It can be changed
	// at any time by [Sim].Faults.
	Faults fault.Plan

	// OnClose, if not nil, is called for every connection that a server ends because of what the
	// client did or failed to do. cause is a [*LogoutError], a [*HandshakeError], one of this
	// package's Err values, or an error of the frame or message that the client sent. It runs on
	// the goroutine that owns the exchange and must not block.
	OnClose func(client net.Addr, username string, cause error)

	// Speed is how many seconds pass on the exchange's clock in one second of a server, 0.001 to
	// 1000. Heartbeats and timeouts follow the exchange's clock. 0 means 1.
	Speed float64

	// Now is the first clock reading, nanoseconds since 1970. 0 means the current time for a
	// server, and Beginning for a [Sim]. A state's latest reading is the first if it is later.
	Now int64

	// State is what another exchange with the same accounts, events, markets and participants
	// knew, by [Sim.AppendState]; empty means a new exchange. What came due since then happens at the
	// first Tick, but the participants do not catch up. It is not kept.
	State []byte

	// StateFile makes a server keep its state in a file. A [Sim] refuses it.
	StateFile StateFile
}

// StateFile is where a server keeps its state, by [Sim.AppendState]. Listen goes on from what is in the file; Serve
// writes it now and then and in the end. A file that is not there is an exchange that begins.
//
// The file is replaced as a whole, so that a process that is killed leaves the one before. Another process cannot use
// it meanwhile: Path with ".lock" appended is locked as long as the server lives.
type StateFile struct {
	Path string // "" means none

	// Every is how often it is written, and synced to the disk: a process that is killed forgets at
	// most so much. 0 means a second. Negative writes it before anything is sent to any client, and
	// does not sync it: a process that is killed forgets nothing that a client was told, a machine that
	// crashes may.
	Every time.Duration
}

// Throttle limits the order messages of a session by a token bucket: Burst tokens, refilled at Rate
// per second, once every Tick.
type Throttle struct {
	Rate  uint32        // per second; 0 means 500
	Burst uint32        // 0 means 1000
	Tick  time.Duration // in whole milliseconds; 0 means 200 ms

	Off bool // neither enforce limits nor send them
}

// Agents configures the other participants: makers that quote around a random walk of a fair price,
// and takers that trade with them. The zero value means no participants.
type Agents struct {
	// Rate is how many actions all participants together take per second: an order, a cancel or
	// a trade. 0 means none; at most 1,000,000.
	Rate int

	Makers   int    // accounts that quote; 0 means 4
	Takers   int    // accounts that trade; 0 means 4
	Depth    int    // orders of the makers per side of a contract; 0 means 12
	Quantity uint64 // the largest of one order, in 1/10000 of payoff; 0 means 200000
	Step     uint32 // between the makers' prices, in 1/100 %; 0 means 10
	Spread   uint32 // from the fair price to the makers' best prices, in 1/100 %; 0 means 30
	Balance  Money  // of each participant; 0 means 10 million
}

// Limits bound what an exchange holds in memory. Zero values mean the defaults.
type Limits struct {
	Connections  int // at a time; 0 means 1024
	SessionsKept int // disconnected ones of an account, for a resume; 0 means 16, negative none
	InBytes      int // receive buffer of a connection; 0 means 64 KiB
	PayloadBytes int // the longest message accepted; 0 means 64 KiB
	OutBytes     int // of a session, unsent or kept for replay; 0 means 512 KiB
	OutFrames    int // the same in messages; 0 means 4096
	Orders       int // kept, live and ended; 0 means 131072
	History      int // reports kept per account for a resume; 0 means 1024, or what OutBytes and OutFrames allow
}

// Beginning is the first clock reading of a [Sim] without Config.Now: 2020-01-01.
const Beginning int64 = 1_577_836_800_000_000_000

// What [DefaultConfig] contains.
const (
	DemoUsername = "demo"
	DemoPassword = "demo"
	DemoToken    = "demo-token"
	DemoMarket   = 100000 // three contracts: DemoHome, DemoDraw, DemoAway
	DemoHome     = 200000
	DemoDraw     = 200001
	DemoAway     = 200002
)

// DefaultConfig returns a small exchange: a football match with two markets, the accounts "demo" and
// "rival" with 10,000.00 each and their username as password, and 50 actions of others per second.
func DefaultConfig() Config {
	return Config{
		Seed: 1,
		Accounts: []Account{
			{
				Username: DemoUsername, Password: DemoPassword, Token: DemoToken, Email: "demo@example.com",
				ID: 13872755517445011, Balance: 10_000 * Currency,
			},
			{
				Username: "rival", Password: "rival", Token: "rival-token", Email: "rival@example.com",
				Balance: 10_000 * Currency,
			},
		},
		Events: []Event{{ID: 50000, Name: "Home v Away"}},
		Markets: []Market{
			{
				ID: DemoMarket, EventID: 50000, Name: "Winner", State: msg.MarketStateLive, WinnerTakesAll: true,
				Contracts: []Contract{{ID: DemoHome, Name: "Home"}, {ID: DemoDraw, Name: "Draw"}, {
					ID:   DemoAway,
					Name: "Away",
				}},
			},
			{
				ID: 100001, EventID: 50000, Name: "Over or under 2.5 goals", State: msg.MarketStateLive,
				WinnerTakesAll: true,
				Contracts:      []Contract{{ID: 200010, Name: "Over"}, {ID: 200011, Name: "Under"}},
			},
		},
		Agents: Agents{Rate: 50},
	}
}

// history returns how many reports are kept per account. All of them must fit into what a session
// may have unsent, or no client could resume from the first.
func (c *Config) history() (int, error) {
	frames, bytes := c.Limits.OutFrames, c.Limits.OutBytes
	if frames == 0 {
		frames = gateway.OutFrames
	}
	if bytes == 0 {
		bytes = gateway.OutBytes
	}
	limit := max(1, min(frames/2, bytes/reportBytes))
	switch n := c.Limits.History; {
	case n == 0:
		return min(historyDefault, limit), nil
	case n > limit:
		return 0, &exchange.ConfigError{
			Field: "Limits.History",
			Text:  fmt.Sprintf("%d reports do not fit OutFrames and OutBytes, %d do", n, limit),
		}
	default:
		return n, nil
	}
}

const (
	historyDefault = 1024
	reportBytes    = 256 // at most, with a label of the greatest length
)

func (c *Config) exchangeConfig(agentAccounts []Account) exchange.Config {
	return exchange.Config{
		Accounts: append(append([]Account(nil), c.Accounts...), agentAccounts...),
		Events:   c.Events, Markets: c.Markets,
		Depth: c.Depth, QuantityMin: c.QuantityMin, QuantityMax: c.QuantityMax,
		OrdersMax: c.Limits.Orders, HistoryMax: c.Limits.History, Now: c.Now,
		Recorded: c.Recorded,
	}
}

func (c *Config) gatewayConfig() gateway.Config {
	return gateway.Config{
		Seed: c.Seed, Throttle: gateway.Throttle(c.Throttle),
		HeartbeatInterval: c.HeartbeatInterval, Heartbeats: c.Heartbeats,
		FailureDelay: c.FailureDelay, LoginTimeout: c.LoginTimeout, ResumeWindow: c.ResumeWindow,
		SessionsKept: c.Limits.SessionsKept, Connections: c.Limits.Connections,
		InBytes: c.Limits.InBytes, PayloadBytes: c.Limits.PayloadBytes,
		OutBytes: c.Limits.OutBytes, OutFrames: c.Limits.OutFrames,
	}
}
