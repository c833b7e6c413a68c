package gateway

import (
	"encoding/binary"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/varint"
	"github.com/smk-go/smk/ring"
)

// quotesBuffer is where the body of a contract_quotes message is encoded, by far the most frequent one: forwards, and
// without its size being computed first. The bytes are those of MarshalToSizedBufferVT.
type quotesBuffer [quotesMask + 1 + quotesOverhang]byte

const (
	// quotesMask bounds the positions of fields: see quotesLevels and quotesTrades. The mask changes nothing. It makes
	// bounds checks unnecessary, and a bug would corrupt a message instead of memory.
	quotesMask = 511

	quotesOverhang = 16 // bytes from its start that a field may overwrite
	quotesLevels   = 12 // that a message may have to be encoded here, of both sides, each of up to 19 bytes
	quotesTrades   = 6  // likewise, each of up to 41 bytes
)

// put writes a field with a number at a position and returns the next one.
func (b *quotesBuffer) put(i uint, tag byte, v uint64) uint {
	b[i&quotesMask] = tag
	x, n := varint.Spread64(v)
	binary.LittleEndian.PutUint64(b[i&quotesMask+1:], x)
	if n > 8 {
		binary.LittleEndian.PutUint16(b[i&quotesMask+9:], varint.Ninth(v))
	}
	return i + 1 + n
}

// put32 is put for a number of 32 bits.
func (b *quotesBuffer) put32(i uint, tag byte, v uint32) uint {
	b[i&quotesMask] = tag
	x, n := varint.Spread32(v)
	binary.LittleEndian.PutUint64(b[i&quotesMask+1:], x)
	return i + 1 + n
}

// encode writes a message to the front of the buffer and returns its size. It is negative if the message is not a
// usual one: MarshalToSizedBufferVT then writes it.
func (b *quotesBuffer) encode(q *msg.ContractQuotes) int {
	bids, offers, trades := q.GetBids(), q.GetOffers(), q.GetExecutions()
	if len(bids)+len(offers) > quotesLevels || len(trades) > quotesTrades || q.HasLastExecution() ||
		!q.HasMarketId() || !q.HasContractId() {
		return -1
	}
	i, ok := b.levels(0, 0x1a, bids)
	if ok {
		i, ok = b.levels(i, 0x22, offers)
	}
	if !ok {
		return -1
	}
	for k := range trades {
		e := &trades[k]
		if !e.HasPrice() || !e.HasQuantity() || !e.HasLiquidity() || !e.HasMicroseconds() {
			return -1
		}
		from := i
		i = b.put32(i+2, 0x08, e.GetPrice())
		i = b.put(i, 0x10, e.GetQuantity())
		i = b.put(i, 0x18, uint64(e.GetLiquidity()))
		i = b.put(i, 0x20, e.GetMicroseconds())
		b[from&quotesMask], b[from&quotesMask+1] = 0x2a, byte(i-from-2)
	}
	if q.HasHighPrice() {
		i = b.put32(i, 0x38, q.GetHighPrice())
	}
	if q.HasLowPrice() {
		i = b.put32(i, 0x40, q.GetLowPrice())
	}
	i = b.put32(i, 0x48, q.GetMarketId())
	return int(b.put32(i, 0x50, q.GetContractId()))
}

// levels writes the levels of a side.
func (b *quotesBuffer) levels(i uint, tag byte, levels []msg.Quote) (next uint, ok bool) {
	for k := range levels {
		l := &levels[k]
		if !l.HasPrice() || !l.HasQuantity() {
			return i, false
		}
		from := i
		i = b.put32(i+2, 0x08, l.GetPrice())
		i = b.put(i, 0x10, l.GetQuantity())
		b[from&quotesMask], b[from&quotesMask+1] = tag, byte(i-from-2)
	}
	return i, true
}

// writeQuotes is writeMessage for a contract_quotes message. It reports false, and has written nothing, if the message
// is not a usual one.
func (b *quotesBuffer) writeQuotes(
	out *ring.SendRing, seq uint64, q *msg.ContractQuotes, replayed bool, rec ring.Record,
) (ok bool, err error) {
	body := b.encode(q)
	if body < 0 {
		return false, nil
	}
	const (
		t    = msg.PayloadContractQuotes
		tag  = byte(t+1)<<3 | 2 // of the body
		most = 32               // bytes before the body
	)
	var head [most]byte // written backwards
	i := varint.PutBefore(head[:], most, uint64(body))
	if head[i-3], head[i-2], head[i-1] = 0x18, 0, tag; replayed {
		head[i-2] = 1
	}
	eto := i - 1
	i = varint.PutBefore(head[:], i-3, seq)
	head[i-5], head[i-4], head[i-3], head[i-2], head[i-1] = 0x08, byte(t), 0x12, byte(eto-i+1), 0x08
	i -= 5
	i = varint.PutBefore(head[:], i, uint64(most-i+body))
	frame, err := out.Reserve(most - i + body)
	if err != nil {
		return true, err
	}
	copy(frame[copy(frame, head[i:]):], b[:body])
	out.Commit(len(frame), rec)
	return true, nil
}
