package gateway

import (
	"errors"
	"time"
)

// Config configures a gateway. Zero values mean the defaults.
type Config struct {
	Seed uint64 // of the names of sessions

	Throttle Throttle

	// ThrottleOf returns the limits of an account's sessions; nil means Throttle for all. SetThrottle replaces both.
	ThrottleOf func(username string) Throttle

	HeartbeatInterval time.Duration // between the heartbeats that the exchange sends; 0 means 10 s
	Heartbeats        int           // without an answer until the client is logged out; 0 means 5
	LoginTimeout      time.Duration // from connect to login; 0 means 10 s

	// FailureDelay is how long after a disconnect the orders of a session with
	// cancel_all_on_failure are cancelled, unless the account logs in before. 0 means
	// HeartbeatInterval times Heartbeats: 50 s. A connection that stays open but silent is
	// detected by its heartbeats alone.
	FailureDelay time.Duration

	ResumeWindow time.Duration // how long a disconnected session is kept; 0 means 24 h, negative none
	SessionsKept int           // disconnected sessions of an account, the latest; 0 means 16, negative none
	Connections  int           // at a time; 0 means 1024

	// ConnectionsOf returns how many connections of an account may be logged in; further logins are answered with
	// SERVICE_TEMPORARILY_UNAVAILABLE, but for those that resume a session. nil, and 0, mean any number.
	ConnectionsOf func(username string) int

	InBytes      int // receive buffer of a connection; 0 means 64 KiB
	PayloadBytes int // the longest message accepted; 0 means 64 KiB
	OutBytes     int // of a session, unsent or kept for replay; 0 means 512 KiB
	OutFrames    int // the same in messages; 0 means 4096
}

// Throttle limits the order messages of a session by a token bucket: Burst tokens, refilled at Rate
// per second, once every Tick.
type Throttle struct {
	Rate  uint32        // per second; 0 means 500
	Burst uint32        // 0 means 1000
	Tick  time.Duration // in whole milliseconds; 0 means 200 ms

	// Off neither enforces limits nor sends them, as the exchange did in its early years.
	Off bool
}

func (t Throttle) resolve() Throttle {
	if t.Rate == 0 {
		t.Rate = rateDefault
	}
	if t.Burst == 0 {
		t.Burst = burstDefault
	}
	if t.Tick == 0 {
		t.Tick = tickDefault
	}
	return t
}

func (c Config) resolve() (Config, error) {
	c.Throttle = c.Throttle.resolve()
	if c.Throttle.Tick < time.Millisecond || c.Throttle.Tick > time.Hour {
		return c, errors.New("sim: Throttle.Tick: must be 1 ms to 1 h")
	}
	for _, d := range []struct {
		name  string
		v     *time.Duration
		value time.Duration
	}{
		{"HeartbeatInterval", &c.HeartbeatInterval, heartbeatIntervalDefault},
		{"LoginTimeout", &c.LoginTimeout, loginTimeoutDefault},
		{"FailureDelay", &c.FailureDelay, 0},
	} {
		if *d.v == 0 {
			*d.v = d.value
		}
		if *d.v < 0 {
			return c, errors.New("sim: " + d.name + ": is negative")
		}
	}
	if c.ResumeWindow == 0 {
		c.ResumeWindow = resumeWindowDefault
	}
	for _, n := range []struct {
		name  string
		v     *int
		value int
	}{
		{"Heartbeats", &c.Heartbeats, heartbeatsDefault},
		{"Connections", &c.Connections, connectionsDefault},
		{"InBytes", &c.InBytes, inBytesDefault},
		{"PayloadBytes", &c.PayloadBytes, payloadBytesDefault},
		{"OutBytes", &c.OutBytes, OutBytes},
		{"OutFrames", &c.OutFrames, OutFrames},
	} {
		if *n.v == 0 {
			*n.v = n.value
		}
		if *n.v < 0 {
			return c, errors.New("sim: " + n.name + ": is negative")
		}
	}
	if c.FailureDelay == 0 {
		c.FailureDelay = c.HeartbeatInterval * time.Duration(c.Heartbeats)
	}
	if c.SessionsKept == 0 {
		c.SessionsKept = sessionsKeptDefault
	}
	if c.SessionsKept < 0 || c.ResumeWindow < 0 {
		c.SessionsKept = 0
	}
	return c, nil
}
