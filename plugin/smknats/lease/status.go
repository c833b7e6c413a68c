package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Status is what the bucket says of a lease.
type Status struct {
	Holder  string        `json:"holder,omitempty"` // "" if nobody has it
	Term    uint64        `json:"term,omitempty"`
	Renewed time.Time     `json:"renewed,omitzero"` // by the server's clock
	Next    string        `json:"next,omitempty"`   // of a lease that was released: who shall have it
	TTL     time.Duration `json:"ttl_ns"`
}

// ReadStatus returns who has the lease of an account. The error wraps jetstream.ErrBucketNotFound if nobody has ever
// contended for it.
func ReadStatus(ctx context.Context, js jetstream.JetStream, environment, account string) (s Status, err error) {
	name, err := Bucket(environment, account)
	if err != nil {
		return s, err
	}
	kv, err := js.KeyValue(ctx, name)
	if err != nil {
		return s, fmt.Errorf("lease: bucket %s: %w", name, err)
	}
	bucket, err := kv.Status(ctx)
	if err != nil {
		return s, fmt.Errorf("lease: bucket %s: %w", name, err)
	}
	s.TTL = bucket.TTL()
	e, err := kv.Get(ctx, keyHolder)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("lease: bucket %s: %w", name, err)
	}
	var v value
	if len(e.Value()) > valueMax || json.Unmarshal(e.Value(), &v) != nil {
		return s, &BucketError{name, "the holder is not understood", s.TTL}
	}
	if v.State == released {
		s.Next = v.To
		return s, nil
	}
	if s.Holder, s.Term, s.Renewed = v.Name, v.Term, e.Created(); s.Term == 0 {
		s.Term = e.Revision() // of the acquisition itself
	}
	return s, nil
}
