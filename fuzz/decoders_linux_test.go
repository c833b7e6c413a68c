package fuzz

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/msg"
)

// Flags of TestDecoders. A run is the same for the same seed, whatever the number of processors.
var (
	decoderCases = flag.Int("cases", 50_000, "messages that TestDecoders decodes")
	decoderSeed  = flag.Uint64("seed", seed, "what TestDecoders draws them from")
)

const (
	shardCases   = 10_000 // of one source of random numbers
	checkedShare = 16     // one case in so many is held to google's library and vtprotobuf too
	guardPages   = 64
)

// TestDecoders holds the fast decoders to the strict ones: every message is decoded where the last
// byte that may be looked at is followed by a page that may not, with misleading bytes in between. In
// a run of some seconds it meets what a run of -cases 30000000 meets more often.
func TestDecoders(t *testing.T) {
	var next, failed atomic.Int64
	var met tally
	var lock sync.Mutex
	shards := int64((*decoderCases + shardCases - 1) / shardCases)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		d := newDecoders(t)
		wait.Go(func() {
			for shard := next.Add(1) - 1; shard < shards && failed.Load() == 0; shard = next.Add(1) - 1 {
				n := min(shardCases, *decoderCases-int(shard)*shardCases)
				if err := d.run(rand.New(rand.NewPCG(*decoderSeed, uint64(shard))), n); err != nil {
					failed.Add(1)
					t.Errorf("seed %d, shard %d: %v", *decoderSeed, shard, err)
				}
			}
			lock.Lock()
			defer lock.Unlock()
			met.add(d.tally)
		})
	}
	wait.Wait()
	t.Logf("%d messages: %d accepted, %d refused; %d held to the other libraries too", met.accepted+met.refused,
		met.accepted, met.refused, met.checked)
	if least := *decoderCases / 8; failed.Load() == 0 && (met.accepted < least || met.refused < least) {
		t.Error("too few of one to mean anything")
	}
}

// FuzzDecoders does the same with any bytes as a payload and any behind it.
func FuzzDecoders(f *testing.F) {
	vectors := readVectors(f)
	for i, v := range vectors {
		f.Add([]byte(v.Payload), []byte(vectors[(i*7+11)%len(vectors)].Frame))
	}
	typ := oracle.ByName("smarkets.seto.Payload")
	f.Fuzz(func(t *testing.T, b, behind []byte) {
		d := newDecoders(t)
		copy(d.slack, behind)
		if err := d.compare(typ, b); err != nil {
			t.Fatalf("%v\nof %x, %x behind", err, b, d.slack)
		}
	})
}

type tally struct{ accepted, refused, checked int }

func (a *tally) add(b tally) {
	a.accepted += b.accepted
	a.refused += b.refused
	a.checked += b.checked
}

// decoders compares decodes of one message at a time.
type decoders struct {
	memory  guarded
	slack   []byte
	leading []byte // the input of the strict decoder, room that is used again
	values  map[protoreflect.FullName]*[3]oracle.Flat
	checker oracle.Checker
	tally   tally
}

func newDecoders(t testing.TB) *decoders {
	return &decoders{
		memory: newGuarded(t, guardPages),
		slack:  make([]byte, msg.SlackBytes),
		values: make(map[protoreflect.FullName]*[3]oracle.Flat),
	}
}

// run compares n messages: random ones, each whole and then broken more and more.
func (d *decoders) run(r *rand.Rand, n int) error {
	payload := oracle.ByName("smarkets.seto.Payload")
	for n > 0 {
		typ := payload
		if r.IntN(4) == 0 {
			typ = oracle.Types[r.IntN(len(oracle.Types))]
		}
		whole, err := oracle.Random(r, typ).MarshalVT()
		if err != nil {
			return err
		}
		b := whole
		for range min(8, n) {
			n--
			oracle.Behind(r, d.slack, b)
			if err := d.compare(typ, b); err != nil {
				return fmt.Errorf("%s: %w\nof %x, %x behind", typ.Name, err, b, d.slack)
			}
			if r.IntN(checkedShare) == 0 {
				d.tally.checked++
				if err := d.checker.Check(typ, b); err != nil {
					return fmt.Errorf("%s: %w\nof %x", typ.Name, err, b)
				}
			}
			if r.IntN(2) == 0 {
				b = whole
			}
			b = oracle.Mutate(r, b)
		}
	}
	return nil
}

// leading is an unknown field. No fast decoder takes a message that begins with it, and the strict ones
// count it and read on.
var leading = []byte{0x80, 0x7d, 0x01}

// compare decodes b with slack, without, and by the strict decoder alone, and compares everything.
func (d *decoders) compare(t oracle.Type, b []byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	if len(b)+len(d.slack) > len(d.memory.memory) {
		return nil
	}
	m := d.values[t.Name]
	if m == nil {
		m = &[3]oracle.Flat{t.NewFlat(), t.NewFlat(), t.NewFlat()}
		d.values[t.Name] = m
	}
	strict := m[0]
	d.leading = append(append(d.leading[:0], leading...), b...)
	var want msg.Unknown
	wantErr := strict.Decode(d.leading[:len(d.leading):len(d.leading)], &want)
	if want.Fields == 0 {
		return errors.New("the leading field was not counted")
	}
	want.Fields--
	if e, ok := errors.AsType[*msg.DecodeError](wantErr); ok {
		e.Offset -= len(leading)
		d.tally.refused++
	} else {
		d.tally.accepted++
	}
	for i, behind := range [][]byte{d.slack, nil} {
		var u msg.Unknown
		got := m[i+1]
		gotErr := got.Decode(d.memory.place(b, behind), &u)
		switch {
		case !same(gotErr, wantErr):
			return fmt.Errorf("with slack of %d: %v, want %v", len(behind), gotErr, wantErr)
		case u != want:
			return fmt.Errorf("with slack of %d: unknown are %+v, want %+v", len(behind), u, want)
		case gotErr == nil && !equal(t, got, strict):
			return fmt.Errorf("with slack of %d: decoded as %v, want %v", len(behind), got, strict)
		}
	}
	return nil
}

// same reports whether two decodes ended alike.
func same(a, b error) bool {
	x, failedX := errors.AsType[*msg.DecodeError](a)
	y, failedY := errors.AsType[*msg.DecodeError](b)
	if !failedX || !failedY {
		return a == nil && b == nil
	}
	return *x == *y
}

// equal compares two values by their encoding, which has every field that is present, or as standard
// messages if a required field is missing.
func equal(t oracle.Type, a, b oracle.Flat) bool {
	x, errX := a.MarshalVT()
	y, errY := b.MarshalVT()
	if errX != nil || errY != nil {
		return fmt.Sprint(errX) == fmt.Sprint(errY) && oracle.Equal(t.ToProto(a), t.ToProto(b))
	}
	return bytes.Equal(x, y)
}
