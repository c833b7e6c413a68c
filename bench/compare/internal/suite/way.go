package suite

import (
	"bytes"
	"context"
	"errors"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// streamBytes is about how much a busy connection hands over at once.
const streamBytes = 64 << 10

// way measures what cutting frames adds to decoding them, what it costs when the fields are not
// those that every writer emits in the order in which every writer emits them, and when messages
// differ.
func way(_ context.Context, o Options, r *Results) error {
	for key, feed := range map[string]fixture.Feed{
		"scan+decode/executed": fixture.Executed(),
		"scan+decode/mixed":    fixture.Mixed(),
	} {
		if err := scan(o, r, key, feed); err != nil {
			return err
		}
	}
	for what, feed := range map[string]fixture.Feed{
		"executed": fixture.ExecutedVar(),
		"quotes":   fixture.QuotesVar(),
	} {
		if err := disorder(o, r, what, feed); err != nil {
			return err
		}
	}
	for what, feed := range map[string]fixture.Feed{
		"executed": fixture.Executed(),
		"quotes":   fixture.Quotes(),
	} {
		if err := otherOrder(o, r, what, feed); err != nil {
			return err
		}
	}
	return varied(o, r)
}

// otherOrder compares one message with the same one in another order, both learnt by the branch
// predictor.
func otherOrder(o Options, r *Results, what string, feed fixture.Feed) error {
	other := fixture.Shuffled(feed)
	other.Payloads = other.Payloads[:1]
	inOrder, err1 := compare.All()[0].Decode(feed)
	shuffled, err2 := compare.All()[0].Decode(other)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	results, err := measure.Run(o.Config, []measure.Variant{
		{Name: "in order", Loop: inOrder},
		{Name: "in another order", Loop: shuffled},
	})
	if err != nil {
		return err
	}
	r.set("other order/"+what, results[1].Ratio(results[0]))
	return nil
}

// varied compares different messages with one again and again.
func varied(o Options, r *Results) error {
	ours := compare.All()[0]
	decodeOne, err1 := ours.Decode(fixture.Executed())
	decodeVaried, err2 := ours.Decode(fixture.ExecutedVar())
	encodeOne, err3 := ours.Encode(fixture.Create())
	encodeVaried, err4 := ours.Encode(fixture.CreateVar())
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	results, err := measure.Run(o.Config, []measure.Variant{
		{Name: "executed", Loop: decodeOne},
		{Name: "executed_var", Loop: decodeVaried},
		{Name: "create", Loop: encodeOne.Loop},
		{Name: "create_var", Loop: encodeVaried.Loop},
	})
	if err != nil {
		return err
	}
	r.set("varied/executed", results[1].Ratio(results[0]))
	r.set("varied/create", results[3].Ratio(results[2]))
	return nil
}

// scan compares payloads cut by a receive buffer and decoded with the same that were cut before.
func scan(o Options, r *Results, key string, feed fixture.Feed) error {
	stream := bytes.Repeat(feed.Stream, max(1, streamBytes/len(feed.Stream)))
	buffer, err := wire.NewBuffer(wire.BlockBytesMin+2*len(stream), wire.Limits{})
	if err != nil {
		return err
	}
	defer func() { _ = buffer.Close() }()
	buffer.Filled(copy(buffer.Free(), stream))
	var payloads [][]byte
	for {
		payload, err := buffer.Next()
		if err != nil {
			return err
		}
		if payload == nil {
			break
		}
		payloads = append(payloads, payload)
	}
	m, at := new(msg.Payload), 0
	results, err := measure.Run(o.Config, []measure.Variant{
		{Name: "decode", Loop: func(n int) error {
			next := at // what is captured lies in memory
			for range n {
				payload := payloads[next]
				if next++; next == len(payloads) {
					next = 0
				}
				if err := m.Decode(payload, nil); err != nil {
					return err
				}
			}
			at = next
			return nil
		}},
		{Name: "scan and decode", Loop: func(n int) error {
			for range n {
				payload, err := buffer.Next()
				if payload == nil && err == nil {
					// The same bytes again: they still lie where a drained buffer begins. How they
					// would be received is not what is measured.
					buffer.Free()
					buffer.Filled(len(stream))
					payload, err = buffer.Next()
				}
				if err != nil {
					return err
				}
				if err := m.Decode(payload, nil); err != nil {
					return err
				}
			}
			return nil
		}},
	})
	if err != nil {
		return err
	}
	r.set(key, results[1].Ratio(results[0]))
	return nil
}

// disorder compares messages with the same ones in disorder. Unknown fields are bytes more to read:
// they are compared by the byte.
func disorder(o Options, r *Results, what string, feed fixture.Feed) error {
	unknown := fixture.Unknown(feed)
	var variants []measure.Variant
	for _, f := range []fixture.Feed{feed, fixture.Shuffled(feed), unknown} {
		loop, err := compare.All()[0].Decode(f)
		if err != nil {
			return err
		}
		variants = append(variants, measure.Variant{Name: f.Name, Loop: loop})
	}
	results, err := measure.Run(o.Config, variants)
	if err != nil {
		return err
	}
	r.set("shuffled/"+what, results[1].Ratio(results[0]))
	perByte := results[2].Ratio(results[0])
	longer := float64(unknown.Bytes) / float64(feed.Bytes)
	r.set("unknown/"+what, measure.Spread{
		Median: perByte.Median / longer, Min: perByte.Min / longer, Max: perByte.Max / longer,
	})
	return nil
}
