package stages

import (
	"encoding/binary"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// sequenceBase makes a number a varint of five bytes, as every number up to 2^35 is: a stream may be received 30
// billion messages long and only bytes change that are there already.
const sequenceBase = 1 << 28

// stream is frames that can be received again and again: each lap they carry the next sequences, account sequences
// and references, as one session of the exchange would. The orders that they answer must be all that is sent.
type stream struct {
	frames   []byte   // with wire.SlackBytes more of capacity
	payloads [][]byte // alias frames
	ends     []int    // of the frames
	seqs     []int32  // where the sequence of each frame is
	accounts []int32  // where the account sequences are, of the frames that have one
	answered []int32  // where the references are, of the frames that answer an order
	requests []int32  // likewise, the sequences of the orders, which count as the references do

	seq, account, reference uint64 // of the first frame of the next lap
	at                      int    // what was read of this lap, in bytes
	next                    int    // and in frames, if it was read by frames
}

// newStream makes a stream of payloads. Their sequences, account sequences and references are replaced.
func newStream(payloads [][]byte) *stream {
	s := &stream{seq: sequenceBase, account: sequenceBase, reference: sequenceBase}
	var lengths []int
	for _, b := range payloads {
		p := new(msg.Payload)
		fixture.Must(0, p.Decode(b, nil))
		type number struct {
			places *[]int32
			set    func(uint64)
		}
		numbers := []number{{&s.seqs, p.MutableEtoPayload().SetSeq}}
		switch {
		case p.HasOrderExecuted():
			numbers = append(numbers, number{&s.accounts, p.GetOrderExecuted().SetAccountSequence_64})
		case p.HasOrderAccepted():
			m := p.GetOrderAccepted()
			numbers = append(numbers, number{&s.accounts, m.SetAccountSequence_64},
				number{&s.answered, m.SetReference}, number{&s.requests, m.SetSeq})
		}
		for _, n := range numbers { // all, before one is located: none moves another any more
			n.set(sequenceBase)
		}
		front := len(s.frames)
		for _, n := range numbers {
			var at int
			b, at = locate(p, n.set)
			*n.places = append(*n.places, int32(front+envelope.FrameSize(len(b))-len(b)+at))
		}
		s.frames = wire.AppendFrame(s.frames, b)
		s.ends, lengths = append(s.ends, len(s.frames)), append(lengths, len(b))
	}
	block := append(s.frames, make([]byte, wire.SlackBytes)...)
	s.frames = block[:len(s.frames)]
	for i, end := range s.ends {
		s.payloads = append(s.payloads, s.frames[end-lengths[i]:end])
	}
	s.renumber()
	return s
}

// locate returns the encoded message, and where in it a number is that set sets.
func locate(p *msg.Payload, set func(uint64)) (b []byte, at int) {
	set(1<<35 - 1)
	other := fixture.Must(p.MarshalVT())
	set(sequenceBase)
	b = fixture.Must(p.MarshalVT())
	if len(other) != len(b) {
		panic("BUG: stages: the number changes the length")
	}
	for b[at] == other[at] {
		at++
	}
	return b, at
}

// renumber gives the frames the numbers of the next lap.
func (s *stream) renumber() {
	s.seq = write(s.frames, s.seqs, s.seq)
	s.account = write(s.frames, s.accounts, s.account)
	if len(s.requests) > 0 {
		write(s.frames, s.requests, s.reference)
	}
	s.reference = write(s.frames, s.answered, s.reference)
}

// write writes numbers from one on to places in b, each as a varint of five bytes.
func write(b []byte, places []int32, number uint64) uint64 {
	const more = 0x80808080 // that another byte follows, of the first four
	v := number&0x7f | number<<1&0x7f00 | number<<2&0x7f0000 | number<<3&0x7f000000 | number<<4&0x7f00000000 | more
	for _, at := range places {
		to := b[at : at+5]
		binary.LittleEndian.PutUint32(to, uint32(v))
		to[4] = byte(v >> 32)
		v = (v + 1) | more // the bits that are set carry on
	}
	return number + uint64(len(places))
}

// read copies the next bytes of the stream to b, across the ends of frames but not of a lap, and returns how many
// that is.
func (s *stream) read(b []byte) int {
	if s.at == len(s.frames) {
		s.at = 0
		s.renumber()
	}
	n := copy(b, s.frames[s.at:])
	s.at += n
	return n
}

// readFrames copies the next n frames of the stream to b, but none of the next lap, and returns how many bytes and
// frames that is.
func (s *stream) readFrames(b []byte, n int) (size, frames int) {
	if s.next == len(s.ends) {
		s.next, s.at = 0, 0
		s.renumber()
	}
	frames = min(n, len(s.ends)-s.next)
	if frames == 0 {
		return 0, 0
	}
	size = copy(b, s.frames[s.at:s.ends[s.next+frames-1]])
	s.next, s.at = s.next+frames, s.at+size
	return size, frames
}
