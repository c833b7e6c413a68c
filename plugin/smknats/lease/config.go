package lease

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats"
)

// Limits and defaults.
const (
	ttlUsual    = 3 * time.Second
	ttlMin      = 200 * time.Millisecond // servers refuse less than 100 ms
	ttlMax      = time.Hour
	marginPart  = 5 // the usual margin is the TTL divided by it
	renewPart   = 4 // of the time up to the deadline: how often the lease is renewed, and how long an answer is awaited
	pollPart    = 10
	pollMin     = 10 * time.Millisecond
	pollMax     = 500 * time.Millisecond
	attemptMin  = 50 * time.Millisecond
	nameMax     = 128
	replicasMax = 5
	idBytes     = 16
	valueMax    = 1 << 10 // bytes of a key's value
)

// Config says which lease, and who contends for it.
type Config struct {
	JetStream   jetstream.JetStream
	Environment string // as in smknats.Config
	Account     string // alias, as in smknats.Config; no credential

	// Name says who holds the lease, in logs and to name it as the one to hand over to. "" means the host's name and a
	// random number. All contenders need different ones.
	Name string

	// TTL is how long a lease lasts that is not renewed: how long nobody trades if the holder dies. All contenders must
	// have the same one. 0 means 3 s; 200 ms to an hour.
	TTL time.Duration

	// Margin is how much earlier the holder stops by itself. It has to be more than clocks of different machines drift
	// apart in a TTL, and than a write to the socket may take from its decision to the wire. 0 means a fifth of TTL; at
	// most half of it.
	Margin time.Duration

	// Kill has the system kill the process, as kill -9 does, if it has not noticed the end of its lease half of Margin
	// after its deadline. That is also done to a process that is stopped, which so never wakes up with a lease that is
	// over, not even between a look at the fence and the system call that writes. A process that runs notices in time
	// and is not killed. Linux only.
	Kill bool

	// Replicas is how many servers keep the bucket if it has yet to be made: 0 for 3 if the server is part of a
	// cluster, else 1.
	Replicas int

	// Logger logs acquisitions, losses and renewals that fail. nil means no log.
	Logger *slog.Logger
}

// complete fills in defaults. The error is a *ConfigError or smknats.ErrName.
func (c *Config) complete() (smknats.Names, error) {
	names, err := smknats.NewNames(c.Environment)
	if err != nil {
		return names, err
	}
	if _, err := smknats.Token(c.Account); err != nil {
		return names, err
	}
	if c.JetStream == nil {
		return names, &ConfigError{"JetStream", "is nil"}
	}
	if c.TTL == 0 {
		c.TTL = ttlUsual
	}
	if c.TTL < ttlMin || c.TTL > ttlMax {
		return names, &ConfigError{"TTL", "200 ms to an hour"}
	}
	if c.Margin == 0 {
		c.Margin = c.TTL / marginPart
	}
	if c.Margin < 0 || c.Margin > c.TTL/2 {
		return names, &ConfigError{"Margin", "at most half of TTL"}
	}
	if c.Replicas < 0 || c.Replicas > replicasMax {
		return names, &ConfigError{"Replicas", "0 to 5"}
	}
	if c.Name == "" {
		host, _ := os.Hostname()
		c.Name = host + "/" + hex.EncodeToString(randomBytes(4))
	}
	if len(c.Name) > nameMax {
		return names, &ConfigError{"Name", "at most 128 bytes"}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return names, nil
}

func (c *Config) replicas() int {
	switch {
	case c.Replicas != 0:
		return c.Replicas
	case c.JetStream.Conn().ConnectedClusterName() != "":
		return 3
	}
	return 1
}

// validFor is how long a holder may trade after it has sent a renewal.
func (c *Config) validFor() time.Duration { return c.TTL - c.Margin }

// renewEvery is how often a holder renews.
func (c *Config) renewEvery() time.Duration { return c.validFor() / renewPart }

// attempt is how long an answer of the servers is awaited.
func (c *Config) attempt() time.Duration { return max(c.validFor()/renewPart, attemptMin) }

// pollEvery is how often a contender reads the key.
func (c *Config) pollEvery() time.Duration { return min(max(c.TTL/pollPart, pollMin), pollMax) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
