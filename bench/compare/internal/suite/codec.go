package suite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/cpp"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/internal/fixture"
)

// Directions.
const (
	Decode = "decode"
	Encode = "encode"
)

// Names of variants that are no peers.
const (
	floorSum  = "floor: byte sum"
	floorCopy = "floor: memcpy"
	cppReused = "C++ libprotobuf, reused"
	cppArena  = "C++ libprotobuf, arena"
	cppEncode = "C++ libprotobuf"
	cppSum    = "floor: C byte sum"
	cppCopy   = "floor: C memcpy"
)

// codecGoals say whose time is divided by whose for which goal.
var codecGoals = []struct {
	key, direction, what string
	over, under          string
}{
	{"executed/sum", Decode, "executed", compare.Flat, floorSum},
	{"executed/copy", Decode, "executed", compare.Flat, floorCopy},
	{"cpp/executed", Decode, "executed", cppReused, compare.Flat},
	{"cpp/quotes", Decode, "quotes", cppReused, compare.Flat},
	{"cpp/mixed", Decode, "mixed", cppReused, compare.Flat},
	{"vt/executed", Decode, "executed", "vtprotobuf pooled", compare.Flat},
	{"vt/quotes", Decode, "quotes", "vtprotobuf pooled", compare.Flat},
	{"google/executed", Decode, "executed", "google.golang.org/protobuf", compare.Flat},
	{"google/quotes", Decode, "quotes", "google.golang.org/protobuf", compare.Flat},
	{"easy/executed", Decode, "executed", "easyproto", compare.Flat},
	{"hyper/executed", Decode, "executed", "hyperpb", compare.Flat},
	{"quotes/sum", Decode, "quotes", compare.Flat, floorSum},
	{"create/copy", Encode, "create", compare.Flat, floorCopy},
	{"vt/create", Encode, "create", "vtprotobuf plain", compare.Flat},
	{"cpp/create", Encode, "create", cppEncode, compare.Flat},
}

// benchCase is one message or feed in one direction, by everyone who can do it.
type benchCase struct {
	direction string
	feed      fixture.Feed
	variants  []measure.Variant
}

// Feeds are the names of the messages and feeds that can be asked for.
func Feeds() []string {
	var all []string
	for _, f := range append(fixture.Inbound(), fixture.Outbound()...) {
		if !slices.Contains(all, f.Name) {
			all = append(all, f.Name)
		}
	}
	return all
}

