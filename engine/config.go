package engine

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
)

// Config is the settings of an engine. New copies and checks it; changing it afterwards
// changes nothing. Apart from the credentials in Session the zero value is good for
// production.
type Config struct {
	// Journal keeps what happens in files: payloads of both directions with credentials masked, refusals, the log, and
	// what [Replay] needs to have the bot do the same again. Journal.Dir switches it on. The engine sets Clock, and
	// calls Failed besides doing what OnFailure says.
	Journal journal.Config

	// Session is the account and the protocol's own settings.
	Session session.Config

	// State is the trading state: orders, money, books, risk checks and quotes.
	State StateConfig

	// Address is the exchange's host and port. "" means
	// stream.smarkets.com:3801, but for DisableTLS, which needs an address.
	Address string

	// DisableTLS speaks TCP without TLS, to Address and not to the exchange that "" stands for: credentials
	// would go there in clear. The zero value speaks TLS.
	DisableTLS bool

	// TLS is what the TLS handshake uses: roots, client certificate, server
	// name. nil verifies the host of Address against the system's roots. At
	// least TLS 1.2 is spoken whatever it says, and an empty ServerName means
	// the host of Address.
	TLS *tls.Config

	// Dial opens the connection below TLS: a proxy, a source address. It is
	// called on a goroutine of its own and must return soon after ctx ends. nil means a
	// net.Dialer with keepalive. TCP_NODELAY is set on what it returns.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Credentials, if not nil, is called before each attempt to connect and returns
	// the credentials of the login, for a token that expires; Session.Username,
	// Password and Token must then be empty. It is called on a goroutine of its own,
	// one call at a time, and must return soon after ctx ends: after
	// CredentialsTimeout, or when the engine stops and does not need another login.
	// An error is a failed connection with the cause *[CredentialsError], and the next
	// attempt follows as after any other. A login that the exchange refuses ends the
	// engine all the same.
	Credentials func(ctx context.Context) (session.Credentials, error)

	// CredentialsTimeout bounds Credentials. 0 means 10 s.
	CredentialsTimeout time.Duration

	// DialTimeout bounds Dial and the TLS handshake together. 0 means 10 s.
	DialTimeout time.Duration

	// ReconnectBackoff are the times between the end of a connection and the next attempt to
	// open one, by the number of failures in a row, the last for all further
	// ones; each is shortened or lengthened at random by up to a fifth. A
	// connection that was logged in for a minute ends a row of failures. At most
	// 32; the last must be a millisecond or more. nil means 0, 0.5, 1, 2, 4, 8
	// and 10 s.
	ReconnectBackoff []time.Duration

	// SendTimeout ends a connection whose socket accepts no bytes for so long.
	// 0 means 5 s.
	SendTimeout time.Duration

	// Wait is what Run does while nothing happens. The zero value sleeps in the
	// kernel.
	Wait Wait

	// SpinRounds is how long WaitSpinBlock spins, in polls of the socket of about a quarter of
	// a microsecond. 0 means 1000.
	SpinRounds int

	// LockThread locks Run's goroutine to its thread, and Pin binds that thread to
	// the CPU with number Core, until Run returns. Pin locks too. On systems
	// other than Linux New returns an error for it.
	LockThread bool
	Pin        bool
	Core       int

	// Clock replaces the system's clock, for programs in which time is virtual, such as tests of whole trading days and
	// backtests. It returns clock readings in nanoseconds since the Unix epoch, which must be positive and never go
	// back. The engine then waits for nothing and starts no goroutine: it is driven by Poll, and [Engine.Deadline] says
	// when that is due; Run returns ErrVirtual. Only a Journal has a goroutine all the same. Dial and Credentials are
	// called within Poll. A read from a connection returns 0 without an error if nothing has arrived, a write what
	// there is room for; neither waits. What the engine does then follows from its settings, Session.ReferenceBase
	// among them, the readings and the bytes that arrive. TLS is not available, and a Logger's methods are called by
	// the loop. nil is the system's clock.
	Clock func() int64

	// Fence, if not nil, is up to when the engine may send, which somebody else extends: the holder of a lease, as
	// package lease of plugin/smknats does. At the deadline, or as soon as the fence is closed, the engine writes
	// nothing to the socket any more, not even cancels, heartbeats and a logout, drops what is queued, closes the
	// connection without sending what is in its buffers, and ends with [ErrFenced]; a later extension does not bring
	// it back. The clock is read before each write, so that a process that was stopped and goes on after the deadline
	// does not write either; what is left is a stop that begins between that reading and the system call, which are
	// next to each other. Orders stay as they are.
	Fence *Fence

	// SubscriptionsMax is how many subscriptions to markets, and how many to
	// events, the engine keeps to send them again; more are refused. 0 means 4096.
	SubscriptionsMax int

	// DisableRestore leaves it to the bot to send its subscriptions and settings again
	// after each login; the engine then sends Session.CancelAllOnFailure after each.
	DisableRestore bool

	// SubmitSlots is how many messages of other goroutines may wait for the
	// loop, rounded up to a power of two. 0 means 1024. An eighth of them, 16 at
	// most, are for cancels, reductions and order_cancel_all alone.
	SubmitSlots int

	// SubmitBytes is the size of the largest message that other goroutines may
	// submit, encoded. 0 means 512; at most 64 KiB.
	SubmitBytes int

	// TimeSubmissions measures how long submissions of other goroutines wait for the loop: Latency.Submit. Each costs
	// its goroutine a clock reading, some 80 ns on a virtual machine. It contradicts Clock.
	TimeSubmissions bool

	// SlowHandler is how long a handler may take before it counts as slow and is
	// reported to Logger. 0 means 10 ms. A negative value reports nothing. Below
	// 320 us each call is timed by itself, which costs a clock reading.
	SlowHandler time.Duration

	// LoopDelay is how long the loop may not poll the socket and its timers, because of
	// handlers or because the process did not run, or how long it may lag behind what it
	// received, before that is counted and reported to Logger; see [Stats]. 0 means
	// 100 ms. A negative value reports nothing.
	LoopDelay time.Duration

	// Logger logs, on a goroutine of its own, what happens to the connection and to sends, slow handlers, and of the
	// trading state what a person should see: modes, orders in doubt, missed fills, drift, incomplete positions,
	// quotes given up. It never has the contents of another message or a login. A record that it panics at is lost and
	// counted in [Stats]; the engine goes on, and the first panic is logged, or written to the standard error if the
	// Logger panics at that, too. nil means no log.
	Logger *slog.Logger

	// DisableReferences leaves order-entry messages without a reference as they
	// are. The zero value gives each one a reference that no other message of the
	// account has, also after a restart, so that answers are matched with their orders
	// whatever happens to the connection. References count up from
	// Session.ReferenceBase, or if that is 0 from a random number of 64 bits, so that
	// other bots of the account, a restart and a clock that is set back do not matter:
	// the probability that two starts that send 10^9 messages each have a reference in
	// common is 1.1e-10, and that any two of 10,000 starts with 10^6 messages each do
	// is 5e-6.
	DisableReferences bool

	// ReferenceTerm, if not 0, makes references of a number that no other run of the account has and that grows from
	// run to run, such as the revision of a lease at its acquisition: 28 bits, of which at most ReferenceTermMax are
	// used, before a count of 36 bits. [TermOf] returns it. So two runs never have a reference in common, wherever they
	// run and whatever State.File they begin with, and with State.File the references of all earlier terms are the
	// account's own. All runs must have one then: a file of a later term, or without any, is refused with
	// [ErrStateTerm]. It contradicts DisableReferences and Session.ReferenceBase.
	ReferenceTerm uint64

	// OnStop is what Stop, or the end of Run's context, does with the orders. The
	// zero value cancels the orders of a bot that trades: unattended orders are the
	// worse surprise.
	OnStop StopAction

	// StopTimeout bounds the wait for the cancellation of the orders, at Stop and
	// after a panic, reconnecting included; the logout takes at most
	// Session.LogoutTimeout more. 0 means 5 s.
	StopTimeout time.Duration

	// CancelAllOnPanic asks the exchange to cancel all orders of the account when
	// a handler panics, waits for that as OnStop does, and logs out, before Run or
	// Poll returns the panic, which says whether it was confirmed. No handler is
	// called any more. The zero value ends the connection at once, and orders stay.
	CancelAllOnPanic bool
}

