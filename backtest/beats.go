package backtest

import "github.com/smk-go/smk/gen/msg"

// beatCounter counts the heartbeats in one direction of a connection.
type beatCounter struct {
	n       uint64
	part    []byte // of a frame whose rest has not come yet
	skip    int    // bytes until the next frame
	message msg.Payload
}

// beatBytes is the longest frame that can be a heartbeat: of longer ones only the length is read.
const beatBytes = 40

// count counts those in the next bytes.
func (c *beatCounter) count(b []byte) {
	for len(b) > 0 {
		if c.skip > 0 {
			n := min(c.skip, len(b))
			c.skip -= n
			b = b[n:]
			continue
		}
		c.part = append(c.part, b[0])
		b = b[1:]
		header, length, ok := headerOf(c.part)
		switch size := max(4, header+length); {
		case !ok && len(c.part) > 10:
			c.part = c.part[:0] // the exchange ends such a connection
		case !ok:
		case size > beatBytes:
			c.skip = size - len(c.part)
			c.part = c.part[:0]
		case len(c.part) == size:
			c.frame(c.part[header : header+length])
			c.part = c.part[:0]
		}
	}
}

// frame counts a payload if it is a heartbeat.
func (c *beatCounter) frame(payload []byte) {
	m := &c.message
	if m.Decode(payload, nil) == nil && m.GetType() == msg.PayloadEto &&
		m.GetEtoPayload().GetType() == msg.EtoPayloadHeartbeat {
		c.n++
	}
}

// headerOf reads the length in front of a frame. ok is false while it is not whole.
func headerOf(b []byte) (header, length int, ok bool) {
	for i, x := range b {
		if i > 3 {
			return 0, 0, false
		}
		length |= int(x&0x7f) << (7 * i)
		if x < 0x80 {
			return i + 1, length, true
		}
	}
	return 0, 0, false
}
