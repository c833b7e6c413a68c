package main

import (
	"runtime"
	"slices"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/bench/peers"
	"github.com/smk-go/smk/bench/peers/internal/measure"
)

// Directions.
const (
	decode = "decode"
	encode = "encode"
)

// A benchCase is one message or feed in one direction, by everyone who can do it.
type benchCase struct {
	direction string
	what      string
	bytes     float64 // mean length of a payload
	variants  []measure.Variant
}

// names are the messages and feeds that can be asked for.
func names() []string {
	var all []string
	for _, f := range append(fixture.Inbound(), fixture.Single()...) {
		if !slices.Contains(all, f.Name) {
			all = append(all, f.Name)
		}
	}
	return all
}

// newCases prepares what is asked for, everything if nothing is, and checks that everyone reads the
// same values.
func newCases(what []string) ([]benchCase, error) {
	wanted := func(f fixture.Feed) bool { return len(what) == 0 || slices.Contains(what, f.Name) }
	var cases []benchCase
	for _, f := range fixture.Inbound() {
		if !wanted(f) {
			continue
		}
		c := benchCase{direction: decode, what: f.Name, bytes: float64(f.Bytes) / float64(len(f.Payloads))}
		for _, p := range peers.All() {
			if err := p.Check(f); err != nil {
				return nil, err
			}
			loop, err := p.Decode(f)
			if err != nil {
				return nil, err
			}
			c.variants = append(c.variants, measure.Variant{Name: p.Name, Loop: loop})
		}
		c.variants = append(c.variants, floors(f)...)
		cases = append(cases, c)
	}
	for _, f := range fixture.Single() {
		if !wanted(f) {
			continue
		}
		c := benchCase{direction: encode, what: f.Name, bytes: float64(f.Bytes)}
		for _, p := range peers.All() {
			if p.Encode == nil {
				continue
			}
			if err := p.Check(f); err != nil {
				return nil, err
			}
			loop, _, err := p.Encode(f.Payloads[0])
			if err != nil {
				return nil, err
			}
			c.variants = append(c.variants, measure.Variant{Name: p.Name, Loop: loop})
		}
		c.variants = append(c.variants, floors(f)[1:]...)
		cases = append(cases, c)
	}
	return cases, nil
}

// floors are what the machine asks for looking at each byte of the payloads, and for copying them.
func floors(f fixture.Feed) []measure.Variant {
	payloads, mask := f.Payloads, f.Mask()
	buf := make([]byte, len(f.Stream))
	return []measure.Variant{
		{Name: "floor: byte sum", Loop: func(n int) error {
			for i := range n {
				var s uint64
				for _, c := range payloads[i&mask] {
					s += uint64(c)
				}
				runtime.KeepAlive(s)
			}
			return nil
		}},
		{Name: "floor: memcpy", Loop: func(n int) error {
			for i := range n {
				copy(buf, payloads[i&mask])
			}
			return nil
		}},
	}
}
