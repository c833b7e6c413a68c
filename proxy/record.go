package proxy

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/smk-go/smk/gen/msg"
)

// The state's file is a header and records: length, its complement, CRC-32C of the rest, kind, fields. Numbers are
// varints. What is read is checked: a client's index, every length, and that nothing is left over. The complement tells
// a length that is damaged from one that reaches behind the end, because the record was not finished.
const (
	stateMagic   = "smkproxy"
	stateVersion = 1
	headerBytes  = len(stateMagic) + 4 + 32 + 4 // version, owner, CRC-32C
	prefixBytes  = 12                           // of a record
	recordMax    = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Kinds of records.
const (
	recordClient  = 'c' // who a client is: name, range, counter, account sequence
	recordRequest = 'q' // a request that is about to leave, and the order that it creates
	recordMessage = 'm' // a message that is about to be sent to a client
	recordHistory = 'h' // one whose effects other records have
	recordOrder   = 'o' // an order as it is
	recordGone    = 'g' // a request that certainly did not leave, or was not carried out
	recordApplied = 'a' // an account sequence of the exchange that needs no message
	recordCancel  = 'x' // an order that is to be cancelled
	recordEarly   = 'e' // a message about an order that is not known yet
	recordReset   = 'r' // the exchange counts its account sequences anew
	recordFailure = 'f' // whether a client's orders are to be cancelled if it does not come back
)

// writer appends records to a buffer.
type writer struct {
	buf   []byte
	start int
}

func (w *writer) begin(kind byte) {
	w.start = len(w.buf)
	w.buf = append(w.buf, make([]byte, prefixBytes)...)
	w.buf = append(w.buf, kind)
}

func (w *writer) end() {
	b := w.buf[w.start:]
	binary.LittleEndian.PutUint32(b, uint32(len(b)-prefixBytes))
	binary.LittleEndian.PutUint32(b[4:], ^uint32(len(b)-prefixBytes))
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b[prefixBytes:], castagnoli))
}

func (w *writer) uint(v uint64) { w.buf = binary.AppendUvarint(w.buf, v) }

func (w *writer) bool(v bool) {
	if v {
		w.uint(1)
	} else {
		w.uint(0)
	}
}

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *writer) client(c *client) {
	w.begin(recordClient)
	w.uint(uint64(c.index))
	w.text(c.Name)
	w.uint(uint64(c.space))
	w.uint(c.counter)
	w.uint(c.sequence)
	w.end()
}

func (w *writer) request(q *request) {
	w.begin(recordRequest)
	w.requestFields(q)
	creates := q.creates()
	w.bool(creates)
	if creates {
		w.orderFields(q.order)
	}
	w.end()
}

func (w *writer) requestFields(q *request) {
	w.uint(uint64(q.client.index))
	w.uint(uint64(q.typ))
	w.uint(q.upstream)
	w.uint(q.reference)
	w.bool(q.hasReference)
	w.uint(q.orderID)
	w.uint(q.newQuantity)
	w.bool(q.own)
}

func (w *writer) orderFields(o *order) {
	w.uint(o.ID)
	w.uint(o.Original)
	w.text(o.Label)
	w.uint(uint64(o.Market))
	w.uint(uint64(o.Contract))
	w.uint(uint64(o.Side))
	w.uint(uint64(o.Price))
	w.uint(uint64(o.Average))
	w.uint(o.Quantity)
	w.uint(o.Available)
	w.uint(o.Executed)
	w.uint(uint64(o.State))
	w.bool(o.wantCancel)
}

// order writes an order with the request that created it.
func (w *writer) order(q *request) {
	w.begin(recordOrder)
	w.requestFields(q)
	w.bool(q.done && !q.doubt)
	w.orderFields(q.order)
	w.end()
}

// message writes a message to a client: upstream is the account sequence of the message of the exchange, and reference
// that of the request there, 0 if there is none.
func (w *writer) message(c *client, m message, upstream, reference uint64) {
	w.begin(recordMessage)
	w.uint(uint64(c.index))
	w.uint(upstream)
	w.uint(reference)
	w.uint(m.sequence)
	w.text(string(m.payload))
	w.end()
}

func (w *writer) history(c *client, m message) {
	w.begin(recordHistory)
	w.uint(uint64(c.index))
	w.uint(m.sequence)
	w.text(string(m.payload))
	w.end()
}

func (w *writer) early(e earlyReport) {
	w.begin(recordEarly)
	w.uint(e.id)
	w.uint(e.at)
	w.text(string(e.payload))
	w.end()
}

func (w *writer) gone(q *request) { w.numbers(recordGone, q.upstream) }

func (w *writer) applied(sequence, reference uint64) { w.numbers(recordApplied, sequence, reference) }

func (w *writer) cancel(o *order) { w.numbers(recordCancel, o.upstream) }

func (w *writer) failure(c *client) {
	on := uint64(0)
	if c.onFailure {
		on = 1
	}
	w.numbers(recordFailure, uint64(c.index), on)
}

func (w *writer) numbers(kind byte, list ...uint64) {
	w.begin(kind)
	for _, v := range list {
		w.uint(v)
	}
	w.end()
}

// reader reads the fields of a record. The first error ends the reading: later calls return zero.
type reader struct {
	buf []byte
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) uint(limit uint64) uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.buf)
	if n <= 0 {
		r.fail("a number is cut off or too long")
		return 0
	}
	if v > limit {
		r.fail("%d is more than %d", v, limit)
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

func (r *reader) bool() bool { return r.uint(1) == 1 }

func (r *reader) text(limit uint64) string {
	n := r.uint(min(limit, uint64(len(r.buf))))
	if r.err != nil || n > uint64(len(r.buf)) {
		r.fail("a text is cut off")
		return ""
	}
	s := string(r.buf[:n])
	r.buf = r.buf[n:]
	return s
}

func (r *reader) end() error {
	if r.err == nil && len(r.buf) != 0 {
		r.fail("%d bytes are left over", len(r.buf))
	}
	return r.err
}

const (
	any32    = 1<<32 - 1
	any64    = 1<<64 - 1
	labelMax = 64 << 10
)

func (r *reader) order(o *order) {
	o.ID, o.Original = r.uint(any64), r.uint(any64)
	o.Label = r.text(labelMax)
	o.Market, o.Contract = uint32(r.uint(any32)), uint32(r.uint(any32))
	o.Side = msg.Side(r.uint(2))
	o.Price, o.Average = uint32(r.uint(any32)), uint32(r.uint(any32))
	o.Quantity, o.Available, o.Executed = r.uint(any64), r.uint(any64), r.uint(any64)
	o.State = OrderState(r.uint(uint64(NotThere)))
	o.wantCancel = r.bool()
}
