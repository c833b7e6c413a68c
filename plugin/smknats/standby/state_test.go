package standby

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

func always() bool { return true }

func storeOf(t *testing.T, js jetstream.JetStream) *store {
	t.Helper()
	s, err := openStore(t.Context(), js, "smk_test_state_demo", 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// randomBytes do not become smaller by compression.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(uint64(n), 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestState saves images of many sizes in several terms, each of which begins with the newest. A holder whose term is
// over cannot save any more, and what it saves between the end of its term and the first image of the next does not
// stay.
func TestState(t *testing.T) {
	js := natstest.Start(t, nil).JetStream()
	a, b := storeOf(t, js), storeOf(t, js)
	if image, err := a.load(t.Context(), 5); err != nil || image != nil {
		t.Fatalf("%d bytes, %v", len(image), err)
	}
	var newest []byte
	for _, n := range []int{1, 0, 100, chunkBytes, 2*chunkBytes + 1, 7} {
		newest = randomBytes(n)
		if err := a.save(t.Context(), newest, always); err != nil {
			t.Fatal(err)
		}
		if image, err := b.load(t.Context(), 9); err != nil || !bytes.Equal(image, newest) {
			t.Fatalf("%d bytes, want %d: %v", len(image), n, err)
		}
	}
	if err := a.save(t.Context(), []byte("late"), always); err != nil { // after b has loaded
		t.Fatal(err)
	}
	if err := b.save(t.Context(), []byte("next"), always); err != nil {
		t.Fatal(err)
	}
	if err := a.save(t.Context(), []byte("too late"), always); !errors.Is(err, errOutdated) {
		t.Errorf("the holder before saves: %v", err)
	}
	if err := b.save(t.Context(), []byte("refused"), func() bool { return false }); !errors.Is(err, errOutdated) {
		t.Errorf("without the lease: %v", err)
	}
	c := storeOf(t, js)
	if image, err := c.load(t.Context(), 11); err != nil || string(image) != "next" {
		t.Errorf("%q, %v", image, err)
	}
	if err := c.save(t.Context(), []byte("last"), always); err != nil {
		t.Fatal(err)
	}
	keys, err := c.kv.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key != keyHead && key != "chunk.11.1.0" && key != "chunk.5.0.0" && key != "chunk.5.1.0" {
			t.Errorf("%s is left", key) // of term 5 those that were saved too late
		}
	}
	var refused *StateError
	if _, err := storeOf(t, js).load(t.Context(), 11); !errors.As(err, &refused) {
		t.Errorf("the same term again: %v", err)
	}
}

// TestStateDamaged refuses what is not as its head says, and does not take it for the first start.
func TestStateDamaged(t *testing.T) {
	js := natstest.Start(t, nil).JetStream()
	s := storeOf(t, js)
	if _, err := s.load(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := s.save(t.Context(), randomBytes(1000), always); err != nil {
		t.Fatal(err)
	}
	head, err := s.kv.Get(t.Context(), keyHead)
	if err != nil {
		t.Fatal(err)
	}
	putHead := func(b []byte) error {
		_, err := s.kv.Put(t.Context(), keyHead, b)
		return err
	}
	for what, damage := range map[string]func() error{
		"a chunk is another's": func() error {
			_, err := s.kv.Put(t.Context(), "chunk.1.1.0", []byte("x"))
			return err
		},
		"a chunk is missing":         func() error { return s.kv.Delete(t.Context(), "chunk.1.1.0") },
		"the head is no head":        func() error { return putHead([]byte("{")) },
		"the head wants all memory":  func() error { return putHead([]byte(`{"bytes":1e15}`)) },
		"the head is very long":      func() error { return putHead(make([]byte, 5000)) },
		"the head has a wrong count": func() error { return putHead([]byte(`{"chunks":-1}`)) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		var refused *StateError
		if image, err := storeOf(t, js).load(t.Context(), 2); !errors.As(err, &refused) || image != nil {
			t.Errorf("%s: %d bytes, %v", what, len(image), err)
		}
		if _, err := s.kv.Put(t.Context(), keyHead, head.Value()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFiles: the files in memory do what the engine's store asks of a disk.
func TestFiles(t *testing.T) {
	var images []string
	f := newFiles([]byte("before"), func(b []byte) { images = append(images, string(b)) })
	if _, err := f.Open("other", os.O_RDONLY); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := errors.Join(f.Rename("other", stateFile), f.Remove("other")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	lock, held, err := f.Lock("lock")
	if held || err != nil {
		t.Fatal(held, err)
	}
	if _, held, _ := f.Lock("lock"); !held {
		t.Error("locked twice")
	}
	_ = lock.Close()
	if _, held, _ := f.Lock("lock"); held {
		t.Error("not unlocked")
	}
	read := func() string {
		t.Helper()
		h, err := f.Open(stateFile, os.O_RDONLY)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		n, _ := h.Read(b)
		return string(b[:n])
	}
	h, err := f.Open("temp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := h.Write([]byte("after it")); n != 8 || err != nil {
		t.Error(n, err)
	}
	if h.Truncate(5) != nil || h.Truncate(6) == nil || h.Sync() != nil || h.Close() != nil {
		t.Error("Truncate, Sync or Close")
	}
	if got := read(); got != "before" || len(images) != 0 {
		t.Errorf("%q, %q", got, images)
	}
	if err := errors.Join(f.Rename("temp", stateFile), f.SyncDir(".")); err != nil {
		t.Error(err)
	}
	if got := read(); got != "after" || len(images) != 1 || images[0] != "after" {
		t.Errorf("%q, %q", got, images)
	}
}

// TestStateLimits refuses a chunk that is longer than any is, and sweeps the chunks of only so many terms at a time.
func TestStateLimits(t *testing.T) {
	js := natstest.Start(t, nil).JetStream()
	a := storeOf(t, js)
	for term := range uint64(staleMax + 2) {
		if _, err := js.PublishAsync("$KV.smk_test_state_demo."+(&head{Term: term}).chunk(0), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	a.term = staleMax + 2
	if err := a.sweep(t.Context()); !errors.Is(err, errSweep) {
		t.Errorf("more terms than are swept at a time: %v", err)
	}
	if err := a.sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := a.kv.Keys(t.Context()); !errors.Is(err, jetstream.ErrNoKeysFound) {
		t.Errorf("keys are left: %v", err)
	}
	if err := a.save(t.Context(), []byte("image"), always); err != nil {
		t.Fatal(err)
	}
	h := head{Term: a.term, Number: a.number}
	if _, err := a.kv.Put(t.Context(), h.chunk(0), make([]byte, chunkBytes+1)); err != nil {
		t.Fatal(err)
	}
	var refused *StateError
	if _, err := storeOf(t, js).load(t.Context(), a.term+1); !errors.As(err, &refused) || refused.Err != nil ||
		!strings.Contains(refused.Reason, "a chunk has more") {
		t.Errorf("a long chunk: %v", err)
	}
}

// lossy is a bucket whose answer to the next update is lost.
type lossy struct {
	jetstream.KeyValue
	lose bool
}

func (l *lossy) Update(ctx context.Context, key string, b []byte, revision uint64) (uint64, error) {
	next, err := l.KeyValue.Update(ctx, key, b, revision)
	if l.lose {
		l.lose = false
		return 0, context.DeadlineExceeded
	}
	return next, err
}

// TestStateAnswerLost ends a holder while it saves the image after one whose head was written without an answer: the
// next holder finds that one whole.
func TestStateAnswerLost(t *testing.T) {
	s := storeOf(t, natstest.Start(t, nil).JetStream())
	if _, err := s.load(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	if err := s.save(t.Context(), []byte("first"), always); err != nil {
		t.Fatal(err)
	}
	whole := s.kv
	s.kv = &lossy{whole, true}
	if err := s.save(t.Context(), []byte("second"), always); err == nil {
		t.Fatal("an answer that was lost is known")
	}
	calls := 0
	once := func() bool { calls++; return calls <= 2 } // up to a chunk, and not the head
	if err := s.save(t.Context(), []byte("third"), once); !errors.Is(err, errOutdated) {
		t.Fatalf("without the lease: %v", err)
	}
	s.kv = whole
	if image, err := s.load(t.Context(), 9); err != nil || string(image) != "second" {
		t.Errorf("%q, %v", image, err)
	}
}
