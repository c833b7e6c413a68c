package proxy

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/gateway"
)

// Client is one client of the proxy, and what it may do.
type Client struct {
	// Name is the username that it logs in with, and stands before the labels of its orders: 1 to 24 letters,
	// digits, '_' and '-'.
	Name string

	// Password or Token authenticate it, as on the exchange; at least one of them.
	Password string `json:"-"`
	Token    string `json:"-"`

	ReadOnly bool // order entry is rejected
	Balance  bool // it sees the account's balance and exposure, which all clients share
	Control  bool // it may halt and resume trading of the whole account, where the connection has such commands

	Rate  uint32 // order messages per second; 0 means 100
	Burst uint32 // 0 means 200

	Connections      int        // logged in at a time; 0 means 8
	SubscriptionsMax int        // markets and events, of one login, and half of what all may have; 0 means 256
	OrdersMax        int        // that are live or without an answer; a replace passes at it; 0 means 1000
	QuantityMax      uint64     // of one order, in 1/10000 of payoff; 0 means no limit
	StakeMax         odds.Money // that its live orders can lose together, each on its own; 0 means no limit
	Markets          []uint32   // that it may subscribe to and trade; empty means all
}

// Config configures a proxy. Zero values mean the defaults.
type Config struct {
	Clients []Client

	// State is the path of the file that the proxy goes on from; "" keeps nothing. Sync makes each record durable
	// against a crash of the machine, which takes a sync of the disk for each order and each message about one.
	State string
	Sync  bool

	// Account names the account in that file, which has a hash of it and of the engine's address and is refused for
	// another.
	Account string

	// DurableIntents says that the engine's StateConfig.DurableIntents is set, so that an order which the engine does
	// not know after a restart never left.
	DurableIntents bool

	// TLS is that of [Proxy.Listen], with a certificate; nil means plain TCP.
	TLS *tls.Config

	// Grace is how long the session with the exchange may be lost before clients are logged out. 0 means 5 s,
	// negative none.
	Grace time.Duration

	HeartbeatInterval time.Duration // to clients; 0 means 10 s
	Heartbeats        int           // without an answer until a client is logged out; 0 means 5
	LoginTimeout      time.Duration // from connect to login; 0 means 10 s
	// ResumeWindow is how long a session without a connection can be resumed; 0 means 1 h, negative none.
	ResumeWindow time.Duration

	Connections int // of all clients at a time; 0 means 256
	OutBytes    int // of a session, unsent or kept for replay; 0 means 512 KiB
	OutFrames   int // the same in messages; 0 means 4096
	History     int // messages that are kept for a client's login by account sequence; 0 means 1024
	InputRate   int // bytes per second that are read of a connection; 0 means 256 KiB

	// Seed is that of session names and references, for tests: account sequences then begin at 1. 0 draws one.
	Seed uint64

	// Now is the clock, in nanoseconds since 1970, and never goes back: the engine's Config.Clock where that is set.
	// nil is the system's.
	Now func() int64

	// Logger logs logins, refusals and losses, without credentials and contents of messages. nil logs nothing. Its
	// handler runs on the engine's loop and must not block.
	Logger *slog.Logger

	// OnClose is called for every connection that the proxy ends for what the client did or failed to do. It runs on
	// the engine's loop and must not block.
	OnClose func(client net.Addr, name string, cause error)
}

// ConfigError says which setting cannot be used and why. It contains no credential.
type ConfigError struct {
	Field  string
	Reason string
}

// Error names both.
func (e *ConfigError) Error() string { return "proxy: " + e.Field + ": " + e.Reason }

// Defaults and limits of a Config.
const (
	nameMax          = 24
	clientsMax       = 1024
	rateDefault      = 100
	burstDefault     = 200
	connsDefault     = 8
	subsDefault      = 256
	ordersDefault    = 1000
	graceDefault     = 5 * time.Second
	resumeDefault    = time.Hour
	connectionsMax   = 256
	historyDefault   = 1024
	inputRateDefault = 256 << 10
	sessionsKept     = 4
	messageBytes     = 256 // of a message about an order, at most but for long labels
)

func (c Client) resolve() Client {
	for _, n := range []struct {
		v     *uint32
		value uint32
	}{{&c.Rate, rateDefault}, {&c.Burst, burstDefault}} {
		if *n.v == 0 {
			*n.v = n.value
		}
	}
	for _, n := range []struct {
		v     *int
		value int
	}{
		{&c.Connections, connsDefault}, {&c.SubscriptionsMax, subsDefault}, {&c.OrdersMax, ordersDefault},
	} {
		if *n.v == 0 {
			*n.v = n.value
		}
	}
	return c
}

// check returns what is wrong with a client, as the field and the reason.
func (c *Client) check() (field, reason string) {
	switch {
	case !validName(c.Name):
		return "Name", fmt.Sprintf("%q is not 1 to %d letters, digits, '_' and '-'", c.Name, nameMax)
	case c.Password == "" && c.Token == "":
		return "Password", "there is no password and no token"
	case c.Connections < 0 || c.SubscriptionsMax < 0 || c.OrdersMax < 0 || c.StakeMax < 0:
		return "", "a limit is negative"
	}
	return "", ""
}

func validName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= nameMax
}

func (c Config) resolve() (Config, error) {
	if len(c.Clients) == 0 || len(c.Clients) > clientsMax {
		return c, &ConfigError{"Clients", fmt.Sprintf("%d, not 1 to %d", len(c.Clients), clientsMax)}
	}
	names, tokens := map[string]bool{}, map[string]bool{}
	list := make([]Client, len(c.Clients))
	for i, client := range c.Clients {
		at := fmt.Sprintf("Clients[%d]", i)
		if field, reason := client.check(); reason != "" {
			return c, &ConfigError{at + "." + field, reason}
		}
		if names[client.Name] {
			return c, &ConfigError{at + ".Name", "there are two of " + client.Name}
		}
		if client.Token != "" && tokens[client.Token] {
			return c, &ConfigError{at + ".Token", "another client has the same"}
		}
		names[client.Name], tokens[client.Token] = true, true
		list[i] = client.resolve()
	}
	c.Clients = list
	if c.TLS != nil && len(c.TLS.Certificates) == 0 && c.TLS.GetCertificate == nil && c.TLS.GetConfigForClient == nil {
		return c, &ConfigError{"TLS", "has no certificate"}
	}
	for _, n := range []struct {
		name  string
		v     *int
		value int
	}{
		{"Connections", &c.Connections, connectionsMax},
		{"History", &c.History, historyDefault},
		{"InputRate", &c.InputRate, inputRateDefault},
	} {
		if *n.v == 0 {
			*n.v = n.value
		}
		if *n.v < 0 {
			return c, &ConfigError{n.name, "is negative"}
		}
	}
	frames, bytes := c.OutFrames, c.OutBytes
	if frames == 0 {
		frames = gateway.OutFrames
	}
	if bytes == 0 {
		bytes = gateway.OutBytes
	}
	// A client that logs in by its account sequence gets all of the history at once.
	if c.History > min(frames/2, bytes/messageBytes) {
		return c, &ConfigError{"History", "does not fit OutFrames, half of which it may have, and OutBytes"}
	}
	if c.Grace == 0 {
		c.Grace = graceDefault
	}
	if c.ResumeWindow == 0 {
		c.ResumeWindow = resumeDefault
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		start := time.Now()
		base := start.UnixNano()
		c.Now = func() int64 { return base + int64(time.Since(start)) }
	}
	return c, nil
}
