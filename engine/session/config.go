package session

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// ResumeMode says how a session that lost its connection goes on.
type ResumeMode uint8

// The modes.
const (
	// ResumeAccount logs in afresh and lets the exchange send the account's
	// messages again from the last account sequence on. Market data, settings and
	// subscriptions start anew.
	ResumeAccount ResumeMode = iota
	// ResumeSession goes on with the same session and both its sequences, and
	// falls back to ResumeAccount when the exchange does not know it any more.
	ResumeSession
	// ResumeNone logs in afresh and asks for nothing.
	ResumeNone
)

var resumeNames = [...]string{"account", "session", "none"}

// String returns the mode's name.
func (m ResumeMode) String() string {
	if int(m) < len(resumeNames) {
		return resumeNames[m]
	}
	return "unknown mode"
}

// Config is what a session is made of. New copies it.
type Config struct {
	// Username and Password, or Token alone, the session token of the
	// exchange's HTTP API. If Token is set only the token is sent.
	Username string `json:"-"`
	Password string `json:"-"`
	Token    string `json:"-"`

	// LateCredentials leaves Username, Password and Token to SetCredentials, which
	// is called before the first Open.
	LateCredentials bool

	// Resume is how a lost connection is made good.
	Resume ResumeMode

	// AccountSequence is what [Session.AccountSequence] returned in an earlier run, to
	// resume from; 0 means none. AccountApplied is what [Session.AccountApplied]
	// returned then: at most AccountHolesMax ranges, ascending and above
	// AccountSequence.
	AccountSequence uint64
	AccountApplied  []AccountRange

	// AccountMark is what [Session.AccountMark] returned then; 0 means that it is not known. With it AccountReset is
	// reported if the exchange has begun to count anew meanwhile and has come to the same number.
	AccountMark uint64

	// InDoubt are order-entry messages of an earlier run whose answers were not received, oldest first and at most
	// UnansweredMax: they are in doubt, as those of a lost connection are, until an answer comes or SendUnresolved
	// says that none will. SendResolved is not reported of them again.
	InDoubt []EarlierRequest

	// AccountFromStart makes a login that has nothing to resume from ask for all
	// account messages that the exchange still has, which may be of orders of earlier
	// runs or of others. Without it only a login after a lost connection does, if order
	// entry was sent before.
	AccountFromStart bool

	// RequireCaughtUp refuses order entry that can raise the risk, with
	// ErrCatchingUp, from each login until CaughtUp was returned.
	RequireCaughtUp bool

	// CancelUnresolved sends an order_cancel_all for all markets when a login shows that
	// something in doubt will not be resolved by the exchange's messages; see
	// SendUnresolved.
	CancelUnresolved bool

	// ReconnectOnAccountGap ends the connection with ErrAccountGap when AccountGap is
	// reported, so that the next login asks for what is missing. Numbers that are never
	// used cost one connection each.
	ReconnectOnAccountGap bool

	// ResumeFrom continues a session of an earlier run, with ResumeSession.
	ResumeFrom Resumption

	// CancelAllOnFailure asks the exchange after each login to cancel the orders
	// if it receives nothing from the client any more: what a process that was killed, a
	// machine or a network cannot do itself. It takes a while: the exchange gives a client up
	// after several heartbeats without an answer (on the simulator after five of
	// 10 s: 50 s), and until then the orders are live. A clean logout does not
	// trigger it.
	CancelAllOnFailure bool

	// ReferenceBase gives each order-entry message that has no reference (or 0)
	// one of its own, counting up from the number behind this one and past 0 at the
	// end. References have to be unique among all sessions of the account, earlier
	// and later ones too: a random number is, as package engine draws it, while two
	// programs that read their clocks as they start may be a moment apart. 0 leaves
	// messages as they are.
	ReferenceBase uint64

	// DisableThrottle leaves it to the exchange to refuse what is sent too fast.
	DisableThrottle bool

	// 0 means the constant of the same name; at most 24 hours. While a gap is open
	// nothing is returned of what comes behind it: ReplayTimeout after the last progress
	// the replay is requested once more, and after another one the connection ends. It also
	// ends when order-entry messages go without an answer for AnswerTimeout, and then for
	// PeerTimeout none is answered.
	LoginTimeout   time.Duration
	LogoutTimeout  time.Duration
	HeartbeatAfter time.Duration
	PeerTimeout    time.Duration
	ReplayTimeout  time.Duration
	StaleAfter     time.Duration
	AnswerTimeout  time.Duration

	// UnansweredMax is the most order-entry messages that may wait for their
	// answers, up to 1048576; 0 means the constant of the same name. Beyond it there
	// is room for 64 more that only lower the risk, and for 16 order_cancel_all.
	UnansweredMax int

	// Send sizes the ring that outgoing frames are built in and kept in for
	// replay: at least 16 KiB and 16 records; 0 means the defaults of ring. Of what
	// may wait for the socket application messages leave some to cancels, session
	// messages and order_cancel_all: 6 KiB and 70 records of the defaults.
	Send ring.SendRingConfig

	// ReceiveBytes sizes the receive buffer; 0 means wire.BlockBytes.
	ReceiveBytes int

	// Limits bound what is taken from the peer; zeros mean the defaults of wire.
	Limits wire.Limits

	// Tap, if not nil, is called with every payload of both directions: inbound ones before anything is
	// known of them, those that are discarded included, and outbound ones, also those that are sent again,
	// as they are queued. It must not call methods of the session; a message that it sends all the same is not
	// shown to it. A panic passes through the method that called it, and it is not called again: an outbound
	// message is queued by then, and an inbound one was not taken, so that a replay of it is requested.
	Tap func(*TapRecord) `json:"-"`

	// Record, if not nil, is what a journal of the session needs, at less cost than Tap: it is called when there is
	// time, in the order in which things happened, with outbound payloads as Tap sees them, and with inbound ones in
	// whole frames, with their headers and padding as they were received, as many at once as were taken out of the
	// receive buffer at one clock reading; a payload with credentials comes alone. The last one of a connection may
	// end with the header of a frame that was refused. All of it comes before the next call of Free or Written, before
	// the next reading of the clock, and at once after [Session.RecordNow]. It must not call methods of the session,
	// nor panic.
	Record func(*TapRecord) `json:"-"`
}

