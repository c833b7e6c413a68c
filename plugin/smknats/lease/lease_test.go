package lease_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/plugin/smknats"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

const ttl = 600 * time.Millisecond

// TestReleased gives the lease from one to the other: terms grow, and the other has it only when the first has not.
func TestReleased(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	a, b := contender(t, s.JetStream(), "a", ttl), contender(t, s.JetStream(), "b", ttl)
	first := acquire(t, a)
	if !first.Valid(time.Now()) || first.Err() != nil || first.Term() == 0 {
		t.Fatalf("term %d, %v", first.Term(), first.Err())
	}
	got := make(chan *lease.Lease, 1)
	go func() {
		l, err := b.Acquire(context.Background())
		if err != nil {
			t.Error(err)
		}
		got <- l
	}()
	for from := first.Renewals(); first.Renewals() < from+6; { // more than a TTL
		<-time.After(time.Millisecond)
	}
	if h := b.Holder(); h.Name != "a" || h.Term != first.Term() || first.Revision() <= first.Term() {
		t.Errorf("holder %+v of term %d, revision %d", h, first.Term(), first.Revision())
	}
	select {
	case <-got:
		t.Fatal("two have the lease")
	default:
	}
	if err := first.Release(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if first.Valid(time.Now()) || !errors.Is(first.Err(), lease.ErrReleased) || first.Release(t.Context(), "") != nil {
		t.Error("the first has it still")
	}
	second := wait(t, got, "the lease")
	if second.Term() <= first.Term() || !second.Valid(time.Now()) {
		t.Errorf("term %d after %d", second.Term(), first.Term())
	}
	_ = second.Release(t.Context(), "")
}

// TestPartition: a holder that does not reach the servers any more has ended by itself when another has the lease.
func TestPartition(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	way := newLine(t, s)
	first := acquire(t, contender(t, way.connect(), "a", ttl))
	b := contender(t, s.JetStream(), "b", ttl)
	_ = way.listener.Close()
	way.cut()
	second := acquire(t, b)
	now := time.Now()
	if first.Valid(now) {
		until, _ := first.Fence().Until()
		t.Fatalf("two have the lease, for %v", until.Sub(now))
	}
	wait(t, first.Done(), "the end")
	if !errors.Is(first.Err(), lease.ErrExpired) || !errors.Is(first.Release(t.Context(), ""), lease.ErrExpired) {
		t.Errorf("%v", first.Err())
	}
	if second.Term() <= first.Term() {
		t.Errorf("term %d after %d", second.Term(), first.Term())
	}
}

// TestLostAnswers: renewals take effect whose answers do not come. The lease goes on with the revision that the key
// has.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	way := newLine(t, s)
	const long = 6 * time.Second
	l := acquire(t, contender(t, way.connect(), "a", long))
	before := l.Renewals()
	for l.Renewals() == before { // so that the time of the next is known
		<-time.After(time.Millisecond)
	}
	kv, err := s.JetStream().KeyValue(t.Context(), bucketName(t))
	if err != nil {
		t.Fatal(err)
	}
	way.mute.Store(true)
	last := l.Revision()
	get := func() (jetstream.KeyValueEntry, error) { return kv.Get(t.Context(), "holder") }
	for e, err := get(); err == nil && e.Revision() == last; e, err = get() {
		<-time.After(time.Millisecond)
	}
	if l.Revision() != last {
		t.Fatal("the answer is not lost")
	}
	way.cut()
	way.mute.Store(false)
	before = l.Renewals()
	for l.Renewals() == before && l.Err() == nil {
		<-time.After(time.Millisecond)
	}
	if err := l.Err(); err != nil || l.Revision() <= last || !l.Valid(time.Now()) {
		t.Errorf("%v, revision %d after %d", err, l.Revision(), last)
	}
}

