package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/measure"
)

// Options say what to measure and for how long.
type Options struct {
	measure.Config
	Parts []string // names of parts; empty means all
	Feeds []string // messages and feeds of the codec's part; empty means all
	Smoke bool     // run everything once, as short as can be, to see that it runs
}

// Smoke is the shortest measurement of everything.
func Smoke() Options {
	return Options{Config: measure.Config{Rounds: 1, Slice: measure.SliceMin}, Smoke: true}
}

// Check reports what cannot be asked for.
func (o Options) Check() error {
	if err := o.Config.Check(); err != nil {
		return err
	}
	for _, name := range o.Parts {
		if !slices.Contains(Parts(), name) {
			return fmt.Errorf("unknown part %q, have %s", name, strings.Join(Parts(), ","))
		}
	}
	for _, name := range o.Feeds {
		if !slices.Contains(Feeds(), name) {
			return fmt.Errorf("unknown message %q, have %s", name, strings.Join(Feeds(), ","))
		}
	}
	return nil
}

// longRounds is how many rounds there are of what takes long.
func (o Options) longRounds() int { return max(1, o.Rounds/3) }

// part is a stretch of the whole measurement that stands alone.
type part struct {
	name string
	run  func(context.Context, Options, *Results) error
	keys []string // of the goals that it is for, or what they begin with
}

var parts = []part{
	{"codec", codec, []string{
		"executed/", "cpp/", "vt/", "google/", "easy/", "hyper/", "quotes/", "create/", "allocs/plain",
	}},
	{"way", way, []string{"scan+decode/", "other order/", "shuffled/", "unknown/", "varied/"}},
	{"slug", slug, []string{"big/"}},
	{"path", ways, []string{"path/", "dispatch/", "throughput"}},
	{"network", network, networkKeys},
	{"growth", growth, nil},
	{"size", size, nil},
}

var networkKeys = []string{"engine/", "netconn/", "adaptive/", "handover/", "ring/", "wake/", "tls/", "allocs/tls", "stall/"}

// unbuilt is what the key of the goal begins with that speaks of something there is not: a TLS record
// layer of our own.
const unbuilt = "records/"

// Parts are the names of what can be measured.
func Parts() []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// Run measures. Progress is told to w, a line a part. A part that fails does not keep the others
// from running: the results say what they lack, and the errors come with them.
func Run(ctx context.Context, o Options, w io.Writer) (*Results, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	start := time.Now()
	r := newResults(o)
	r.Started = start.UTC().Truncate(time.Second)
	for _, g := range r.Goals {
		r.lack(g.Key, "not asked for")
	}
	for i := range r.Goals {
		if strings.HasPrefix(r.Goals[i].Key, unbuilt) {
			r.Goals[i].Unbuilt, r.Goals[i].Note = true, "not built: crypto/tls stays as it is"
		}
	}
	var failed []error
	for _, p := range parts {
		if len(o.Parts) > 0 && !slices.Contains(o.Parts, p.name) {
			continue
		}
		fmt.Fprintf(w, "%4.0f s  %s\n", time.Since(start).Seconds(), p.name)
		for _, key := range p.keys {
			r.lack(key, "its part leaves it out")
		}
		if err := p.run(ctx, o, r); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			for _, key := range p.keys {
				r.lack(key, "its part failed")
			}
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			r.Notes = append(r.Notes, fmt.Sprintf("The part %s failed: %v.", p.name, err))
		}
	}
	r.Took = time.Since(start)
	return r, errors.Join(failed...)
}