// EarlierRequest is an order-entry message that an earlier run sent.
type EarlierRequest struct {
	Keys msg.Keys // as it was sent
	Seq  uint64   // that it took then
	Sent int64    // clock reading of the send
}

// Resumption is what has to be kept to continue a session in a later run. ID is as
// good as a credential.
type Resumption struct {
	ID  string `json:"-"` // empty if there is none
	In  uint64 // next inbound sequence
	Out uint64 // next outbound sequence
}

// String states In and Out and that there is an identifier, not which.
func (r Resumption) String() string {
	return fmt.Sprintf("{ID:%s In:%d Out:%d}", redacted(r.ID), r.In, r.Out)
}

// Format is String for every verb.
func (r Resumption) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is String.
func (r Resumption) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String shows the settings without the credentials: of these only whether they
// are set.
func (c Config) String() string {
	return fmt.Sprintf("{Username:%s Password:%s Token:%s LateCredentials:%t Resume:%v AccountSequence:%d "+
		"AccountApplied:%v InDoubt:%d AccountFromStart:%t RequireCaughtUp:%t CancelUnresolved:%t "+
		"ReconnectOnAccountGap:%t "+
		"ResumeFrom:%v CancelAllOnFailure:%t ReferenceBase:%d DisableThrottle:%t LoginTimeout:%v "+
		"LogoutTimeout:%v HeartbeatAfter:%v PeerTimeout:%v ReplayTimeout:%v StaleAfter:%v AnswerTimeout:%v "+
		"UnansweredMax:%d Send:%+v ReceiveBytes:%d Limits:%+v}",
		redacted(c.Username), redacted(c.Password), redacted(c.Token), c.LateCredentials, c.Resume, c.AccountSequence,
		c.AccountApplied, len(c.InDoubt), c.AccountFromStart, c.RequireCaughtUp, c.CancelUnresolved,
		c.ReconnectOnAccountGap, c.ResumeFrom, c.CancelAllOnFailure, c.ReferenceBase, c.DisableThrottle, c.LoginTimeout,
		c.LogoutTimeout, c.HeartbeatAfter, c.PeerTimeout, c.ReplayTimeout, c.StaleAfter, c.AnswerTimeout,
		c.UnansweredMax, c.Send, c.ReceiveBytes, c.Limits)
}