func bucketName(t *testing.T) string {
	t.Helper()
	name, err := lease.Bucket("test", "demo")
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestDeadline: the deadline counts from before the newest renewal was sent, however late the answers are.
func TestDeadline(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	way := newLine(t, s)
	l := acquire(t, contender(t, way.connect(), "a", ttl))
	way.delay.Store(int64(ttl / 10))
	from := l.Renewals()
	for l.Renewals() < from+5 && l.Err() == nil {
		until, open := l.Fence().Until()
		asked := way.began.Add(time.Duration(way.asked.Load()))
		if most := asked.Add(ttl - ttl/5); open && until.After(most) {
			t.Fatalf("the deadline is %v later than it may be", until.Sub(most))
		}
		<-time.After(time.Millisecond)
	}
	if l.Renewals() == from {
		t.Errorf("no renewals: %v", l.Err())
	}
}

// TestServerRestarts: a lease outlives a server that starts again in time, and ends by itself without one.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	l := acquire(t, contender(t, s.JetStream(), "a", 6*time.Second))
	s.Restart()
	for before := l.Renewals(); l.Renewals() == before && l.Err() == nil; {
		<-time.After(time.Millisecond)
	}
	if err := l.Err(); err != nil {
		t.Error(err)
	}
	if err := l.Release(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

// TestRemoved: somebody removes the key. The holder notices with its next renewal, and nobody has the lease before its
// deadline has passed.
func TestRemoved(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	first := acquire(t, contender(t, s.JetStream(), "a", ttl))
	b := contender(t, s.JetStream(), "b", ttl)
	got := make(chan bool, 1)
	go func() {
		l, err := b.Acquire(context.Background())
		got <- err == nil && !first.Valid(time.Now())
		if err == nil {
			_ = l.Release(context.Background(), "")
		}
	}()
	for b.Holder().Name != "a" {
		<-time.After(time.Millisecond)
	}
	kv, err := s.JetStream().KeyValue(t.Context(), bucketName(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(t.Context(), "holder"); err != nil {
		t.Fatal(err)
	}
	if !wait(t, got, "the lease") {
		t.Error("two have the lease")
	}
	wait(t, first.Done(), "the end")
	if !errors.Is(first.Err(), lease.ErrLost) {
		t.Errorf("%v", first.Err())
	}
}

// TestBucketOfOthers: a bucket that is not as it has to be is refused and stays as it is.
func TestBucketOfOthers(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	js := s.JetStream()
	refused := func(ttl time.Duration) {
		t.Helper()
		_, err := lease.New(t.Context(), lease.Config{JetStream: js, Environment: "test", Account: "demo", TTL: ttl})
		var bucket *lease.BucketError
		if !errors.As(err, &bucket) || bucket.TTL != time.Second {
			t.Errorf("TTL %v: %v", ttl, err)
		}
	}
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{
		Bucket: bucketName(t), TTL: time.Second,
	}); err != nil {
		t.Fatal(err)
	}
	refused(time.Second) // read from replicas
	refused(2 * time.Second)
	if err := js.DeleteKeyValue(t.Context(), bucketName(t)); err != nil {
		t.Fatal(err)
	}
	contender(t, js, "a", time.Second)
	refused(2 * time.Second)
}

// TestTermIsTooLarge: a bucket with revisions that references have no room for gives no lease.
func TestTermIsTooLarge(t *testing.T) {
	t.Parallel()
	js := natstest.Start(t, nil).JetStream()
	c := contender(t, js, "a", ttl)
	stream, err := js.Stream(t.Context(), "KV_"+bucketName(t))
	if err != nil {
		t.Fatal(err)
	}
	config := stream.CachedInfo().Config
	if err := js.DeleteStream(t.Context(), config.Name); err != nil {
		t.Fatal(err)
	}
	config.FirstSeq = engine.ReferenceTermMax + 1
	if _, err := js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	var term *lease.TermError
	if _, err := c.Acquire(t.Context()); !errors.As(err, &term) || term.Revision != engine.ReferenceTermMax+1 {
		t.Errorf("%v", err)
	}
}

// TestConfig refuses settings out of their limits.
func TestConfig(t *testing.T) {
	t.Parallel()
	js := natstest.Start(t, nil).JetStream()
	for field, change := range map[string]func(*lease.Config){
		"JetStream": func(c *lease.Config) { c.JetStream = nil },
		"TTL":       func(c *lease.Config) { c.TTL = time.Millisecond },
		"Margin":    func(c *lease.Config) { c.Margin = 2 * time.Second },
		"Replicas":  func(c *lease.Config) { c.Replicas = 6 },
		"Name":      func(c *lease.Config) { c.Name = string(make([]byte, 200)) },
	} {
		c := lease.Config{JetStream: js, Environment: "test", Account: "demo"}
		change(&c)
		var refused *lease.ConfigError
		if _, err := lease.New(t.Context(), c); !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	c := lease.Config{JetStream: js, Environment: "test"}
	if _, err := lease.New(t.Context(), c); !errors.Is(err, smknats.ErrName) {
		t.Errorf("no account: %v", err)
	}
	if a, b := mustBucket(t, "e", "a-b"), mustBucket(t, "e", "a_2Db"); a == b {
		t.Errorf("two accounts have the bucket %s", a)
	}
}

func mustBucket(t *testing.T, environment, account string) string {
	t.Helper()
	name, err := lease.Bucket(environment, account)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestHandover hands the lease to the contender that was named, and answers what cannot be done.
func TestHandover(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, nil)
	ask := func(to string) (string, uint64, error) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return lease.RequestHandover(ctx, s.Connect(), "test", "demo", to)
	}
	if _, _, err := ask("b"); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("without a holder: %v", err)
	}
	const ttl = 3 * time.Second // that others leave it alone for half of it is not a matter of luck
	first := acquire(t, contender(t, s.JetStream(), "a", ttl))
	got := make(chan string, 2)
	for _, name := range []string{"c", "b"} {
		x := contender(t, s.JetStream(), name, ttl)
		go func() {
			if l, err := x.Acquire(t.Context()); err == nil {
				got <- name
				<-t.Context().Done()
				_ = l
			}
		}()
		for x.Holder().Name != "a" {
			<-time.After(time.Millisecond)
		}
	}
	var refused *lease.HandoverError
	if _, _, err := ask("a"); !errors.As(err, &refused) || refused.From != "a" {
		t.Errorf("to itself: %v", err)
	}
	if m, err := s.Connect().Request("smk.test.lease.demo.handover", []byte("{"), patience); err != nil ||
		string(m.Data) == "" {
		t.Errorf("malformed: %v", err)
	}
	answered := make(chan error, 1)
	go func() {
		from, term, err := ask("b")
		if from != "a" || term != first.Term() {
			err = errors.Join(err, errors.New("from "+from))
		}
		answered <- err
	}()
	h := wait(t, first.Handovers(), "the request")
	if h.To != "b" {
		t.Errorf("to %q", h.To)
	}
	err := first.Release(t.Context(), h.To)
	first.Answer(h, err)
	if err := wait(t, answered, "the answer"); err != nil {
		t.Error(err)
	}
	if name := wait(t, got, "the lease"); name != "b" {
		t.Errorf("%s has it", name)
	}
}
