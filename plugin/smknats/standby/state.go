package standby

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	keyHead       = "head"
	chunkBytes    = 512 << 10 // servers take 1 MiB by default
	stateBytesMax = 64 << 20
	bucketTries   = 20
	bucketAttempt = 5 * time.Second
	bucketPause   = 200 * time.Millisecond
	headTries     = 5
	headMax       = 1 << 10
	staleMax      = 1 << 10 // earlier terms whose chunks are removed at a time
)

// StateError says that the state in the bucket cannot be used. Somebody has to decide: removing the key "head" of the
// bucket has the next holder ask the exchange for the whole history.
type StateError struct {
	Bucket string
	Reason string
	Err    error
}

// Error names the bucket and the reason.
func (e *StateError) Error() string {
	text := "standby: state in bucket " + e.Bucket + ": " + e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *StateError) Unwrap() error { return e.Err }

// head says where the newest image is.
type head struct {
	Term   uint64 `json:"term"`
	Number uint64 `json:"number"` // of the image in the term; the parity is the slot
	Chunks int    `json:"chunks"`
	Bytes  int    `json:"bytes"` // not compressed
	Sum    string `json:"sha256"`
	Wall   int64  `json:"wall"` // ns since the Unix epoch; for people
}

func (h *head) chunk(i int) string { return fmt.Sprintf("chunk.%d.%d.%d", h.Term, h.Number%2, i) }

// store is the bucket of an account's state: a head, which is written from the revision that it has, and the chunks of
// two images, of which the head names one. So an image is there as a whole or not at all, and a holder whose term is
// over cannot put an older one over a newer holder's.
type store struct {
	js       jetstream.JetStream
	kv       jetstream.KeyValue
	name     string
	term     uint64
	number   uint64
	revision uint64 // of the head, 0 for none
	unsure   *head  // the newest one, if it is not known whether it was written
	swept    bool   // no chunks of earlier terms are left
}

// openStore opens the bucket, and makes it if there is none. What may pass is tried again for a while.
func openStore(ctx context.Context, js jetstream.JetStream, name string, replicas int) (*store, error) {
	var last error
	for range bucketTries {
		attempt, cancel := context.WithTimeout(ctx, bucketAttempt)
		kv, err := js.KeyValue(attempt, name)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			kv, err = js.CreateKeyValue(attempt, jetstream.KeyValueConfig{
				Bucket: name, Description: "smk: newest state of an account's engine", Replicas: replicas,
			})
		}
		cancel()
		if err == nil {
			return &store{js: js, kv: kv, name: name}, nil
		}
		last = err
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("standby: bucket %s: %w", name, err)
		case <-time.After(bucketPause):
		}
	}
	return nil, fmt.Errorf("standby: bucket %s: %w", name, last)
}

// load returns the newest image, nil if there is none, and begins a term.
func (s *store) load(ctx context.Context, term uint64) (image []byte, err error) {
	s.term, s.number, s.unsure, s.swept = term, 0, nil, false
	for range headTries { // a holder before may replace the image while it is read
		var h head
		if h, err = s.readHead(ctx); err != nil || s.revision == 0 {
			return nil, err
		}
		if h.Term >= term {
			return nil, &StateError{s.name, fmt.Sprintf("is of term %d, and this is term %d", h.Term, term), nil}
		}
		if image, err = s.read(ctx, &h); err == nil {
			return image, nil
		}
	}
	return nil, err
}

// readHead reads the head.
func (s *store) readHead(ctx context.Context) (h head, err error) {
	e, err := s.kv.Get(ctx, keyHead)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		s.revision = 0
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("standby: bucket %s: %w", s.name, err)
	}
	s.revision = e.Revision()
	if len(e.Value()) > headMax || json.Unmarshal(e.Value(), &h) != nil || h.Chunks < 0 || h.Bytes < 0 ||
		h.Bytes > stateBytesMax || h.Chunks > stateBytesMax/chunkBytes+1 {
		return h, &StateError{s.name, "its head is not understood", nil}
	}
	return h, nil
}