// Format is String for every verb, so that none shows a credential.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String for package slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// ConfigError says which setting cannot be used and why, never with a
// credential's text.
type ConfigError struct {
	Field  string
	Reason string
}

// Error names both.
func (e *ConfigError) Error() string { return "session: Config." + e.Field + " " + e.Reason }

// resolve replaces zeros by defaults and checks.
func (c Config) resolve() (Config, error) {
	given := Credentials{c.Username, c.Password, c.Token}
	if !c.LateCredentials {
		if err := given.Check(); err != nil {
			return c, err
		}
	} else if given != (Credentials{}) {
		return c, &ConfigError{"LateCredentials", "contradicts Username, Password or Token"}
	}
	if c.Resume > ResumeNone {
		return c, &ConfigError{"Resume", "is not one of the modes"}
	}
	if c.Resume == ResumeNone && (c.AccountSequence != 0 || len(c.AccountApplied) > 0 || c.AccountFromStart) {
		return c, &ConfigError{"AccountSequence", "AccountApplied and AccountFromStart must be unset with ResumeNone"}
	}
	if len(c.AccountApplied) > AccountHolesMax {
		return c, &ConfigError{"AccountApplied", "has more than 1024 ranges"}
	}
	c.AccountApplied = slices.Clone(c.AccountApplied)
	last := c.AccountSequence
	for _, r := range c.AccountApplied {
		if r.From <= last || r.To < r.From {
			return c, &ConfigError{"AccountApplied", "must be ascending ranges above AccountSequence"}
		}
		last = r.To
	}
	if c.ResumeFrom.ID != "" {
		switch {
		case c.Resume != ResumeSession:
			return c, &ConfigError{"ResumeFrom", "needs ResumeSession"}
		case len(c.ResumeFrom.ID) > SessionBytesMax:
			return c, &ConfigError{"ResumeFrom.ID", "is too long"}
		case c.ResumeFrom.In-1 >= sequenceMax || c.ResumeFrom.Out-1 >= sequenceMax:
			return c, &ConfigError{"ResumeFrom", "needs the next sequences"}
		}
	}
	for _, t := range []struct {
		name  string
		value *time.Duration
		unset time.Duration
	}{
		{"LoginTimeout", &c.LoginTimeout, LoginTimeout},
		{"LogoutTimeout", &c.LogoutTimeout, LogoutTimeout},
		{"HeartbeatAfter", &c.HeartbeatAfter, HeartbeatAfter},
		{"PeerTimeout", &c.PeerTimeout, PeerTimeout},
		{"ReplayTimeout", &c.ReplayTimeout, ReplayTimeout},
		{"StaleAfter", &c.StaleAfter, StaleAfter},
		{"AnswerTimeout", &c.AnswerTimeout, AnswerTimeout},
	} {
		if *t.value == 0 {
			*t.value = t.unset
		}
		if *t.value < 0 || *t.value > timeMax {
			return c, &ConfigError{t.name, "must be 0 to 24 hours"}
		}
	}
	if c.UnansweredMax == 0 {
		c.UnansweredMax = UnansweredMax
	}
	if c.UnansweredMax < 1 || c.UnansweredMax > unansweredMax {
		return c, &ConfigError{"UnansweredMax", "must be 1 to 1048576"}
	}
	if len(c.InDoubt) > c.UnansweredMax {
		return c, &ConfigError{"InDoubt", "has more messages than UnansweredMax"}
	}
	c.InDoubt = slices.Clone(c.InDoubt)
	for i := range c.InDoubt {
		if !classOf(c.InDoubt[i].Keys.Type).orderEntry() {
			return c, &ConfigError{"InDoubt", "has a message that is no order entry"}
		}
	}
	if c.Send.Bytes != 0 && c.Send.Bytes < ringBytesMin {
		return c, &ConfigError{"Send.Bytes", "must be 0 or at least 16384"}
	}
	if c.Send.Records != 0 && c.Send.Records < ringRecordsMin {
		return c, &ConfigError{"Send.Records", "must be 0 or at least 16"}
	}
	return c, nil
}
