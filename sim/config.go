package sim

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/life"
	"github.com/smk-go/smk/sim/peer"
)

// What a configuration is made of.
type (
	Account  = core.Account
	Event    = core.Event
	Market   = core.Market
	Contract = core.Contract
	Throttle = peer.Throttle
	Life     = life.Config
	Money    = core.Money
)

// Currency is one whole unit of the currency.
const Currency = core.Currency

// Config is what an exchange starts with. It is copied. The zero value is an
// exchange without accounts and markets; [DefaultConfig] is one to try things
// on.
type Config struct {
	Seed uint64 // of everything that is left to chance

	Accounts []Account
	Events   []Event
	Markets  []Market
	Life     Life // other participants; the zero value means none

	Throttle          Throttle      // of each session; the zero value means 500 a second, burst 1000, 200 ms
	HeartbeatInterval time.Duration // 0 means 10 s
	Heartbeats        int           // unanswered until the logout; 0 means 5
	FailureDelay      time.Duration // from a loss to cancel_all_on_failure; 0 means HeartbeatInterval x Heartbeats
	LoginTimeout      time.Duration // 0 means 10 s
	ResumeWindow      time.Duration // how long a lost session may be resumed; 0 means 24 h, negative none

	Depth       int    // visible levels per side; 0 means 5
	QuantityMin uint64 // of an order; 0 means 1000
	QuantityMax uint64 // of an order; 0 means 2147483647

	Limits Limits

	TLS *tls.Config // for a server; nil means plain TCP. It needs a certificate.

	// Faults are what goes wrong on connections from the start; the zero value
	// means nothing. They may be changed at any time: see [Sim]'s Faults.
	Faults fault.Plan

	// Closed, if not nil, hears of every connection that a server ended because
	// of what the client did or did not do; cause says what. It is called on the
	// goroutine that owns the exchange and must not block.
	Closed func(client net.Addr, username string, cause error)

	// Speed is how many seconds of the exchange pass in one second of a server:
	// everything is sooner, heartbeats and timeouts too. 0 means 1; at most 1000.
	Speed float64

	// Now is the first clock reading, nanoseconds since 1970. 0 means the time
	// for a server, and Beginning for a [Sim].
	Now int64
}

// Limits bound what an exchange holds in memory. Zero values mean the defaults.
type Limits struct {
	Connections  int // at one time; 0 means 1024
	SessionsKept int // of an account without a connection, for a resume; 0 means 16, negative none
	InBytes      int // receive buffer of a connection; 0 means 64 KiB
	PayloadBytes int // the longest message taken; 0 means 64 KiB
	OutBytes     int // of a session, unsent or kept for replay; 0 means 512 KiB
	OutFrames    int // the same in messages; 0 means 4096
	Orders       int // kept, live and ended; 0 means 131072
	History      int // reports kept per account for a resume; 0 means 1024, or what OutBytes and OutFrames allow
}

// Beginning is a Sim's first clock reading unless it is told another: 2020-01-01.
const Beginning int64 = 1_577_836_800_000_000_000

// Demo names, for whoever uses [DefaultConfig].
const (
	DemoUsername = "demo"
	DemoPassword = "demo"
	DemoToken    = "demo-token"
	DemoMarket   = 100000 // three contracts: DemoHome, DemoDraw, DemoAway
	DemoHome     = 200000
	DemoDraw     = 200001
	DemoAway     = 200002
)

// DefaultConfig is a small exchange with a football match of two markets, two
// accounts of 10,000.00 each, and some life.
func DefaultConfig() Config {
	return Config{
		Seed: 1,
		Accounts: []Account{
			{Username: DemoUsername, Password: DemoPassword, Token: DemoToken, Email: "demo@example.com", ID: 13872755517445011, Balance: 10_000 * Currency},
			{Username: "rival", Password: "rival", Token: "rival-token", Email: "rival@example.com", Balance: 10_000 * Currency},
		},
		Events: []Event{{ID: 50000, Name: "Home v Away"}},
		Markets: []Market{
			{
				ID: DemoMarket, EventID: 50000, Name: "Winner", State: msg.MarketStateLive, WinnerTakesAll: true,
				Contracts: []Contract{{ID: DemoHome, Name: "Home"}, {ID: DemoDraw, Name: "Draw"}, {ID: DemoAway, Name: "Away"}},
			},
			{
				ID: 100001, EventID: 50000, Name: "Over or under 2.5 goals", State: msg.MarketStateLive, WinnerTakesAll: true,
				Contracts: []Contract{{ID: 200010, Name: "Over"}, {ID: 200011, Name: "Under"}},
			},
		},
		Life: Life{Rate: 50},
	}
}

// history is how many reports are kept per account. All of them must fit what a
// session may have unsent, or nobody could resume with them.
func (c *Config) history() (int, error) {
	frames, bytes := c.Limits.OutFrames, c.Limits.OutBytes
	if frames == 0 {
		frames = peer.OutFrames
	}
	if bytes == 0 {
		bytes = peer.OutBytes
	}
	most := max(1, min(frames/2, bytes/reportBytes))
	switch n := c.Limits.History; {
	case n == 0:
		return min(historyDefault, most), nil
	case n > most:
		return 0, &core.ConfigError{
			Field: "Limits.History",
			Text:  fmt.Sprintf("%d reports do not fit OutFrames and OutBytes, %d do", n, most),
		}
	default:
		return n, nil
	}
}

const (
	historyDefault = 1024
	reportBytes    = 256 // at most, with a label of the longest kind
)

func (c *Config) exchange() core.Config {
	return core.Config{
		Accounts: append(append([]Account(nil), c.Accounts...), c.Life.Accounts()...),
		Events:   c.Events, Markets: c.Markets,
		Depth: c.Depth, QuantityMin: c.QuantityMin, QuantityMax: c.QuantityMax,
		OrdersMax: c.Limits.Orders, HistoryMax: c.Limits.History, Now: c.Now,
	}
}

func (c *Config) sessions() peer.Config {
	return peer.Config{
		Seed: c.Seed, Throttle: c.Throttle,
		HeartbeatInterval: c.HeartbeatInterval, Heartbeats: c.Heartbeats,
		FailureDelay: c.FailureDelay, LoginTimeout: c.LoginTimeout, ResumeWindow: c.ResumeWindow,
		SessionsKept: c.Limits.SessionsKept, Connections: c.Limits.Connections,
		InBytes: c.Limits.InBytes, PayloadBytes: c.Limits.PayloadBytes,
		OutBytes: c.Limits.OutBytes, OutFrames: c.Limits.OutFrames,
	}
}