// codec measures every library on every message and feed.
func codec(ctx context.Context, o Options, r *Results) error {
	flags := cpp.DefaultFlags
	if o.Smoke {
		flags = []string{"-O0"} // compiled in half the time
	}
	foreign, err := cpp.Start(ctx, flags)
	switch {
	case err == nil:
		defer foreign.Close()
		r.Versions["C++ libprotobuf"] = foreign.Version
	case errors.Is(err, cpp.ErrUnavailable):
		foreign = nil
		r.lack("cpp/", "C++ libprotobuf is not available")
		r.Notes = append(r.Notes, fmt.Sprintf("C++ libprotobuf is not measured: %v.", err))
	default:
		return err
	}
	// One case after the other: with all of them in memory, collections would be rarer for those who
	// cause them.
	for _, d := range []struct {
		feeds []fixture.Feed
		open  func(*cpp.Process, fixture.Feed) (benchCase, error)
	}{
		{fixture.Inbound(), decodeCase},
		{fixture.Outbound(), encodeCase},
	} {
		for _, f := range d.feeds {
			if len(o.Feeds) > 0 && !slices.Contains(o.Feeds, f.Name) {
				continue
			}
			c, err := d.open(foreign, f)
			if err == nil {
				err = r.measure(o, c)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	return nil
}

// measure measures a case and judges what it is for.
func (r *Results) measure(o Options, c benchCase) error {
	results, err := measure.Run(o.Config, c.variants)
	if err != nil {
		return fmt.Errorf("%s: %w", c.direction, err)
	}
	r.addPeers(c, results)
	for _, g := range codecGoals {
		if g.direction != c.direction || g.what != c.feed.Name {
			continue
		}
		over, ok1 := named(results, g.over)
		under, ok2 := named(results, g.under)
		if ok1 && ok2 {
			r.set(g.key, over.Ratio(under))
		}
	}
	r.worst("allocs/plain", results[0].Allocs)
	return nil
}

// addPeers adds the case's results to the table of peers.
func (r *Results) addPeers(c benchCase, results []measure.Result) {
	bytes := float64(c.feed.Bytes) / float64(len(c.feed.Payloads))
	for _, res := range results {
		r.Peers = append(r.Peers, PeerRow{
			Direction:   c.direction,
			What:        c.feed.Name,
			Bytes:       bytes,
			Who:         res.Name,
			Ns:          res.Ns,
			MBPerSecond: bytes / res.Ns * 1e3,
			Counted:     res.Counted,
			AllocBytes:  res.Bytes,
			Allocs:      res.Allocs,
			Ratio:       res.Ratio(results[0]),
		})
	}
}

func named(results []measure.Result, name string) (measure.Result, bool) {
	i := slices.IndexFunc(results, func(r measure.Result) bool { return r.Name == name })
	if i < 0 {
		return measure.Result{}, false
	}
	return results[i], true
}

// decodeCase is everyone who decodes, once all are seen to read the same values. Ours is the first.
func decodeCase(foreign *cpp.Process, f fixture.Feed) (benchCase, error) {
	c := benchCase{direction: Decode, feed: f}
	for _, p := range compare.All() {
		if err := p.Check(f); err != nil {
			return c, err
		}
		loop, err := p.Decode(f)
		if err != nil {
			return c, err
		}
		c.variants = append(c.variants, measure.Variant{Name: p.Name, Loop: loop})
	}
	err := c.addForeign(foreign, map[string]cpp.Kind{
		cppReused: cpp.Reused, cppArena: cpp.Arena, cppSum: cpp.Sum, cppCopy: cpp.Copy,
	})
	c.variants = append(c.variants, sumFloor(f), copyFloor(f))
	return c, err
}

// encodeCase is everyone who encodes, once all are seen to write the same bytes. Ours is the first.
func encodeCase(foreign *cpp.Process, f fixture.Feed) (benchCase, error) {
	c := benchCase{direction: Encode, feed: f}
	for _, p := range compare.All() {
		if p.Encode == nil {
			continue
		}
		if err := p.CheckEncode(f); err != nil {
			return c, err
		}
		next, err := p.Encode(f)
		if err != nil {
			return c, err
		}
		c.variants = append(c.variants, measure.Variant{Name: p.Name, Loop: next.Loop})
	}
	err := c.addForeign(foreign, map[string]cpp.Kind{cppEncode: cpp.Encode, cppCopy: cpp.Copy})
	c.variants = append(c.variants, measure.Variant{Name: floorCopy, Loop: compare.Copy(f).Loop})
	return c, err
}

// addForeign adds what the C++ process does, if there is one, in the order of the names.
func (c *benchCase) addForeign(foreign *cpp.Process, kinds map[string]cpp.Kind) error {
	if foreign == nil {
		return nil
	}
	if err := foreign.Check(c.feed); err != nil {
		return fmt.Errorf("libprotobuf in C++: %w", err)
	}
	for _, name := range []string{cppReused, cppArena, cppEncode, cppSum, cppCopy} {
		kind, ok := kinds[name]
		if !ok {
			continue
		}
		loop, err := foreign.Loop(kind, c.feed)
		if err != nil {
			return fmt.Errorf("libprotobuf in C++: %w", err)
		}
		c.variants = append(c.variants, measure.Variant{Name: name, Remote: loop})
	}
	return nil
}

// sumFloor is what the machine asks for looking at each byte of the payloads.
func sumFloor(f fixture.Feed) measure.Variant {
	payloads, mask := f.Payloads, f.Mask()
	return measure.Variant{Name: floorSum, Loop: func(n int) error {
		for i := range n {
			var s uint64
			for _, c := range payloads[i&mask] {
				s += uint64(c)
			}
			runtime.KeepAlive(s)
		}
		return nil
	}}
}

// copyFloor is what the machine asks for copying them.
func copyFloor(f fixture.Feed) measure.Variant {
	payloads, mask := f.Payloads, f.Mask()
	buf := make([]byte, len(f.Stream))
	return measure.Variant{Name: floorCopy, Loop: func(n int) error {
		for i := range n {
			copy(buf, payloads[i&mask])
		}
		return nil
	}}
}
