package smknats

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Limits and defaults.
const (
	replicasMax     = 5
	blockMin        = 1 << 10
	blockUsual      = 512 << 10
	blockMax        = 768 << 10 // less than what a server takes by default, 1 MiB
	pollUsual       = 10 * time.Millisecond
	conflateUsual   = 100 * time.Millisecond
	beatUsual       = time.Second
	requestTimeout  = 2 * time.Second
	retryWait       = 50 * time.Millisecond // after a server did not answer, doubled up to
	retryWaitMax    = 2 * time.Second
	publisherBytes  = 16 // of a publisher's number in hexadecimal
	streamWaitTries = 3
	consumersMax    = 1 << 16 // of a stream: servers have a default of 1,000
)

// Config says what is published and how.
type Config struct {
	Environment string // such as "production"; part of every subject, see Token
	Account     string // alias of the account, no credential; part of every subject of its own
	Dir         string // the journal's folder

	// Replicas is how many servers keep each stream that has yet to be made: 0 for 3 if the server is part of a
	// cluster, else 1.
	Replicas int
	// LogAge is how long blocks of the log are kept; 0 for ever.
	LogAge time.Duration

	BlockBytes int           // of a block at most, 1 KiB to 768 KiB; 0 for 512 KiB
	Poll       time.Duration // how often the journal is looked at; 0 for 10 ms
	Conflate   time.Duration // between two messages about a contract's book, at least; 0 for 100 ms
	Beat       time.Duration // between two messages that say the publisher is there; 0 for a second

	DisableLog    bool // nothing of it: another publisher has it, or nobody
	DisableBooks  bool
	DisableOrders bool

	// Control says how commands reach the engine; nil for none but "status".
	Control *ControlConfig

	// Wall returns the time in ns since the Unix epoch; nil for the system's.
	Wall func() int64
}

// complete fills in defaults. The error is a *ConfigError or ErrName.
func (c *Config) complete() (Names, error) {
	names, err := NewNames(c.Environment)
	if err != nil {
		return Names{}, err
	}
	if _, err := Token(c.Account); err != nil {
		return Names{}, err
	}
	if c.Dir == "" {
		return Names{}, &ConfigError{"Dir", "there is no journal"}
	}
	if c.Replicas < 0 || c.Replicas > replicasMax {
		return Names{}, &ConfigError{"Replicas", "0 to 5"}
	}
	if c.BlockBytes == 0 {
		c.BlockBytes = blockUsual
	}
	if c.BlockBytes < blockMin || c.BlockBytes > blockMax {
		return Names{}, &ConfigError{"BlockBytes", "1 KiB to 768 KiB"}
	}
	for _, f := range []struct {
		name  string
		value *time.Duration
		usual time.Duration
	}{{"Poll", &c.Poll, pollUsual}, {"Conflate", &c.Conflate, conflateUsual}, {"Beat", &c.Beat, beatUsual}} {
		if *f.value == 0 {
			*f.value = f.usual
		}
		if *f.value < time.Millisecond || *f.value > time.Minute {
			return Names{}, &ConfigError{f.name, "1 ms to 1 min"}
		}
	}
	if c.LogAge < 0 {
		return Names{}, &ConfigError{"LogAge", "below 0"}
	}
	if c.Wall == nil {
		c.Wall = func() int64 { return time.Now().UnixNano() }
	}
	return names, c.Control.check()
}

// newPublisherNumber returns the random number that a publisher's run is known by.
func newPublisherNumber() string {
	var b [publisherBytes / 2]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// replicas returns how many servers keep a stream.
func (c *Config) replicas(js jetstream.JetStream) int {
	switch {
	case c.Replicas != 0:
		return c.Replicas
	case js.Conn().ConnectedClusterName() != "":
		return 3
	}
	return 1
}
