package wire

import (
	"errors"

	"github.com/smk-go/smk/ring"
)

// ErrClosed is what a closed [Buffer] answers.
var ErrClosed = errors.New("wire: buffer is closed")

// Buffer is the receive buffer of one connection: one linear block, claimed at
// the start and off the Go heap, that a driver reads into and whole payloads are
// handed out from, in place. One round of a driver is
//
//	n, err := conn.Read(b.Free())
//	b.Filled(n)
//	for {
//		payload, err := b.Next()
//		if err != nil || payload == nil { break }
//		...
//	}
//
// The block:
//
//	| consumed | whole frames | part of one |    free    | slack |
//	0          ^read                        ^filled      ^len    ^len+SlackBytes
//
// Only Free moves bytes. A drained block is rewound to 0; the part of a split
// frame stays where it is until the block is out of room and is then moved to
// the front. A frame that the block cannot hold goes on in a buffer borrowed
// from a pool, which grows with the bytes that arrive.
//
// A payload is valid until the next call of Free, Reset or Close. Its capacity
// reaches at least SlackBytes bytes further, into what follows it: a decoder may
// look there, and nobody may write there. Whoever hands a payload on to somebody
// who might append to it caps it first, as payload[:n:n].
//
// A Buffer belongs to one goroutine.
type Buffer struct {
	block  []byte // the claimed block; empty after an error
	read   int    // end of what Next consumed
	filled int    // end of what was received
	limits Limits // resolved
	err    error  // sticks; nothing is buffered once it is set
	judged []byte // the block up to the header that was refused and with it, once err is set

	base    int64 // stream offset of block[0]
	lent    int   // bytes that Free handed out and Filled has not claimed
	reserve int   // free bytes below which Free makes room
	large   large
	stats   Stats
	memory  *ring.Memory // nil once closed
}

// Stats counts what a [Buffer] has seen since it was made; [Buffer.Reset] does
// not set it back.
type Stats struct {
	Frames uint64 // payloads handed out
	Bytes  uint64 // bytes received, whole and split frames alike
	Empty  uint64 // frames without a payload, skipped
	Moves  uint64 // parts moved to the front of the block
	Large  uint64 // frames that the block could not hold
}

// NewBuffer claims a block of blockBytes bytes, BlockBytesMin to BlockBytesMax;
// 0 means BlockBytes. The error is a *[LimitError], or says why no memory could
// be claimed.
func NewBuffer(blockBytes int, limits Limits) (*Buffer, error) {
	return claimBuffer(blockBytes, limits, ring.NewMemory)
}

// NewBufferOnDemand is [NewBuffer] for one of many connections, most of which
// are idle: on Linux the block costs memory as far as it was used.
func NewBufferOnDemand(blockBytes int, limits Limits) (*Buffer, error) {
	return claimBuffer(blockBytes, limits, ring.NewMemoryOnDemand)
}

func claimBuffer(blockBytes int, limits Limits, claim func(n, slack int) (*ring.Memory, error)) (*Buffer, error) {
	if blockBytes == 0 {
		blockBytes = BlockBytes
	}
	if blockBytes < BlockBytesMin || blockBytes > BlockBytesMax {
		return nil, &LimitError{Name: "blockBytes", Got: blockBytes, Min: BlockBytesMin, Max: BlockBytesMax}
	}
	limits, err := limits.Resolve()
	if err != nil {
		return nil, err
	}
	memory, err := claim(blockBytes, SlackBytes)
	if err != nil {
		return nil, err
	}
	return &Buffer{
		memory:  memory,
		block:   memory.Overread(),
		limits:  limits,
		reserve: blockBytes / reserveShare,
	}, nil
}

// Free returns where the driver reads to, and ends the validity of every payload
// handed out before. After Next has answered nil it is never empty, and unless a
// split frame fills the block it is at least an eighth of it. It is empty only
// while whole frames wait for Next, and nil after an error.
//
// The slice is capped, and valid until the next call of Free, Reset or Close.
func (b *Buffer) Free() []byte {
	if b.read == b.filled {
		b.rewind()
	}
	free := b.block[b.filled:len(b.block):len(b.block)]
	if len(free) < b.reserve || b.large.buf != nil {
		free = b.makeRoom()
	}
	b.lent = len(free)
	return free
}

