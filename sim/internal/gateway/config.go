package gateway

import (
	"errors"
	"time"
)

// Config says how a host treats its clients. Zero values mean the defaults.
type Config struct {
	Seed uint64 // of the sessions' names

	Throttle Throttle

	HeartbeatInterval time.Duration // silence after which the exchange sends a heartbeat; 0 means 10 s
	Heartbeats        int           // unanswered ones before the client is logged out; 0 means 5
	LoginTimeout      time.Duration // from connection to login; 0 means 10 s

	// FailureDelay is how long after the loss of its connection the orders of a session with
	// cancel_all_on_failure are cancelled, unless the account logs in before. 0 means
	// HeartbeatInterval times Heartbeats: 50 s. A connection that stays open in silence is
	// found out by its heartbeats alone.
	FailureDelay time.Duration

	ResumeWindow time.Duration // how long a session without a connection is kept; 0 means 24 h, negative none
	SessionsKept int           // how many such sessions of an account are kept, the latest; 0 means 16, negative none
	Connections  int           // the most at one time; 0 means 1024

	InBytes      int // receive buffer of a connection; 0 means 64 KiB
	PayloadBytes int // the longest message taken; 0 means 64 KiB
	OutBytes     int // what a session may have unsent or kept for replay; 0 means 512 KiB
	OutFrames    int // the same in messages; 0 means 4096
}

// Throttle is the rate at which a session may send order messages: a bucket of
// Burst tokens, refilled at Rate per second in steps of Tick.
type Throttle struct {
	Rate  uint32        // per second; 0 means 500
	Burst uint32        // 0 means 1000
	Tick  time.Duration // in whole milliseconds; 0 means 200 ms

	// Off neither tells the limits nor enforces any, as the exchange did in
	// its early years.
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
