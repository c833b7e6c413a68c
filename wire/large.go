package wire

import "github.com/valyala/bytebufferpool"

// largePool holds the buffers of frames larger than a block. It is this
// package's own, so that its sizes are learnt from such frames alone. After some
// ten thousand of them it keeps the sizes that nineteen of twenty had; a frame
// beyond those is then allocated.
var largePool bytebufferpool.Pool

// large is one frame that outgrew its block, in a buffer borrowed from
// largePool. It is filling, then waiting for Next, then taken, then given back.
//
// A header's length is only a claim: the buffer holds at most twice what has
// arrived (and the slack), unless an earlier frame from the pool has paid for
// more.
type large struct {
	buf   *bytebufferpool.ByteBuffer // nil when none is borrowed
	head  int                        // bytes of the header, which lies before the payload
	size  int                        // bytes of the whole frame
	taken bool                       // Next has handed it out
}

func (l *large) filling() bool { return l.buf != nil && len(l.buf.B) < l.size }
func (l *large) waiting() bool { return l.buf != nil && len(l.buf.B) == l.size && !l.taken }

// borrow starts a frame with a header of head bytes and a payload of size bytes, of which part has arrived.
func (l *large) borrow(part []byte, head, size int) {
	l.buf, l.head, l.size, l.taken = largePool.Get(), head, head+size, false
	l.grow(len(part))
	l.buf.B = append(l.buf.B, part...)
}

// free returns room for bytes of this frame alone, at least reserve bytes of
// it if so many are missing.
func (l *large) free(reserve int) []byte {
	arrived := len(l.buf.B)
	if cap(l.buf.B)-SlackBytes-arrived < min(reserve, l.size-arrived) {
		l.grow(arrived)
	}
	end := min(l.size, cap(l.buf.B)-SlackBytes)
	return l.buf.B[arrived:end:end]
}

// grow sees to room for twice the bytes that have arrived, or for all if that is
// less, and for the slack.
func (l *large) grow(arrived int) {
	room := min(l.size, 2*arrived) + SlackBytes
	if cap(l.buf.B) < room {
		l.buf.B = append(make([]byte, 0, room), l.buf.B...)
	}
}

// filled takes n bytes that were read into what free returned.
func (l *large) filled(n int) { l.buf.B = l.buf.B[:len(l.buf.B)+n] }

// take hands the whole payload out, with the slack in its capacity.
func (l *large) take() []byte {
	l.taken = true
	return l.buf.B[l.head:l.size]
}

// frame returns the whole frame, which was taken.
func (l *large) frame() []byte { return l.buf.B[:l.size:l.size] }

// giveBack returns the buffer, if one is borrowed, to the pool.
func (l *large) giveBack() {
	if l.buf != nil {
		// The pool judges by length what it will keep by capacity. Without this a
		// payload just short of a power of two would be dropped for its slack.
		l.buf.B = l.buf.B[:cap(l.buf.B)]
		largePool.Put(l.buf)
	}
	*l = large{}
}