// resolve returns the settings with defaults for zeros, and checks all but Session, which session.New checks.
func (c Config) resolve() (Config, error) {
	if c.Address == "" {
		if c.DisableTLS {
			return c, &ConfigError{"DisableTLS", "needs an Address: credentials are not sent in clear to " + Address}
		}
		c.Address = Address
	}
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return c, &ConfigError{"Address", "is not host:port: " + err.Error()}
	}
	if host == "" {
		return c, &ConfigError{"Address", "has no host"}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return c, &ConfigError{"Address", "must end in a port from 1 to 65535, not " + strconv.Quote(port)}
	}
	if c.DisableTLS && c.TLS != nil {
		return c, &ConfigError{"DisableTLS", "contradicts TLS"}
	}
	if c.Clock != nil && (c.State.HaltFile != "" || len(c.State.HaltSignals) > 0) {
		return c, &ConfigError{"Clock", "contradicts State.HaltFile and HaltSignals, which need goroutines"}
	}
	if c.Clock != nil && c.TimeSubmissions {
		return c, &ConfigError{"Clock", "contradicts TimeSubmissions, which reads the clock on other goroutines"}
	}
	if c.Clock != nil && !c.DisableTLS {
		return c, &ConfigError{"Clock", "needs DisableTLS: handshakes need goroutines"}
	}
	if !c.DisableTLS {
		c.TLS = tlsConfig(c.TLS, host)
	}
	for _, d := range []struct {
		field string
		value *time.Duration
		def   time.Duration
	}{
		{"DialTimeout", &c.DialTimeout, DialTimeout},
		{"SendTimeout", &c.SendTimeout, SendTimeout},
		{"CredentialsTimeout", &c.CredentialsTimeout, CredentialsTimeout},
		{"StopTimeout", &c.StopTimeout, StopTimeout},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
		if *d.value < 0 || *d.value > durationMax {
			return c, &ConfigError{d.field, "must be 0 to " + durationMax.String()}
		}
	}
	if len(c.ReconnectBackoff) == 0 {
		c.ReconnectBackoff = defaultBackoff
	}
	c.ReconnectBackoff = slices.Clone(c.ReconnectBackoff)
	if p := c.ReconnectBackoff; len(p) > pausesMax || slices.Min(p) < 0 || slices.Max(p) > durationMax ||
		p[len(p)-1] < time.Millisecond {
		const reason = "must be 1 to 32 times of 0 to 24 hours, the last at least a millisecond"
		return c, &ConfigError{"ReconnectBackoff", reason}
	}
	if err := c.checkTerm(); err != nil {
		return c, err
	}
	if c.OnStop >= stopActions {
		return c, &ConfigError{"OnStop", "is not a StopAction"}
	}
	if c.Credentials != nil {
		if c.Session.Username != "" || c.Session.Password != "" || c.Session.Token != "" {
			return c, &ConfigError{"Credentials", "contradicts Session.Username, Password or Token"}
		}
		c.Session.LateCredentials = true
	}
	if c.SlowHandler == 0 {
		c.SlowHandler = SlowHandler
	}
	if c.LoopDelay == 0 {
		c.LoopDelay = LoopDelay
	}
	if err := c.State.checkDisabled(); err != nil {
		return c, err
	}
	if err := c.State.checkHalts(); err != nil {
		return c, err
	}
	if c.Dial == nil {
		c.Dial = dialTCP
	}
	if c.Wait > WaitSpinBlock {
		return c, &ConfigError{"Wait", "is not a Wait"}
	}
	if c.SpinRounds == 0 {
		c.SpinRounds = SpinRounds
	}
	if c.SpinRounds < 0 {
		return c, &ConfigError{"SpinRounds", "must not be negative"}
	}
	if c.Core < 0 || c.Core >= coresMax || c.Core != 0 && !c.Pin {
		return c, &ConfigError{"Core", "must be 0 to 1023, with Pin"}
	}
	if c.Pin && !transport.CanPin {
		return c, &ConfigError{"Pin", "is not supported by this system"}
	}
	if c.SubscriptionsMax == 0 {
		c.SubscriptionsMax = SubscriptionsMax
	}
	if c.SubscriptionsMax < 0 || c.SubscriptionsMax > subscriptionsMax {
		return c, &ConfigError{"SubscriptionsMax", "must be 0 to 65536"}
	}
	if c.SubmitSlots == 0 {
		c.SubmitSlots = SubmitSlots
	}
	if c.SubmitBytes == 0 {
		c.SubmitBytes = SubmitBytes
	}
	if c.SubmitBytes < 0 || c.SubmitBytes > submitBytesMax {
		return c, &ConfigError{"SubmitBytes", "must be 0 to 65536"}
	}
	if c.SubmitSlots < 0 || c.SubmitSlots > submitSlotsMax {
		return c, &ConfigError{"SubmitSlots", "must be 0 to 65536"}
	}
	return c, nil
}

// tlsConfig returns a copy of a user's settings with defaults for what they leave open.
func tlsConfig(c *tls.Config, host string) *tls.Config {
	if c == nil {
		c = new(tls.Config)
	}
	c = c.Clone()
	if c.ServerName == "" {
		c.ServerName = host
	}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}
