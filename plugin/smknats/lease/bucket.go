package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats"
)

const (
	bucketPrefix = "KV_" // of the stream of a bucket
	keyHolder    = "holder"
)

// Bucket returns the name of the bucket of a lease. The error is smknats.ErrName.
func Bucket(environment, account string) (string, error) {
	names, err := smknats.NewNames(environment)
	if err != nil {
		return "", err
	}
	if _, err := smknats.Token(account); err != nil {
		return "", err
	}
	return names.LeaseBucket(account), nil
}

// state is what the key says of the lease.
type state string

const (
	held     state = "held"
	released state = "released"
)

// value is what the key has.
type value struct {
	State state  `json:"state"`
	ID    string `json:"id"`             // random, of the acquisition
	Name  string `json:"name"`           // of the holder
	Term  uint64 `json:"term,omitempty"` // 0 in the acquisition itself, whose revision it is
	N     uint64 `json:"n"`              // renewals before this one
	To    string `json:"to,omitempty"`   // of a released lease: who shall have it
	Wall  int64  `json:"wall"`           // when it was sent, ns since the Unix epoch; for people
}

func (v value) encode() []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: lease: " + err.Error())
	}
	return b
}

// entry is a value and where it is.
type entry struct {
	value
	revision uint64
}

// bucket is the key's bucket. Its reads are answered by the leader of its stream, not by a replica that may be behind.
type bucket struct {
	kv   jetstream.KeyValue
	name string
}

// openBucket opens the bucket, and makes it if there is none. The error is a *BucketError if it is of another kind.
// Servers that have no leader yet, or do not know of a bucket that another contender has just made, are asked again.
func openBucket(ctx context.Context, c *Config, name string) (b bucket, err error) {
	until := time.Now().Add(openPatience)
	for pause := openPause; ; pause = min(2*pause, openPauseMax) {
		var refused *BucketError
		if b, err = tryBucket(ctx, c, name); err == nil || errors.As(err, &refused) {
			return b, err
		}
		if ctx.Err() != nil || time.Now().After(until) {
			return bucket{}, fmt.Errorf("lease: bucket %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// How long opening a bucket is tried.
const (
	openPatience = 30 * time.Second
	openPause    = 20 * time.Millisecond
	openPauseMax = time.Second
)

func tryBucket(ctx context.Context, c *Config, name string) (bucket, error) {
	ctx, cancel := context.WithTimeout(ctx, openPatience/3)
	defer cancel()
	js := c.JetStream
	stream, err := js.Stream(ctx, bucketPrefix+name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, streamConfig(c, name))
	}
	if err != nil {
		return bucket{}, err
	}
	if err := checkStream(c, name, stream.CachedInfo().Config); err != nil {
		return bucket{}, err
	}
	kv, err := js.KeyValue(ctx, name)
	return bucket{kv, name}, err
}

// streamConfig is that of a bucket with a TTL of the bucket, but for reads from replicas.
func streamConfig(c *Config, name string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: bucketPrefix + name, Description: "smk: who trades for an account",
		Subjects: []string{"$KV." + name + ".>"}, MaxMsgsPerSubject: 1, MaxBytes: -1, MaxMsgs: -1, MaxConsumers: -1,
		MaxAge: c.TTL, Duplicates: min(c.TTL, 2*time.Minute), MaxMsgSize: valueMax, Storage: jetstream.FileStorage,
		Replicas: c.replicas(), AllowRollup: true, DenyDelete: true, Discard: jetstream.DiscardNew, AllowDirect: false,
	}
}

func checkStream(c *Config, name string, s jetstream.StreamConfig) error {
	switch {
	case s.MaxAge != c.TTL:
		return &BucketError{name, fmt.Sprintf("another contender was told another TTL than %v", c.TTL), s.MaxAge}
	case s.AllowDirect || s.Mirror != nil || len(s.Sources) > 0:
		return &BucketError{name, "it is read from replicas", s.MaxAge}
	case s.AllowMsgTTL:
		return &BucketError{name, "its keys may have TTLs of their own, which an update makes immortal", s.MaxAge}
	}
	return nil
}

// read returns the key's entry, and false if there is none. What is no value of this package counts as held by nobody
// who renews it.
func (b bucket) read(ctx context.Context) (e entry, found bool, err error) {
	got, err := b.kv.Get(ctx, keyHolder)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return entry{}, false, nil
	case err != nil:
		return entry{}, false, err
	}
	e.revision = got.Revision()
	if json.Unmarshal(got.Value(), &e.value) != nil {
		e.value = value{State: held}
	}
	return e, true, nil
}

// write writes a value over the one of a revision, 0 for none. refused says that the key is of another revision.
func (b bucket) write(ctx context.Context, v value, over uint64) (revision uint64, refused bool, err error) {
	if over == 0 {
		revision, err = b.kv.Create(ctx, keyHolder, v.encode())
	} else {
		revision, err = b.kv.Update(ctx, keyHolder, v.encode(), over)
	}
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return 0, true, nil
	}
	return revision, false, err
}
