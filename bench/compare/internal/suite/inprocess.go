package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/cpp"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/bench/internal/stages"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/uuid"
	"github.com/smk-go/smk/wire"
)

// Names of variants, beside those of the libraries, and of numbers that are no ratio.
const (
	ours = compare.Flat

	byteSum     = "floor: byte sum"
	memcpy      = "floor: memcpy"
	libprotobuf = "C++ libprotobuf"

	decodeOnly = "decode alone"
	scanDecode = "scan and decode"
	inOrder    = "fields in order"
	otherOrder = "fields in one other order"
	shuffled   = "fields in 1,024 orders"
	unknown    = "unknown fields between, per byte"
	one        = "one again and again"
	different  = "1,024 different"
	mathBig    = "math/big"
	own        = "smk"

	allocsPlain = "allocations, plain"
	allocsTLS   = "allocations, crypto/tls"
)

// runCodec measures every library on every message and feed, one after the other: with all of them in memory, garbage
// collections would be rarer for the libraries that cause them.
func runCodec(ctx context.Context, o Options, r *Results) error {
	flags := cpp.DefaultFlags
	if o.Smoke {
		flags = []string{"-O0"} // compiled in half the time
	}
	process, err := cpp.Start(ctx, flags)
	switch {
	case err == nil:
		defer process.Close()
		r.Versions[libprotobuf] = process.Version
	case errors.Is(err, cpp.ErrUnavailable):
		r.notMeasured(codec, libprotobuf, libprotobuf+" is not available")
		r.Notes = append(r.Notes, fmt.Sprintf("%s is not measured: %v.", libprotobuf, err))
	default:
		return err
	}
	for _, encode := range []bool{false, true} {
		feeds := fixture.Inbound()
		if encode {
			feeds = fixture.Outbound()
		}
		for _, f := range feeds {
			if err := r.codec(o, process, f, encode); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	return nil
}

// codec measures every library that decodes a feed, or encodes it, after a check that all of them read the same values
// and write the same bytes.
func (r *Results) codec(o Options, process *cpp.Process, f fixture.Feed, encode bool) error {
	g := group{section: "Decode", name: "decode " + f.Name, base: ours, payloadBytes: f.PayloadBytes(), allocFree: 1}
	works := cpp.Decoding
	floors := []measure.Variant{
		{Name: byteSum, Loop: compare.SumPayloads(f)}, {Name: memcpy, Loop: compare.CopyPayloads(f)},
	}
	if encode {
		g.section, g.name, works = "Encode", "encode "+f.Name, cpp.Encoding
		floors = []measure.Variant{{Name: memcpy, Loop: compare.CopyFrames(f).Loop}}
	}
	for _, l := range compare.All() {
		if encode && l.Encode == nil {
			continue
		}
		loop, err := l.Loop(f, encode)
		if err := errors.Join(err, l.Check(f, encode)); err != nil {
			return err
		}
		g.variants = append(g.variants, measure.Variant{Name: l.Name, Loop: loop})
	}
	if process != nil {
		if err := process.Check(f, encode); err != nil {
			return err
		}
		for _, w := range works {
			g.variants = append(g.variants, measure.Variant{Name: w.Name, Remote: process.Loop(w, f)})
		}
	}
	g.variants = append(g.variants, floors...)
	return r.measure(o, g)
}

// runLayout measures what cutting frames adds to decoding them, what it costs when the fields are not those that
// every writer emits in the order in which every writer emits them, and when messages differ.
func runLayout(_ context.Context, o Options, r *Results) error {
	var failed error
	variant := func(name string, f fixture.Feed, encode bool) measure.Variant {
		loop, err := compare.All()[0].Loop(f, encode)
		failed = errors.Join(failed, err)
		return measure.Variant{Name: name, Loop: loop}
	}
	executed, quotes := fixture.Executed(), fixture.Quotes()
	groups := []group{
		{name: "varied executed", base: one, variants: []measure.Variant{
			variant(one, executed, false), variant(different, fixture.ExecutedVar(), false),
		}},
		{name: "varied create", base: one, variants: []measure.Variant{
			variant(one, fixture.Create(), true), variant(different, fixture.CreateVar(), true),
		}},
	}
	for _, f := range []fixture.Feed{executed, fixture.Mixed()} {
		loop, cut := scanned(f)
		groups = append(groups, group{
			name: "scan " + f.Name, base: decodeOnly,
			variants: []measure.Variant{variant(decodeOnly, cut, false), {Name: scanDecode, Loop: loop}},
		})
	}
	for _, f := range []fixture.Feed{fixture.ExecutedVar(), fixture.QuotesVar()} {
		disordered := fixture.Unknown(f)
		between := variant(unknown, disordered, false)
		between.Work = float64(disordered.Bytes) / float64(f.Bytes)
		groups = append(groups, group{
			name: "different " + strings.TrimSuffix(f.Name, "_var"), base: inOrder,
			variants: []measure.Variant{
				variant(inOrder, f, false), variant(shuffled, fixture.Shuffled(f), false), between,
			},
		})
	}
	for _, f := range []fixture.Feed{executed, quotes} {
		other := fixture.Shuffled(f)
		other.Payloads = other.Payloads[:1]
		groups = append(groups, group{
			name: "one " + f.Name, base: inOrder,
			variants: []measure.Variant{variant(inOrder, f, false), variant(otherOrder, other, false)},
		})
	}
	for _, g := range groups {
		g.section = "Layout of messages"
		if failed == nil {
			failed = r.measure(o, g)
		}
	}
	return failed
}

// scanMessages is how many messages are in memory at once, or as many as the feed has: about as much as a busy
// connection delivers at once. It is a power of two.
const scanMessages = 512

// scanned returns a loop that decodes what a receive buffer cuts, and a feed of the same payloads, cut before.
func scanned(feed fixture.Feed) (compare.Loop, fixture.Feed) {
	stream := bytes.Repeat(feed.Stream, max(1, scanMessages/len(feed.Payloads)))
	buffer := fixture.Must(wire.NewBuffer(wire.BlockBytesMin+2*len(stream), wire.Limits{}))
	buffer.Filled(copy(buffer.Free(), stream))
	feed.Payloads = nil
	for payload := fixture.Must(buffer.Next()); payload != nil; payload = fixture.Must(buffer.Next()) {
		feed.Payloads = append(feed.Payloads, payload)
	}
	var m msg.Payload
	var u msg.Unknown
	return func(n int) error {
		return fixture.Repeat(n, func(int) error {
			payload, err := buffer.Next()
			if payload == nil && err == nil {
				// The same bytes again: they are still at the start of a drained buffer. Receiving is not measured.
				buffer.Free()
				buffer.Filled(len(stream))
				payload, err = buffer.Next()
			}
			if err != nil {
				return err
			}
			return m.Decode(payload, &u)
		})
	}, feed
}

const (
	slugs    = 1 << 10 // identifiers used in turn, a power of two
	slugBase = 36      // of the slugs in the exchange's addresses
)

// runSlug measures identifiers to text and back, and the same numbers with math/big, which is given what it can use
// again.
func runSlug(_ context.Context, o Options, r *Results) error {
	rng := rand.New(rand.NewPCG(21, 11))
	format := uuid.SlugFormat{Base: slugBase, Bare: true}
	var ids [slugs]uuid.UUID
	var numbers [slugs]*big.Int // with the tag, as in the slug
	var texts [slugs]string
	for i := range ids {
		ids[i] = uuid.New128(uuid.ContractGroup, rng.Uint64(), rng.Uint64())
		texts[i] = ids[i].Slug(format)
		var ok bool
		if numbers[i], ok = new(big.Int).SetString(texts[i], slugBase); !ok || numbers[i].Text(slugBase) != texts[i] {
			return errors.New("math/big does not agree with " + texts[i])
		}
	}
	buf, z := make([]byte, 0, 64), new(big.Int)
	errText := errors.New("a slug does not parse")
	to := group{section: "Identifiers", name: "identifier to slug", base: own, variants: []measure.Variant{
		{Name: own, Loop: func(n int) error {
			for i := range n {
				buf = ids[i%slugs].AppendSlug(buf[:0], format)
			}
			return nil
		}},
		{Name: mathBig, Loop: func(n int) error {
			for i := range n {
				buf = numbers[i%slugs].Append(buf[:0], slugBase)
			}
			return nil
		}},
	}}
	from := group{section: "Identifiers", name: "slug to identifier", base: own, variants: []measure.Variant{
		{Name: own, Loop: func(n int) error {
			return fixture.Repeat(n, func(i int) error {
				_, err := uuid.ParseSlugBase(texts[i%slugs], slugBase)
				return err
			})
		}},
		{Name: mathBig, Loop: func(n int) error {
			return fixture.Repeat(n, func(i int) error {
				if _, ok := z.SetString(texts[i%slugs], slugBase); !ok {
					return errText
				}
				return nil
			})
		}},
	}}
	return errors.Join(r.measure(o, to), r.measure(o, from))
}

// runStages measures the path of a message through the library, stage by stage.
func runStages(_ context.Context, o Options, r *Results) error {
	return r.groups(o, "Stages of a message", stages.Groups())
}

// runTrading measures what the trading state adds.
func runTrading(_ context.Context, o Options, r *Results) error {
	return r.groups(o, "Trading state", stages.Trading())
}

func (r *Results) groups(o Options, section string, open []func() stages.Group) error {
	for _, open := range open {
		if err := r.stages(o, section, open(), true); err != nil {
			return err
		}
	}
	return nil
}

// smokeSizeMax is the most of anything in a trial run.
const smokeSizeMax = 1000

// runGrowth measures what an operation costs as something grows.
func runGrowth(ctx context.Context, o Options, r *Results) error {
	sizeMax := math.MaxInt
	if o.Smoke {
		sizeMax = smokeSizeMax
	}
	for _, c := range stages.Curves() {
		if err := errors.Join(ctx.Err(), r.stages(o, "Growth", c.Group(sizeMax), false)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Results) stages(o Options, section string, from stages.Group, allocFree bool) error {
	g := group{section: section, name: from.Name, base: from.Base}
	for _, s := range from.Stages {
		g.variants = append(g.variants, measure.Variant{Name: s.Name, Loop: s.Loop, Prepare: s.Prepare})
	}
	if allocFree {
		g.allocFree = len(g.variants) - from.Others
	}
	return errors.Join(r.measure(o, g), from.Close())
}