func (s *store) read(ctx context.Context, h *head) ([]byte, error) {
	var packed []byte
	for i := range h.Chunks {
		e, err := s.kv.Get(ctx, h.chunk(i))
		if err != nil {
			return nil, &StateError{s.name, "a chunk cannot be read", err}
		}
		if len(e.Value()) > chunkBytes {
			return nil, &StateError{s.name, fmt.Sprintf("a chunk has more than %d bytes", chunkBytes), nil}
		}
		packed = append(packed, e.Value()...)
	}
	unpacked := flate.NewReader(bytes.NewReader(packed))
	image, err := io.ReadAll(io.LimitReader(unpacked, int64(h.Bytes)+1))
	sum := sha256.Sum256(image)
	if err != nil || len(image) != h.Bytes || hex.EncodeToString(sum[:]) != h.Sum {
		return nil, &StateError{s.name, "its chunks are not what its head says", err}
	}
	return image, nil
}

// errOutdated means that a later term has the bucket.
var errOutdated = errors.New("a later term has written its state")

// save writes an image. allowed is asked before each write. A head whose answer was lost is written again before
// anything else: what it names is in the slot that would be next.
func (s *store) save(ctx context.Context, image []byte, allowed func() bool) error {
	if s.unsure != nil {
		if err := s.writeHead(ctx, s.unsure, allowed); err != nil {
			return err
		}
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		panic("BUG: standby: " + err.Error())
	}
	_, _ = w.Write(image) // to memory
	_ = w.Close()
	sum := sha256.Sum256(image)
	h := head{
		Term: s.term, Number: s.number + 1, Bytes: len(image), Sum: hex.EncodeToString(sum[:]),
		Wall: time.Now().UnixNano(),
	}
	for b := packed.Bytes(); len(b) > 0; h.Chunks++ {
		n := min(len(b), chunkBytes)
		if !allowed() {
			return errOutdated
		}
		if _, err := s.kv.Put(ctx, h.chunk(h.Chunks), b[:n]); err != nil {
			return fmt.Errorf("standby: bucket %s: %w", s.name, err)
		}
		b = b[n:]
	}
	if err := s.writeHead(ctx, &h, allowed); err != nil {
		return err
	}
	if !s.swept {
		s.swept = s.sweep(ctx) == nil
	}
	return nil
}

// writeHead writes the head over the one that is there, unless that is of a later term, and takes note of it. Whatever
// was on its way before is refused by the servers once it has succeeded.
func (s *store) writeHead(ctx context.Context, h *head, allowed func() bool) error {
	b, err := json.Marshal(h)
	if err != nil {
		panic("BUG: standby: " + err.Error())
	}
	for range headTries {
		if !allowed() {
			return errOutdated
		}
		var revision uint64
		if s.revision == 0 {
			revision, err = s.kv.Create(ctx, keyHead, b)
		} else {
			revision, err = s.kv.Update(ctx, keyHead, b, s.revision)
		}
		if err == nil {
			s.revision, s.number, s.unsure = revision, h.Number, nil
			return nil
		}
		s.unsure = h
		if !errors.Is(err, jetstream.ErrKeyExists) && !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return fmt.Errorf("standby: bucket %s: %w", s.name, err)
		}
		// A holder before has written late, or an answer to this one was lost.
		was, err := s.readHead(ctx)
		if err != nil {
			return err
		}
		if was.Term > s.term {
			return errOutdated
		}
	}
	return fmt.Errorf("standby: bucket %s: %w", s.name, err)
}

// errSweep means that there may be more to sweep.
var errSweep = errors.New("more terms than are swept at a time")

// sweep removes the chunks of earlier terms.
func (s *store) sweep(ctx context.Context) error {
	stream, err := s.js.Stream(ctx, "KV_"+s.name)
	if err != nil {
		return err
	}
	keys, err := s.kv.ListKeysFiltered(ctx, "chunk.>")
	if err != nil {
		return err
	}
	stale := make(map[uint64]bool)
	for key := range keys.Keys() {
		var term uint64
		if _, err := fmt.Sscanf(key, "chunk.%d.", &term); err == nil && term < s.term &&
			(len(stale) < staleMax || stale[term]) {
			stale[term] = true
		}
	}
	for term := range stale {
		subject := fmt.Sprintf("$KV.%s.chunk.%d.>", s.name, term)
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return err
		}
	}
	if len(stale) == staleMax {
		return errSweep
	}
	return nil
}