// Filled says that the driver has put n bytes into the front of what Free
// returned; several calls after one Free add up. More than Free returned is a
// bug of the driver and panics. After an error the bytes are dropped.
func (b *Buffer) Filled(n int) {
	if n < 0 || n > b.lent {
		panic("BUG: wire: Filled with more bytes than Free returned")
	}
	b.lent -= n
	b.stats.Bytes += uint64(n)
	switch {
	case b.err != nil:
	case b.large.filling():
		b.large.filled(n)
		b.base += int64(n)
	default:
		b.filled += n
	}
}

// Next returns the next whole payload, or nil when there is none until more
// bytes arrive. Frames without a payload are counted and skipped. See [Buffer]
// for how long the payload is valid, which further calls of Next do not end, and
// for what its capacity means.
//
// The error is a *[FrameError], or [ErrClosed]. It sticks until Reset: what
// follows a bad header cannot be read as frames.
func (b *Buffer) Next() ([]byte, error) {
	// What is buffered here is good: an error empties the block, and a large
	// frame has it to itself.
	if left := b.filled - b.read; left >= FrameBytesMin {
		// Most headers are one byte.
		block, read := b.block, b.read
		if n := 1 + int(block[read]); n >= FrameBytesMin && n <= 0x80 && n <= left && n <= b.limits.PayloadBytesMax {
			b.read = read + n
			b.stats.Frames++
			return block[read+1 : read+n], nil
		}
		part := block[read:b.filled]
		size, length := shortHeader(part[0], part[1])
		n := size + length
		if length <= b.limits.PayloadBytesMax && n >= FrameBytesMin && n <= len(part) {
			b.read += n
			b.stats.Frames++
			return part[size:n], nil
		}
	} else if left == 0 && b.err == nil && b.large.buf == nil {
		return nil, nil
	}
	return b.nextRare()
}

// nextRare is Next for frames that are incomplete, padded, refused or longer
// than two header bytes can say.
func (b *Buffer) nextRare() ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	if b.large.waiting() {
		b.stats.Frames++
		b.stats.Large++
		return b.large.take(), nil
	}
	for {
		payload, n, err := scan(b.block[b.read:b.filled], b.limits)
		if err != nil {
			err.Offset = b.base + int64(b.read)
			b.judge()
			return nil, b.fail(err)
		}
		if n == 0 {
			return nil, nil
		}
		b.read += n
		if len(payload) > 0 {
			b.stats.Frames++
			return payload, nil
		}
		b.stats.Empty++
	}
}

// Reset forgets what is buffered and any error, for a new connection: stream
// offsets start at 0 again. It panics on a closed Buffer.
func (b *Buffer) Reset() {
	if b.memory == nil {
		panic("BUG: wire: Reset of a closed Buffer")
	}
	b.large.giveBack()
	b.block = b.memory.Overread()
	b.read, b.filled, b.lent, b.base, b.err, b.judged = 0, 0, 0, 0, nil, nil
}

// Close gives the memory back. No payload, and nothing that Free returned, may
// be touched any more. A second call does nothing.
func (b *Buffer) Close() error {
	if b.memory == nil {
		return nil
	}
	memory := b.memory
	b.memory = nil
	b.large.giveBack()
	_ = b.fail(ErrClosed)
	b.block, b.judged = nil, nil
	return memory.Close()
}

// Stats returns the counts.
func (b *Buffer) Stats() Stats { return b.stats }

// rewind starts an empty block over.
func (b *Buffer) rewind() {
	b.base += int64(b.filled)
	b.read, b.filled = 0, 0
}

// makeRoom is Free when the block is short of room or lies behind a large frame.
func (b *Buffer) makeRoom() []byte {
	if b.err != nil {
		return nil
	}
	if b.large.buf != nil {
		switch {
		case b.large.filling():
			return b.large.free(b.reserve)
		case b.large.waiting():
			return nil
		}
		b.large.giveBack()
	}
	part := b.block[b.read:b.filled]
	if len(b.block)-len(part) < b.reserve {
		// A front that cannot be parsed yet, or is bad, is Next's to judge.
		if size, length, err := parseHeader(part, b.limits); err == nil && size+length > len(b.block) {
			b.large.borrow(part, size, length)
			b.read = b.filled
			b.rewind()
			return b.large.free(b.reserve)
		}
	}
	if b.read > 0 {
		b.base += int64(b.read)
		b.filled = copy(b.block, part)
		b.read = 0
		b.stats.Moves++
	}
	return b.block[b.filled:len(b.block):len(b.block)]
}

// fail empties the source, so that no path but the rare one needs to ask for
// the error, and remembers err.
func (b *Buffer) fail(err error) error {
	b.block, b.read, b.filled, b.err = b.block[:0], 0, 0, err
	return err
}
